"""What was shown where consent was asked for, kept word for word."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping

from itda.base.errors import Fault, Refused
from itda.decisions.policy import Text
from itda.store.arrays import texts
from itda.store.database import Connection

_KEPT = "select id, body from consent_text where id = any(%b)"
_WORDS = "select id, locale, body from consent_text where id = any(%b) order by id"
_KEEP = """
insert into consent_text (id, purpose, channel, locale, body, body_sha256, since)
values (%s, %s, %s, %s, %s, %s, %s) on conflict (id) do nothing
"""


def kept(connection: Connection, texts_shown: Collection[str]) -> list[tuple[str, str, str]]:
    """Of these ids the texts that were ever shown: id, language and words."""
    return connection.execute(_WORDS, [texts(list(texts_shown))]).fetchall() if texts_shown else []


def keep(connection: Connection, shown: Mapping[str, Text], now: int) -> None:
    """Keep these texts by their ids; `Refused` where one has other words now than were shown under its id."""
    kept: dict[str, str] = dict(connection.execute(_KEPT, [texts(list(shown))]).fetchall())
    changed = [one for one in shown.values() if kept.get(one.id, one.body) != one.body]
    if changed:
        cure = "give it the next version: who consented saw the words of before"
        raise Refused(*(Fault(what=f"the text {one.id} has other words than were shown", cure=cure) for one in changed))
    for one in shown.values():
        if one.id not in kept:
            digest = hashlib.sha256(one.body.encode()).digest()
            connection.execute(_KEEP, [one.id, one.purpose, one.channel, one.language, one.body, digest, now])
