"""What the ledger's events come to: a pure fold, for which neither order nor repetition matters.

The latest act counts; of two at the same moment the one that takes away. A late event finds its place in time.

A withdrawal by a joined customer is written to every fragment then joined, as a copy. Copies lie over a fragment's own
acts: the consent that ends the withdrawal ends its copies, and what the fragment itself said is seen again.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Annotated, Literal

import msgspec

from itda.base.calendar import add_months
from itda.base.ids import keyed
from itda.base.instant import LocalDates
from itda.consent.definition import Action, ConsentEvent, ConsentKey, ConsentState, Status

_ORDER: tuple[Action, ...] = (
    "request", "import", "grant", "confirm", "restore", "suspend", "expire", "refuse", "withdraw",
)  # fmt: skip
_RANK = {action: rank for rank, action in enumerate(_ORDER)}
_UNASKED: tuple[Status, ...] = ("unknown", "pending")


class Reconfirm(msgspec.Struct, frozen=True):
    """How long a consent holds without being confirmed (Network Act art. 50(8), decree art. 62-3)."""

    years: Annotated[int, msgspec.Meta(ge=1, le=2)] = 2
    zone: str = "Asia/Seoul"
    counts_from: Literal["consent", "last_confirm"] = "consent"
    """Where the next period begins: the decree counts from the consent."""
    lead_days: Annotated[int, msgspec.Meta(ge=1, le=365)] = 30
    """A confirmation earlier than so many days before the due day does not count for it."""
    silence: Literal["maintain", "suspend"] = "maintain"
    """What follows when nobody answers a request that was delivered: the decree is silent (KR-16)."""


YEARLY_TWO = Reconfirm()
JOINED = "joined"
"""The ground of a copy."""


def fold(events: Iterable[ConsentEvent], rules: Reconfirm = YEARLY_TWO) -> dict[ConsentKey, ConsentState]:
    """The state of every key that these events are about. Give all events of a key: a state needs its whole past."""
    by_key: dict[ConsentKey, dict[bytes, ConsentEvent]] = {}
    for event in events:
        by_key.setdefault(event.key, {})[event.id] = event
    return {key: _folded(sorted(found.values(), key=_moment), rules) for key, found in by_key.items()}


def _moment(event: ConsentEvent) -> tuple[int, int, bytes]:
    return event.occurred_at, _RANK[event.action], event.id


class _Standing:
    """One key on its way through time."""

    def __init__(self) -> None:
        self.status: Status = "unknown"
        self.since = 0
        self.granted_at: int | None = None
        self.confirmed: list[int] = []
        self.refused_at: int | None = None
        self.copied: tuple[int, Status] | None = None
        """When a joined customer refused or withdrew, as long as that holds."""
        self.text_id = ""

    def turn(self, status: Status, at: int) -> None:
        if self.status != status:
            self.status, self.since = status, at

    def grant(self, event: ConsentEvent) -> None:
        self.turn("granted", event.occurred_at)
        self.granted_at, self.text_id, self.confirmed = event.occurred_at, event.text_id, []


def _folded(events: list[ConsentEvent], rules: Reconfirm) -> ConsentState:
    """Events in the order of `_moment`, of one key."""
    now = _Standing()
    now.since = events[0].occurred_at
    for event in events:
        if event.ground == JOINED:
            taken: Status = "refused" if event.action == "refuse" else "withdrawn"
            now.copied = (event.occurred_at, taken) if event.action != "restore" else None
        else:
            _step(now, event)
    status, since, refused_at = now.status, now.since, now.refused_at
    if now.copied is not None and (now.granted_at is None or now.copied[0] >= now.granted_at):
        refused_at = max(now.copied[0], refused_at or now.copied[0])
        if status not in ("refused", "withdrawn"):
            since, status = now.copied
    due = None
    if now.granted_at is not None and status in ("granted", "suspended"):
        due = reconfirm_due(now.granted_at, tuple(now.confirmed), rules)
    return ConsentState(
        status=status,
        since=since,
        last_grant_at=now.granted_at,
        last_confirm_at=now.confirmed[-1] if now.confirmed else None,
        refused_at=refused_at,
        reconfirm_due=due,
        text_id=now.text_id,
        event_seq=max(event.seq for event in events),
    )


def _step(now: _Standing, event: ConsentEvent) -> None:
    at = event.occurred_at
    match event.action:
        case "request" if now.status in _UNASKED:
            now.turn("pending", at)
        case "grant":
            now.grant(event)
        case "import" if event.text_id or event.has_evidence:  # a tick in a file proves nothing by itself
            now.grant(event)
        case "confirm" if now.status == "granted":
            now.confirmed.append(at)
        case "expire" if now.status in ("granted", "suspended"):
            now.turn("expired", at)
        case "suspend" if now.status == "granted":
            now.turn("suspended", at)
        case "restore" if now.status == "suspended":
            now.turn("granted", at)
        case "refuse":
            now.turn("refused", at)
            now.refused_at = at
        case "withdraw":
            now.turn("withdrawn", at)
            now.refused_at = at
        case _:
            pass


def copies(event: ConsentEvent, joined: Iterable[bytes]) -> list[ConsentEvent]:
    """What an act writes to the other fragments that are joined to its own now.

    A refusal is written to each; a consent ends such copies and grants nothing.
    """
    if event.action not in ("refuse", "withdraw", "grant") or event.ground == JOINED:
        return []
    action: Action = "restore" if event.action == "grant" else event.action
    return [
        msgspec.structs.replace(
            event,
            id=keyed(event.id, fragment),
            key=event.key._replace(fragment=fragment),
            action=action,
            ground=JOINED,
            text_id="",
            has_evidence=False,
            seq=0,
        )
        for fragment in sorted(set(joined) - {event.key.fragment})
    ]


@lru_cache(maxsize=8)
def _dates(zone: str) -> LocalDates:
    return LocalDates(zone)


def reconfirm_due(granted_at: int, confirmed: tuple[int, ...], rules: Reconfirm = YEARLY_TWO) -> int:
    """The last local day on which a consent may be confirmed: the day before its next anniversary of `years`.

    `confirmed` are the times of confirmations since, in order. Each counts for the due day it comes within
    `lead_days` of, or after.
    """
    dates = _dates(rules.zone)
    start, period = dates.of(granted_at), 12 * rules.years
    due = _last_day(start, period)
    number = 1
    for at in confirmed:
        day = dates.of(at)
        if day < due - rules.lead_days:
            continue
        if rules.counts_from == "last_confirm":
            due = _last_day(day, period)
            continue
        while _last_day(start, number * period) - rules.lead_days <= day:
            number += 1
        due = _last_day(start, number * period)
    return due


@lru_cache(maxsize=65_536)
def _last_day(start: int, months: int) -> int:
    return add_months(start, months) - 1
