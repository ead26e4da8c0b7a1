-- What the migrations add up to, for reading; nothing runs this file. Renew it with: npm run schema

create table api_keys (
  key_id integer not null generated always as identity,
  project_id integer not null,
  user_id integer not null,
  role text not null,
  key_hash bytea not null,
  hint text not null,
  created_at timestamp(3) with time zone not null default now(),
  revoked_at timestamp(3) with time zone,
  constraint api_keys_pkey PRIMARY KEY (key_id),
  constraint api_keys_key_hash_key UNIQUE (key_hash),
  constraint api_keys_project_id_fkey FOREIGN KEY (project_id) REFERENCES projects(project_id) ON DELETE CASCADE,
  constraint api_keys_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(user_id),
  constraint api_keys_key_hash_check CHECK ((length(key_hash) = 32)),
  constraint api_keys_role_check CHECK ((role = ANY (ARRAY['admin'::text, 'member'::text, 'ingest'::text])))
);
CREATE INDEX api_keys_of_project ON public.api_keys USING btree (project_id, key_id);

create table eval_runs (
  project_id integer not null,
  run_id uuid not null default gen_random_uuid(),
  run_no bigint not null generated always as identity,
  user_id integer not null,
  scope json not null,
  backend text not null,
  judge_model text not null,
  pins_id integer not null,
  state text not null default 'running'::text,
  resolved boolean not null default false,
  ended_because text,
  error text,
  started_at timestamp(3) with time zone not null default clock_timestamp(),
  finished_at timestamp(3) with time zone,
  max_cost_usd numeric(20,9),
  cost_usd numeric(20,9) not null default 0,
  reserved_usd numeric(20,9) not null default 0,
  unpriced integer not null default 0,
  tokens_in bigint not null default 0,
  tokens_out bigint not null default 0,
  calls integer not null default 0,
  settled_at timestamp(3) with time zone not null default '-infinity'::timestamp with time zone,
  pending integer not null default 0,
  ok integer not null default 0,
  failed integer not null default 0,
  constraint eval_runs_pkey PRIMARY KEY (project_id, run_id),
  constraint eval_runs_project_id_fkey FOREIGN KEY (project_id) REFERENCES projects(project_id) ON DELETE CASCADE,
  constraint eval_runs_project_id_pins_id_fkey FOREIGN KEY (project_id, pins_id) REFERENCES version_pairs(project_id, pins_id),
  constraint eval_runs_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(user_id),
  constraint eval_runs_check CHECK (((state = 'running'::text) = (finished_at IS NULL))),
  constraint eval_runs_max_cost_usd_check CHECK ((max_cost_usd >= (0)::numeric)),
  constraint eval_runs_pending_check CHECK ((pending >= 0)),
  constraint eval_runs_state_check CHECK ((state = ANY (ARRAY['running'::text, 'done'::text, 'failed'::text])))
);
CREATE INDEX eval_runs_ended ON public.eval_runs USING btree (finished_at) WHERE (state <> 'running'::text);
CREATE INDEX eval_runs_newest ON public.eval_runs USING btree (project_id, run_no DESC);
CREATE INDEX eval_runs_open ON public.eval_runs USING btree (project_id, run_no) WHERE (state = 'running'::text);

create table eval_units (
  project_id integer not null,
  run_id uuid not null,
  unit_no integer not null,
  session_no bigint,
  session_id text collate "C" not null,
  again boolean not null default false,
  state text not null default 'pending'::text,
  queued boolean not null default false,
  fence integer not null default 0,
  faults smallint not null default 0,
  reserved_usd numeric(20,9) not null default 0,
  avg smallint[],
  error text,
  error_kind text,
  pass_no bigint,
  started_at timestamp(3) with time zone,
  finished_at timestamp(3) with time zone,
  constraint eval_units_pkey PRIMARY KEY (project_id, run_id, unit_no),
  constraint eval_units_project_id_run_id_fkey FOREIGN KEY (project_id, run_id) REFERENCES eval_runs(project_id, run_id) ON DELETE CASCADE,
  constraint eval_units_state_check CHECK ((state = ANY (ARRAY['pending'::text, 'running'::text, 'ok'::text, 'failed'::text])))
);
CREATE INDEX eval_units_next ON public.eval_units USING btree (project_id, run_id, unit_no) WHERE ((state = 'pending'::text) AND (NOT queued));
CREATE INDEX eval_units_queued ON public.eval_units USING btree (project_id, run_id, unit_no) WHERE (queued AND (state = ANY (ARRAY['pending'::text, 'running'::text])));
CREATE INDEX eval_units_running ON public.eval_units USING btree (project_id, run_id) WHERE (state = 'running'::text);

