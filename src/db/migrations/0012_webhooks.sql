-- Addresses that are told what happens to runs. What happened stands in `runs`; a webhook knows how far it has told it.
create table webhooks (
  project_id integer not null references projects on delete cascade,
  webhook_no bigint generated always as identity,
  webhook_id uuid not null default gen_random_uuid(),
  user_id integer not null references users,
  -- Null: every experiment of the project.
  experiment_no bigint,
  url text not null,
  events text[] not null,
  -- As it is: it signs what is sent.
  secret text not null,
  enabled boolean not null default true,
  -- The event up to which all is delivered or given up.
  cursor text collate "C" not null,
  -- Attempts in a row that failed, and when the next is due.
  failures integer not null default 0,
  due_at timestamptz(3) not null default '-infinity',
  -- The worker that delivers holds it until then; the fence tells it from one that has lost it.
  held_until timestamptz(3) not null default '-infinity',
  fence integer not null default 0,
  created_at timestamptz(3) not null default clock_timestamp(),
  primary key (project_id, webhook_no),
  unique (project_id, webhook_id),
  foreign key (project_id, experiment_no) references experiments on delete cascade
);

-- The newest deliveries of each webhook.
create table webhook_deliveries (
  project_id integer not null,
  webhook_no bigint not null,
  delivery_no bigint generated always as identity,
  -- The same in every attempt at the same event.
  message_id text collate "C" not null,
  event text not null,
  run_id uuid,
  status text not null check (status in ('delivered', 'failing', 'skipped')),
  attempts integer not null default 1,
  http_status integer,
  error text,
  -- The beginning of what a refusal said.
  response text,
  duration_ms integer,
  created_at timestamptz(3) not null default clock_timestamp(),
  updated_at timestamptz(3) not null default clock_timestamp(),
  primary key (project_id, webhook_no, delivery_no),
  unique (project_id, webhook_no, message_id),
  foreign key (project_id, webhook_no) references webhooks on delete cascade
);
