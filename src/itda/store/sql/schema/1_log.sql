-- The whole schema of one workspace, made in the schema that search_path names (one workspace = one schema).
-- Times are bigint microseconds UTC, days integer day numbers since 1970-01-01, ids 16-byte bytea.
-- One file for each room, in the order of their numbers. The migrations in ../../migrations reach exactly this; a test compares the two catalogues.

create table meta (
  key text primary key,
  value text not null
);

-- ── Log, first part: the intake ──────────────────────────────────────────────────────────────────────────────────
-- One row; its lock makes positions follow commit order, whoever writes.
create table intake_head (
  is_only boolean primary key default true check (is_only),
  position bigint not null,
  received_at bigint not null
);
insert into intake_head values (true, 0, 0);

create table intake_frame (
  position bigint not null,
  received_at bigint not null,
  day integer not null,
  frame bytea not null,
  primary key (day, position)
) partition by range (day);
create index intake_frame_position on intake_frame (position);
alter table intake_frame alter column frame set storage external; -- compressed and encrypted already

-- Of erased identifiers: what keeps a person who left from being written to again. Erasure fills it; nothing else may.
create table suppression (
  hash bytea primary key, -- the blind index of the value
  kind text not null,
  generation integer not null, -- the last that was erased
  since bigint not null, -- log time of the erasure
  until bigint
);

-- ── Writer ───────────────────────────────────────────────────────────────────────────────────────────────────────
create table cursor (
  name text primary key,
  position bigint not null,
  epoch bigint not null,
  log_time bigint not null
);
insert into cursor values ('pipeline', 0, 0, 0);
