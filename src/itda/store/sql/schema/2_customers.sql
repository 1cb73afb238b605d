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
-- The oldest identifier of a component is found by its own key, so the index holds the others.
create index identifier_component on identifier (component) where component <> fragment;
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
) with (fillfactor = 80); -- counts are added to where they stand

create table steered (
  id bytea primary key,
  action text not null check (action in ('must', 'cannot')),
  a bytea not null,
  b bytea not null,
  steward text not null,
  at bigint not null,
  reason_sealed bytea not null, -- under the key of the lesser of a and b
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
  policy_version text not null,
  members bytea[] not null, -- every identifier in `before` and `after`
  decision bytea -- the steward's decision that caused it
);
create index resolution_log_members on resolution_log using gin (members);

-- Which rules were in force from which log position on; of a kind the one at the highest position is in force.
create table policy_version (
  kind text not null,
  position bigint not null,
  version text not null,
  body text not null,
  at bigint not null,
  reached bytea not null, -- identifiers up to this fragment follow it, and all that came since
  settled_at bigint, -- null while earlier identifiers are being reconsidered
  primary key (kind, position)
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
