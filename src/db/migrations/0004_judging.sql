create table rubrics (
  project_id integer not null references projects on delete cascade,
  rubric_version text collate "C" not null,
  name text not null,
  body json not null,
  created_at timestamptz(3) not null default now(),
  primary key (project_id, rubric_version)
);

create table panels (
  project_id integer not null references projects on delete cascade,
  judge_version text collate "C" not null,
  name text not null,
  kind text not null check (kind in ('model', 'baseline')),
  body json not null,
  created_at timestamptz(3) not null default now(),
  primary key (project_id, judge_version)
);

-- A pair of versions under a small number, so that a session's row and a trend's cell can name it in four bytes.
create table version_pairs (
  project_id integer not null references projects on delete cascade,
  pins_id integer not null check (pins_id > 0),
  judge_version text collate "C" not null,
  rubric_version text collate "C" not null,
  primary key (project_id, pins_id),
  unique (project_id, judge_version, rubric_version),
  foreign key (project_id, judge_version) references panels,
  foreign key (project_id, rubric_version) references rubrics
);

-- The pair in force.
create table pins (
  project_id integer primary key references projects on delete cascade,
  pins_id integer not null,
  pinned_at timestamptz(3) not null default now(),
  foreign key (project_id, pins_id) references version_pairs
);

create table eval_runs (
  project_id integer not null references projects on delete cascade,
  run_id uuid not null default gen_random_uuid(),
  run_no bigint generated always as identity,
  user_id integer not null references users,
  scope json not null,
  backend text not null,
  judge_model text not null,
  pins_id integer not null,
  state text not null default 'running' check (state in ('running', 'done', 'failed')),
  -- Whether the sessions of the run have been looked up and stand in `eval_units`.
  resolved boolean not null default false,
  -- How often looking them up broke by a bug.
  faults smallint not null default 0,
  ended_because text,
  error text,
  started_at timestamptz(3) not null default clock_timestamp(),
  finished_at timestamptz(3),
  max_cost_usd numeric(20, 9) check (max_cost_usd >= 0),
  cost_usd numeric(20, 9) not null default 0,
  reserved_usd numeric(20, 9) not null default 0,
  -- Calls whose price or tokens are unknown; with any of them the cost is not known either.
  unpriced integer not null default 0,
  tokens_in bigint not null default 0,
  tokens_out bigint not null default 0,
  calls integer not null default 0,
  -- When these sums were last taken from the ledger.
  settled_at timestamptz(3) not null default '-infinity',
  -- Units that have not ended. How many of them are in hand is counted when asked: a worker that takes one up leaves this
  -- row alone.
  pending integer not null default 0 check (pending >= 0),
  ok integer not null default 0,
  failed integer not null default 0,
  primary key (project_id, run_id),
  foreign key (project_id, pins_id) references version_pairs,
  check ((state = 'running') = (finished_at is null))
);
create index eval_runs_newest on eval_runs (project_id, run_no desc);
create index eval_runs_started on eval_runs (project_id, started_at desc, run_no desc);
create index eval_runs_in_state on eval_runs (project_id, state, run_no desc);
create index eval_runs_with_failures on eval_runs (project_id, run_no desc) where failed > 0;
create index eval_runs_open on eval_runs (project_id, run_no) where state = 'running';
create index eval_runs_ended on eval_runs (finished_at) where state <> 'running';

