-- The first room: intake, keys, identity, profiles, quality, lake and trust. Times, days and ids as in ../sql/schema/1_log.sql.

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

create table intake_key (
  day integer primary key,
  wrapped_key bytea not null
);

-- ── Key store: truth, not rebuilt ────────────────────────────────────────────────────────────────────────────────
create table keyring (
  blind bytea not null,
  generation integer not null,
  retention text not null,
  fragment bytea not null,
  kind text not null,
  wrapped_key bytea not null,
  value_sealed bytea not null,
  primary key (blind, generation, retention)
);
create index keyring_fragment on keyring (fragment);

create table suppression (
  hash bytea primary key,
  kind text not null,
  since bigint not null,
  until bigint
);

create table quarantine_key (
  month integer primary key,
  wrapped_key bytea,
  destroy_after integer not null
);

-- ── Writer ───────────────────────────────────────────────────────────────────────────────────────────────────────
create table cursor (
  name text primary key,
  position bigint not null,
  epoch bigint not null,
  log_time bigint not null
);
insert into cursor values ('pipeline', 0, 0, 0);

-- ── One customer ─────────────────────────────────────────────────────────────────────────────────────────────────
create table identifier (
  fragment bytea primary key,
  kind text not null,
  first_at bigint not null,
  component bytea not null,
  customer bytea not null,
  hub text not null default '',
  is_blocked boolean not null default false
);
create index identifier_component on identifier (component);
create index identifier_customer on identifier (customer);
create index identifier_suspected on identifier (fragment) where hub = 'suspected';

create table edge (
  a bytea not null,
  b bytea not null,
  tier smallint not null,
  first_at bigint not null,
  state text not null,
  reason text not null default '',
  primary key (a, b),
  check (a < b)
);
create index edge_b on edge (b);

create table edge_evidence (
  a bytea not null,
  b bytea not null,
  source text not null,
  local_date integer not null,
  count bigint not null,
  first_at bigint not null,
  last_at bigint not null,
  sample bigint not null,
  primary key (a, b, source, local_date)
);

create table steered (
  id bytea primary key,
  action text not null check (action in ('must', 'cannot')),
  a bytea not null,
  b bytea not null,
  steward text not null,
  at bigint not null,
  reason text not null,
  retracted_at bigint
);
create index steered_a on steered (a);
create index steered_b on steered (b);

create table resolution_log (
  seq bigint generated always as identity primary key,
  position bigint not null,
  at bigint not null,
  cause text not null,
  before bytea not null,
  after bytea not null,
  policy_version text not null
);

create table policy_version (
  version text primary key,
  kind text not null,
  body text not null,
  at bigint not null
);

-- ── Profiles ─────────────────────────────────────────────────────────────────────────────────────────────────────
create table fragment (
  fragment bytea primary key,
  state bytea not null,
  events bigint not null,
  first_at bigint not null,
  last_at bigint not null,
  is_spilled boolean not null default false
) with (fillfactor = 70);

create table fragment_recent (
  fragment bytea not null,
  page integer not null,
  refs bytea not null,
  primary key (fragment, page)
);

create table name_hash (
  hash integer not null,
  fragment bytea not null,
  primary key (hash, fragment)
);

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
  replayed_at bigint
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
  chunks_done integer not null default 0,
  rows_done bigint not null default 0,
  events bigint not null default 0,
  refused bigint not null default 0,
  position bigint not null default 0,
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

create table dedupe_file (
  path text primary key,
  hour integer not null,
  rows bigint not null,
  max_position bigint not null
);

-- ── Trust ────────────────────────────────────────────────────────────────────────────────────────────────────────
create table access_log (
  seq bigint generated always as identity primary key,
  at bigint not null,
  actor text not null,
  role text not null,
  session text not null,
  address text not null,
  system text not null,
  action text not null,
  question text not null,
  subjects bytea[] not null,
  subject_count integer not null,
  purpose text not null,
  reason text not null,
  fingerprint bytea not null,
  result_count integer not null,
  decision text not null,
  payload_sha256 bytea not null,
  chain bytea
);
create index access_log_at on access_log (at);

create table audit_event (
  seq bigint generated always as identity primary key,
  at bigint not null,
  actor text not null,
  role text not null,
  session text not null,
  address text not null,
  system text not null,
  command text not null,
  reason text not null,
  decision text not null,
  payload bytea not null,
  payload_sha256 bytea not null,
  position bigint,
  chain bytea
);
create index audit_event_at on audit_event (at);

create table staff (
  login text primary key,
  password_hash text not null,
  role text not null,
  language text not null default '',
  created_at bigint not null,
  failed integer not null default 0,
  locked_until bigint not null default 0
);

create table session (
  token_hash bytea primary key,
  login text not null references staff on delete cascade,
  created_at bigint not null,
  seen_at bigint not null,
  expires_at bigint not null,
  address text not null
);
create index session_login on session (login);
