"""`shop.safe`: the workspace key, where it is kept, and the rotation of its wrapping key while the shop is served."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol, TypeVar

import msgspec

from itda.base.errors import Fault, Refused
from itda.engine.app import Command, Question
from itda.engine.commands.workspace_key import Act, NoteKeyAct
from itda.engine.questions.workspace_key import CountKeys
from itda.store import rotation, workspace_key
from itda.store.database import Database
from itda.store.key_material import Enclosed, Material, read
from itda.store.kms import port
from itda.store.vault import KEY_LENGTH, Vault
from itda.workspace.definition import Workspace

Result = TypeVar("Result")
SETTLE_S = 1.5
"""So long until every process of this machine has looked at the key's file again."""
_CURE = "put the key into its file, do it there, and set the variable anew"


class Kept(msgspec.Struct, frozen=True):
    """Where the workspace key is kept and what it opens."""

    kept: str
    """environment or file."""
    kms: str
    """What wraps it; empty where it lies open."""
    newest: int
    """The version of the wrapping key that keys are wrapped by."""
    versions: list[int]
    """Every version that the key holds above the first, which its root is."""
    keys: dict[int, int]
    """Keys in the key store, by the version that opens them."""
    guarded: int

    @property
    def is_under_way(self) -> bool:
        """A rotation was begun and not ended: some keys are still under an earlier version."""
        return any(version < self.newest and n for version, n in self.keys.items())


class Rotated(msgspec.Struct, frozen=True):
    """What a rotation came to."""

    version: int
    rewrapped: int
    is_whole: bool
    """PostgreSQL looked at every key: none needs an earlier version any more."""


class Asked(Protocol):
    """A shop that answers and acts."""

    workspace: Workspace
    db: Database
    vault: Vault

    def ask(self, question: Question[Result], reason: str = "") -> Result:
        """The answer's value."""
        ...

    def act(self, command: Command[Result], reason: str) -> Result:
        """What was done, once it is processed."""
        ...


class Safe:
    """What is kept of the workspace key, and what is done to it."""

    def __init__(self, shop: Asked) -> None:
        self._shop = shop
        self._data_dir: Path = shop.workspace.data_dir

    def status(self) -> Kept:
        """Where the key is kept and how many keys each version of the wrapping key opens."""
        written = workspace_key.found(self._data_dir)
        material = workspace_key.opened(written)
        counted = self._shop.ask(CountKeys())
        return Kept(
            "environment" if workspace_key.given() is not None else "file",
            written.kms if isinstance(written, Enclosed) else "",
            max(material.wrapping, default=0),
            sorted(material.wrapping),
            counted.versions,
            counted.guarded,
        )

    def enclose(self, kms: str, reason: str) -> str:
        """Put the key under a KMS; what was wrapped, as text, where the environment holds the key, else empty.

        It is opened again by the KMS before what lies open is replaced.
        """
        material = workspace_key.opened(workspace_key.found(self._data_dir))
        written = _enclosed(kms, material)
        self._note("enclosed", reason, kms=kms)
        if workspace_key.given() is not None:
            return written.written()
        workspace_key.replace(self._data_dir, written)
        return ""

    def open(self, reason: str) -> None:
        """Take the key out of its KMS: it lies open in its file from now on."""
        self._on_file()
        written = workspace_key.found(self._data_dir)
        if isinstance(written, Material):
            raise Refused("the workspace key is under no KMS")
        material = workspace_key.opened(written)
        self._note("opened", reason, kms=written.kms)
        workspace_key.replace(self._data_dir, material)

    def rotate(self, reason: str, said: Callable[[int], None], settle_s: float = SETTLE_S) -> Rotated:
        """Make a new version of the wrapping key and wrap every key anew by it; or go on where that was interrupted.

        Whoever serves the shop goes on serving. Ids, write keys and what is sealed stay as they are.
        """
        self._on_file()
        written = workspace_key.found(self._data_dir)
        material = workspace_key.opened(written)
        newest = max(material.wrapping, default=0)
        counted = self._shop.ask(CountKeys())
        if newest == 0 or not any(version < newest for version in counted.versions):
            newest += 1
            self._note("rotation begun", reason, versions=(newest,))
            grown = Material(material.root, {**material.wrapping, newest: os.urandom(KEY_LENGTH)})
            workspace_key.replace(self._data_dir, _as(written, grown))
        time.sleep(settle_s)
        self._shop.vault.renew()
        rotation.guard(self._shop.db, newest)
        rewrapped = rotation.rewrap(self._shop.db, self._shop.vault, said)
        is_whole = rotation.prove(self._shop.db)
        if is_whole:
            self._note("rotated", reason, versions=(newest,))
        return Rotated(newest, rewrapped, is_whole)

    def destroy_old(self, reason: str) -> list[int]:
        """Take every version of the wrapping key that no key needs out of the file; which those were.

        A backup of keys from before is then of no use to anybody.
        """
        self._on_file()
        written = workspace_key.found(self._data_dir)
        material = workspace_key.opened(written)
        newest = max(material.wrapping, default=0)
        old = sorted(version for version in material.wrapping if version < newest)
        if not old:
            return []
        with self._shop.db.connection() as connection:
            guarded = rotation.guarded(connection)
        if guarded < newest or not rotation.prove(self._shop.db):
            raise Refused(Fault(what="keys are left under an earlier version", cure="itda key rotate goes on with it"))
        self._note("versions destroyed", reason, versions=tuple(old))
        workspace_key.replace(
            self._data_dir, _as(written, Material(material.root, {newest: material.wrapping[newest]}))
        )
        return old

    def _on_file(self) -> None:
        if workspace_key.given() is not None:
            raise Refused(Fault(what="the key is in the environment, which nobody can change from here", cure=_CURE))

    def _note(self, what: Act, reason: str, *, kms: str = "", versions: tuple[int, ...] = ()) -> None:
        self._shop.act(NoteKeyAct(what=what, kms=kms, versions=versions), reason)


def _as(written: Material | Enclosed, material: Material) -> Material | Enclosed:
    """The key in the form it was written in."""
    return material if isinstance(written, Material) else _enclosed(written.kms, material)


def _enclosed(kms: str, material: Material) -> Enclosed:
    """What a KMS made of the key; `Refused` where it does not give back what it was given."""
    service = port.named(kms)
    text = material.written()
    made = Enclosed(kms, service.wrap(text.encode()))
    if read(service.unwrap(made.wrapped).decode("ascii", "replace")) != material:
        raise Refused(f"{kms} does not give back what it was given: nothing was changed")
    return made
