-- An import knows by its rows, events and refusals where it stands; what nobody read goes. The table is made anew, as
-- dropping columns would leave gaps that a fresh one has not.

create table import_file_before as select * from import_file;
drop table import_file;

create table import_file (
  source text not null,
  file_hash bytea not null,
  name text not null,
  rows_total bigint,
  rows_done bigint not null default 0,
  events bigint not null default 0,
  refused bigint not null default 0,
  started_at bigint not null,
  finished_at bigint,
  primary key (source, file_hash)
);
insert into import_file
select source, file_hash, name, rows_total, rows_done, events, refused, started_at, finished_at
from import_file_before;
drop table import_file_before;
