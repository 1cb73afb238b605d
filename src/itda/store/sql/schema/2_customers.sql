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
  only_day integer, -- the local date of all its evidence; null for several
  sources text not null default '', -- who told it, sorted, with spaces between
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
  action text not null check (action in ('must', 'cannot', 'likely')), -- likely: a link of the matching, by its model
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

-- ── Matching and the steward's queue: no facts (those are in `steered`) and not rebuilt; every run makes them anew ───
create table match_run (
  at bigint primary key,
  version text not null,
  people bigint not null, -- records compared
  pairs bigint not null,
  duplicates double precision not null, -- estimated
  linked bigint not null,
  waiting bigint not null,
  threshold double precision, -- bits from which on two are joined, or would be; null: no pair reaches what is asked
  precision_estimated double precision,
  decided bigint not null,
  decided_same bigint not null,
  checked bigint not null, -- of those decided, above the threshold
  checked_right bigint not null,
  is_calibrated boolean not null,
  weights text not null -- what was learnt (JSON); no value of anybody
);

create table review_task (
  id bytea primary key, -- keyed hash of kind and ends: the same two keep it
  kind text not null check (kind in ('pair', 'check', 'limit', 'hub')),
  a bytea not null,
  b bytea not null, -- of a hub: itself
  bits double precision,
  probability double precision,
  reason text not null default '',
  neighbours integer not null default 0,
  worth double precision not null,
  evidence text not null default '[]', -- how the two agree and what it says (JSON); no values
  found_at bigint not null,
  later_until bigint not null default 0,
  later_at bigint not null default 0,
  answer text not null default '' check (answer in ('', 'same', 'different')),
  answered_at bigint not null default 0,
  answered_by text not null default '', -- who answered, or put it off
  decision bytea -- what it became in `steered`
);
create index review_task_worth on review_task (worth desc, id) where answer = '';
create index review_task_answered on review_task (answered_at) where answer <> '';
create index review_task_a on review_task (a);
create index review_task_b on review_task (b);

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
create index name_hash_fragment on name_hash (fragment);

create table household_hash ( -- of what a household shares
  hash bigint not null,
  fragment bytea not null,
  primary key (hash, fragment)
);
create index household_hash_fragment on household_hash (fragment);
