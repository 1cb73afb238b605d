"""The only way in: `ask` a question, `act` a command. Each has one permission and leaves one row behind.

A question is a frozen struct in engine/questions/ with a class variable `permission`, and a method
`answer(work) -> Answer`. A command likewise has `permission` and `carry_out(work) -> Done`. The row of the access
log or of the audit is written in the same transaction: if it cannot be written, nothing is read and nothing changes.
"""

from __future__ import annotations

import hashlib
from typing import Any, ClassVar, Generic, Protocol, TypeVar

import msgspec

from itda.access.actor import Actor, may
from itda.base.errors import Refused
from itda.engine.work import Work

Result = TypeVar("Result")
Result_co = TypeVar("Result_co", covariant=True)


class Answer(msgspec.Struct, Generic[Result], frozen=True):
    """What a question found, and whose data was looked at. `subjects` are fragment ids."""

    value: Result
    subjects: tuple[bytes, ...] = ()
    count: int = 0


class Done(msgspec.Struct, Generic[Result], frozen=True):
    """What a command changed. `position` is the log position of the event it wrote, if any."""

    value: Result
    position: int | None = None
    audit: dict[str, Any] = {}


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