create table evaluations (
  project_id integer not null,
  pass_no bigint not null,
  "position" smallint not null,
  id uuid not null default gen_random_uuid(),
  expert_id text not null,
  task_complexity smallint not null,
  goal_completion smallint not null,
  tool_usage_quality smallint not null,
  efficiency smallint not null,
  communication smallint not null,
  subagent_orchestration smallint,
  self_extension smallint,
  comment text not null,
  calls json not null default '[]'::json,
  response_model text,
  tokens_in integer,
  tokens_out integer,
  cost_usd numeric(20,9),
  duration_ms integer,
  constraint evaluations_pkey PRIMARY KEY (project_id, pass_no, "position"),
  constraint evaluations_project_id_pass_no_expert_id_key UNIQUE (project_id, pass_no, expert_id),
  constraint evaluations_project_id_pass_no_fkey FOREIGN KEY (project_id, pass_no) REFERENCES passes(project_id, pass_no) ON DELETE CASCADE,
  constraint evaluations_communication_check CHECK (((communication >= 0) AND (communication <= 100))),
  constraint evaluations_efficiency_check CHECK (((efficiency >= 0) AND (efficiency <= 100))),
  constraint evaluations_goal_completion_check CHECK (((goal_completion >= 0) AND (goal_completion <= 100))),
  constraint evaluations_self_extension_check CHECK (((self_extension >= 0) AND (self_extension <= 100))),
  constraint evaluations_subagent_orchestration_check CHECK (((subagent_orchestration >= 0) AND (subagent_orchestration <= 100))),
  constraint evaluations_task_complexity_check CHECK (((task_complexity >= 0) AND (task_complexity <= 100))),
  constraint evaluations_tool_usage_quality_check CHECK (((tool_usage_quality >= 0) AND (tool_usage_quality <= 100)))
);

create table feedback (
  project_id integer not null,
  feedback_no bigint not null generated always as identity,
  session_no bigint not null,
  message_index integer not null,
  user_id integer not null,
  rating smallint not null,
  comment text,
  created_at timestamp(3) with time zone not null default now(),
  newest boolean not null default true,
  constraint feedback_pkey PRIMARY KEY (project_id, feedback_no),
  constraint feedback_project_id_session_no_fkey FOREIGN KEY (project_id, session_no) REFERENCES sessions(project_id, session_no) ON DELETE CASCADE,
  constraint feedback_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(user_id),
  constraint feedback_message_index_check CHECK ((message_index >= 0)),
  constraint feedback_rating_check CHECK ((rating = ANY (ARRAY['-1'::integer, 0, 1])))
);
CREATE INDEX feedback_history ON public.feedback USING btree (project_id, session_no, feedback_no);
CREATE UNIQUE INDEX feedback_newest ON public.feedback USING btree (project_id, session_no, message_index, user_id) WHERE newest;

create table ledger (
  project_id integer not null,
  question bytea not null,
  repeat integer not null,
  backend text not null,
  origin text not null,
  model text not null,
  request json not null,
  answer json not null,
  useless boolean not null default false,
  tokens_in integer,
  tokens_out integer,
  tokens_in_cached integer,
  cost_usd numeric(20,9),
  duration_ms integer not null,
  attempts json not null,
  paid_by uuid,
  created_at timestamp(3) with time zone not null default clock_timestamp(),
  constraint ledger_pkey PRIMARY KEY (project_id, question, repeat),
  constraint ledger_project_id_fkey FOREIGN KEY (project_id) REFERENCES projects(project_id) ON DELETE CASCADE,
  constraint ledger_question_check CHECK ((length(question) = 32)),
  constraint ledger_repeat_check CHECK ((repeat >= 0))
);
CREATE INDEX ledger_by_payer ON public.ledger USING btree (project_id, paid_by, created_at);

