-- ── The privacy centre: who asked to be let in, and who is in ───────────────────────────────────────────────────────
-- Both are forgotten soon, hold no address and no code in clear, and are no part of what is rebuilt.
create table centre_proof (
  id bytea primary key, -- hash of what the browser that asked holds
  fragment bytea, -- of the address; null where nobody has it, so that asking looks the same
  code_hash bytea not null, -- keyed
  link_hash bytea not null unique,
  session bytea, -- the visit that a second address is proven to
  asked_at bigint not null,
  expires_at bigint not null,
  tries integer not null default 0,
  used_at bigint
);
create index centre_proof_expires on centre_proof (expires_at);

create table centre_session (
  token_hash bytea primary key,
  fragments bytea[] not null, -- of the addresses that were proven, the first one first
  opened_at bigint not null,
  seen_at bigint not null,
  expires_at bigint not null
);
create index centre_session_expires on centre_session (expires_at);
