-- Rules by which answers become candidates without a person. A rule looks at what was rated or judged since it last looked.
create table promotion_rules (
  project_id integer not null references projects on delete cascade,
  name text collate "C" not null,
  -- Who made it; what it does is theirs.
  user_id integer not null references users,
  definition json not null,
  looked_at timestamptz(3) not null default '-infinity',
  -- What came before these was looked at for good; what came after them, at every look.
  feedback_no bigint not null default 0,
  pass_no bigint not null default 0,
  -- How many it promoted on `day`.
  day date not null default '-infinity',
  promoted integer not null default 0,
  primary key (project_id, name)
);
create index promotion_rules_due on promotion_rules (looked_at);
