-- A second reviewer's view of a candidate, given without seeing the first one's. It changes no state. Append-only.
create table opinions (
  project_id integer not null,
  opinion_no bigint generated always as identity,
  candidate_no bigint not null,
  user_id integer not null references users,
  action text not null check (action in ('correct', 'discard', 'flag')),
  failure_category text,
  corrected_response text,
  comment text,
  content_hash bytea not null,
  duration_ms integer check (duration_ms >= 0),
  created_at timestamptz(3) not null default clock_timestamp(),
  primary key (project_id, opinion_no),
  unique (project_id, candidate_no, user_id),
  foreign key (project_id, candidate_no) references candidates on delete cascade
);
