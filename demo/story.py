"""What the demo does with its served shop: bring the files in, and let people visit the web shop.

`python -m demo.story FOLDER URL`; what its people go on with is noted for `demo.reactions`.
"""

from __future__ import annotations

import random
import sys
from pathlib import Path

import itda
from demo import sources, web
from demo.aside import alone
from demo.inbox.kept import Kept
from demo.people import SEED
from demo.run import Run, last, note
from demo.sources import Made
from demo.till import Till
from demo.web import Cart, Site
from itda.cli import terminal
from itda.engine.shop import Shop


def main(folder: Path, url: str) -> None:
    """Make the shop's story."""
    made = sources.made(folder)
    before = last(folder)
    run = before.number + 1 if before is not None else 0
    mails = max((entry.number for entry in Kept(folder / ".itda" / "inbox").entries()), default=0)
    note(folder, Run(run, mails, []))  # it is begun: whatever ends it, no other run has its number
    with itda.open(folder) as shop:
        bring_in(shop, made)
        left = send_visits(shop, url, made, run)
        compare(shop)
    note(folder, Run(run, mails, left))


def bring_in(shop: Shop, made: Made) -> None:
    """Import every file; those that were imported before are recognised and change nothing."""
    for source, path in made.imports:
        with terminal.progress(f"Importing {path.name}") as step:
            done = shop.import_file(source, path, progress=step)
        terminal.note(f"  {path.name}: {done.rows_done:,} rows, {done.events:,} events")


def compare(shop: Shop) -> None:
    """Look for customers who are one person: the cards for letters have no membership number."""
    found = shop.review.refresh()
    terminal.note(f"  {found.people:,} customers compared, {found.waiting:,} pairs wait for a steward (itda review)")


def send_visits(shop: Shop, url: str, made: Made, run: int) -> list[Cart]:
    """Send web visits through the real client, and what is bought at once; the carts that are left."""
    chance = random.Random(SEED + run)
    site, till = Site(url, shop.keys()["web"], chance), Till(url, shop.keys()["counter"], chance)
    visits = web.visit(site, made.products, made.households, chance, run)
    site.flush()  # the carts are in the log before anything tells who bought them
    left = web.buy(site, till, visits.carts, chance, run)
    site.close()
    terminal.note(
        f"  web: {visits.visitors:,} visitors, {site.events:,} events, {len(left):,} carts left,"
        f" {len(visits.carts) - len(left):,} bought at once"
    )
    return left


if __name__ == "__main__":
    sys.exit(alone(lambda: main(Path(sys.argv[1]), sys.argv[2])))
