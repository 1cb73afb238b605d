"""What the demo does with its served shop: bring the files in and send web visits.

`python -m demo.story FOLDER URL` writes one line of JSON: a household that signed in.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import itda
from demo import sources
from demo.aside import alone
from demo.sources import Made
from demo.web import Sent, Visits
from itda.cli import terminal
from itda.engine.shop import Shop


def main(folder: Path, url: str) -> None:
    """Make the shop's story."""
    made = sources.made(folder)
    with itda.open(folder) as shop:
        bring_in(shop, made)
        sent = send_visits(shop, url, made, next_run(folder))
    sys.stdout.write(json.dumps(sent.signed_in[0]) + "\n")


def bring_in(shop: Shop, made: Made) -> None:
    """Import every file; those that were imported before are recognised and change nothing."""
    for source, path in made.imports:
        with terminal.progress(f"Importing {path.name}") as step:
            done = shop.import_file(source, path, progress=step)
        terminal.note(f"  {path.name}: {done.rows_done:,} rows, {done.events:,} events")


def next_run(folder: Path) -> int:
    """How often the demo has run here; each run has visits of its own."""
    file = folder / ".itda" / "demo-runs"
    run = int(file.read_text()) if file.exists() else 0
    file.write_text(str(run + 1))
    return run


def send_visits(shop: Shop, url: str, made: Made, run: int) -> Sent:
    """Send web visits through the real client."""
    sent = Visits(url, shop.keys()["web"], made.products, run).send(made.households)
    terminal.note(f"  web: {sent.visitors:,} visitors, {sent.events:,} events, {len(sent.signed_in):,} signed in")
    return sent


if __name__ == "__main__":
    sys.exit(alone(lambda: main(Path(sys.argv[1]), sys.argv[2])))
