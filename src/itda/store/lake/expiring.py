"""What is left in the lake of events whose term is over.

Nobody's event: that something of this name came on this day by this source and channel, so that counts stay. It is on
no identifier, its id, its time of day and its place in the log are gone. And apart from it, by identifiers, source and
day: that they were seen together, how often, first and last, so that who is whom does not come apart.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa

from itda.base.instant import LocalDates
from itda.store.lake.block import EXPIRED, OWN_ID, PERMANENT, RETENTION_CHANNEL, RETENTION_SOURCE, SCHEMA

SEEN = "Identifiers Seen"
_NOBODY = 16
_PERMANENT_OWN = PERMANENT | OWN_ID


class Seen(msgspec.Struct, frozen=True):
    """What is left of who was seen with whom (JSON). Times are microseconds UTC."""

    source: str
    count: int
    first_at: int
    last_at: int
    active_at: int = 0
    """The last time of the person's own doing; 0 where the brand did it all."""


def seen(rows: Sequence[dict[str, Any]], is_own_doing: Callable[[dict[str, Any]], bool]) -> pa.Table:
    """The links that these rows tell of. Of events that name one identifier alone: when it was first and last seen."""
    grouped: dict[tuple[bytes, bytes, str, int], list[dict[str, Any]]] = {}
    for row in rows:
        key = (row["fragment"], row["others"], row["source"], row["local_date"])
        grouped.setdefault(key if row["others"] else (row["fragment"], b"", "", 0), []).append(row)
    return _table([_link(fragment, others, group, is_own_doing) for (fragment, others, _, _), group in grouped.items()])


def _link(
    fragment: bytes, others: bytes, group: Sequence[dict[str, Any]], is_own_doing: Callable[[dict[str, Any]], bool]
) -> dict[str, Any]:
    first = min(group, key=lambda row: (row["occurred_at"], row["position"]))
    own = [row["occurred_at"] for row in group if is_own_doing(row)]
    told = Seen(
        first["source"], len(group), first["occurred_at"], max(row["occurred_at"] for row in group), max(own, default=0)
    )
    return {
        "position": min(row["position"] for row in group), "event_id": "", "source": RETENTION_SOURCE,
        "channel": RETENTION_CHANNEL, "name": SEEN, "type": "track", "occurred_at": told.first_at,
        "received_at": told.first_at, "local_date": first["local_date"], "fragment": fragment, "others": others,
        "properties": msgspec.json.encode(told).decode(), "context": "{}", "sealed": None, "flags": 0,
    }  # fmt: skip


def nobodys(
    rows: Sequence[dict[str, Any]],
    leaves: Sequence[tuple[str, ...]],
    dates: LocalDates,
    permanent: Callable[[str, str], bytes],
) -> pa.Table:
    """These rows as nobody's, `leaves` being the plain properties that each keeps.

    `permanent` gives the id (source, event id) by which a row of an imported file is known for ever.
    """
    return _table([
        row | {
            "event_id": permanent(row["source"], row["event_id"]).hex()
            if row["flags"] & _PERMANENT_OWN == _PERMANENT_OWN else "",
            "occurred_at": dates.start(row["local_date"]),
            "received_at": dates.start(dates.of(row["received_at"])),
            "fragment": secrets.token_bytes(_NOBODY), "others": b"", "properties": _left(row["properties"], kept),
            "context": "{}", "sealed": None, "flags": row["flags"] | EXPIRED,
        }
        for row, kept in zip(rows, leaves, strict=True)
    ])  # fmt: skip


def shuffled(rows: pa.Table) -> pa.Table:
    """Nobody's rows, each at the place of another of them: by its place none is found again."""
    positions = np.array(rows["position"].to_numpy())
    np.random.default_rng(secrets.randbits(128)).shuffle(positions)
    return rows.set_column(rows.schema.get_field_index("position"), SCHEMA.field("position"), pa.array(positions))


def _left(properties: str, kept: tuple[str, ...]) -> str:
    if not kept:
        return "{}"
    told = msgspec.json.decode(properties)
    return msgspec.json.encode({name: told[name] for name in kept if name in told}).decode()


def _table(rows: Sequence[dict[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist(list(rows), schema=SCHEMA) if rows else SCHEMA.empty_table()
