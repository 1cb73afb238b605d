-- What order events of a table say, one row each. Whole properties are long: each is parsed once, while it streams by,
-- and only these few values of it are kept.
create or replace temp macro scalar(json) as case when left(json, 1) not in ('{', '[', 'n') then json ->> '$' end;
create or replace temp macro written_text(json) as case when left(json, 1) = '"' then json ->> '$' end;
create or replace temp macro plain(amount) as
  case when regexp_full_match(amount, '[+-]?\d{1,3}(,\d{3})+(\.\d+)?') then replace(amount, ',', '') else amount end;
create or replace temp macro amount(json) as try_cast(
  case when left(json, 1) = '"' then plain(trim(json ->> '$'))
    when left(json, 1) not in ('{', '[', 'n', 't', 'f') then json::varchar end
  as decimal(38, 20));
create or replace temp macro possible(amount) as case when abs(amount) < 1000000000000000 then amount end;
create or replace temp macro spoken_in(rows) as table
select event_id, name, source, channel, fragment, occurred_at, local_date,
  nullif(written_text(said[1]), '') as own_scope,
  nullif(scalar(said[2]), '') as order_id,
  coalesce(written_text(said[3]), '') as written,
  scalar(said[4]) as store_id,
  coalesce(possible(amount(said[5])), possible(amount(said[6])), possible(amount(said[7])), possible(amount(said[8])))
    as stated
from (
  select event_id, name, source, channel, fragment, occurred_at, local_date,
    json_extract(properties, ['$.order_scope', '$.order_id', '$.currency', '$.store_id',
      '$.revenue', '$.subtotal', '$.total', '$.value']) as said
  from query_table(rows)
  where name in ('Order Completed', 'Order Updated', 'Order Refunded', 'Order Cancelled', 'Order Returned')
);
