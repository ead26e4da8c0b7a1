create table projects (
  project_id integer generated always as identity primary key,
  name text not null unique check (name ~ '^[a-z0-9][a-z0-9_-]{0,62}$'),
  -- Keys the fences around transcripts in prompts, so that nobody can write text that ends one.
  secret bytea not null default sha256(convert_to(gen_random_uuid()::text || gen_random_uuid()::text, 'UTF8')),
  created_at timestamptz(3) not null default now()
);

insert into projects (name) values ('default');

create table users (
  user_id integer generated always as identity primary key,
  name text not null unique check (name <> ''),
  created_at timestamptz(3) not null default now()
);

-- A key's secret is known to its holder alone: only its SHA-256 is kept (the secret is 256 random bits, so a slow hash
-- would protect nothing).
create table api_keys (
  key_id integer generated always as identity primary key,
  project_id integer not null references projects on delete cascade,
  user_id integer not null references users,
  role text not null check (role in ('admin', 'member', 'ingest')),
  key_hash bytea not null unique check (length(key_hash) = 32),
  hint text not null,
  created_at timestamptz(3) not null default now(),
  revoked_at timestamptz(3)
);
create index api_keys_of_project on api_keys (project_id, key_id);
