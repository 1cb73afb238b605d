"""What came of it.

`python -m demo.outcome wait FOLDER` waits until everything is processed; `count` writes one line of JSON, the summary.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import itda
from demo import sources
from demo.aside import alone
from demo.sources import Made
from itda.base.errors import Broken
from itda.cli import terminal
from itda.engine.shop import Shop


def main(what: str, folder: Path) -> None:
    """Wait, or count."""
    with itda.open(folder) as shop:
        if what == "wait":
            settle(shop)
        else:
            sys.stdout.write(json.dumps(summary(shop, sources.made(folder))) + "\n")


def settle(shop: Shop) -> None:
    """Wait until everything is processed."""
    with terminal.progress("Processing") as step:
        shop.settle(progress=step)


def summary(shop: Shop, made: Made) -> dict[str, Any]:
    """The figures of the run. The till's must equal those of the source exactly."""
    overview = shop.overview()
    status = overview.status
    if (overview.orders, overview.revenue_minor) != made.till:
        raise Broken(f"the till's figures differ: {overview.orders}, {overview.revenue_minor} and not {made.till}")
    return {
        "events": {
            "accepted": status.events.accepted,
            "duplicate": status.events.duplicate,
            "quarantined": status.events.quarantined,
        },
        "customers": status.customers,
        "linked_share": status.linked_share,
        "till_orders": overview.orders,
        "till_revenue_minor": overview.revenue_minor,
    }


if __name__ == "__main__":
    sys.exit(alone(lambda: main(sys.argv[1], Path(sys.argv[2]))))
