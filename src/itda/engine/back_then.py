"""What consent.yaml said at a moment of the past: decisions are judged again by what held then."""

from __future__ import annotations

from itda.base.errors import Refused
from itda.decisions.policy import Policy
from itda.engine.work import Work
from itda.store import releases
from itda.workspace.kept import as_kept


def policy(work: Work, at: int) -> Policy:
    """The policy of the release in force at `at` (microseconds UTC); of the first one before anything was applied.

    A release that cannot be read any more is passed over for what holds today.
    """
    if at >= work.now:
        return work.workspace.consent
    found = releases.at(work.connection, at)
    if found is None:
        return work.workspace.consent
    try:
        return as_kept(work.workspace, found.texts).consent
    except Refused:
        return work.workspace.consent
