"""Who works on this machine, for the access log and the audit where nobody says who asks."""

from __future__ import annotations

import os
import pwd
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from itda.access.actor import Actor

_door: ContextVar[str] = ContextVar("door", default="python")


def local_user() -> str:
    """The user whose process this is, as the system says and no variable; where it knows no name, the number."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"uid {os.getuid()}"


def local_actor() -> Actor:
    """The user of this machine: `cli:` and their name through whichever door, so that two doors make nobody two."""
    return Actor(name=f"cli:{local_user()}", role="admin", system=_door.get())


@contextmanager
def coming_by(door: str) -> Iterator[None]:
    """Through which door the user of this machine comes meanwhile; without it that is `python`."""
    before = _door.set(door)
    try:
        yield
    finally:
        _door.reset(before)
