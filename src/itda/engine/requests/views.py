"""A request as it is told: what was asked, by when, how far it is and what was done. No personal value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from itda.store.receipts import ReceiptRow
from itda.store.requests import Kind, RequestRow, State

NAMES: dict[Kind, str] = {
    "access": "see what is known",
    "erase": "erase",
    "correct": "correct",
    "stop": "stop the use",
    "port": "take along",
}


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """A request of a person. Times are microseconds UTC."""

    id: str
    """Hex."""
    kind: Kind
    state: State
    step: str
    """What was done last: see docs/concepts/erasure.md."""
    opened_at: int
    due_at: int
    """The last moment to answer."""
    law: str
    """The rule that says so."""
    via: str
    """The door it came by: cli, console, centre, api, python."""
    opened_by: str
    finished_at: int | None = None
    counts: dict[str, int] = {}
    """What was done, by store."""
    certificate: dict[str, Any] | None = None
    lacking: str = ""
    """What it waits for; empty: nothing."""
    told: dict[str, int | None] = {}
    """Who processes data for us and has to know of it: when they were told; None: not yet."""
    customer: str = ""
    """Whose it is, by their id as they are joined now; empty in a list, where nothing is held, and once erased."""


def view(row: RequestRow, told: Sequence[ReceiptRow] = (), customer: str = "") -> Request:
    """A request as it is told."""
    return Request(
        id=row.id.hex(),
        kind=row.kind,
        state=row.state,
        step=row.step,
        opened_at=row.opened_at,
        due_at=row.due_at,
        law=row.law,
        via=row.via,
        opened_by=row.opened_by,
        finished_at=row.finished_at,
        counts=msgspec.json.decode(row.counts),
        certificate=msgspec.json.decode(row.certificate) if row.certificate and row.state == "done" else None,
        lacking=row.lacking,
        told={one.destination: one.told_at for one in told if one.destination},
        customer=customer,
    )
