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
  pass_threshold double precision not null default 0.5,
  max_cost_usd numeric(20, 9) check (max_cost_usd >= 0),
  max_tokens bigint check (max_tokens > 0),
  concurrency integer check (concurrency > 0),
  -- The present round of a guided sweep; the only one of others.
  round smallint not null default 0,
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
  created_at timestamptz(3) not null default clock_timestamp(),
  started_at timestamptz(3),
  finished_at timestamptz(3),
  primary key (project_id, experiment_no),
  unique (project_id, experiment_id)
);
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
  grades double precision[] not null default '{}',
  -- The mean over the run's scorers; of those with a weight the weighted mean. A failed cell has 0.
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
  foreign key (project_id, experiment_no, variant_no) references variants,
  check ((variant_no is null) = (case_no is null)),
  check ((status in ('completed', 'failed')) = (completed_at is not null))
);
create index runs_listed on runs (project_id, started_at desc nulls last, run_id);
create index runs_of_experiment on runs (project_id, experiment_no, started_at desc nulls last, run_id);
create index runs_open on runs (project_id, experiment_no, run_no) where status in ('pending', 'running');
create index runs_by_mean on runs (project_id, score_mean) where score_mean is not null;
create index runs_best on runs (project_id, experiment_no, weighted desc, completed_at, run_id)
  where status = 'completed' and weighted is not null;
create index runs_started on runs (project_id, experiment_no, started_xid, run_no) where started_xid is not null;
create index runs_ended on runs (project_id, experiment_no, ended_xid, run_no) where ended_xid is not null;

-- The answer itself is in the ledger.
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
  primary key (project_id, run_no, stage_index),
  foreign key (project_id, run_no) references runs on delete cascade
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
  primary key (project_id, run_no, score_no),
  foreign key (project_id, run_no) references runs on delete cascade
);

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
  faults smallint not null default 0,
  primary key (project_id, experiment_no, batch_no),
  foreign key (project_id, experiment_no) references experiments on delete cascade
);
create index run_batches_next on run_batches (project_id, experiment_no, lane, batch_no)
  where state = 'pending' and not queued;
create index run_batches_queued on run_batches (project_id, experiment_no, lane, batch_no)
  where queued and state in ('pending', 'running');

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
