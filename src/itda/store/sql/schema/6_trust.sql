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
  payload_sha256 bytea not null
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
  position bigint
);
create index audit_event_at on audit_event (at);

create table staff (
  login text primary key,
  password_hash text not null, -- empty: none was chosen, or somebody else says who this is
  role text not null,
  language text not null default '',
  created_at bigint not null,
  failed integer not null default 0,
  locked_until bigint not null default 0,
  outside text not null default '', -- issuer and subject of who says who this is; empty: a password does
  disabled_at bigint,
  totp_sealed bytea, -- the secret of one-time codes, under the workspace key
  totp_since bigint, -- when its first code was given; until then it is not asked for
  totp_step bigint not null default 0 -- the latest step of time whose code was used: each counts once
);
create unique index staff_outside on staff (outside) where outside <> '';

create table staff_recovery (
  login text not null references staff on delete cascade,
  code_hash bytea not null,
  primary key (login, code_hash)
);

-- A link by which somebody chooses a password, once.
create table invitation (
  token_hash bytea primary key,
  login text not null references staff on delete cascade,
  made_by text not null,
  made_at bigint not null,
  expires_at bigint not null
);
create index invitation_login on invitation (login);

create table session (
  token_hash bytea primary key,
  login text not null references staff on delete cascade,
  created_at bigint not null,
  seen_at bigint not null,
  expires_at bigint not null,
  address text not null,
  lacks text not null default '' check (lacks in ('', 'code', 'enrol')), -- before it is whole
  proved_at bigint not null default 0, -- when who it is was last proved
  outside_sealed bytea -- what the provider wants to be told when the session ends
);
create index session_login on session (login);

-- What one person proposed and another must agree to. `digest` is of exactly what they agree to.
create table approval (
  id bytea primary key,
  what text not null,
  digest bytea not null,
  note text not null,
  proposed_by text not null,
  proposed_at bigint not null,
  expires_at bigint not null,
  decision text not null default '' check (decision in ('', 'approved', 'refused', 'expired')),
  decided_by text not null default '',
  decided_at bigint,
  reason text not null default '',
  spent_at bigint, -- what may be done once was done
  check (decided_by <> proposed_by)
);
create index approval_what on approval (what, digest);
create unique index approval_open on approval (what, digest) where decision = '';

-- Keys of machines. Of the key itself nothing is kept but its hash.
create table api_key (
  id text primary key,
  name text not null,
  key_hash bytea not null unique,
  scopes text[] not null,
  made_by text not null,
  made_at bigint not null,
  expires_at bigint not null,
  used_at bigint, -- to the hour
  revoked_at bigint
);

-- Who saw for a while what their role does not show, why, and who looked at it afterwards.
create table break_glass (
  id bytea primary key,
  login text not null,
  role text not null,
  reason text not null,
  began_at bigint not null,
  until_at bigint not null,
  reviewed_by text not null default '',
  reviewed_at bigint,
  finding text not null default '',
  check (reviewed_by <> login)
);
create index break_glass_login on break_glass (login, until_at);
