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
