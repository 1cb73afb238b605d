"""The one tree of errors.

ItdaError
├── Refused      the user's data or definition; carries every fault with its place
│   └── Misused  what was named is not there, or is not what is meant
├── Unavailable  something outside does not answer; may be retried
├── Conflict     somebody else was first; read again and decide anew
└── Broken       our own bug

What is expected in the course of business (a bad event, a blocked value, a limit reached) is a value with a reason,
never an exception.
"""

from __future__ import annotations

import msgspec


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """One thing wrong, where it is and how to mend it. `line` counts from 1; None where a place has no lines."""

    what: str
    cure: str = ""
    file: str | None = None
    line: int | None = None
    field: str | None = None

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.file, self.line) if part is not None)
        named = f"{self.field}: " if self.field else ""
        cure = f" ({self.cure})" if self.cure else ""
        return f"{place}: {named}{self.what}{cure}" if place else f"{named}{self.what}{cure}"


class ItdaError(Exception):
    """Anything Itda raises on purpose."""


class Refused(ItdaError):
    """The user's data or definition cannot be taken; nothing was changed."""

    def __init__(self, *faults: Fault | str) -> None:
        self.faults = tuple(fault if isinstance(fault, Fault) else Fault(what=fault) for fault in faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))


class Misused(Refused):
    """What was named is not there, or is nothing of the kind that is meant: wrong use, whatever the data says."""


class Unavailable(ItdaError):
    """Something outside does not answer now. `retry_after_s` is the wait we advise, in seconds."""

    def __init__(self, message: str, retry_after_s: float = 1.0) -> None:
        self.retry_after_s = retry_after_s
        super().__init__(message)


class Conflict(ItdaError):
    """Another writer was first: what was read is no longer so."""


class Broken(ItdaError):
    """A promise of our own code does not hold: a bug, to be reported with its text."""
