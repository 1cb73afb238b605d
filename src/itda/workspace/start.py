"""Writes a new workspace: small, working, with comments. Nothing that exists is overwritten."""

from __future__ import annotations

import contextlib
import json
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from string import Template

from itda.base.errors import Fault, Refused
from itda.workspace.load import SHOP_FILE, check

_IGNORED = "# Key, embedded database, lake, logs. The key must not be lost: keep a copy elsewhere.\n.itda/\n"


def init(path: Path | str, name: str | None = None, zone: str = "Asia/Seoul", currency: str = "KRW") -> list[str]:
    """Write a workspace into this folder and return its files, in order; `Refused` where there is one already."""
    root = Path(path).expanduser().resolve()
    if (root / SHOP_FILE).exists():
        raise Refused(Fault(what=f"{root} is a workspace already", cure="name another folder, or use it: itda check"))
    if root.exists() and not root.is_dir():
        raise Refused(Fault(what=f"{root} is a file", cure="name a folder"))
    # JSON's quoting of a text is YAML's too (YAML 1.2 §1.2): any name is safe.
    words = {"name": json.dumps(name or root.name or "shop", ensure_ascii=False), "zone": zone, "currency": currency}
    written = {place: _filled(text, place, words) for place, text in _box(files("itda.workspace") / "box", "")}
    written[".gitignore"] = _IGNORED
    is_new = not root.exists()
    made = [place for place in sorted(written) if not (root / place).exists()]
    for place in made:
        target = root / place
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(written[place], encoding="utf-8")
    faults = [fault for fault in check(root, {}) if fault.file in made]
    if faults:
        _take_back(root, made, is_new=is_new)
        raise Refused(*faults)
    return made


def _take_back(root: Path, made: list[str], *, is_new: bool) -> None:
    """Remove what was written, and the folders that hold nothing without it."""
    folders = {root / parent for place in made for parent in Path(place).parents if parent != Path()}
    for place in made:
        (root / place).unlink()
    for folder in sorted(folders, reverse=True) + ([root] if is_new else []):
        with contextlib.suppress(OSError):  # it holds something else
            folder.rmdir()


def _filled(text: str, place: str, words: dict[str, str]) -> str:
    return Template(text).substitute(words) if place == SHOP_FILE else text


def _box(folder: Traversable, prefix: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for entry in folder.iterdir():
        place = f"{prefix}{entry.name}"
        if entry.is_dir():
            found += _box(entry, f"{place}/")
        elif entry.name.endswith((".yaml", ".mjml")):
            found.append((place, entry.read_text(encoding="utf-8")))
    return found
