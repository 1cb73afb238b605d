"""A shop with segments and journeys, a clock that stands where a test puts it, and the decider's tables to be compared."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable, Iterator, Sequence
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
from itda.messages.definition import Content, Message
from itda.profiles.events import Events
from itda.segments.definition import Group, Segment
from itda.segments.operators.consent import ConsentTest
from itda.segments.operators.events import EventsTest
from itda.segments.operators.in_segment import InSegment
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
            does=WaitFor(event=Selector(event=events("Search Done")), within=DAY),
            then="split",
            otherwise="end",
        ),
        Step(name="split", does=Branch(when={"in_segment": "reachable"}), then="ask", otherwise="end"),
        Step(name="ask", does=Send(message="hello", channel="email"), then="end"),
        Step(name="end", does=Exit()),
    ),
)
CART = Message(
    name="cart",
    message_class="informational",
    ground="contract",
    purpose="ad_receive",
    contents={"email": {"ko": Content(subject="장바구니", body="<mjml></mjml>")}},
)
OFFER = Message(
    name="hello",
    message_class="advertising",
    purpose="ad_receive",
    contents={"email": {"ko": Content(subject="안녕하세요", body="<mjml></mjml>")}},
)
TABLES = {
    "segment_member": "select segment, customer from segment_member order by 1, 2",
    "journey_position": "select id, journey, version, fragment, entry_event, correlation, arm, step, state, entered_at,"
    " entered_log_at, due_at, goal_at, messaged_at, exited_at, exit_reason from journey_position order by id",
    "journey_path": "select position_id, seq, at, log_at, step, what, detail from journey_path order by 1, 2",
    "outbox": "select id, position_id, journey, step, message, channel, fragment, contact, status, expires_at"
    " from outbox order by id",
    "consent_state": "select subject_ref, contact_ref, purpose, channel, status, since from consent_state"
    " order by 1, 2, 3, 4",
}
"""What decided is, whenever it was decided."""
_FORGET = (
    "delete from send_decision; delete from attempt; delete from outbox; delete from journey_path;"
    " delete from journey_position; delete from segment_member; delete from wake; delete from applied where kind <> 'trait';"
    " update cursor set position = 0, log_time = 0 where name in ('decider', 'resolutions')"
)
_numbers = itertools.count()


class World:
    """An open shop; `at` is the time of its clock."""

    def __init__(
        self, shop: Shop, segments: Sequence[Segment] = SEGMENTS, journeys: Sequence[Journey] = (RESCUE, WELCOME)
    ) -> None:
        shop.workspace = msgspec.structs.replace(
            shop.workspace, segments=list(segments), journeys=list(journeys), messages={"cart": CART, "hello": OFFER}
        )
        self.shop = shop
        self.at = START

    def decider(self, limits: Limits | None = None, most_rows: int = 20_000) -> Decider:
        """A decider of its own; the caller closes it."""
        shop, clock = self.shop, lambda: self.at
        return making.decider(
            shop.db, shop.lake, shop.intake, shop.workspace, shop.vault, clock, limits, most_rows=most_rows
        )

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
        with self.deciding(limits) as decide:
            decide()

    @contextlib.contextmanager
    def deciding(self, limits: Limits | None = None) -> Iterator[Callable[[], None]]:
        """What processes and decides until nothing waits, by one pipeline and one decider."""
        with contextlib.closing(self.shop.pipeline()) as pipeline, contextlib.closing(self.decider(limits)) as decider:

            def decide() -> None:
                while True:
                    pipeline.drain()
                    decider.drain()
                    done, goal = self.shop.positions()
                    if done == goal:
                        return

            yield decide

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with self.shop.db.connection() as connection:
            return connection.execute(query).fetchall()

    def decided(self) -> dict[str, list[tuple[Any, ...]]]:
        """Everything decided, to be compared."""
        return {table: self.rows(query) for table, query in TABLES.items()}

    def forget(self) -> None:
        """As if nothing had been decided yet, but for the ledger, which is never taken from."""
        with self.shop.db.connection() as connection:
            connection.execute(_FORGET.encode())

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


def trust(folder: Path) -> None:
    """Let the events of the web come from a server of the shop: what they grant counts."""
    (folder / "sources" / "web.yaml").write_text(
        "kind: tracking\nchannel: web\norders: shop\nkey: secret\n", encoding="utf-8"
    )


@contextlib.contextmanager
def world(folder: Path, **given: Any) -> Iterator[World]:
    trust(folder)
    with itda.open(folder) as shop:
        yield World(shop, **given)
