-- What the matching finds among customers, and the steward's queue.

alter table steered drop constraint steered_action_check;
alter table steered add constraint steered_action_check check (action in ('must', 'cannot', 'likely'));

create table match_run (
  at bigint primary key,
  version text not null,
  people bigint not null, -- records compared
  pairs bigint not null,
  duplicates double precision not null, -- estimated
  linked bigint not null,
  waiting bigint not null,
  threshold double precision, -- bits from which on two are joined, or would be; null: no pair reaches what is asked
  precision_estimated double precision,
  decided bigint not null,
  decided_same bigint not null,
  checked bigint not null, -- of those decided, above the threshold
  checked_right bigint not null,
  is_calibrated boolean not null,
  weights text not null -- what was learnt (JSON); no value of anybody
);

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
  a_sealed bytea, -- what was compared, under the key of a
  b_sealed bytea, -- the same, under the key of b
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
