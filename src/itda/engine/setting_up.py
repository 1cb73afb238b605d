"""Making, checking and knowing a workspace, without opening it."""

from __future__ import annotations

import os
import secrets
import time
from pathlib import Path

import msgspec

from itda.base.errors import Fault, Misused, Refused
from itda.consent.retention import in_words
from itda.engine import shown
from itda.identity.told import told
from itda.sources import codes
from itda.sources.origins import CodesOrigin
from itda.store import workspace_key
from itda.workspace import load
from itda.workspace.cautions import cautions, waivers
from itda.workspace.definition import Workspace
from itda.workspace.load import examine
from itda.workspace.retention import laws_of
from itda.workspace.shape import nearest
from itda.workspace.start import init


class Made(msgspec.Struct, frozen=True):
    """A workspace just made. `keys` are the write keys by source."""

    path: Path
    files: list[str]
    key_file: Path
    keys: dict[str, str]


def make(folder: Path, *, name: str | None = None, zone: str = "Asia/Seoul", currency: str = "KRW") -> Made:
    """Write a new workspace with its secret key; `Refused` where there is one already."""
    try:
        files = init(folder, name, zone, currency)
        workspace = load(folder, {})
        key_file = workspace_key.path_of(workspace.data_dir)
        if not key_file.exists() and workspace_key.given() is None:
            workspace_key.make(workspace.data_dir)
    except OSError as error:
        raise Refused(Fault(what=f"cannot be written: {error.strerror}", file=str(folder))) from error
    return Made(workspace.path, files, key_file, _keys(workspace))


class Checked(msgspec.Struct, frozen=True):
    """What is to be said of a workspace, by file and line."""

    faults: list[Fault]
    """What is wrong; empty when it is in order."""
    cautions: list[Fault] = []
    """Of one that is in order: what may still do harm."""
    identity: list[str] = []
    """Of one that is in order: its identity policy in words."""
    retention: list[str] = []
    """Of one that is in order: how long what is kept, in words."""


def check(folder: Path) -> Checked:
    """Every fault of a workspace; where there is none, every caution, and who is one customer.

    Of the database, where there is one, it is asked alone which texts of consent were shown.
    """
    workspace, faults = examine(folder, os.environ)
    if workspace is None:
        return Checked(faults)
    other = shown.look(workspace)
    if other:
        return Checked(other)
    ended = waivers(workspace, time.time_ns() // 1000)
    laws = laws_of(workspace.country)
    kept = [in_words(rule, laws) for rule in workspace.retention]
    return Checked(faults, [*cautions(workspace), *ended], told(workspace.policy), kept)


def write_keys(folder: Path) -> dict[str, str]:
    """The write key of each source that takes live events. Needs the workspace and its key, no database."""
    return _keys(load(folder))


class Codes(msgspec.Struct, frozen=True):
    """Codes just made, each with the address that its QR code holds."""

    source: str
    codes: list[tuple[str, str]]


def make_codes(folder: Path, source: str, count: int) -> Codes:
    """New codes of a source. Needs the workspace and its key, no database: what is made is known by itself."""
    workspace = load(folder)
    definition = workspace.sources.get(source)
    if definition is None or not isinstance(definition.origin, CodesOrigin):
        known = [name for name, one in workspace.sources.items() if one.kind == "codes"]
        cure = nearest(source, known, "write sources/….yaml with kind: codes")
        raise Misused(Fault(what=f"{source!r} is no source of codes", cure=cure))
    vault = workspace_key.load(workspace.data_dir)
    made = [codes.make(vault, source, secrets.token_bytes(codes.RANDOM)) for _ in range(count)]
    return Codes(source, [(code, f"{definition.origin.url}/q/{code}") for code in made])


def _keys(workspace: Workspace) -> dict[str, str]:
    vault = workspace_key.load(workspace.data_dir)
    return {name: vault.write_key(name) for name, source in workspace.sources.items() if source.kind == "tracking"}
