"""Audiences that advertising platforms hold: who takes a consent back is out of them within a day (CH-09, US-08).

What a platform was given is the whole list of a segment, so that the list anew is how somebody is taken out of it. Who
was in it is not kept; whoever withdraws what it rests on may have been.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from itda.base.instant import DAY
from itda.consent.definition import ADS, ANY_CHANNEL, TAKES_AWAY, ConsentEvent
from itda.engine import duties
from itda.store.database import Connection

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


def given(connection: Connection, platform: str, segment: str, proof: Mapping[str, Any], now: int) -> None:
    """Note that a platform gets the list of a segment (empty: of everybody) as it is now: that duty is settled."""
    connection.execute(_NOTE, [platform, segment, now])
    for one in duties.open_ones(connection, KIND, limit=_MOST):
        if one.about == _about(platform, segment):
            duties.settle(connection, one.id, proof, now)


def overtaken(connection: Connection, written: Sequence[ConsentEvent]) -> None:
    """Owe the list anew of each audience that one of these acts takes somebody out of: one duty, while it is open."""
    taken = [event for event in written if event.action in TAKES_AWAY and event.key.channel == ANY_CHANNEL]
    purposes = {event.key.purpose for event in taken}
    if not any(purpose in _PURPOSES or purpose == ADS or ":" in purpose for purpose in purposes):
        return
    audiences = connection.execute(_GIVEN).fetchall()
    is_owed = {one.about for one in duties.open_ones(connection, KIND, limit=_MOST)} if audiences else set()
    at = max(event.recorded_at for event in taken)
    for platform, segment in audiences:
        rests_on = {*_PURPOSES, ADS, f"provide_3p:{platform}", f"overseas:{platform}"}
        about = _about(platform, segment)
        if purposes & rests_on and about not in is_owed:
            duties.owe(connection, KIND, at + WITHIN, about=about, at=at)


def _about(platform: str, segment: str) -> str:
    return f"{platform}: {segment}" if segment else platform
