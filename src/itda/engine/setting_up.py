"""Making, checking and knowing a workspace, without opening its database."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from itda.base.errors import Fault, Refused
from itda.identity.told import told
from itda.store import workspace_key
from itda.workspace import load
from itda.workspace.cautions import cautions
from itda.workspace.definition import Workspace
from itda.workspace.load import examine
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
        key_file = workspace.data_dir / "workspace.key"
        if not key_file.exists():
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


def check(folder: Path) -> Checked:
    """Every fault of a workspace; where there is none, every caution, and who is one customer."""
    workspace, faults = examine(folder, os.environ)
    return Checked(faults) if workspace is None else Checked(faults, cautions(workspace), told(workspace.policy))


def write_keys(folder: Path) -> dict[str, str]:
    """The write key of each source that takes live events. Needs the workspace and its key, no database."""
    return _keys(load(folder))


def _keys(workspace: Workspace) -> dict[str, str]:
    vault = workspace_key.load(workspace.data_dir)
    return {name: vault.write_key(name) for name, source in workspace.sources.items() if source.kind == "tracking"}
