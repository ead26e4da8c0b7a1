-- A question and its one execution. What it asks stands in `definition`; what is counted here is kept in the transactions that
-- change its runs.
create table experiments (
  project_id integer not null references projects on delete cascade,
  experiment_no bigint generated always as identity,
  experiment_id uuid not null default gen_random_uuid(),
  user_id integer not null references users,
  name text collate "C" not null,
  definition json not null,
  status text not null default 'draft'
    check (status in ('draft', 'running', 'paused', 'completed', 'stopped', 'failed')),
  ended_because text,
  error text,
  -- The cases, pinned when it starts.
  dataset_no bigint,
  version_no integer,
  -- 0 to 10000: cases whose split lies below are held back for the test.
  test_below smallint not null default 0,
  -- Never changes: sums of passes are made with it.
  pass_threshold double precision not null default 0.5,
  max_cost_usd numeric(20, 9) check (max_cost_usd >= 0),
  max_tokens bigint check (max_tokens > 0),
  concurrency integer check (concurrency > 0),
  -- What one cell was expected to take when it started; ceilings are kept with it until there is a mean.
  cell_usd double precision not null default 0,
  cell_tokens double precision not null default 0,
  -- The present round of a guided sweep; the only one of others.
  round smallint not null default 0,
  -- Into how many lanes its cells are parted; they share what `concurrency` allows.
  lanes smallint not null default 1,
  -- Cells of the sweep that are planned so far, and how they ended.
  cells integer not null default 0,
  completed integer not null default 0,
  failed integer not null default 0,
  -- Over all of its runs, those of a sweep and others.
  runs integer not null default 0,
  calls integer not null default 0,
  cached integer not null default 0,
  unpriced integer not null default 0,
  tokens_in bigint not null default 0,
  tokens_out bigint not null default 0,
  cost_usd numeric(20, 9) not null default 0,
  settled_at timestamptz(3) not null default '-infinity',
  -- The best weighted score so far.
  best double precision,
  -- Raised with whatever changes its leaderboard; what it came to, and at which of these it was worked out.
  regrades integer not null default 0,
  conclusion json,
  concluded integer,
  created_at timestamptz(3) not null default clock_timestamp(),
  started_at timestamptz(3),
  finished_at timestamptz(3),
  primary key (project_id, experiment_no),
  unique (project_id, experiment_id)
);
create index experiments_made on experiments (project_id, created_at desc, experiment_no desc);
create index experiments_in_state on experiments (project_id, status, experiment_no desc);
create index experiments_open on experiments (project_id, experiment_no) where status in ('running', 'paused');

-- One configuration under an experiment: a point of its parameter space, and the stages that this makes.
create table variants (
  project_id integer not null,
  experiment_no bigint not null,
  variant_no integer not null check (variant_no > 0),
  trial json not null,
  -- The stages in full: prompts as texts, models, backends, parameters.
  stages json not null,
  -- Which version of a registered prompt each stage uses, as `[{"stage": …, "name": …, "version": …}]`.
  prompts json not null default '[]',
  -- Whether the experiment names it as the one that the others are compared with.
  baseline boolean not null default false,
  -- Of a guided sweep: the round in which it came in, and the last one that it took part in.
  first_round smallint not null default 0,
  last_round smallint,
  primary key (project_id, experiment_no, variant_no),
  foreign key (project_id, experiment_no) references experiments on delete cascade
);

-- A scorer under a small number, which is its place in a run's `grades`. Those of people are added when they first score.
create table experiment_scorers (
  project_id integer not null,
  experiment_no bigint not null,
  scorer_no smallint not null check (scorer_no > 0),
  name text collate "C" not null,
  -- Null where a person scores.
  version text,
  config json,
  -- Null: it has none.
  weight double precision check (weight >= 0 and weight < 'infinity'),
  -- Whether every run gets its score by itself.
  declared boolean not null,
  primary key (project_id, experiment_no, scorer_no),
  unique (project_id, experiment_no, name),
  foreign key (project_id, experiment_no) references experiments on delete cascade
);

