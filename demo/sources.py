"""The demo's workspace and its files, made once and kept: `python -m demo.sources FOLDER HOUSEHOLDS` (0: all)."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import NamedTuple

from demo.aside import alone
from itda.base.errors import Fault, Refused
from itda.cli import terminal
from itda.store import workspace_key

EDITION = 3
"""Counts up where workspace and files no longer suit those that an earlier version made."""
_SHOP = Path(__file__).parent / "shop"


class Till(NamedTuple):
    """What the source says was bought: the figures the shop has to reach."""

    orders: int
    revenue_minor: int


class Product(NamedTuple):
    """What the web shop shows."""

    id: str
    name: str
    category: str
    price: str
    """Decimal text in the shop's currency."""
    coupon: str
    """A real coupon for it, or for its category; empty: there is none."""
    campaign: str
    """The campaign of that coupon."""


class Made(NamedTuple):
    """What was written."""

    imports: list[tuple[str, Path]]
    """(source, file) in the order they are imported."""
    till: Till
    households: list[int]
    products: list[Product]
    campaign: str
    """The campaign that is followed up by mail."""
    reached: dict[int, str]
    """Household → its coupon, of those whom that campaign reached on paper."""


def prepare(folder: Path, households: int | None) -> None:
    """Make the workspace and its files where they are not there yet."""
    if not (folder / "itda.yaml").exists():
        if folder.exists() and any(folder.iterdir()):
            raise Refused(
                Fault(what="is not empty and no workspace", cure="name another with --folder", file=str(folder))
            )
        shutil.copytree(_SHOP, folder, dirs_exist_ok=True)
        (folder / ".gitignore").write_text(".itda/\nfiles/\n", encoding="utf-8")
    if not (folder / ".itda" / "workspace.key").exists():
        workspace_key.make(folder / ".itda")
    listing = folder / "files" / "made.json"
    told = json.loads(listing.read_text(encoding="utf-8")) if listing.exists() else {}
    if told and told.get("edition") != EDITION:
        cure = f"remove it (rm -r {folder}), or name another with --folder"
        raise Refused(Fault(what="was made by another version of the demo", cure=cure, file=str(folder)))
    if told.get("asked", -1) != households:
        from demo import files  # noqa: PLC0415 - reads the real data, which a second run need not

        files.write(listing.parent, households, EDITION)


def made(folder: Path) -> Made:
    """What `prepare` left in the workspace's folder."""
    files = folder / "files"
    told = json.loads((files / "made.json").read_text(encoding="utf-8"))
    return Made(
        [(source, files / name) for source, name in told["imports"]],
        Till(told["orders"], told["revenue_minor"]),
        told["households"],
        [Product(**product) for product in told["products"]],
        told["campaign"],
        {int(household): coupon for household, coupon in told["reached"].items()},
    )


def unreachable(folder: Path) -> dict[str, list[str]]:
    """Addresses that the inbox refuses (`nobodys`), and those whose mail comes back (`gone`)."""
    told: dict[str, list[str]] = json.loads((folder / "files" / "unreachable.json").read_text(encoding="utf-8"))
    return told


def main(folder: Path, households: int | None) -> None:
    """Prepare the folder and say what is in it."""
    prepare(folder, households)
    ready = made(folder)
    terminal.note(f"Workspace {folder}: {len(ready.households):,} households, {ready.till.orders:,} till orders.")


if __name__ == "__main__":
    sys.exit(alone(lambda: main(Path(sys.argv[1]), int(sys.argv[2]) or None)))
