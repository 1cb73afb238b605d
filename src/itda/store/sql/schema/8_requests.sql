-- ── Requests of people: to see, to correct, to stop, to take along, to erase ────────────────────────────────────────
create table request (
  id bytea primary key,
  kind text not null check (kind in ('access', 'erase', 'correct', 'stop', 'port')),
  subject bytea[] not null, -- fragments, as they were joined when it was opened; none once they are erased
  state text not null default 'open' check (state in ('open', 'done')),
  step text not null,
  opened_at bigint not null,
  due_at bigint not null,
  law text not null, -- the rule the day follows from
  via text not null,
  opened_by text not null,
  said_sealed bytea, -- why, and what is to be corrected: under the key of the first fragment
  position bigint, -- the frame of the log that erases them
  counts text not null default '{}', -- what was done, by store (JSON of numbers)
  certificate text not null default '', -- JSON; no personal value
  finished_at bigint,
  lacking text not null default '' -- what it waits for
);
create index request_open on request (due_at) where state = 'open';
create index request_subject on request using gin (subject);

-- Nothing is done with them any more: no message leaves, no segment holds them, no export names them.
create table stopped (
  fragment bytea primary key,
  request bytea not null,
  is_whole boolean not null, -- they are to be erased: what informs them does not leave either
  since bigint not null,
  left_at bigint -- log time from which they are in no segment and no journey
);
create index stopped_staying on stopped (fragment) where left_at is null;

-- Fragments whose keys are destroyed. Nothing ties them to one another, nor to any value.
create table erased (
  fragment bytea primary key,
  at bigint not null, -- log time
  cause text not null
);

-- Who is to be told of a request: those who process for us, and the person. What they are told goes once they know it.
create table receipt (
  request bytea not null,
  destination text not null, -- of processors.yaml, or empty: the person
  key bytea not null, -- the fragment of a key of its own
  sealed bytea, -- what they are told; gone once they know it
  tries integer not null default 0,
  next_at bigint not null,
  told_at bigint,
  proof text not null default '',
  primary key (request, destination)
);
create index receipt_open on receipt (next_at) where told_at is null;

-- What a law keeps of somebody who was erased: sealed under a key of its own, for nobody but who answers to that law.
create table legal_hold (
  id bytea primary key, -- also the fragment of its key
  request bytea not null,
  law text not null,
  what text not null, -- orders, …
  rows integer not null,
  held_at bigint not null,
  until bigint not null,
  sealed bytea not null
);
create index legal_hold_until on legal_hold (until);
create index legal_hold_request on legal_hold (request);

-- Audiences that were given to advertising platforms: who withdraws since is to be taken out there.
create table audience_given (
  platform text not null,
  segment text not null, -- empty: everybody
  at bigint not null, -- the last time
  primary key (platform, segment)
);
