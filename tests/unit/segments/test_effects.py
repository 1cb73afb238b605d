"""What is named like an effect of a message is one only where we tell it ourselves, live and in the lake."""

from __future__ import annotations

import duckdb
import pytest

from itda.profiles.events import Events, cares
from itda.segments.sql import chosen

KINDS = [
    (name, source) for name in ("Message Opened", "Message Bounced", "Product Viewed") for source in ("itda", "web", "esp")
]  # fmt: skip


def meant(events: Events) -> set[tuple[str, str]]:
    """The kinds of events that a selector means: asked live, and of the lake, which must say the same."""
    live = {(name, source) for name, source in KINDS if cares(events, name, "web", source)}
    with duckdb.connect() as duck:
        duck.execute("create table told (name varchar, source varchar, channel varchar)")
        duck.executemany("insert into told values (?, ?, 'web')", KINDS)
        found = duck.execute(f"select name, source from told where {chosen(events)}").fetchall()
    assert set(found) == live
    return live


def test_a_browser_opens_and_bounces_nothing() -> None:
    assert meant(Events(name="Message Opened")) == {("Message Opened", "itda")}
    assert meant(Events(name="Message Bounced", channel="web")) == {("Message Bounced", "itda")}


def test_other_events_of_the_same_selector_are_meant_from_everywhere() -> None:
    found = meant(Events(name=("Message Opened", "Product Viewed")))
    assert found == {("Message Opened", "itda"), *(kind for kind in KINDS if kind[0] == "Product Viewed")}


@pytest.mark.parametrize("source", ["esp", ("esp", "web")])
def test_who_names_a_source_is_given_what_it_told(source: str | tuple[str, ...]) -> None:
    named = (source,) if isinstance(source, str) else source
    assert meant(Events(name="Message Opened", source=source)) == {("Message Opened", one) for one in named}


def test_a_selector_of_any_event_means_every_one() -> None:
    assert meant(Events(channel="web")) == set(KINDS)
