-- Every finished model call, there before anything depends on it. A question is what was asked, word for word; a repeat
-- is one asking of it. An answer that turned out useless is kept but not given out again.
create table ledger (
  project_id integer not null references projects on delete cascade,
  question bytea not null check (length(question) = 32),
  repeat integer not null check (repeat >= 0),
  backend text not null,
  origin text not null,
  model text not null,
  request json not null,
  answer json not null,
  useless boolean not null default false,
  tokens_in integer,
  tokens_out integer,
  tokens_in_cached integer,
  cost_usd numeric(20, 9),
  duration_ms integer not null,
  attempts json not null,
  -- The run whose bill it is on.
  paid_by uuid,
  created_at timestamptz(3) not null default clock_timestamp(),
  primary key (project_id, question, repeat)
);
create index ledger_by_payer on ledger (project_id, paid_by, created_at);
