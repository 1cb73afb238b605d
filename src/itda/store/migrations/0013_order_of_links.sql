-- A link knows whether it was seen on one day only, and by whom it was told: where it stands in the order.

alter table edge add column only_day integer;
alter table edge add column sources text not null default '';
update edge set only_day = told.only_day, sources = told.sources
from (
  select a, b, case when min(local_date) = max(local_date) then min(local_date) end as only_day,
    string_agg(distinct source collate "C", ' ' order by source collate "C") as sources
  from edge_evidence group by a, b
) as told
where (edge.a, edge.b) = (told.a, told.b);