create table messages (
  project_id integer not null,
  session_no bigint not null,
  thread integer not null,
  message_index integer not null,
  body json not null,
  constraint messages_pkey PRIMARY KEY (project_id, session_no, thread, message_index),
  constraint messages_project_id_session_no_fkey FOREIGN KEY (project_id, session_no) REFERENCES sessions(project_id, session_no) ON DELETE CASCADE,
  constraint messages_message_index_check CHECK ((message_index >= 0)),
  constraint messages_thread_check CHECK ((thread >= 0))
);

create table migrations (
  name text not null,
  applied_at timestamp(3) with time zone not null default now(),
  constraint migrations_pkey PRIMARY KEY (name)
);

create table outcomes (
  project_id integer not null,
  session_no bigint not null,
  source text not null,
  reward double precision,
  task_id text,
  details json,
  constraint outcomes_pkey PRIMARY KEY (project_id, session_no),
  constraint outcomes_project_id_session_no_fkey FOREIGN KEY (project_id, session_no) REFERENCES sessions(project_id, session_no) ON DELETE CASCADE
);

create table panels (
  project_id integer not null,
  judge_version text collate "C" not null,
  name text not null,
  kind text not null,
  body json not null,
  created_at timestamp(3) with time zone not null default now(),
  constraint panels_pkey PRIMARY KEY (project_id, judge_version),
  constraint panels_project_id_fkey FOREIGN KEY (project_id) REFERENCES projects(project_id) ON DELETE CASCADE,
  constraint panels_kind_check CHECK ((kind = ANY (ARRAY['model'::text, 'baseline'::text])))
);

create table passes (
  project_id integer not null,
  pass_no bigint not null generated always as identity,
  eval_run_id uuid not null default gen_random_uuid(),
  session_no bigint not null,
  run_id uuid,
  pins_id integer not null,
  backend text not null,
  judge_model text not null,
  eval_date timestamp(3) with time zone not null default clock_timestamp(),
  content_hash bytea not null,
  msg_count integer not null,
  cut json,
  means integer[] not null,
  avg smallint[] not null,
  cost_usd numeric(20,9),
  tokens_in integer,
  tokens_out integer,
  constraint passes_pkey PRIMARY KEY (project_id, pass_no),
  constraint passes_project_id_eval_run_id_key UNIQUE (project_id, eval_run_id),
  constraint passes_project_id_pins_id_fkey FOREIGN KEY (project_id, pins_id) REFERENCES version_pairs(project_id, pins_id),
  constraint passes_project_id_session_no_fkey FOREIGN KEY (project_id, session_no) REFERENCES sessions(project_id, session_no) ON DELETE CASCADE,
  constraint passes_avg_check CHECK ((cardinality(avg) = 7)),
  constraint passes_means_check CHECK ((cardinality(means) = 7))
);
CREATE INDEX passes_of_session ON public.passes USING btree (project_id, session_no, pins_id, pass_no DESC);

create table pins (
  project_id integer not null,
  pins_id integer not null,
  pinned_at timestamp(3) with time zone not null default now(),
  constraint pins_pkey PRIMARY KEY (project_id),
  constraint pins_project_id_fkey FOREIGN KEY (project_id) REFERENCES projects(project_id) ON DELETE CASCADE,
  constraint pins_project_id_pins_id_fkey FOREIGN KEY (project_id, pins_id) REFERENCES version_pairs(project_id, pins_id)
);

create table profiles (
  project_id integer not null,
  profile_id text collate "C" not null,
  name text,
  purpose text,
  constraint profiles_pkey PRIMARY KEY (project_id, profile_id),
  constraint profiles_project_id_fkey FOREIGN KEY (project_id) REFERENCES projects(project_id) ON DELETE CASCADE
);

create table projects (
  project_id integer not null generated always as identity,
  name text not null,
  secret bytea not null default sha256(convert_to(((gen_random_uuid())::text || (gen_random_uuid())::text), 'UTF8'::name)),
  created_at timestamp(3) with time zone not null default now(),
  constraint projects_pkey PRIMARY KEY (project_id),
  constraint projects_name_key UNIQUE (name),
  constraint projects_name_check CHECK ((name ~ '^[a-z0-9][a-z0-9_-]{0,62}$'::text))
);

