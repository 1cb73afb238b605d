"""Opens the gate of a restored workspace: who was erased since the backup is erased again first."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import ClassVar, Protocol

import msgspec

from itda.access.actor import Actor
from itda.base.errors import Fault, Refused
from itda.engine.app import App, Done
from itda.engine.backup import gate
from itda.engine.backup.gate import Restored
from itda.engine.erasing import journal
from itda.engine.requests.again import Opened, replay_erasures
from itda.engine.work import Work


class Reopen(msgspec.Struct, frozen=True):
    """Write down that the gate is open, and why whoever opened it held that to be right."""

    permission: ClassVar[str] = "backup.make"
    erased: int
    has_journal: bool

    def carry_out(self, work: Work) -> Done[Restored]:
        """What was put back. `Refused` where nothing was."""
        found = gate.state(work.connection)
        if found is None:
            raise Refused("this workspace was not put back from a backup")
        opened = msgspec.structs.replace(found, is_open=True, opened_at=work.now, erased=found.erased + self.erased)
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
    to be had, and only what the backup of the keys knew is done.
    """
    if erasures is None and not reason.strip():
        cure = "name the journal with --erasures, or say why there is none with --reason"
        raise Refused(Fault(what="nobody says who was erased since the backup", cure=cure))
    own = shop.workspace.data_dir / journal.NAME
    if erasures is not None:
        _take_over(erasures, own)
    erased = replay_erasures(shop, shop.app.clock())
    return shop.app.act(Reopen(erased, erasures is not None), shop.actor, reason).value


def _take_over(given: Path, own: Path) -> None:
    """Put the later journal in place of the one from the backup, which must be its beginning."""
    if not given.is_file():
        raise Refused(Fault(what="there is no such file", file=str(given)))
    if own.exists():
        if given.resolve() == own.resolve():
            return
        if not given.read_bytes().startswith(journal.whole(own.read_bytes())):
            cure = "the journal of the workspace that was lost begins with what the backup knew of it"
            raise Refused(Fault(what="is another workspace's, or older than the backup", file=str(given), cure=cure))
    shutil.copyfile(given, own)
    own.chmod(0o600)
