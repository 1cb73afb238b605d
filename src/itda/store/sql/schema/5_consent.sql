-- ── Consent: the ledger is truth, only ever added to; the state follows from it ──────────────────────────────────
-- What was shown, word for word; which texts there are is written in consent.yaml.
create table consent_text (
  id text primary key, -- name@version/language
  purpose text not null,
  channel text not null,
  locale text not null,
  body text not null,
  body_sha256 bytea not null,
  since bigint not null -- when it was first in force
);

create table consent_event (
  seq bigint generated always as identity primary key,
  id bytea not null unique,
  sender text not null,
  subject_ref bytea not null, -- a fragment
  contact_ref bytea not null, -- the fragment of a contact identifier; 16 zero bytes: subject-wide
  purpose text not null,
  channel text not null,
  action text not null check (action in ('request', 'grant', 'refuse', 'withdraw', 'confirm', 'expire', 'suspend',
    'restore', 'import')),
  ground text not null,
  text_id text not null default '', -- of consent_text; empty: nothing was shown that is known
  occurred_at bigint not null,
  recorded_at bigint not null,
  source text not null,
  actor text not null,
  has_evidence boolean not null,
  evidence_sealed bytea, -- under the subject's key
  row_hash bytea not null
);
create index consent_event_subject on consent_event (subject_ref, seq);
create index consent_event_recorded on consent_event (recorded_at);

create table consent_idempotency (
  key text primary key,
  event_seq bigint not null
);

create table consent_state (
  sender text not null,
  subject_ref bytea not null,
  contact_ref bytea not null,
  purpose text not null,
  channel text not null,
  status text not null check (status in ('unknown', 'pending', 'granted', 'refused', 'withdrawn', 'expired',
    'suspended')),
  since bigint not null,
  last_grant_at bigint,
  last_confirm_at bigint,
  refused_at bigint, -- the latest refusal or withdrawal, also one that a later consent overcame
  reconfirm_due integer, -- local day in the zone of the law
  text_id text not null,
  event_seq bigint not null,
  primary key (subject_ref, contact_ref, purpose, channel, sender)
);

-- What must be done by a day, and what proves that it was. Whose it is, and after which act of consent, may be empty.
create table duty (
  id bytea primary key,
  kind text not null,
  event_seq bigint, -- the act of consent that it follows from
  subject_ref bytea,
  contact_ref bytea,
  purpose text not null default '',
  channel text not null default '',
  created_at bigint not null,
  due_at bigint not null,
  done_at bigint,
  proof text not null default '{}', -- JSON: who or what did it, and where that can be seen
  status text not null default 'open',
  about text not null default '', -- what it is about; never a personal value
  lacking text not null default '', -- what keeps it from being done by itself
  message bytea -- of the outbox, which does it
);
create index duty_due on duty (due_at) where done_at is null;
create index duty_subject on duty (subject_ref);
create index duty_message on duty (message) where message is not null;
create index consent_state_contact on consent_state (contact_ref);
create index consent_state_reconfirm on consent_state (reconfirm_due) where status = 'granted';

create function consent_event_stays() returns trigger language plpgsql as $$
begin
  raise exception 'the consent ledger is only ever added to';
end $$;
create trigger consent_event_stays before update or delete on consent_event
  for each row execute function consent_event_stays();
create trigger consent_event_stays_whole before truncate on consent_event
  for each statement execute function consent_event_stays();

create function consent_text_stays() returns trigger language plpgsql as $$
begin
  raise exception 'a text that was shown stays as it was: give it the next version';
end $$;
create trigger consent_text_stays before update or delete on consent_text
  for each row execute function consent_text_stays();
create trigger consent_text_stays_whole before truncate on consent_text
  for each statement execute function consent_text_stays();
