"""Audiences that advertising platforms hold: who takes a consent back is out of them within a day (CH-09, US-08).

What a platform was given is the whole list of a segment, so that the list anew is how somebody is taken out of it. Who
was in it is not kept; whoever withdraws what it rests on may have been. The ledger's numbers follow commit order, so
that a list knows of exactly the acts up to the last one that its reading saw: one that came while it was written is
owed a list anew like any later one. Whoever writes here holds the ledger's lock.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from itda.base.instant import DAY
from itda.consent.definition import ADS, ANY_CHANNEL, TAKES_AWAY, ConsentEvent
from itda.engine import duties
from itda.store import consents
from itda.store.database import Connection
from itda.store.duties import Duty

KIND = "audience"
"""Of the duty to give the list anew, by whoever takes it out with `itda export audience`."""
WITHIN = DAY
_PURPOSES = frozenset({"behav_ads", "sale_share", "ad_user_data", "ad_personalization"})
"""What every audience may rest on; beside them what names its platform: provide_3p:NAME, overseas:NAME."""
_MOST = 10_000
_NOTE = (
    "insert into audience_given (platform, segment, at) values (%s, %s, %s)"
    " on conflict (platform, segment) do update set at = excluded.at"
)
_GIVEN = "select platform, segment from audience_given order by platform, segment"


def given(connection: Connection, platform: str, segment: str, known: int, proof: Mapping[str, Any], now: int) -> None:
    """Note that a platform gets the list of a segment (empty: of everybody), made of the acts up to `known`.

    `known` is a row of the ledger. What was owed until now is settled; of acts after it the list is owed anew.
    """
    consents.lock(connection)
    connection.execute(_NOTE, [platform, segment, now])
    for one in _owed(connection):
        if one.about == _about(platform, segment):
            duties.settle(connection, one.id, proof, now)
    _owe(connection, platform, segment, consents.taken_back_after(connection, known))


def overtaken(connection: Connection, written: Sequence[ConsentEvent]) -> None:
    """Owe the list anew of each audience that one of these acts takes somebody out of: one duty, while it is open."""
    taken = [event for event in written if event.action in TAKES_AWAY and _may_matter(event)]
    audiences = connection.execute(_GIVEN).fetchall() if taken else []
    if not audiences:
        return
    is_owed = {one.about for one in _owed(connection)}
    for platform, segment in audiences:
        if _about(platform, segment) not in is_owed:
            _owe(connection, platform, segment, taken)


def _owe(connection: Connection, platform: str, segment: str, taken: Sequence[ConsentEvent]) -> None:
    """Owe the list anew, where one of these acts takes something back that it rests on: from the first of them on."""
    rests_on = {*_PURPOSES, ADS, f"provide_3p:{platform}", f"overseas:{platform}"}
    those = [event for event in taken if _may_matter(event) and event.key.purpose in rests_on]
    if those:
        at, first = min(event.recorded_at for event in those), min(event.seq for event in those)
        duties.owe(connection, KIND, at + WITHIN, about=_about(platform, segment), cause=first, at=at)


def _may_matter(event: ConsentEvent) -> bool:
    purpose = event.key.purpose
    return event.key.channel == ANY_CHANNEL and (purpose in _PURPOSES or purpose == ADS or ":" in purpose)


def _owed(connection: Connection) -> list[Duty]:
    return duties.open_ones(connection, KIND, limit=_MOST)


def _about(platform: str, segment: str) -> str:
    return f"{platform}: {segment}" if segment else platform