-- One session in one run. The truth about what is done and what is left; jobs of the queue only wake workers.
create table eval_units (
  project_id integer not null,
  run_id uuid not null,
  unit_no integer not null,
  session_no bigint,
  session_id text collate "C" not null,
  -- Asked again on purpose: answers from before the run do not count.
  again boolean not null default false,
  state text not null default 'pending' check (state in ('pending', 'running', 'ok', 'failed')),
  -- Whether a job was enqueued for it; only a window of a run's units has one.
  queued boolean not null default false,
  -- Raised by each worker that takes the unit up, so that one which lost it cannot finish it.
  fence integer not null default 0,
  -- How often judging it broke by a bug.
  faults smallint not null default 0,
  -- What judging it may cost, by estimate; held against the run's ceiling while it is under way.
  reserved_usd numeric(20, 9) not null default 0,
  avg smallint[],
  error text,
  error_kind text,
  pass_no bigint,
  started_at timestamptz(3),
  finished_at timestamptz(3),
  primary key (project_id, run_id, unit_no),
  foreign key (project_id, run_id) references eval_runs on delete cascade
);
create index eval_units_next on eval_units (project_id, run_id, unit_no) where state = 'pending' and not queued;
create index eval_units_running on eval_units (project_id, run_id) where state = 'running';
create index eval_units_queued on eval_units (project_id, run_id, unit_no) where queued and state in ('pending', 'running');

-- One judging of one session by a whole panel, written together with its evaluations or not at all.
create table passes (
  project_id integer not null,
  pass_no bigint generated always as identity,
  eval_run_id uuid not null default gen_random_uuid(),
  session_no bigint not null,
  run_id uuid,
  pins_id integer not null,
  backend text not null,
  judge_model text not null,
  eval_date timestamptz(3) not null default clock_timestamp(),
  -- What was judged: the content at that time, and what the cut left out of it.
  content_hash bytea not null,
  msg_count integer not null,
  cut json,
  -- Means over the experts, times 2520 (the least common multiple of 1 to 10 experts), hence whole numbers.
  means integer[] not null check (cardinality(means) = 7),
  avg smallint[] not null check (cardinality(avg) = 7),
  cost_usd numeric(20, 9),
  tokens_in integer,
  tokens_out integer,
  primary key (project_id, pass_no),
  unique (project_id, eval_run_id),
  foreign key (project_id, session_no) references sessions on delete cascade,
  foreign key (project_id, pins_id) references version_pairs
);
create index passes_of_session on passes (project_id, session_no, pins_id, pass_no desc);

create table evaluations (
  project_id integer not null,
  pass_no bigint not null,
  position smallint not null,
  id uuid not null default gen_random_uuid(),
  expert_id text not null,
  task_complexity smallint not null check (task_complexity between 0 and 100),
  goal_completion smallint not null check (goal_completion between 0 and 100),
  tool_usage_quality smallint not null check (tool_usage_quality between 0 and 100),
  efficiency smallint not null check (efficiency between 0 and 100),
  communication smallint not null check (communication between 0 and 100),
  subagent_orchestration smallint check (subagent_orchestration between 0 and 100),
  self_extension smallint check (self_extension between 0 and 100),
  comment text not null,
  -- The answers of the ledger behind it, in order: `[{question, repeat}]`; none for the baseline.
  calls json not null default '[]',
  response_model text,
  tokens_in integer,
  tokens_out integer,
  cost_usd numeric(20, 9),
  duration_ms integer,
  primary key (project_id, pass_no, position),
  unique (project_id, pass_no, expert_id),
  foreign key (project_id, pass_no) references passes on delete cascade
);

-- What the trend counts of each session under each pair of versions: its newest pass.
create table trend_entries (
  project_id integer not null,
  session_no bigint not null,
  pins_id integer not null,
  pass_no bigint not null,
  judged_on date not null,
  active_on date not null,
  profile_id text collate "C" not null,
  judge_model text collate "C" not null,
  means integer[] not null,
  primary key (project_id, session_no, pins_id),
  foreign key (project_id, pass_no) references passes on delete cascade,
  foreign key (project_id, session_no) references sessions on delete cascade
);

