-- A steward's reason is sealed, histories are found by identifier, and the policy in force is remembered with its place
-- in the log. Reasons written in the clear go: the lake holds each of them sealed, and `itda replay` brings them back.

alter table steered alter column reason drop not null;
alter table steered rename column reason to reason_sealed;
alter table steered alter column reason_sealed type bytea using ''::bytea;
alter table steered alter column reason_sealed set not null;

alter table resolution_log add column members bytea[] not null default '{}';
alter table resolution_log add column decision bytea;

-- Both sides of a row are lists of lists of 16-byte ids in MessagePack: headers of lists, and ids with two bytes before.
create function identifiers_in(packed bytea) returns bytea[] language plpgsql as $$
declare
  place integer := 0;
  header integer;
  found bytea[] := '{}';
begin
  while place < length(packed) loop
    header := get_byte(packed, place);
    if header = 196 then
      found := found || substring(packed from place + 3 for 16);
      place := place + 18;
    else
      place := place + case header when 220 then 3 when 221 then 5 else 1 end;
    end if;
  end loop;
  return found;
end $$;
update resolution_log set members = array(
  select distinct unnest(identifiers_in(before) || identifiers_in(after)) order by 1);
drop function identifiers_in;

alter table resolution_log alter column members drop default;
create index resolution_log_members on resolution_log using gin (members);

drop table policy_version;
create table policy_version (
  kind text not null,
  position bigint not null,
  version text not null,
  body text not null,
  at bigint not null,
  reached bytea not null,
  settled_at bigint,
  primary key (kind, position)
);
