"""`Sec-GPC: 1` (Global Privacy Control): a browser says for its person that nothing is to be sold or shared.

It is an opt-out of its own, for the device and for whoever is known to hold it (11 CCR §7025, S): it is told to the
log as an act of consent beside the events it came with, once a day for each device and user, whatever the person's
country. The answer says that it was heard.
"""

from __future__ import annotations

import hashlib
import os
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

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


class Said(NamedTuple):
    """A device and a user, in a source's name, on a day since 1970-01-01; the empty text: none."""

    source: str
    anonymous: str
    user: str
    day: int


class Heard:
    """Which devices and users said it today, as far as this process remembers, by hashes: names have any length.

    `seed` keys the ids of what is told: ids stand in the log as they are, and the people in them must not.
    """

    def __init__(self, seed: bytes = b"") -> None:
        self._seed = seed or os.urandom(32)
        self._said: OrderedDict[bytes, None] = OrderedDict()

    def untold(self, record: Record, now: int) -> list[Said]:
        """Who says it with this body, and was not `told` yet today."""
        found = (Said(record.source, anonymous, user, now // DAY) for anonymous, user in _people(record))
        return [one for one in found if self._hash(one) not in self._said]

    def record(self, record: Record, said: Sequence[Said]) -> Record:
        """The acts beside a body, in its source's name."""
        acts = [self._act(one) for one in said]
        return Record(record.source, "batch", msgspec.json.encode({"batch": acts}), record.address)

    def told(self, said: Iterable[Said]) -> None:
        """Remember that the log has it of these."""
        self._said.update(dict.fromkeys(map(self._hash, said)))
        while len(self._said) > _REMEMBERED:
            self._said.popitem(last=False)

    def _hash(self, said: Said) -> bytes:
        own = (said.anonymous, said.user, said.day, *((said.source,) if said.source else ()))
        return hashlib.blake2b(msgspec.json.encode(own), digest_size=16, key=self._seed).digest()

    def _act(self, said: Said) -> dict[str, object]:
        return {
            "type": "track",
            "event": CONSENT_CHANGED,
            "messageId": "gpc:" + self._hash(said._replace(source="")).hex(),
            **({"anonymousId": said.anonymous} if said.anonymous else {}),
            **({"userId": said.user} if said.user else {}),
            "properties": {"purpose": PURPOSE, "channel": "any", "is_given": False, "collector": "gpc"},
        }


def _people(record: Record) -> Iterator[tuple[str, str]]:
    found: dict[tuple[str, str], None] = {}
    body = posthog.read(record.body) if record.call == POSTHOG else wire.read(record.call, record.body)
    for item in body.items:
        if isinstance(item, Item) and (item.anonymous_id or item.user_id):
            found[str(item.anonymous_id or ""), str(item.user_id or "")] = None
    yield from list(found)[:_MOST]
