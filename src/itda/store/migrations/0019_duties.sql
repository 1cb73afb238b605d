-- What is owed after an act of consent is kept in one table with everything else that must be done by a day.

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

insert into duty (id, kind, event_seq, subject_ref, contact_ref, purpose, channel, created_at, due_at, done_at, proof,
  status)
select id, kind, event_seq, subject_ref, contact_ref, purpose, channel, created_at, due_at, done_at, proof, status
from consent_task;
drop table consent_task;