create table runs (
  project_id integer not null,
  run_no bigint generated always as identity,
  run_id uuid not null default gen_random_uuid(),
  experiment_no bigint not null,
  -- The cell of a sweep: its variant, case and repeat. All but the repeat are null in a run by itself.
  variant_no integer,
  case_no bigint,
  repeat smallint not null default 0,
  -- Only of a run by itself; that of a cell is its variant's stages with its case's input.
  config json,
  config_hash bytea not null check (length(config_hash) = 32),
  status text not null check (status in ('pending', 'running', 'completed', 'failed')),
  started_at timestamptz(3),
  completed_at timestamptz(3),
  duration_ms integer,
  tokens_in integer,
  tokens_out integer,
  cost_usd numeric(20, 9),
  -- Whether no call of it was paid for now.
  cached boolean not null default false,
  error text,
  error_kind text,
  -- Of each scorer the newest value, at its number; null where there is none. A failed cell has zeros.
  grades double precision[] not null default '{}' check (coalesce(array_lower(grades, 1), 1) = 1),
  -- The mean over the scores that are there; and of those with a weight the weighted mean, which is 0 in a failed cell.
  score_mean double precision check (score_mean between 0 and 1),
  weighted double precision check (weighted between 0 and 1),
  -- Whether it was the best of its experiment when it ended.
  new_best boolean not null default false,
  -- The transactions in which it began and ended; events are read in their order.
  started_xid xid8,
  ended_xid xid8,
  primary key (project_id, run_no),
  unique (project_id, run_id),
  unique (project_id, experiment_no, variant_no, case_no, repeat),
  foreign key (project_id, experiment_no) references experiments on delete cascade,
  check ((variant_no is null) = (case_no is null)),
  check ((status in ('completed', 'failed')) = (completed_at is not null))
);
create index runs_listed on runs (project_id, started_at desc nulls last, run_id) include (run_no, status);
create index runs_of_experiment on runs (project_id, experiment_no, started_at desc nulls last, run_id)
  include (run_no, status);
-- Few of many.
create index runs_unlike_most on runs (project_id, status, started_at desc nulls last, run_id)
  include (run_no, experiment_no, score_mean) where status <> 'completed';
create index runs_open on runs (project_id, experiment_no, run_no) where status in ('pending', 'running');
-- Why runs of one experiment failed is looked up often, whatever failed in others.
create index runs_failed on runs (project_id, experiment_no, started_at desc nulls last, run_id) where status = 'failed';
-- A list by score takes the newest of each hundredth.
create index runs_by_score on runs (project_id, (floor(score_mean * 100)::smallint), started_at desc nulls last, run_id)
  include (run_no, status, score_mean) where score_mean is not null;
create index runs_of_experiment_by_score on runs (
  project_id, experiment_no, (floor(score_mean * 100)::smallint), started_at desc nulls last, run_id
) include (run_no, status, score_mean) where score_mean is not null;
create index runs_best on runs (project_id, experiment_no, weighted desc, completed_at, run_id)
  where status = 'completed' and weighted is not null;
-- Events are read in this order, of the whole project or of one experiment, which is told apart without reading the rows.
create index runs_started on runs (project_id, started_xid, run_no, experiment_no) where started_xid is not null;
create index runs_ended on runs (project_id, ended_xid, run_no, experiment_no) where ended_xid is not null;

-- The answer itself is in the ledger. Written with its run and removed by a trigger: checking a foreign key for each row cost
-- more than the row, and planned while `runs` was small it read all of the project's runs each time.
create table stage_results (
  project_id integer not null,
  run_no bigint not null,
  stage_index smallint not null,
  id uuid not null default gen_random_uuid(),
  stage_name text not null,
  backend text not null,
  model text not null,
  question bytea,
  ledger_repeat integer,
  tokens_in integer,
  tokens_out integer,
  cost_usd numeric(20, 9),
  duration_ms integer,
  cached boolean not null default false,
  error text,
  primary key (project_id, run_no, stage_index)
);

-- Never overwritten: of each scorer the newest counts.
create table scores (
  project_id integer not null,
  run_no bigint not null,
  score_no bigint generated always as identity,
  id uuid not null default gen_random_uuid(),
  scorer_no smallint not null,
  scorer_version text,
  value double precision not null check (value between 0 and 1),
  metadata json,
  -- Who scored, if it was a person.
  user_id integer references users,
  created_at timestamptz(3) not null default clock_timestamp(),
  primary key (project_id, run_no, score_no)
);

create function remove_run_parts() returns trigger language plpgsql as $$
begin
  delete from stage_results s using removed r where s.project_id = r.project_id and s.run_no = r.run_no;
  delete from scores s using removed r where s.project_id = r.project_id and s.run_no = r.run_no;
  return null;
end
$$;

create trigger run_parts_removed after delete on runs
  referencing old table as removed for each statement execute function remove_run_parts();

