"""What a shop holds after a soak, counted: events against what was acknowledged, and what lives against a rebuild."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pyarrow.compute as pc

import itda
from itda.engine.replay import replay

_TOLD_EVERY_S = 15.0
_OWN = "@"
"""The sources of rows that are no events begin so."""


def account(folder: Path, ledgers: Path) -> dict[str, object]:
    """Count: acknowledged, lost, doubled, and whether a rebuild equals what lives."""
    with itda.open(folder) as shop:
        shop.settle(_telling("frames of the log processed"))
        with shop.db.connection() as connection:
            folded = connection.execute("select coalesce(sum(events), 0)::bigint from fragment").fetchone()
        found: dict[str, object] = {
            **counted(shop, ledgers),
            "folded": folded[0] if folded else 0,
            "accepted": shop.status().events.accepted,
        }
        report = replay(shop, progress=_telling("rows of the lake replayed"))
        return {
            **found,
            "differences": [str(one) for one in report.differences],
            "replay_seconds": report.seconds,
        }


def counted(shop: itda.Shop, ledgers: Path) -> dict[str, object]:
    """What was acknowledged against what the lake holds; the ids are gone when this returns, the rebuild wants room."""
    acknowledged = {line for path in ledgers.glob("acknowledged-*") for line in path.read_text().split()}
    rows = shop.lake.table(["event_id", "source"])
    events = rows.filter(pc.invert(pc.starts_with(rows.column("source"), _OWN)))
    ids = Counter(events.column("event_id").to_pylist())
    return {
        "acknowledged": len(acknowledged),
        "in_lake": ids.total(),
        "lost": len(acknowledged - ids.keys()),
        "doubled": sum(n > 1 for one, n in ids.items()),
    }


def is_sound(found: dict[str, object]) -> bool:
    """Whether every acknowledged event counts once and everything agrees."""
    return (
        bool(found["acknowledged"])
        and not found["lost"]
        and not found["doubled"]
        and not found["differences"]
        and found["in_lake"] == found["folded"] == found["accepted"]
    )


def tell(line: str) -> None:
    """Say something to whoever watches."""
    print(line, file=sys.stderr, flush=True)


def _telling(what: str) -> Callable[[int, int | None], None]:
    """Progress for a person, every few seconds."""
    told = time.monotonic()

    def progress(done: int, total: int | None) -> None:
        nonlocal told
        if time.monotonic() - told >= _TOLD_EVERY_S:
            told = time.monotonic()
            tell(f"{done:,} of {total or 0:,} {what}")

    return progress
