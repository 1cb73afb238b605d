-- Orders as they stand, one row each: the order fold over what order events say (spoken.sql), in SQL alone.
-- Asks for the tables `spoken`, `order_scope(source, scope)` and `money_of(written, currency, digits)`; `written` is the
-- text of an event's currency as it came, '' where none came, and `currency` what it means here.
with scaled as (
  select e.event_id, e.name, e.source, e.channel, e.fragment, e.occurred_at, e.local_date, e.order_id, e.store_id,
    e.stated, coalesce(own_scope, s.scope, e.source) as scope, m.currency, m.digits,
    trunc(abs(stated))::hugeint * (10 ^ m.digits)::hugeint as whole,
    (abs(stated) - trunc(abs(stated)))::decimal(21, 20) * (10 ^ m.digits)::decimal(4, 0) as part
  from spoken e
  left join order_scope s on s.source = e.source
  join money_of m on m.written = e.written
  where order_id is not null
),
priced as (  -- half to even, on the absolute amount
  select scope, order_id, event_id, name, source, channel, fragment, occurred_at, local_date, store_id, currency, digits,
    sign(stated)::hugeint * (whole + trunc(part)::hugeint + case
      when part - trunc(part) > 0.5 then 1
      when part - trunc(part) = 0.5 and (whole + trunc(part)::hugeint) % 2 = 1 then 1
      else 0 end) as minor
  from scaled
),
latest as (
  select scope, order_id, currency, digits, channel, source, fragment, store_id, coalesce(minor, 0) as amount
  from priced
  where name in ('Order Completed', 'Order Updated')
  qualify row_number() over (partition by scope, order_id order by occurred_at desc, event_id desc) = 1
),
placed as (
  select scope, order_id, min(occurred_at) as placed_at, arg_min(local_date, occurred_at) as local_date
  from priced
  where name in ('Order Completed', 'Order Updated')
  group by all
),
back as (
  select scope, order_id,
    sum(case when name <> 'Order Cancelled' then abs(minor) * (10 ^ (6 - digits))::hugeint else 0 end)::hugeint
      as given_back,
    sum(case when name = 'Order Cancelled' then abs(minor) * (10 ^ (6 - digits))::hugeint else 0 end)::hugeint
      as cancelled,
    bool_or(minor is null and name = 'Order Cancelled') as is_cancelled_whole,
    bool_or(minor is null and name <> 'Order Cancelled') as is_given_back_whole
  from priced
  where name not in ('Order Completed', 'Order Updated')
  group by all
),
settled as (
  select l.*, p.placed_at, p.local_date,
    coalesce(b.is_cancelled_whole, false) as is_cancelled_whole,
    coalesce(b.is_given_back_whole, false) as is_given_back_whole,
    coalesce(b.given_back, 0) as given_back, coalesce(b.cancelled, 0) as cancelled,
    (10 ^ (6 - l.digits))::hugeint as unit
  from latest l join placed p using (scope, order_id) left join back b using (scope, order_id)
),
rounded as (
  select *,
    given_back // unit + case when (given_back % unit) * 2 > unit
      or ((given_back % unit) * 2 = unit and (given_back // unit) % 2 = 1) then 1 else 0 end as back_minor,
    cancelled // unit + case when (cancelled % unit) * 2 > unit
      or ((cancelled % unit) * 2 = unit and (cancelled // unit) % 2 = 1) then 1 else 0 end as cancelled_minor
  from settled
)
select scope, order_id, placed_at, local_date, channel, source, store_id, fragment, currency,
  amount::bigint as amount_minor,
  case
    when is_given_back_whole then 0
    when given_back = 0 and cancelled = 0 or amount <= 0 then amount
    else greatest(amount - back_minor - cancelled_minor, 0)
  end::bigint as net_minor
from rounded
where not is_cancelled_whole and (cancelled = 0 or cancelled_minor < amount)