-- Cells that are handed out together. The truth about what is left; jobs of the queue only wake workers.
create table run_batches (
  project_id integer not null,
  experiment_no bigint not null,
  batch_no bigint generated always as identity,
  -- `sweep`: cells; `alone`: one run by itself; `score`: runs that get scores they have not.
  kind text not null check (kind in ('sweep', 'alone', 'score')),
  -- The backends that its stages ask, so that a slow one does not hold up another.
  lane text collate "C" not null,
  round smallint not null default 0,
  -- The cells, one at each position.
  variant_nos integer[] not null default '{}',
  case_nos bigint[] not null default '{}',
  repeats smallint[] not null default '{}',
  run_nos bigint[] not null default '{}',
  -- Scorers by number that `score` is about.
  scorer_nos smallint[] not null default '{}',
  state text not null default 'pending' check (state in ('pending', 'running', 'done')),
  queued boolean not null default false,
  -- Raised by each worker that takes the batch up, so that one which lost it cannot write to it.
  fence integer not null default 0,
  -- Of a sweep with a ceiling: its cells that were let begin and have not ended.
  admitted smallint not null default 0,
  faults smallint not null default 0,
  primary key (project_id, experiment_no, batch_no),
  foreign key (project_id, experiment_no) references experiments on delete cascade
);
create index run_batches_next on run_batches (project_id, experiment_no, lane, batch_no)
  where state = 'pending' and not queued;
create index run_batches_queued on run_batches (project_id, experiment_no, lane, batch_no)
  where queued and state in ('pending', 'running');
-- Without the number, or the next batches of one lane would be looked for here, among those of all.
create index run_batches_open on run_batches (project_id, experiment_no, kind) where state <> 'done';

-- What the leaderboard by variant is made of: sums over the runs of one variant on one case, in 1e-9 so that they are exact.
create table case_sums (
  project_id integer not null,
  experiment_no bigint not null,
  variant_no integer not null,
  case_no bigint not null,
  -- Runs that ended, and those of them that failed.
  runs integer not null,
  failed integer not null,
  weighted_n integer not null,
  weighted_total bigint not null,
  -- Runs whose weighted score reaches the experiment's threshold.
  passes integer not null,
  -- By scorer number.
  grade_n integer[] not null,
  grade_total bigint[] not null,
  cost_n integer not null,
  cost_total numeric(20, 9) not null,
  duration_n integer not null,
  duration_total bigint not null,
  changed_xid xid8 not null default pg_current_xact_id(),
  primary key (project_id, experiment_no, variant_no, case_no),
  foreign key (project_id, experiment_no) references experiments on delete cascade
);
create index case_sums_changed on case_sums (project_id, experiment_no, changed_xid);

-- Adds place by place; where one is longer, the other's missing places count 0.
create function add_grades(one bigint[], other bigint[]) returns bigint[] language plpgsql immutable as $$
declare
  longer bigint[] := case when cardinality(one) >= cardinality(other) then one else other end;
  shorter bigint[] := case when cardinality(one) >= cardinality(other) then other else one end;
begin
  for place in 1 .. cardinality(shorter) loop
    longer[place] := longer[place] + shorter[place];
  end loop;
  return longer;
end
$$;

create aggregate sum_grades(bigint[]) (sfunc = add_grades, stype = bigint[], initcond = '{}');

-- `1` or `-1` for each grade that is there, and each grade in 1e-9; 0 where there is none.
create function count_grades(grades double precision[], sign integer) returns bigint[] language plpgsql immutable as $$
declare
  counts bigint[] := '{}';
begin
  for place in 1 .. cardinality(grades) loop
    counts[place] := case when grades[place] is null then 0 else sign end;
  end loop;
  return counts;
end
$$;

create function scale_grades(grades double precision[], sign integer) returns bigint[] language plpgsql immutable as $$
declare
  scaled bigint[] := '{}';
begin
  for place in 1 .. cardinality(grades) loop
    scaled[place] := coalesce(sign * (grades[place] * 1e9)::bigint, 0);
  end loop;
  return scaled;
end
$$;

create type run_change as (
  sign integer, project_id integer, experiment_no bigint, variant_no integer, case_no bigint, status text,
  weighted double precision, grades double precision[], cost_usd numeric, duration_ms integer
);