create table raw_lines (
  project_id integer not null,
  session_no bigint not null,
  line integer not null,
  body text not null,
  constraint raw_lines_pkey PRIMARY KEY (project_id, session_no, line),
  constraint raw_lines_project_id_session_no_fkey FOREIGN KEY (project_id, session_no) REFERENCES sessions(project_id, session_no) ON DELETE CASCADE
);

create table rubrics (
  project_id integer not null,
  rubric_version text collate "C" not null,
  name text not null,
  body json not null,
  created_at timestamp(3) with time zone not null default now(),
  constraint rubrics_pkey PRIMARY KEY (project_id, rubric_version),
  constraint rubrics_project_id_fkey FOREIGN KEY (project_id) REFERENCES projects(project_id) ON DELETE CASCADE
);

create table sessions (
  project_id integer not null,
  session_no bigint not null generated always as identity,
  session_id text collate "C" not null,
  profile_id text collate "C" not null,
  name text,
  created_at timestamp(3) with time zone not null,
  last_active timestamp(3) with time zone not null,
  pinned boolean not null default false,
  msg_count integer not null,
  characters bigint not null,
  content_hash bytea not null,
  likes integer not null default 0,
  dislikes integer not null default 0,
  latest_pass_no bigint,
  latest_pins integer not null default 0,
  latest_present boolean not null default false,
  latest_avg smallint[],
  latest_eval_date timestamp(3) with time zone,
  standing integer not null generated always as (
CASE
    WHEN (latest_pins = 0) THEN 0
    WHEN latest_present THEN latest_pins
    ELSE (- latest_pins)
END) stored,
  constraint sessions_pkey PRIMARY KEY (project_id, session_no),
  constraint sessions_project_id_session_id_key UNIQUE (project_id, session_id),
  constraint sessions_project_id_fkey FOREIGN KEY (project_id) REFERENCES projects(project_id) ON DELETE CASCADE,
  constraint sessions_characters_check CHECK ((characters >= 0)),
  constraint sessions_check CHECK (((latest_pins = 0) = (latest_pass_no IS NULL))),
  constraint sessions_content_hash_check CHECK ((length(content_hash) = 32)),
  constraint sessions_dislikes_check CHECK ((dislikes >= 0)),
  constraint sessions_latest_avg_check CHECK ((cardinality(latest_avg) = 7)),
  constraint sessions_likes_check CHECK ((likes >= 0)),
  constraint sessions_msg_count_check CHECK ((msg_count >= 0))
);
CREATE INDEX sessions_by_profile ON public.sessions USING btree (project_id, profile_id, standing, pinned DESC, last_active DESC, session_id);
CREATE INDEX sessions_by_standing ON public.sessions USING btree (project_id, standing, pinned DESC, last_active DESC, session_id);
CREATE INDEX sessions_overview ON public.sessions USING btree (project_id, pinned DESC, last_active DESC, session_id);
CREATE TRIGGER sessions_changed AFTER UPDATE ON public.sessions REFERENCING OLD TABLE AS former NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION follow_sessions();

create table trend_cells (
  project_id integer not null,
  pins_id integer not null,
  basis text not null,
  day date not null,
  bucket smallint not null,
  profile_id text collate "C" not null,
  judge_model text collate "C" not null,
  sessions integer not null,
  n integer[] not null,
  total bigint[] not null,
  squares bigint[] not null,
  constraint trend_cells_pkey PRIMARY KEY (project_id, pins_id, basis, day, bucket, profile_id, judge_model),
  constraint trend_cells_basis_check CHECK ((basis = ANY (ARRAY['judged'::text, 'active'::text]))),
  constraint trend_cells_bucket_check CHECK (((bucket >= 0) AND (bucket <= 3)))
);

create table trend_entries (
  project_id integer not null,
  session_no bigint not null,
  pins_id integer not null,
  pass_no bigint not null,
  judged_on date not null,
  active_on date not null,
  profile_id text collate "C" not null,
  judge_model text collate "C" not null,
  means integer[] not null,
  constraint trend_entries_pkey PRIMARY KEY (project_id, session_no, pins_id),
  constraint trend_entries_project_id_pass_no_fkey FOREIGN KEY (project_id, pass_no) REFERENCES passes(project_id, pass_no) ON DELETE CASCADE,
  constraint trend_entries_project_id_session_no_fkey FOREIGN KEY (project_id, session_no) REFERENCES sessions(project_id, session_no) ON DELETE CASCADE
);
CREATE TRIGGER trend_entries_added AFTER INSERT ON public.trend_entries REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION count_trend_entries();
CREATE TRIGGER trend_entries_changed AFTER UPDATE ON public.trend_entries REFERENCING OLD TABLE AS removed NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION count_trend_entries();
CREATE TRIGGER trend_entries_removed AFTER DELETE ON public.trend_entries REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION count_trend_entries();

