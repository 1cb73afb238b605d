-- ── What was refused, and how good the data is ───────────────────────────────────────────────────────────────────
create table quarantine (
  position bigint primary key,
  source text not null,
  channel text not null,
  received_at bigint not null,
  reason text not null,
  detail text not null,
  name text not null,
  sealed bytea not null,
  key_month integer not null,
  replayed_at bigint,
  cut_from bigint
);
create index quarantine_received on quarantine (received_at);

create table quality (
  local_date integer not null,
  source text not null,
  channel text not null,
  measure text not null,
  n bigint not null,
  primary key (local_date, source, channel, measure)
);

create table import_file (
  source text not null,
  file_hash bytea not null,
  name text not null,
  rows_total bigint,
  rows_done bigint not null default 0,
  events bigint not null default 0,
  refused bigint not null default 0,
  started_at bigint not null,
  finished_at bigint,
  primary key (source, file_hash)
);

create table permanent_id (
  id bytea primary key
);

-- ── Log, second part: the lake ───────────────────────────────────────────────────────────────────────────────────
create table lake_tail (
  position bigint primary key,
  rows integer not null,
  block bytea not null
);
alter table lake_tail alter column block set storage external;
alter table lake_tail set (vacuum_truncate = off, toast.vacuum_truncate = off); -- what was given back is asked for again

create table lake_file (
  path text primary key,
  first_day integer not null,
  last_day integer not null,
  level smallint not null,
  rows bigint not null,
  bytes bigint not null,
  min_position bigint not null,
  max_position bigint not null,
  fragment_filter bytea not null,
  sha256 bytea not null
);
create index lake_file_day on lake_file (first_day);

create table lake_head (
  is_only boolean primary key default true check (is_only),
  position bigint not null
);
insert into lake_head values (true, 0);

create table dedupe_block (
  position bigint primary key,
  hour integer not null,
  keys bytea not null
);
alter table dedupe_block alter column keys set storage external;
alter table dedupe_block set (vacuum_truncate = off, toast.vacuum_truncate = off);

create table dedupe_file (
  path text primary key,
  hour integer not null,
  rows bigint not null,
  max_position bigint not null
);

insert into cursor values ('decider', 0, 0, 0), ('resolutions', 0, 0, 0); -- of the log, and of the log of resolutions
