-- A file of training data. Without a hash it is still being written, and its counts are not known.
create table exports (
  project_id integer not null references projects on delete cascade,
  export_no bigint generated always as identity,
  export_id uuid not null,
  user_id integer not null references users,
  format text not null check (format in ('sft', 'sft_tools', 'dpo', 'kto')),
  filter json not null,
  records bigint not null default 0,
  -- Approved corrections that the format has no place for.
  left_out bigint not null default 0,
  bytes bigint not null default 0,
  content_hash bytea check (length(content_hash) = 32),
  file_name text not null default '',
  -- The newest decision that it could take into account; anything may be while it is being written.
  up_to bigint not null default 9223372036854775807,
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
