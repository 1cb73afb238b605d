"""The demo's workspace and its files, made once and kept."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from itda.base.errors import Fault, Refused
from itda.store import workspace_key

_SHOP = Path(__file__).parent / "shop"


class Till(NamedTuple):
    """What the source says was bought: the figures the shop has to reach."""

    orders: int
    revenue_minor: int


class Made(NamedTuple):
    """What was written."""

    imports: list[tuple[str, Path]]
    """(source, file) in the order they are imported."""
    till: Till
    households: list[int]
    products: list[tuple[str, str, str]]
    """Products for the web shop: (id, name, category)."""


def prepare(folder: Path, households: int | None) -> Made:
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
    return _files(folder / "files", households)


def _files(folder: Path, households: int | None) -> Made:
    """The files, written by a process of its own: reading the source takes memory that is then free again."""
    listing = folder / "made.json"
    if not listing.exists() or json.loads(listing.read_text())["asked"] != households:
        command = [sys.executable, "-m", "demo.files", str(folder), str(households or 0)]
        subprocess.run(command, check=True, cwd=Path(__file__).parents[1])  # noqa: S603 - our own module
    made = json.loads(listing.read_text(encoding="utf-8"))
    return Made(
        [(source, folder / name) for source, name in made["imports"]],
        Till(made["orders"], made["revenue_minor"]),
        made["households"],
        [(number, name, category) for number, name, category in made["products"]],
    )
