"""The normal form of a value that somebody typed."""

from __future__ import annotations

from itda.engine.work import Work
from itda.events.normalise import reader


def normal(work: Work, kind: str, value: str) -> str:
    """A value in the normal form of its kind; as it stands where it has none."""
    known = work.workspace.policy.by_name.get(kind)
    if known is None:
        return value
    return reader(known.normaliser, work.workspace.country)(value) or value
