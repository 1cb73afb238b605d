"""The only way in: `ask` a question, `act` a command. Each has one permission and leaves one row behind.

A question is a frozen struct in engine/questions/ with a class variable `permission`, and a method
`answer(work) -> Answer`; one that holds more than what is asked names that `asked`. A command likewise has `permission`
and `carry_out(work) -> Done`. The row of the access log or of the audit is written in the same transaction: if it
cannot be written, nothing is read and nothing changes. A round of Itda's own that finds nothing to do leaves none.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Protocol, TypeVar

import msgspec

from itda.access.actor import Actor, may
from itda.base.errors import Conflict, Refused
from itda.engine import trail
from itda.engine.work import Work
from itda.store.database import Database
from itda.store.intake import PostgresIntake
from itda.store.vault import Vault
from itda.text.personal import hidden

if TYPE_CHECKING:
    from itda.store.lake.reader import LakeReader
    from itda.workspace.definition import Workspace

Result = TypeVar("Result")
Result_co = TypeVar("Result_co", covariant=True)
Clock = Callable[[], int]
"""Now, in microseconds UTC."""


class Answer(msgspec.Struct, Generic[Result_co], frozen=True):
    """What a question found, and whose data was looked at. `subjects` are fragment ids; `count` is of results."""

    value: Result_co
    subjects: tuple[bytes, ...] = ()
    count: int = 0
    many: trail.Hashed | None = None
    """In place of `subjects`, where they are too many to hold."""


class Done(msgspec.Struct, Generic[Result_co], frozen=True):
    """What a command changed. `position` is of the frame it appended, if any; `audit` holds no personal value."""

    value: Result_co
    position: int | None = None
    audit: dict[str, Any] = {}
    about: bytes | None = None
    """The fragment under whose key the audit keeps the reason, where somebody wrote it about a person."""
    is_idle: bool = False
    """Nothing was changed by one of Itda's own rounds: it leaves no row."""


class Question(Protocol[Result_co]):
    """A read with one permission."""

    permission: ClassVar[str]

    def answer(self, work: Work) -> Answer[Result_co]:
        """Read; runs inside a transaction that also writes the access log."""
        ...


class Command(Protocol[Result_co]):
    """A change with one permission."""

    permission: ClassVar[str]

    def carry_out(self, work: Work) -> Done[Result_co]:
        """Change; runs inside a transaction that also writes the audit."""
        ...


class Forbidden(Refused):
    """The actor's role does not hold the permission. `permission` names it."""

    def __init__(self, actor: Actor, permission: str) -> None:
        self.permission = permission
        super().__init__(f"{actor.name} ({actor.role}) may not {permission}")


class App:
    """The questions and commands of one workspace. Thread-safe: each asks and acts in a transaction of its own.

    A question and a command hold one connection of the pool and take no second: they cannot wait for each other.
    """

    def __init__(self, db: Database, workspace: Workspace, vault: Vault, lake: LakeReader, clock: Clock) -> None:
        self.db = db
        self.workspace = workspace
        self.vault = vault
        self.lake = lake
        self.clock = clock
        self._intake = PostgresIntake(db, vault)

    def ask(self, question: Question[Result], actor: Actor, reason: str = "") -> Result:
        """The answer's value. All it reads is of one moment; the look is logged with it, or nothing is told."""
        now = self.clock()
        look = trail.Access(
            at=now,
            actor=actor,
            question=type(question).__name__,
            fingerprint=self._fingerprint(question),
            decision="forbidden",
            action=getattr(question, "action", "view"),
            purpose=getattr(question, "purpose", ""),
            reason=hidden(reason),
        )
        if not may(actor, question.permission):
            self._log(look)
            raise Forbidden(actor, question.permission)
        if look.action == "export" and actor.role != "customer" and not reason.strip():
            self._log(msgspec.structs.replace(look, decision="refused"))
            raise Refused("what is taken out needs a reason: it is kept in the access log")  # KR-48
        try:
            with self.db.connection(is_of_one_moment=True) as connection:
                answer = question.answer(
                    Work(connection, self.workspace, self.vault, self.lake, now=now, actor=actor, reason=reason)
                )
                seen = msgspec.structs.replace(
                    look, decision="allowed", subjects=answer.many or answer.subjects, result_count=answer.count
                )
                trail.write_access(connection, seen)
        except Refused:
            self._log(msgspec.structs.replace(look, decision="refused"))
            raise
        return answer.value

    def act(self, command: Command[Result], actor: Actor, reason: str = "") -> Done[Result]:
        """What was done. The change, its frame in the log and its audit row are written together or not at all."""
        now = self.clock()
        change = trail.Change(
            at=now,
            actor=actor,
            command=type(command).__name__,
            fingerprint=self._fingerprint(command),
            decision="forbidden",
            reason="" if getattr(command, "is_about_people", False) else hidden(reason),
        )
        if not may(actor, command.permission):
            self._log(change)
            raise Forbidden(actor, command.permission)
        self._intake.prepare(now)
        try:
            with self.db.connection() as connection:
                work = Work(
                    connection,
                    self.workspace,
                    self.vault,
                    self.lake,
                    now=now,
                    actor=actor,
                    reason=reason,
                    intake=self._intake,
                )
                done = command.carry_out(work)
                made = msgspec.structs.replace(change, decision="allowed", payload=done.audit, position=done.position)
                if done.about is not None:
                    sealed = trail.sealed_reason(work.ciphers([done.about])[done.about], done.about, reason)
                    made = msgspec.structs.replace(made, reason=sealed)
                if not (done.is_idle and actor.system == "engine"):
                    trail.write_change(connection, made)
        except (Refused, Conflict):
            self._log(msgspec.structs.replace(change, decision="refused"))
            raise
        return done

    def _fingerprint(self, asked: Any) -> bytes:
        """Tells the same arguments from others, without telling them: they may hold an address or a name."""
        return self.vault.fingerprint(msgspec.json.encode(getattr(asked, "asked", asked), order="sorted"))

    def _log(self, entry: trail.Access | trail.Change) -> None:
        """Write down what was not let through, in a transaction of its own."""
        with self.db.connection() as connection:
            if isinstance(entry, trail.Access):
                trail.write_access(connection, entry)
            else:
                trail.write_change(connection, entry)
