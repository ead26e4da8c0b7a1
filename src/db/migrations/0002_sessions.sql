create table profiles (
  project_id integer not null references projects on delete cascade,
  profile_id text collate "C" not null,
  name text,
  purpose text,
  primary key (project_id, profile_id)
);

-- One row per conversation, narrow: it carries what the overview shows, changed in the transaction that changes its
-- cause. `latest_*` describe the latest pass: the newest under the project's pins, else the newest.
create table sessions (
  project_id integer not null references projects on delete cascade,
  session_no bigint generated always as identity,
  session_id text collate "C" not null,
  profile_id text collate "C" not null,
  name text,
  -- The beginning of what the user wrote first: shown where there is no name, and searched.
  first_request text,
  created_at timestamptz(3) not null,
  last_active timestamptz(3) not null,
  pinned boolean not null default false,
  msg_count integer not null check (msg_count >= 0),
  -- Messages of subagents included.
  characters bigint not null check (characters >= 0),
  content_hash bytea not null check (length(content_hash) = 32),
  likes integer not null default 0 check (likes >= 0),
  dislikes integer not null default 0 check (dislikes >= 0),
  latest_pass_no bigint,
  latest_pins integer not null default 0,
  -- Whether a pass under `latest_pins` has judged the content as it is now.
  latest_present boolean not null default false,
  latest_avg smallint[] check (cardinality(latest_avg) = 7),
  latest_eval_date timestamptz(3),
  -- 0: no pass; n: judged under pins n as it is now; -n: judged under pins n, changed since.
  standing integer not null generated always as (
    case when latest_pins = 0 then 0 when latest_present then latest_pins else -latest_pins end
  ) stored,
  primary key (project_id, session_no),
  unique (project_id, session_id),
  check ((latest_pins = 0) = (latest_pass_no is null))
);
create index sessions_overview on sessions (project_id, pinned desc, last_active desc, session_id);
create index sessions_by_standing on sessions (project_id, standing, pinned desc, last_active desc, session_id);
create index sessions_by_profile on sessions (project_id, profile_id, standing, pinned desc, last_active desc, session_id);
create index sessions_by_judging on sessions (project_id, standing, latest_eval_date desc, session_id) where latest_eval_date is not null;
-- Few sessions have a thumb.
create index sessions_rated on sessions (project_id, pinned desc, last_active desc, session_id) where likes + dislikes > 0;

-- Messages as they came. Thread 0 is the conversation with the user; each further thread is a subagent's, named by the
-- `thread` field of the tool call that started it. `body` is `json`, not `jsonb`, which refuses NUL and changes numbers.
create table messages (
  project_id integer not null,
  session_no bigint not null,
  thread integer not null check (thread >= 0),
  message_index integer not null check (message_index >= 0),
  body json not null,
  -- What is in it, by the bits of `message-flags.ts`; how long its text is; its first line; the ids of calls and results and
  -- the threads that it names. So an outline of 30,000 messages, or the search for the call of a result, reads no body.
  flags smallint not null default 0,
  characters integer not null default 0,
  line text not null default '',
  links json,
  primary key (project_id, session_no, thread, message_index),
  foreign key (project_id, session_no) references sessions on delete cascade
);

-- What only an evaluator knows. A table of its own, so that nothing which reads a conversation can read it along.
create table outcomes (
  project_id integer not null,
  session_no bigint not null,
  source text not null,
  reward double precision,
  task_id text,
  details json,
  primary key (project_id, session_no),
  foreign key (project_id, session_no) references sessions on delete cascade
);

-- Lines of a transcript file that are no message.
create table raw_lines (
  project_id integer not null,
  session_no bigint not null,
  line integer not null,
  body text not null,
  primary key (project_id, session_no, line),
  foreign key (project_id, session_no) references sessions on delete cascade
);

-- Append-only: the newest rating of an author counts, the others are its history.
create table feedback (
  project_id integer not null,
  feedback_no bigint generated always as identity,
  session_no bigint not null,
  message_index integer not null check (message_index >= 0),
  user_id integer not null references users,
  rating smallint not null check (rating in (-1, 0, 1)),
  comment text,
  created_at timestamptz(3) not null default now(),
  newest boolean not null default true,
  primary key (project_id, feedback_no),
  foreign key (project_id, session_no) references sessions on delete cascade
);
create unique index feedback_newest on feedback (project_id, session_no, message_index, user_id) where newest;
create index feedback_history on feedback (project_id, session_no, feedback_no);
