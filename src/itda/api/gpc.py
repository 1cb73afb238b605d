"""`Sec-GPC: 1` (Global Privacy Control): a browser says for its person that nothing is to be sold or shared.

It is an opt-out of its own, for the device and for whoever is known to hold it (11 CCR §7025, S): it is told to the
log as an act of consent beside the events it came with, once a day for each device and user, whatever the person's
country. The answer says that it was heard.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator

import msgspec

from itda.base.instant import DAY
from itda.consent.acts import CONSENT_CHANGED
from itda.sources import posthog, wire
from itda.sources.refusals import POSTHOG
from itda.sources.wire import Item
from itda.store.ports import Record

HEADER = b"sec-gpc"
HEARD = (b"x-itda-opt-out", b"sale_share")
"""Beside a success: the opt-out is honoured."""
PURPOSE = "sale_share"
_REMEMBERED = 20_000
_MOST = 20
"""Devices of one body: a browser has one, and only servers send for many."""


def is_said(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Whether the browser says it."""
    return any(name == HEADER and value.strip() == b"1" for name, value in headers)


class Heard:
    """Which devices and users said it today, as far as this process remembers."""

    def __init__(self) -> None:
        self._said: OrderedDict[tuple[str, str, str, int], None] = OrderedDict()

    def record(self, record: Record, now: int) -> Record | None:
        """The acts beside a body, in its source's name; None where all of them were told today."""
        day = now // DAY
        acts = []
        for anonymous, user in _people(record):
            key = (record.source, anonymous, user, day)
            if key not in self._said:
                self._said[key] = None
                acts.append(_act(anonymous, user, day))
        while len(self._said) > _REMEMBERED:
            self._said.popitem(last=False)
        if not acts:
            return None
        return Record(record.source, "batch", msgspec.json.encode({"batch": acts}), record.address)


def _people(record: Record) -> Iterator[tuple[str, str]]:
    found: dict[tuple[str, str], None] = {}
    body = posthog.read(record.body) if record.call == POSTHOG else wire.read(record.call, record.body)
    for item in body.items:
        if isinstance(item, Item) and (item.anonymous_id or item.user_id):
            found[str(item.anonymous_id or ""), str(item.user_id or "")] = None
    yield from list(found)[:_MOST]


def _act(anonymous: str, user: str, day: int) -> dict[str, object]:
    return {
        "type": "track",
        "event": CONSENT_CHANGED,
        "messageId": f"gpc:{anonymous}:{user}:{day}"[:200],
        **({"anonymousId": anonymous} if anonymous else {}),
        **({"userId": user} if user else {}),
        "properties": {"purpose": PURPOSE, "channel": "any", "is_given": False, "collector": "gpc"},
    }
