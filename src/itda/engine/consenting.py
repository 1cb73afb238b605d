"""Acts of consent are written down: by whoever reads them in the log, and by the doors where people say so.

One transaction writes the ledger, what it comes to, what must be done after it, and drops what waits to be sent to
those who no longer want it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from itda.base import ids
from itda.consent.definition import ConsentEvent
from itda.consent.judge import tasks
from itda.consent.ledger import JOINED, copies
from itda.decisions.policy import Policy
from itda.store import consents
from itda.store.consents import Act
from itda.store.database import Connection

OPTED_OUT = "KR-04 OPTED_OUT"
_TAKES_AWAY = ("refuse", "withdraw")


def record(connection: Connection, policy: Policy, acts: Sequence[tuple[Act, Iterable[bytes]]]) -> list[ConsentEvent]:
    """Write acts whose keys are new, each with the fragments now joined to its own; what was written, copies too."""
    fresh = consents.unknown(connection, [act.key for act, _ in acts])
    every: list[Act] = []
    for act, joined in acts:
        if act.key in fresh:
            fresh.discard(act.key)
            every.append(act)
            every += [Act(copy) for copy in copies(act.event, joined)]
    every = _with_meaning(connection, every)
    written = consents.write(connection, every, policy.reconfirm)
    to_do = ((ids.keyed(event.id, task.kind), event, task) for event in written for task in tasks(event, policy.rules))
    consents.add_tasks(connection, to_do)
    consents.purge(connection, [event for event in written if event.action in _TAKES_AWAY], OPTED_OUT)
    return written


def _with_meaning(connection: Connection, acts: Sequence[Act]) -> list[Act]:
    """Acts without the ends of copies that nobody wrote: a consent leaves no trace with those who never refused."""
    ends = {act.event.key for act in acts if act.event.ground == JOINED and act.event.action == "restore"}
    if not ends:
        return list(acts)
    said = set(consents.states_of(connection, sorted({key.fragment for key in ends})))
    said |= {act.event.key for act in acts if act.event.ground == JOINED and act.event.action != "restore"}
    return [act for act in acts if act.event.key not in ends or act.event.ground != JOINED or act.event.key in said]
