create table datasets (
  project_id integer not null references projects on delete cascade,
  dataset_no bigint generated always as identity,
  name text collate "C" not null,
  created_at timestamptz(3) not null default now(),
  primary key (project_id, dataset_no),
  unique (project_id, name)
);

-- A case is never changed: other content is another case. What was taken out stays, with the time.
create table cases (
  project_id integer not null,
  case_no bigint generated always as identity,
  dataset_no bigint not null,
  case_id uuid not null default gen_random_uuid(),
  input json not null,
  expected json,
  -- Where it comes from, as `{"correction": …}`.
  provenance json not null,
  -- What it was made of, so that it is made of that once.
  origin text collate "C",
  -- 0 to 9999, equal for what must not be torn apart between train and test.
  split smallint not null check (split between 0 and 9999),
  content_hash bytea not null,
  created_at timestamptz(3) not null default clock_timestamp(),
  retracted_at timestamptz(3),
  primary key (project_id, case_no),
  unique (project_id, case_id),
  foreign key (project_id, dataset_no) references datasets on delete cascade
);
create index cases_of_dataset on cases (project_id, dataset_no, case_no);
create unique index cases_of_origin on cases (project_id, dataset_no, origin) where retracted_at is null;
create index cases_by_origin on cases (project_id, origin) where retracted_at is null;