create table trend_weeks (
  project_id integer not null,
  pins_id integer not null,
  basis text not null,
  week date not null,
  bucket smallint not null,
  profile_id text collate "C" not null,
  judge_model text collate "C" not null,
  sessions integer not null,
  n integer[] not null,
  total bigint[] not null,
  squares bigint[] not null,
  constraint trend_weeks_pkey PRIMARY KEY (project_id, pins_id, basis, week, bucket, profile_id, judge_model),
  constraint trend_weeks_basis_check CHECK ((basis = ANY (ARRAY['judged'::text, 'active'::text]))),
  constraint trend_weeks_bucket_check CHECK (((bucket >= 0) AND (bucket <= 3)))
);

create table users (
  user_id integer not null generated always as identity,
  name text not null,
  created_at timestamp(3) with time zone not null default now(),
  constraint users_pkey PRIMARY KEY (user_id),
  constraint users_name_key UNIQUE (name),
  constraint users_name_check CHECK ((name <> ''::text))
);

create table version_pairs (
  project_id integer not null,
  pins_id integer not null,
  judge_version text collate "C" not null,
  rubric_version text collate "C" not null,
  constraint version_pairs_pkey PRIMARY KEY (project_id, pins_id),
  constraint version_pairs_project_id_judge_version_rubric_version_key UNIQUE (project_id, judge_version, rubric_version),
  constraint version_pairs_project_id_fkey FOREIGN KEY (project_id) REFERENCES projects(project_id) ON DELETE CASCADE,
  constraint version_pairs_project_id_judge_version_fkey FOREIGN KEY (project_id, judge_version) REFERENCES panels(project_id, judge_version),
  constraint version_pairs_project_id_rubric_version_fkey FOREIGN KEY (project_id, rubric_version) REFERENCES rubrics(project_id, rubric_version),
  constraint version_pairs_pins_id_check CHECK ((pins_id > 0))
);

CREATE OR REPLACE FUNCTION public.add_axes(one anyarray, other anyarray)
 RETURNS anyarray
 LANGUAGE sql
 IMMUTABLE
AS $function$
  select array_agg(a + b order by axis) from unnest(one, other) with ordinality as pair (a, b, axis)
$function$;

CREATE OR REPLACE FUNCTION public.count_trend_entries()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if tg_op = 'INSERT' then
    perform move_trend_entries(null, (select array_agg(row(added.*)::trend_entries) from added));
  elsif tg_op = 'DELETE' then
    perform move_trend_entries((select array_agg(row(removed.*)::trend_entries) from removed), null);
  else
    perform move_trend_entries(
      (select array_agg(row(removed.*)::trend_entries) from removed),
      (select array_agg(row(added.*)::trend_entries) from added)
    );
  end if;
  return null;
end
$function$;

CREATE OR REPLACE FUNCTION public.follow_sessions()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  execute $moved$
    select refresh_standing(project_id, array_agg(session_no order by session_no))
    from (
      select c.project_id, c.session_no from changed c join former f using (project_id, session_no)
      where c.content_hash <> f.content_hash and c.latest_pins <> 0
    ) moved group by project_id
  $moved$;
  execute $placed$
    update trend_entries e set profile_id = c.profile_id, active_on = (c.last_active at time zone 'UTC')::date
    from changed c join former f using (project_id, session_no)
    where c.latest_pins <> 0 and (c.profile_id, c.last_active) is distinct from (f.profile_id, f.last_active)
      and e.project_id = c.project_id and e.session_no = c.session_no
  $placed$;
  return null;
end
$function$;

CREATE OR REPLACE FUNCTION public.move_trend_entries(removed trend_entries[], added trend_entries[])
 RETURNS void
 LANGUAGE sql
