-- What a new customer writes: members of a customer are found by their component, whose oldest needs no index entry.
drop index identifier_customer;
drop index identifier_component;
create index identifier_component on identifier (component) where component <> fragment;

alter table edge_evidence set (fillfactor = 80);
alter table lake_tail set (vacuum_truncate = off, toast.vacuum_truncate = off);
alter table dedupe_block set (vacuum_truncate = off, toast.vacuum_truncate = off);