-- The trend itself: n, Σ and Σ² per axis, exact, since the means are whole numbers (scale 2520). Kept by the triggers
-- below in the transaction that changes an entry. Bucket 0 is 0-25, 3 is 76+. Arrays hold an element per axis.
create table trend_cells (
  project_id integer not null,
  pins_id integer not null,
  basis text not null check (basis in ('judged', 'active')),
  day date not null,
  bucket smallint not null check (bucket between 0 and 3),
  profile_id text collate "C" not null,
  judge_model text collate "C" not null,
  sessions integer not null,
  n integer[] not null,
  total bigint[] not null,
  squares bigint[] not null,
  primary key (project_id, pins_id, basis, day, bucket, profile_id, judge_model)
);

-- The same by week (from Monday), for each profile and, under the profile '' (which is no profile's id), for all of them
-- together: a year of trends reads few rows.
create table trend_weeks (
  project_id integer not null,
  pins_id integer not null,
  basis text not null check (basis in ('judged', 'active')),
  week date not null,
  bucket smallint not null check (bucket between 0 and 3),
  profile_id text collate "C" not null,
  judge_model text collate "C" not null,
  sessions integer not null,
  n integer[] not null,
  total bigint[] not null,
  squares bigint[] not null,
  primary key (project_id, pins_id, basis, week, bucket, profile_id, judge_model)
);

create function add_axes(one anyarray, other anyarray) returns anyarray language sql immutable as $$
  select array_agg(a + b order by axis) from unnest(one, other) with ordinality as pair (a, b, axis)
$$;

-- Cells are always taken in the same order, those that lose an entry among those that get one, so that two transactions
-- cannot wait for each other.
create function move_trend_entries(removed trend_entries[], added trend_entries[]) returns void language sql as $$
  with placed as materialized (
    select
      by_week, project_id, pins_id, basis, start, bucket, profile_id, judge_model, sum(sign) as sessions,
      array[
        sum(sign * num_nonnulls(m[1])), sum(sign * num_nonnulls(m[2])), sum(sign * num_nonnulls(m[3])),
        sum(sign * num_nonnulls(m[4])), sum(sign * num_nonnulls(m[5])), sum(sign * num_nonnulls(m[6])),
        sum(sign * num_nonnulls(m[7]))
      ] as n,
      array[
        coalesce(sum(sign * m[1]), 0), coalesce(sum(sign * m[2]), 0), coalesce(sum(sign * m[3]), 0),
        coalesce(sum(sign * m[4]), 0), coalesce(sum(sign * m[5]), 0), coalesce(sum(sign * m[6]), 0),
        coalesce(sum(sign * m[7]), 0)
      ] as total,
      array[
        coalesce(sum(sign * m[1]::bigint * m[1]), 0), coalesce(sum(sign * m[2]::bigint * m[2]), 0),
        coalesce(sum(sign * m[3]::bigint * m[3]), 0), coalesce(sum(sign * m[4]::bigint * m[4]), 0),
        coalesce(sum(sign * m[5]::bigint * m[5]), 0), coalesce(sum(sign * m[6]::bigint * m[6]), 0),
        coalesce(sum(sign * m[7]::bigint * m[7]), 0)
      ] as squares
    from (
      select
        sign, by_week, project_id, pins_id, basis, start, span.profile_id, judge_model, means as m,
        (case when means[1] <= 25 * 2520 then 0 when means[1] <= 50 * 2520 then 1 when means[1] <= 75 * 2520 then 2 else 3 end) as bucket
      from (select -1 as sign, * from unnest(removed) union all select 1, * from unnest(added)) change
        cross join lateral (values ('judged', judged_on), ('active', active_on)) as place (basis, day)
        cross join lateral (select date_trunc('week', day::timestamp)::date as week) monday
        cross join lateral (
          values (false, day, change.profile_id), (true, week, change.profile_id), (true, week, '')
        ) as span (by_week, start, profile_id)
    ) entry
    group by by_week, project_id, pins_id, basis, start, bucket, profile_id, judge_model
  ),
  weeks as (
    insert into trend_weeks as cell
    select project_id, pins_id, basis, start, bucket, profile_id, judge_model, sessions, n, total, squares
    from placed where by_week order by project_id, pins_id, basis, start, bucket, profile_id, judge_model
    on conflict (project_id, pins_id, basis, week, bucket, profile_id, judge_model) do update set
      sessions = cell.sessions + excluded.sessions, n = add_axes(cell.n, excluded.n),
      total = add_axes(cell.total, excluded.total), squares = add_axes(cell.squares, excluded.squares)
  )
  insert into trend_cells as cell
  select project_id, pins_id, basis, start, bucket, profile_id, judge_model, sessions, n, total, squares
  from placed where not by_week order by project_id, pins_id, basis, start, bucket, profile_id, judge_model
  on conflict (project_id, pins_id, basis, day, bucket, profile_id, judge_model) do update set
    sessions = cell.sessions + excluded.sessions, n = add_axes(cell.n, excluded.n),
    total = add_axes(cell.total, excluded.total), squares = add_axes(cell.squares, excluded.squares)
$$;

create function count_trend_entries() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    perform move_trend_entries(null, (select array_agg(row(added.*)::trend_entries) from added));
  elsif tg_op = 'DELETE' then
    perform move_trend_entries((select array_agg(row(removed.*)::trend_entries) from removed), null);
  else
    perform move_trend_entries(
      (select array_agg(row(removed.*)::trend_entries) from removed),
      (select array_agg(row(added.*)::trend_entries) from added)
    );
  end if;
  return null;
end
$$;

create trigger trend_entries_added after insert on trend_entries
  referencing new table as added for each statement execute function count_trend_entries();
create trigger trend_entries_changed after update on trend_entries
  referencing old table as removed new table as added for each statement execute function count_trend_entries();
create trigger trend_entries_removed after delete on trend_entries
  referencing old table as removed for each statement execute function count_trend_entries();

-- Chooses each session's latest pass anew: the newest under the project's pins, else the newest.
create function refresh_standing(project integer, session_nos bigint[]) returns void language sql as $$
  update sessions s set
    latest_pass_no = latest.pass_no, latest_pins = latest.pins_id, latest_avg = latest.avg,
    latest_eval_date = latest.eval_date,
    latest_present = exists (
      select from passes p
      where p.project_id = project and p.session_no = s.session_no and p.pins_id = latest.pins_id
        and p.content_hash = s.content_hash
    )
  from unnest(session_nos) as changed (session_no) cross join lateral (
    select p.pass_no, p.pins_id, p.avg, p.eval_date
    from passes p left join pins on pins.project_id = p.project_id and pins.pins_id = p.pins_id
    where p.project_id = project and p.session_no = changed.session_no
    order by (pins.pins_id is not null) desc, p.pass_no desc limit 1
  ) latest
  where s.project_id = project and s.session_no = changed.session_no
$$;

-- A session that changed after its passes: its standing, and its place in the trends, follow. Planned anew each time:
-- a plan that was kept from a change of one session would compare each with each when all of them change, and one from a
-- change of all would read the whole trend for one.
create function follow_sessions() returns trigger language plpgsql as $$
begin
  execute $moved$
    select refresh_standing(project_id, array_agg(session_no order by session_no))
    from (
      select c.project_id, c.session_no from changed c join former f using (project_id, session_no)
      where c.content_hash <> f.content_hash and c.latest_pins <> 0
    ) moved group by project_id
  $moved$;
  execute $placed$
    update trend_entries e set profile_id = c.profile_id, active_on = (c.last_active at time zone 'UTC')::date
    from changed c join former f using (project_id, session_no)
    where c.latest_pins <> 0 and (c.profile_id, c.last_active) is distinct from (f.profile_id, f.last_active)
      and e.project_id = c.project_id and e.session_no = c.session_no
  $placed$;
  return null;
end
$$;

create trigger sessions_changed after update on sessions
  referencing old table as former new table as changed for each statement execute function follow_sessions();
