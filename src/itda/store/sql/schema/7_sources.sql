-- ── Sources that are fetched: how far, and what came of it ───────────────────────────────────────────────────────
create table source_state (
  source text primary key,
  cursor_column text not null default '',
  mark_type text,
  mark text, -- read up to here, this value too; null: nothing yet
  began_at bigint,
  ended_at bigint, -- of the last run that ended well
  failures integer not null default 0, -- in a row
  failed_at bigint,
  error text not null default ''
);

create table source_run (
  source text not null,
  began_at bigint not null,
  ended_at bigint,
  rows bigint not null default 0,
  events bigint not null default 0,
  refused bigint not null default 0,
  known bigint not null default 0,
  unordered bigint not null default 0,
  outcome text not null default 'running',
  error text not null default '',
  primary key (source, began_at)
);

-- Facts that the next reading meets again: those with the last value of the cursor, and those in the overlap.
create table source_seen (
  source text not null,
  digest bytea not null,
  value text not null,
  place numeric,
  primary key (source, digest)
);
create index source_seen_place on source_seen (source, place);

-- Files of a folder, as they were last looked at.
create table source_file (
  source text not null,
  name text not null,
  bytes bigint not null,
  modified_at bigint not null,
  seen_at bigint not null,
  done_at bigint,
  primary key (source, name)
);
