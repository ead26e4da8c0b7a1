-- A file of training data that was made, once it is complete.
create table exports (
  project_id integer not null references projects on delete cascade,
  export_no bigint generated always as identity,
  export_id uuid not null,
  user_id integer not null references users,
  format text not null check (format in ('sft', 'sft_tools', 'dpo', 'kto')),
  filter json not null,
  records bigint not null,
  -- Approved corrections that the format has no place for.
  left_out bigint not null,
  bytes bigint not null,
  content_hash bytea not null check (length(content_hash) = 32),
  file_name text not null,
  -- The newest decision that it could take into account.
  up_to bigint not null,
  created_at timestamptz(3) not null default clock_timestamp(),
  primary key (project_id, export_no),
  unique (project_id, export_id)
);

-- What was in an export and was taken back afterwards.
create table export_retractions (
  project_id integer not null,
  export_no bigint not null,
  candidate_no bigint not null,
  retracted_at timestamptz(3) not null default clock_timestamp(),
  primary key (project_id, export_no, candidate_no),
  foreign key (project_id, export_no) references exports on delete cascade,
  foreign key (project_id, candidate_no) references candidates on delete cascade
);