AS $function$
  with placed as materialized (
    select
      by_week, project_id, pins_id, basis, start, bucket, profile_id, judge_model, sum(sign) as sessions,
      array[
        sum(sign * num_nonnulls(m[1])), sum(sign * num_nonnulls(m[2])), sum(sign * num_nonnulls(m[3])),
        sum(sign * num_nonnulls(m[4])), sum(sign * num_nonnulls(m[5])), sum(sign * num_nonnulls(m[6])),
        sum(sign * num_nonnulls(m[7]))
      ] as n,
      array[
        coalesce(sum(sign * m[1]), 0), coalesce(sum(sign * m[2]), 0), coalesce(sum(sign * m[3]), 0),
        coalesce(sum(sign * m[4]), 0), coalesce(sum(sign * m[5]), 0), coalesce(sum(sign * m[6]), 0),
        coalesce(sum(sign * m[7]), 0)
      ] as total,
      array[
        coalesce(sum(sign * m[1]::bigint * m[1]), 0), coalesce(sum(sign * m[2]::bigint * m[2]), 0),
        coalesce(sum(sign * m[3]::bigint * m[3]), 0), coalesce(sum(sign * m[4]::bigint * m[4]), 0),
        coalesce(sum(sign * m[5]::bigint * m[5]), 0), coalesce(sum(sign * m[6]::bigint * m[6]), 0),
        coalesce(sum(sign * m[7]::bigint * m[7]), 0)
      ] as squares
    from (
      select
        sign, by_week, project_id, pins_id, basis, start, profile_id, judge_model, means as m,
        (case when means[1] <= 25 * 2520 then 0 when means[1] <= 50 * 2520 then 1 when means[1] <= 75 * 2520 then 2 else 3 end) as bucket
      from (select -1 as sign, * from unnest(removed) union all select 1, * from unnest(added)) change
        cross join lateral (values ('judged', judged_on), ('active', active_on)) as place (basis, day)
        cross join lateral (values (false, day), (true, date_trunc('week', day::timestamp)::date)) as span (by_week, start)
    ) entry
    group by by_week, project_id, pins_id, basis, start, bucket, profile_id, judge_model
  ),
  weeks as (
    insert into trend_weeks as cell
    select project_id, pins_id, basis, start, bucket, profile_id, judge_model, sessions, n, total, squares
    from placed where by_week order by project_id, pins_id, basis, start, bucket, profile_id, judge_model
    on conflict (project_id, pins_id, basis, week, bucket, profile_id, judge_model) do update set
      sessions = cell.sessions + excluded.sessions, n = add_axes(cell.n, excluded.n),
      total = add_axes(cell.total, excluded.total), squares = add_axes(cell.squares, excluded.squares)
  )
  insert into trend_cells as cell
  select project_id, pins_id, basis, start, bucket, profile_id, judge_model, sessions, n, total, squares
  from placed where not by_week order by project_id, pins_id, basis, start, bucket, profile_id, judge_model
  on conflict (project_id, pins_id, basis, day, bucket, profile_id, judge_model) do update set
    sessions = cell.sessions + excluded.sessions, n = add_axes(cell.n, excluded.n),
    total = add_axes(cell.total, excluded.total), squares = add_axes(cell.squares, excluded.squares)
$function$;

CREATE OR REPLACE FUNCTION public.refresh_standing(project integer, session_nos bigint[])
 RETURNS void
 LANGUAGE sql
AS $function$
  update sessions s set
    latest_pass_no = latest.pass_no, latest_pins = latest.pins_id, latest_avg = latest.avg,
    latest_eval_date = latest.eval_date,
    latest_present = exists (
      select from passes p
      where p.project_id = project and p.session_no = s.session_no and p.pins_id = latest.pins_id
        and p.content_hash = s.content_hash
    )
  from unnest(session_nos) as changed (session_no) cross join lateral (
    select p.pass_no, p.pins_id, p.avg, p.eval_date
    from passes p left join pins on pins.project_id = p.project_id and pins.pins_id = p.pins_id
    where p.project_id = project and p.session_no = changed.session_no
    order by (pins.pins_id is not null) desc, p.pass_no desc limit 1
  ) latest
  where s.project_id = project and s.session_no = changed.session_no
$function$;
