-- People: one-time codes, invitations, who is known elsewhere; what two must agree to; keys of machines; break-glass.

alter table staff
  add column outside text not null default '',
  add column disabled_at bigint,
  add column totp_sealed bytea,
  add column totp_since bigint,
  add column totp_step bigint not null default 0;
create unique index staff_outside on staff (outside) where outside <> '';

alter table session
  add column lacks text not null default '' check (lacks in ('', 'code', 'enrol')),
  add column proved_at bigint not null default 0,
  add column outside_sealed bytea;

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
