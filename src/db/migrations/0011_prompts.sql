create table prompts (
  project_id integer not null references projects on delete cascade,
  prompt_no bigint generated always as identity,
  name text collate "C" not null,
  created_at timestamptz(3) not null default clock_timestamp(),
  -- The newest of its versions, so that a list counts nothing.
  version_no integer not null default 0,
  version text not null default '',
  changed_at timestamptz(3) not null default clock_timestamp(),
  primary key (project_id, prompt_no),
  unique (project_id, name)
);

-- Templates never change: other text is another version.
create table prompt_versions (
  project_id integer not null,
  prompt_no bigint not null,
  version_no integer not null check (version_no > 0),
  version text collate "C" not null,
  system_template text,
  user_template text not null,
  user_id integer not null references users,
  created_at timestamptz(3) not null default clock_timestamp(),
  primary key (project_id, prompt_no, version_no),
  unique (project_id, prompt_no, version),
  foreign key (project_id, prompt_no) references prompts on delete cascade
);

-- Names that move from version to version, each at one of them at a time.
create table prompt_labels (
  project_id integer not null,
  prompt_no bigint not null,
  label text collate "C" not null,
  version_no integer not null,
  user_id integer not null references users,
  moved_at timestamptz(3) not null default clock_timestamp(),
  primary key (project_id, prompt_no, label),
  foreign key (project_id, prompt_no, version_no) references prompt_versions on delete cascade
);

-- Append-only: who put which label where, and when; null: taken away.
create table prompt_label_moves (
  project_id integer not null,
  move_no bigint generated always as identity,
  prompt_no bigint not null,
  label text collate "C" not null,
  version_no integer,
  user_id integer not null references users,
  moved_at timestamptz(3) not null default clock_timestamp(),
  primary key (project_id, move_no),
  foreign key (project_id, prompt_no) references prompts on delete cascade
);
create index prompt_label_moves_of_prompt on prompt_label_moves (project_id, prompt_no, move_no);
