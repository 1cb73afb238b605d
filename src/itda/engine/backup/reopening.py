"""Opens the gate of a restored workspace: who was erased since the backup is erased again first."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import ClassVar, Protocol

import msgspec

from itda.access.actor import Actor
from itda.base.errors import Fault, Refused
from itda.engine.app import App, Done
from itda.engine.auditing.anchoring import Anchoring
from itda.engine.auditing.anchors import points_in
from itda.engine.backup import gate
from itda.engine.backup.gate import Restored
from itda.engine.erasing import journal
from itda.engine.requests.again import Opened, replay_erasures
from itda.engine.work import Work
from itda.store.vault import Vault


class Reopen(msgspec.Struct, frozen=True):
    """Write down that the gate is open, and why whoever opened it held that to be right."""

    permission: ClassVar[str] = "backup.make"
    erased: int
    has_journal: bool
    journal_until: int = 0
    """Log time of the latest erasure in the journal; 0 where it names none."""

    def carry_out(self, work: Work) -> Done[Restored]:
        """What was put back. `Refused` where nothing was."""
        found = gate.state(work.connection)
        if found is None:
            raise Refused("this workspace was not put back from a backup")
        opened = msgspec.structs.replace(found, is_open=True, opened_at=work.now, erased=found.erased + self.erased,
                                         journal_until=self.journal_until)  # fmt: skip
        gate.write(work.connection, opened)
        return Done(opened, audit={"erased": self.erased, "has_journal": "yes" if self.has_journal else "no"})


class Shut(Opened, Protocol):
    """A shop whose gate is shut."""

    actor: Actor

    @property
    def app(self) -> App:
        """Where commands are carried out."""
        ...


def reopen(shop: Shut, erasures: Path | None, reason: str) -> Restored:
    """Erase again whom the journal names, and open the gate.

    `erasures` is the journal of the workspace that was lost, as it was last; None: `reason` says why there is none
    to be had, and only what the backup of the keys knew is done. A database that was put back past us, into the
    workspace that it is of, needs neither: the journal is there.
    """
    found = _shut(shop)
    if found is None:
        raise Refused("this workspace was not put back from a backup")
    has_journal = erasures is not None or found.made_at is None
    if not has_journal and not reason.strip():
        cure = "name the journal with --erasures, or say why there is none with --reason"
        raise Refused(Fault(what="nobody says who was erased since the backup", cure=cure))
    own = shop.workspace.data_dir / journal.NAME
    if erasures is not None:
        _take_over(erasures, own, shop.vault)
    erased = replay_erasures(shop, shop.app.clock())
    until = max((entry.at for entry in journal.read(own, shop.vault)), default=0)
    return shop.app.act(Reopen(erased, has_journal, until), shop.actor, reason).value


def _shut(shop: Shut) -> Restored | None:
    """What was put back. A database that is older than the journal is shut first, as a restore leaves it."""
    with shop.db.connection() as connection:
        found = gate.state(connection)
        is_shut = found is not None and not found.is_open
        if is_shut or gate.missing(connection, found, shop.workspace.data_dir, shop.vault) is None:
            return found
        at = points_in(connection)
    now = shop.app.clock()
    Anchoring(shop.db, shop.workspace, lambda: now).restored(at)
    with shop.db.connection() as connection:
        dropped, lost = gate.settle(connection)
        (position,) = connection.execute("select position from intake_head").fetchone() or (0,)
        shut = Restored(made_at=None, restored_at=now, position=position, dropped=dropped, lost_frames=lost)
        gate.write(connection, shut)
    return shut


def _take_over(given: Path, own: Path, vault: Vault) -> None:
    """Put the later journal in place of the one from the backup: it names somebody, and all whom that one names.

    An attempt that was interrupted noted some of them a second time, which makes it no other journal.
    """
    if not given.is_file():
        raise Refused(Fault(what="there is no such file", file=str(given)))
    if own.exists() and given.resolve() == own.resolve():
        return
    named = {entry.request for entry in journal.read(given, vault)}
    if not named:
        cure = "name the journal itself; where nobody was ever erased there is none: say so with --reason"
        raise Refused(Fault(what="names nobody who was erased", file=str(given), cure=cure))
    if not named.issuperset(entry.request for entry in journal.read(own, vault)):
        cure = "the journal of the workspace that was lost names all whom the backup knew of"
        raise Refused(Fault(what="is older than the backup", file=str(given), cure=cure))
    shutil.copyfile(given, own)
    own.chmod(0o600)
