-- What was said before is not in it: `itda replay` brings it in.

create table household_hash ( -- of what a household shares
  hash bigint not null,
  fragment bytea not null,
  primary key (hash, fragment)
);
