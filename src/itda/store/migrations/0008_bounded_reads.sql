-- What waits for one person, went to them, or may still change for them is read without going through all of their past.

drop index journey_position_fragment;
create index journey_position_fragment
  on journey_position (fragment, journey, hashtextextended(correlation, 0), entered_at);
create index journey_position_watched
  on journey_position (fragment,
    (case when exited_at is null then 9223372036854775807 when goal_at is null then goal_until end))
  where exited_at is null or goal_at is null;
create index outbox_waiting on outbox (fragment, priority desc, not_before) where status in ('queued', 'held', 'retry');
create index outbox_went on outbox (fragment, created_at)
  where status in ('attempting', 'sent', 'delivered', 'bounced', 'complained', 'uncertain');
