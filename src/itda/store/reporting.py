"""What PostgreSQL reports, in our errors: by its SQLSTATE, so that nothing is tried for ever that can never succeed.

Classes and codes: PostgreSQL documentation, appendix A. What is not listed here is raised as it is.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import psycopg

from itda.base.errors import Broken, Conflict, ItdaError, Unavailable

_AWAY = "the database does not answer"
KEY_GUARD = "wrapped_since"
"""The check that holds every key row written from now on to a version of the wrapping key (`store/rotation`)."""
_LIMIT = "PostgreSQL cannot do what it was asked, and asking again would not help"
_CONFLICTS = ("40",)
"""Another transaction was first, or both waited for each other."""
_OUTAGES: dict[str, tuple[str, float]] = {
    "08": (_AWAY, 1.0),
    "25006": ("the database only reads now: it is a standby, or was set so", 10.0),
    "25P03": (_AWAY, 1.0),
    "25P04": (_AWAY, 1.0),
    "28": ("the database lets nobody in", 10.0),
    "53": ("the database has run short", 10.0),
    "53100": ("the database's disk is full", 10.0),
    "53200": ("the database has no memory left", 10.0),
    "53300": ("the database has no connection left", 1.0),
    "55006": ("somebody else uses it", 1.0),
    "55P03": ("another writer holds the log", 1.0),
    "57": (_AWAY, 1.0),
    "58": ("the database's disk or system fails", 10.0),
    KEY_GUARD: ("the wrapping key was rotated; its new version is taken up", 1.0),
    "F0": ("the database's settings cannot be read", 10.0),
}
"""Class or code → what it says, and after how many seconds it is worth asking again."""
_FAULTS = {
    "08P01": "what was sent to PostgreSQL is not in its protocol",
    "38": _LIMIT,
    "39": _LIMIT,
    "53400": "a limit that PostgreSQL is configured with is too low for this (see its log)",
    "54": _LIMIT,
    "55": _LIMIT,
    "HV": _LIMIT,
    "XX": "PostgreSQL found itself damaged (itda doctor; restore from a backup)",
}
"""Class or code → what it says. Nothing but a change of the code, the settings or the disk mends these."""


def told(error: psycopg.Error) -> ItdaError | None:
    """What an error of the driver is to us; None for one that is raised as it is."""
    line, state = first_line(error), error.sqlstate
    if state is None:
        if isinstance(error, psycopg.InterfaceError):
            return Unavailable(f"the connection to the database is lost: {line}")
        return Unavailable(f"{_AWAY}: {line}") if isinstance(error, psycopg.OperationalError) else None
    if state[:2] in _CONFLICTS:
        return Conflict(f"another transaction was first: {line}")
    if error.diag.constraint_name == KEY_GUARD:
        state = KEY_GUARD
    for known in (state, state[:2]):
        if known in _FAULTS:
            return Broken(f"{_FAULTS[known]}: {line} ({state})")
        if known in _OUTAGES:
            what, retry_after_s = _OUTAGES[known]
            return Unavailable(f"{what}: {line}", retry_after_s)
    return None


@contextlib.contextmanager
def reported() -> Iterator[None]:
    """What PostgreSQL reports in the block, in our errors."""
    try:
        yield
    except psycopg.Error as error:
        ours = told(error)
        if ours is None:
            raise
        raise ours from error


def first_line(error: object) -> str:
    """The first line of what a server said: enough for a person, without row contents."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
