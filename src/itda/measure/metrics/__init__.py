"""The metrics, by name, in the order people ask. A new one is one file here, and one test of its name."""

from __future__ import annotations

from itda.measure.definition import Metric
from itda.measure.metrics import (
    assists,
    attributed_orders,
    attributed_revenue,
    conversion,
    cross_channel_conversion,
    customers,
    duplicates,
    holdout_difference,
    journey_drop_off,
    linked_share,
    linked_share_by_channel,
    linked_share_by_source,
    match_precision,
    message_funnel,
    online_to_store_conversion,
    orders,
    path_length,
    revenue,
    several_channels_share,
    stage_drop_off,
)

METRICS: dict[str, Metric] = {
    module.METRIC.name: module.METRIC
    for module in (
        customers, linked_share, linked_share_by_source, linked_share_by_channel, duplicates, match_precision,
        several_channels_share, orders, revenue, conversion, cross_channel_conversion,
        online_to_store_conversion, path_length, assists, attributed_orders, attributed_revenue, stage_drop_off,
        journey_drop_off, message_funnel, holdout_difference,
    )
}  # fmt: skip
