-- ── Segments ─────────────────────────────────────────────────────────────────────────────────────────────────────
create table segment_member (
  segment text not null,
  customer bytea not null,
  since bigint not null, -- log time
  primary key (segment, customer)
);
create index segment_member_customer on segment_member (customer);

-- Every customer whose segments were answered, and when passing time alone may change an answer (greatest bigint: never).
create table wake (
  customer bytea primary key,
  at bigint not null
) with (fillfactor = 80);
create index wake_at on wake (at);

-- Which definitions are in force, and how far each is carried out.
create table applied (
  kind text not null, -- segment, journey, message, pack, trait
  name text not null,
  version text not null,
  body text not null,
  at bigint not null, -- log time
  reached bytea not null, -- of a segment: customers up to this one follow it
  settled_at bigint, -- null while earlier customers are being looked at, and of a trait until the past is folded
  retired_at bigint,
  primary key (kind, name, version)
);

-- ── Journeys ─────────────────────────────────────────────────────────────────────────────────────────────────────
create table journey_position (
  id bytea primary key, -- keyed hash of journey, entry fragment, entry event and correlation
  journey text not null,
  version text not null,
  fragment bytea not null,
  entry_event text not null,
  correlation text not null,
  arm text not null,
  step text not null,
  state bytea not null, -- MessagePack
  entered_at bigint not null, -- event time
  entered_log_at bigint not null,
  due_at bigint, -- log time
  goal_until bigint, -- event time until which the goal counts
  goal_at bigint,
  messaged_at bigint,
  exited_at bigint,
  exit_reason text
) with (fillfactor = 80);
create index journey_position_fragment
  on journey_position (fragment, journey, hashtextextended(correlation, 0), entered_at);
create index journey_position_watched
  on journey_position (fragment,
    (case when exited_at is null then 9223372036854775807 when goal_at is null then goal_until end))
  where exited_at is null or goal_at is null;
create index journey_position_due on journey_position (due_at) where exited_at is null;
create index journey_position_journey on journey_position (journey, entered_at);

create table journey_path (
  position_id bytea not null,
  seq integer not null,
  at bigint not null, -- event time
  log_at bigint not null,
  step text not null,
  what text not null,
  detail text not null, -- JSON, plain fields only
  told bigint not null, -- the frame of the log that tells of it
  primary key (position_id, seq)
);

-- Who was not let into a journey though it begins with what they did; counted, and kept nowhere else.
create table journey_declined (
  journey text not null,
  local_date integer not null, -- of log time
  why text not null,
  n bigint not null,
  primary key (journey, local_date, why)
);

-- People with whom the decider cannot go on: everybody else goes on, and they do once somebody asks for it.
create table put_aside (
  fragment bytea primary key, -- each of theirs
  customer bytea not null,
  position bigint not null, -- the last frame that is decided for them
  why text not null, -- state, segments, journeys
  at bigint not null, -- log time
  is_asked_back boolean not null default false
);
create index put_aside_asked on put_aside (customer) where is_asked_back;

-- ── Sending ──────────────────────────────────────────────────────────────────────────────────────────────────────
create table outbox (
  id bytea primary key, -- keyed hash of journey, step, entry event and contact
  position_id bytea,
  journey text not null,
  step text not null,
  message text not null,
  message_version text not null,
  channel text not null,
  class text not null check (class in ('advertising', 'informational')),
  purpose text not null,
  variant text not null,
  language text not null,
  fragment bytea not null, -- whose
  contact bytea not null, -- the fragment of the identifier it goes to; never an address
  values_sealed bytea, -- under the key of `fragment`
  status text not null check (status in ('queued', 'held', 'attempting', 'retry', 'sent', 'delivered', 'bounced',
    'complained', 'dropped', 'cancelled', 'dead', 'uncertain')),
  not_before bigint not null,
  created_at bigint not null,
  expires_at bigint not null,
  tries integer not null default 0,
  reasons text not null default '',
  campaign text not null default '',
  priority integer not null default 0, -- of those that wait for one person the highest goes first
  is_told boolean not null default false -- the journey knows that it does not go
) with (fillfactor = 80);
create index outbox_due on outbox (not_before) where status in ('queued', 'held', 'retry');
create index outbox_open on outbox (status) where status in ('attempting', 'uncertain', 'dead');
create index outbox_fragment on outbox (fragment, created_at);
create index outbox_waiting on outbox (fragment, priority desc, not_before) where status in ('queued', 'held', 'retry');
create index outbox_went on outbox (fragment, created_at)
  where status in ('attempting', 'sent', 'delivered', 'bounced', 'complained', 'uncertain');
create index outbox_contact on outbox (contact, created_at);
create index outbox_position on outbox (position_id) where position_id is not null;
create index outbox_created on outbox (created_at);
create index outbox_untold on outbox (id) where status in ('dropped', 'dead') and not is_told;

create table attempt (
  id bytea primary key,
  outbox bytea not null references outbox,
  n integer not null,
  message_id text not null,
  started_at bigint not null,
  finished_at bigint,
  outcome text not null default '',
  code text not null default '',
  detail text not null default '',
  consent_seq bigint not null,
  unique (outbox, n)
);
create unique index attempt_message_id on attempt (message_id, n);
create index attempt_open on attempt (started_at) where finished_at is null;

create table send_decision (
  seq bigint generated always as identity primary key,
  outbox bytea not null,
  stage text not null check (stage in ('choice', 'departure')),
  at bigint not null,
  verdict text not null,
  reasons text[] not null,
  packs text not null,
  inputs_sha256 bytea not null,
  consent_seq bigint not null,
  hold_until bigint
);
create index send_decision_outbox on send_decision (outbox, seq);
