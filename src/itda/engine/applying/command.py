"""Definitions come into force: noted for ever, told to the log, and carried out by whoever decides."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from itda.base.errors import Conflict, Refused
from itda.engine import shown, steering
from itda.engine.app import Done
from itda.engine.applying import difference
from itda.engine.enacting import guard
from itda.engine.work import Work
from itda.store import releases
from itda.store.releases import Release
from itda.workspace.kept import applied, with_kept


class Applied(msgspec.Struct, frozen=True):
    """What is in force now."""

    position: int | None
    version: str
    is_new: bool
    """False where the same was in force already, and nothing was written."""


class Apply(msgspec.Struct, frozen=True):
    """Let these files (path → text) hold, instead of what was applied at the log position `known`.

    `Conflict` where something else was applied meanwhile.
    """

    permission: ClassVar[str] = "definitions.apply"
    texts: dict[str, str]
    known: int | None

    def carry_out(self, work: Work) -> Done[Applied]:
        """Write the release and its record. `Refused` where a text of consent was shown in other words."""
        after = with_kept(work.workspace, self.texts)
        version = difference.version(after)
        releases.alone(work.connection)
        position = releases.position(work.connection)
        if position != self.known:
            raise Conflict("other definitions were applied meanwhile; see `itda diff`")
        changes = difference.changes(work.workspace, after)
        is_known = position is not None and not work.workspace.is_lost
        found = releases.latest(work.connection) if is_known else []
        if found and applied(found[0].texts) == applied(self.texts):
            return Done(Applied(position, version, is_new=False), audit={"version": version})
        other = shown.otherwise(work.connection, after)
        if other:
            raise Refused(*other)
        guard.admit(work, work.workspace.consent, after.consent)
        told = msgspec.json.encode({"changed": [f"{one.kind} {one.name} {one.what}" for one in changes]}).decode()
        appended = work.append([steering.record(steering.Applied(releases.KIND, version, told))])
        releases.add(work.connection, Release(appended.position, version, self.texts, work.now))
        audit = {
            "version": version,
            "before": found[0].version if found else "",
            "changed": [[one.kind, one.name, one.what] for one in changes],
        }
        return Done(Applied(appended.position, version, is_new=True), position=appended.position, audit=audit)
