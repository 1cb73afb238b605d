"""A shop with segments and journeys, a clock that stands where a test puts it, and the decider's tables to be compared."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

import itda
from itda.base.instant import DAY, HOUR, MINUTE, parse, text
from itda.engine.deciding import making
from itda.engine.deciding.decider import Decider, Limits
from itda.engine.shop import Shop
from itda.journeys.definition import Again, Enter, Goal, Journey, Leave, Step
from itda.journeys.selector import Selector
from itda.journeys.steps.branch import Branch
from itda.journeys.steps.exit import Exit
from itda.journeys.steps.send import Send
from itda.journeys.steps.wait import Wait
from itda.journeys.steps.wait_for import WaitFor
from itda.profiles.events import Events
from itda.segments.definition import Group, Segment
from itda.segments.operators.consent import ConsentTest
from itda.segments.operators.events import EventsTest
from itda.segments.operators.in_segment import InSegment
from itda.segments.operators.trait import TraitTest
from itda.store.ports import Record

START = parse("2026-11-02T03:00:00Z")
__all__ = ["DAY", "HOUR", "MINUTE", "START"]


def events(name: str, **where: Any) -> Events:
    return Events(name=name, where=where)


SEGMENTS = [
    Segment(name="buyers", where=Group(all=(EventsTest(events=events("Order Completed")),))),
    Segment(
        name="lookers",
        where=Group(
            all=(EventsTest(events=events("Product Viewed"), window="2 days", at_least=2),),
            none=(InSegment(segment="buyers"),),
        ),
    ),
    Segment(name="silent", where=Group(none=(EventsTest(events=events("Product Viewed"), window="3 days"),))),
    Segment(name="reachable", where=Group(all=(ConsentTest(purpose="ad_receive", channel="email"),))),
]
RESCUE = Journey(
    name="rescue",
    enter=Enter(event=events("Cart Viewed")),
    correlation="cart_id",
    goal=Goal(event=Selector(event=events("Order Completed")), within=3 * DAY),
    steps=(
        Step(name="pause", does=Wait(delay=HOUR), then="ask"),
        Step(name="ask", does=Send(message="cart", channel="email"), then="end"),
        Step(name="end", does=Exit()),
    ),
)
WELCOME = Journey(
    name="welcome",
    enter=Enter(segment="lookers"),
    again=Again(is_allowed=False),
    leave=(Leave(segment="buyers"),),
    steps=(
        Step(
            name="pause",
            does=WaitFor(event=Selector(event=events("Store Entered")), within=DAY),
            then="split",
            otherwise="end",
        ),
        Step(name="split", does=Branch(when={"in_segment": "reachable"}), then="ask", otherwise="end"),
        Step(name="ask", does=Send(message="hello", channel="email"), then="end"),
        Step(name="end", does=Exit()),
    ),
)
_numbers = itertools.count()


class World:
    """An open shop; `at` is the time of its clock."""

    def __init__(
        self, shop: Shop, segments: Sequence[Segment] = SEGMENTS, journeys: Sequence[Journey] = (RESCUE, WELCOME)
    ) -> None:
        shop.workspace = msgspec.structs.replace(shop.workspace, segments=list(segments), journeys=list(journeys))
        self.shop = shop
        self.at = START

    def decider(self, limits: Limits | None = None) -> Decider:
        """A decider of its own; the caller closes it."""
        shop = self.shop
        return making.decider(shop.db, shop.lake, shop.intake, shop.workspace, shop.vault, lambda: self.at, limits)

    def tell(self, *bodies: dict[str, Any], source: str = "web") -> None:
        """A frame of events, received now; those without a time occurred now."""
        batch = [
            {"messageId": f"m{next(_numbers)}", "timestamp": text(self.at), "sentAt": text(self.at)} | body
            for body in bodies
        ]
        self.shop.intake.append(
            [Record(source, "batch", msgspec.json.encode({"batch": batch, "sentAt": text(self.at)}))], self.at
        )

    def process(self) -> None:
        """Let the pipeline handle all that was told."""
        with contextlib.closing(self.shop.pipeline()) as pipeline:
            pipeline.drain()

    def decide(self, limits: Limits | None = None) -> None:
        """Process and decide until nothing waits."""
        while True:
            self.process()
            with contextlib.closing(self.decider(limits)) as decider:
                decider.drain()
            done, goal = self.shop.positions()
            if done == goal:
                return

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with self.shop.db.connection() as connection:
            return connection.execute(query).fetchall()

    def members(self, segment: str) -> int:
        return self.rows(f"select count(*) from segment_member where segment = '{segment}'")[0][0]

    def path(self, journey: str) -> list[tuple[str, str]]:
        return self.rows(
            "select p.what, p.step from journey_path p join journey_position j on j.id = p.position_id"
            f" where j.journey = '{journey}' order by p.position_id, p.seq"
        )


def event(name: str, who: str, **properties: Any) -> dict[str, Any]:
    """An event of a user."""
    return {"type": "track", "event": name, "userId": who, "properties": properties}


@contextlib.contextmanager
def world(folder: Path, **given: Any) -> Iterator[World]:
    with itda.open(folder) as shop:
        yield World(shop, **given)
