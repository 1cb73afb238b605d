-- What a task compares is read from the customers themselves, each value by its own key. The table is made anew, so that
-- no page of it holds a value any more.

create table review_kept as
select id, kind, a, b, bits, probability, reason, neighbours, worth, evidence, found_at,
  later_until, later_at, answer, answered_at, answered_by, decision
from review_task;
drop table review_task;

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

insert into review_task (id, kind, a, b, bits, probability, reason, neighbours, worth, evidence, found_at,
  later_until, later_at, answer, answered_at, answered_by, decision)
select id, kind, a, b, bits, probability, reason, neighbours, worth, evidence, found_at,
  later_until, later_at, answer, answered_at, answered_by, decision
from review_kept;
drop table review_kept;
