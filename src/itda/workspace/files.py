"""Reads a workspace's YAML files, keeping for every part the line it stands on."""

from __future__ import annotations

import errno
import io
import os
import re
import stat
from copy import deepcopy
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from itda.base.errors import Fault, Refused

LARGEST = 1_000_000
"""Bytes of one definition file."""
SUFFIXES = (".yaml", ".yml")
_WITH_VALUE = re.compile(r" with value .*")  # of a key that stands twice: a password may be in it
_MOST_PARTS = 100_000
"""Parts of one file, with those that its aliases repeat."""


class _TooManyError(Exception):
    pass


class Document(msgspec.Struct):
    """One file, read. `data` is plain (dict, list, text, numbers); `lines` maps dotted paths to lines from 1."""

    name: str
    """Path below the workspace, with forward slashes."""
    data: Any
    lines: dict[str, int]
    text: str = ""
    """As it is written."""

    def fault(self, path: str, what: str, cure: str = "") -> Fault:
        """A fault of the part at this dotted path, with the nearest line known."""
        return Fault(what=what, cure=cure, file=self.name, line=self.line(path), field=path or None)

    def line(self, path: str) -> int:
        """The line of a part, or of the nearest part that holds it."""
        while path:
            found = self.lines.get(path)
            if found is not None:
                return found
            path = path.rpartition(".")[0]
        return self.lines.get("", 1)


def read(root: Path, path: Path) -> tuple[Document | None, list[Fault]]:
    """The document of a file, or every fault that keeps it from being read."""
    written, faults = text(root, path)
    if written is None:
        return None, faults
    try:
        return document(written.name, written.text), []
    except Refused as refused:
        return None, list(refused.faults)


class Text(NamedTuple):
    """A file as it is written."""

    name: str
    """Path below the workspace, with forward slashes."""
    text: str


def text(root: Path, path: Path) -> tuple[Text | None, list[Fault]]:
    """The text of a file, or every fault that keeps it from being read."""
    name = path.relative_to(root).as_posix()
    try:
        if path.stat().st_size > LARGEST:
            return None, [Fault(what=f"is larger than {LARGEST:,} bytes", cure="split it", file=name)]
        written = path.read_bytes()
        found = io.TextIOWrapper(io.BytesIO(written), encoding="utf-8-sig").read()
    except UnicodeDecodeError as error:
        line = written[: error.start].count(b"\n") + 1
        return None, [Fault(what="is not written in UTF-8", cure="save it as UTF-8", file=name, line=line)]
    except OSError as error:
        return None, [_unreadable(error, name)]
    return Text(name, found), []


def document(name: str, text: str) -> Document:
    """The document that a text is; `Refused` where it is none."""
    try:
        data, lines = _parsed(text)
        return Document(name, deepcopy(data), dict(lines), text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        what = _WITH_VALUE.sub("", " ".join((error.problem or "is no YAML").split("\n")[0].split()))
        raise Refused(Fault(what=what, cure=_cure(what), file=name, line=mark.line + 1 if mark else None)) from error
    except (YAMLError, ValueError) as error:
        raise Refused(Fault(what=f"is no YAML: {str(error).splitlines()[0]}", file=name)) from error
    except TypeError as error:  # what stands as a key cannot be one; the library says no more of it
        what, cure = "has a key that is a list or a mapping itself", "see its braces, and ? at a line's start"
        raise Refused(Fault(what=what, cure=cure, file=name)) from error
    except RecursionError as error:
        raise Refused(Fault(what="is nested too deep to be read", cure="see its brackets", file=name)) from error
    except _TooManyError as error:
        what = f"holds more than {_MOST_PARTS:,} parts"
        cure = "see its & and *: each * stands for a whole copy"
        raise Refused(Fault(what=what, cure=cure, file=name)) from error


def folder(root: Path, name: str) -> tuple[list[Path], list[Fault]]:
    """The definition files of one folder of the workspace, by name, and what stands there that is none."""
    place = root / name
    try:
        entries = sorted(place.iterdir())
    except FileNotFoundError:
        return [], [there] if (there := amiss(root, place)) else []
    except OSError as error:
        return [], [_unreadable(error, name)]
    found, faults = [], []
    for path in entries:
        if path.name.startswith("."):
            continue
        fault = amiss(root, path)
        if fault is not None:
            faults.append(fault)
        elif path.suffix in SUFFIXES:
            found.append(path)
    return found, faults


def amiss(root: Path, path: Path) -> Fault | None:
    """Why nothing is read from a place where a file is expected; None where it is a file, or nothing at all."""
    name = path.relative_to(root).as_posix()
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        if not path.is_symlink():
            return None
        what = f"is a link to {path.readlink()}, which is not there"
        return Fault(what=what, cure="put the file back, or remove the link", file=name)
    except OSError as error:
        return _unreadable(error, name)
    if stat.S_ISREG(mode):
        return None
    if stat.S_ISDIR(mode):
        cure = "move what it holds one folder up, or take it out of the workspace"
        return Fault(what="is a folder, and folders in here are not read", cure=cure, file=name)
    return Fault(what="is no file and cannot be read", cure="put a file in its place, or remove it", file=name)


def _unreadable(error: OSError, name: str) -> Fault:
    cures = {
        errno.EACCES: f"let the user that Itda runs as read it: chmod u+rX {name}",
        errno.ELOOP: "it is a link to itself: remove it",
        errno.ENOTDIR: "it must be a folder: move the file away",
    }
    cure = cures.get(error.errno or 0, "put a file in its place, or remove it")
    return Fault(what=f"cannot be read: {os.strerror(error.errno or 0)}", cure=cure, file=name)


@lru_cache(maxsize=256)
def _parsed(text: str) -> tuple[Any, dict[str, int]]:
    """Plain data and lines, remembered: a workspace is read again whenever it is checked, compared or opened."""
    lines: dict[str, int] = {"": 1}
    return _plain(YAML(typ="rt", pure=True).load(text), "", lines), lines


def _plain(value: Any, path: str, lines: dict[str, int]) -> Any:
    if len(lines) > _MOST_PARTS:
        raise _TooManyError
    if isinstance(value, CommentedMap):
        plain: dict[Any, Any] = {}
        for key, item in value.items():
            place = f"{path}.{key}" if path else str(key)
            lines[place] = value.lc.key(key)[0] + 1
            plain[key if isinstance(key, str) else str(key)] = _plain(item, place, lines)
        return plain
    if isinstance(value, CommentedSeq):
        items = []
        for index, item in enumerate(value):
            place = f"{path}.{index}" if path else str(index)
            lines[place] = value.lc.item(index)[0] + 1
            items.append(_plain(item, place, lines))
        return items
    if value is None or isinstance(value, bool):
        return value
    for kind in (int, float, str):
        if isinstance(value, kind):
            return kind(value)
    return str(value)


def _cure(what: str) -> str:
    if "duplicate key" in what:
        return "name each thing once"
    if "tab" in what or "'\\t'" in what:
        return "indent with spaces, not tabs"
    return "see the line: indentation, a missing colon or an open quote"
