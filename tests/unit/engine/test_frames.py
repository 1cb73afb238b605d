import datetime as dt

import polars as pl

from itda.engine import frames
from itda.engine.questions.views import QuarantineLine, TimelineEvent


def _event(position: int) -> TimelineEvent:
    return TimelineEvent(position=position, at=1_700_000_000_123_456, received_at=1_700_000_001_000_000, name="Page Viewed",
                         type="page", channel="web", source="site", properties={"path": "/"}, fragment="00")  # fmt: skip


def test_a_timeline_becomes_one_row_per_event_with_times_in_utc():
    drawn = frames.frame([_event(1), _event(2)], frames.TIMELINE)
    assert drawn["position"].to_list() == [1, 2]
    assert drawn.schema["at"] == pl.Datetime("us", "UTC")
    assert drawn["at"][0] == dt.datetime.fromtimestamp(1_700_000_000, dt.UTC) + dt.timedelta(microseconds=123_456)
    assert drawn["at_us"][0] == 1_700_000_000_123_456
    assert drawn["properties"][0] == '{"path":"/"}'


def test_no_items_give_an_empty_frame_with_the_same_columns_and_types():
    empty = frames.frame([], frames.TIMELINE)
    assert empty.height == 0
    assert empty.schema == frames.frame([_event(1)], frames.TIMELINE).schema


def test_a_time_that_is_not_there_is_null():
    line = QuarantineLine(position=1, source="s", channel="web", received_at=5, reason="clock", detail="d", name="n",
                          replayed_at=None)  # fmt: skip
    drawn = frames.frame([line], frames.QUARANTINE)
    assert drawn["replayed_at"].to_list() == [None]
