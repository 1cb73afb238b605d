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