-- Sums are taken in the order of their key by all. Those of an experiment that is being deleted go with it, which is why
-- they are not found here.
create function move_case_sums(changes run_change[]) returns void language sql as $$
  insert into case_sums as sums (
    project_id, experiment_no, variant_no, case_no, runs, failed, weighted_n, weighted_total, passes, cost_n, cost_total,
    duration_n, duration_total, grade_n, grade_total
  )
  select * from (
    select c.project_id, c.experiment_no, variant_no, case_no, sum(sign) as runs,
      coalesce(sum(sign) filter (where c.status = 'failed'), 0) as failed,
      sum(sign * num_nonnulls(weighted)) as weighted_n, coalesce(sum(sign * (weighted * 1e9)::bigint), 0) as weighted_total,
      coalesce(sum(sign) filter (where weighted >= e.pass_threshold), 0) as passes,
      sum(sign * num_nonnulls(c.cost_usd)) as cost_n, coalesce(sum(sign * c.cost_usd), 0) as cost_total,
      sum(sign * num_nonnulls(duration_ms)) as duration_n, coalesce(sum(sign * duration_ms), 0) as duration_total,
      sum_grades(count_grades(grades, sign)) as grade_n, sum_grades(scale_grades(grades, sign)) as grade_total
    from unnest(changes) c join experiments e on e.project_id = c.project_id and e.experiment_no = c.experiment_no
    group by c.project_id, c.experiment_no, variant_no, case_no
    order by c.project_id, c.experiment_no, variant_no, case_no
  ) change
  where 0 <> any (
    array[runs, failed, weighted_n, weighted_total, passes, cost_n, cost_total, duration_n, duration_total]::numeric[]
      || grade_n || grade_total
  )
  on conflict (project_id, experiment_no, variant_no, case_no) do update set
    runs = sums.runs + excluded.runs, failed = sums.failed + excluded.failed,
    weighted_n = sums.weighted_n + excluded.weighted_n, weighted_total = sums.weighted_total + excluded.weighted_total,
    passes = sums.passes + excluded.passes, cost_n = sums.cost_n + excluded.cost_n,
    cost_total = sums.cost_total + excluded.cost_total, duration_n = sums.duration_n + excluded.duration_n,
    duration_total = sums.duration_total + excluded.duration_total, grade_n = add_grades(sums.grade_n, excluded.grade_n),
    grade_total = add_grades(sums.grade_total, excluded.grade_total), changed_xid = pg_current_xact_id()
$$;

-- Only cells that have ended count. A statement that changes more than some 100,000 of them takes memory for all of them.
create function sum_runs() returns trigger language plpgsql as $$
declare
  changes run_change[];
begin
  if tg_op <> 'INSERT' then
    select array_agg(row(
      -1, project_id, experiment_no, variant_no, case_no, status, weighted, grades, cost_usd, duration_ms
    )::run_change) into changes
    from removed where variant_no is not null and status in ('completed', 'failed');
  end if;
  if tg_op <> 'DELETE' then
    changes := changes || (
      select array_agg(row(
        1, project_id, experiment_no, variant_no, case_no, status, weighted, grades, cost_usd, duration_ms
      )::run_change)
      from added where variant_no is not null and status in ('completed', 'failed')
    );
  end if;
  if changes is not null then
    perform move_case_sums(changes);
  end if;
  return null;
end
$$;

create trigger runs_added after insert on runs
  referencing new table as added for each statement execute function sum_runs();
create trigger runs_changed after update on runs
  referencing old table as removed new table as added for each statement execute function sum_runs();
create trigger runs_removed after delete on runs
  referencing old table as removed for each statement execute function sum_runs();

-- A run's grades with one of them put in its place, those before it that are not there yet null.
create function place_grade(grades double precision[], place integer, grade double precision) returns double precision[]
language sql immutable as $$
  select array_agg(case when spot = place then grade else grades[spot] end order by spot)
  from generate_series(1, greatest(cardinality(grades), place)) spot
$$;

-- What a run's grades come to, given the scorers' weights at the same places, as `weighGrades` of the server works it out: in
-- decimals as they are written, rounded once.
create function weigh_grades(
  grades double precision[], weights double precision[], out score_mean double precision, out weighted double precision
) language sql immutable as $$
  select plain::double precision, coalesce(counting, plain)::double precision
  from (
    select sum(grade) * 1.0000000000000000000000000000000000000000 / count(*) as plain,
      sum(grade * weight) * 1.0000000000000000000000000000000000000000 / nullif(sum(weight), 0) as counting
    from (
      select g::text::numeric as grade, coalesce(w, 0)::text::numeric as weight
      from unnest(grades, weights) as place (g, w) where g is not null
    ) given
  ) means
$$;
