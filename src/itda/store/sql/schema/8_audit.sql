-- ── Audit: what binds the rows of access_log, audit_event and consent_event together; see itda.access.chain ──────────
create table chain_link (
  stream text not null check (stream in ('access', 'audit', 'consent')),
  seq bigint not null, -- of the row; a number that was never written has no link
  day integer not null, -- UTC day on which it was sealed
  hash bytea not null,
  primary key (stream, seq)
);

-- One root for each thousand links of a day, and for the rest of them once the day is over.
create table chain_block (
  stream text not null,
  first_seq bigint not null,
  last_seq bigint not null,
  day integer not null,
  links integer not null,
  root bytea not null,
  primary key (stream, first_seq)
);

create table chain_head (
  stream text primary key,
  until_seq bigint not null, -- every number up to this one is sealed, or was never written
  seq bigint not null, -- the last that is sealed
  day integer not null,
  hash bytea not null, -- its link
  links bigint not null,
  unblocked integer not null -- the last so many links stand under no root yet
);
insert into chain_head values ('access', 0, 0, 0, '', 0, 0), ('audit', 0, 0, 0, '', 0, 0),
  ('consent', 0, 0, 0, '', 0, 0);

-- What each look at the chains found.
create table audit_check (
  seq bigint generated always as identity primary key,
  at bigint not null,
  is_whole boolean not null,
  told text not null -- JSON
);

-- Who looked through a month of the access log, what the report was and what they found.
create table access_review (
  seq bigint generated always as identity primary key,
  month text not null, -- 2026-10
  at bigint not null,
  reviewer text not null,
  findings text not null,
  report text not null, -- JSON
  report_sha256 bytea not null
);
create index access_review_month on access_review (month);

-- What the file of anchors outside had when one was last added: fewer there, or others, is a fault.
create table anchored (
  is_only boolean primary key default true check (is_only),
  anchors bigint not null,
  first_sha256 bytea not null -- of its first line
);

create function audit_stays() returns trigger language plpgsql as $$
begin
  raise exception '% is only ever added to', tg_table_name;
end $$;
create trigger access_log_stays before update or delete on access_log for each row execute function audit_stays();
create trigger access_log_stays_whole before truncate on access_log for each statement execute function audit_stays();
create trigger audit_event_stays before update or delete on audit_event for each row execute function audit_stays();
create trigger audit_event_stays_whole before truncate on audit_event for each statement execute function audit_stays();
create trigger chain_link_stays before update or delete on chain_link for each row execute function audit_stays();
create trigger chain_link_stays_whole before truncate on chain_link for each statement execute function audit_stays();
create trigger chain_block_stays before update or delete on chain_block for each row execute function audit_stays();
create trigger chain_block_stays_whole before truncate on chain_block for each statement execute function audit_stays();
create trigger audit_check_stays before update or delete on audit_check for each row execute function audit_stays();
create trigger audit_check_stays_whole before truncate on audit_check for each statement execute function audit_stays();
create trigger access_review_stays before update or delete on access_review
  for each row execute function audit_stays();
create trigger access_review_stays_whole before truncate on access_review
  for each statement execute function audit_stays();
