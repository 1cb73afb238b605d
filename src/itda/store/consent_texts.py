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


def changed(connection: Connection, shown: Mapping[str, Text]) -> list[str]:
    """The ids of those that have other words than were shown under their id."""
    return _other(_bodies(connection, shown), shown)


def other_words(text: str) -> str:
    """What is wrong with a text, told by its id."""
    return f"the text {text} has other words than were shown"


def cure(text: str) -> str:
    """What mends it."""
    version = text.rpartition("@")[2].partition("/")[0]
    following = f"version: {int(version) + 1}" if version.isdecimal() else "the next version"
    return f"put its words back, or give the new ones {following}: who consented saw those of before"


def keep(connection: Connection, shown: Mapping[str, Text], now: int) -> None:
    """Keep these texts by their ids; `Refused` where one has other words now than were shown under its id."""
    bodies = _bodies(connection, shown)
    other = _other(bodies, shown)
    if other:
        raise Refused(*(Fault(what=other_words(one), cure=cure(one)) for one in other))
    for one in shown.values():
        if one.id not in bodies:
            digest = hashlib.sha256(one.body.encode()).digest()
            connection.execute(_KEEP, [one.id, one.purpose, one.channel, one.language, one.body, digest, now])


def _bodies(connection: Connection, shown: Mapping[str, Text]) -> dict[str, str]:
    return dict(connection.execute(_KEPT, [texts(list(shown))]).fetchall())


def _other(bodies: Mapping[str, str], shown: Mapping[str, Text]) -> list[str]:
    return [one.id for one in shown.values() if bodies.get(one.id, one.body) != one.body]
