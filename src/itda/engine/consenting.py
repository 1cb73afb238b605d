"""Acts of consent are written down: by whoever reads them in the log, and by the doors where people say so.

One transaction writes the ledger, what it comes to, what must be done after it, and drops what waits to be sent to
those who no longer want it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from itda.base import ids
from itda.base.instant import DAY
from itda.consent.definition import SUBJECT_WIDE, TAKES_AWAY, ConsentEvent, ConsentKey, Task
from itda.consent.judge import tasks
from itda.consent.ledger import JOINED, copies
from itda.consent.repeats import adds_nothing
from itda.decisions.policy import Policy
from itda.engine import audiences
from itda.store import consent_duties, consents
from itda.store.consents import Act
from itda.store.database import Connection

OPTED_OUT = "KR-04 OPTED_OUT"
OPTIN = "optin"
"""The duty to ask for the second step of a sign-up."""
OPTIN_WITHIN = 3 * DAY
_AT_ONCE = 5_000


def record(connection: Connection, policy: Policy, acts: Sequence[tuple[Act, Iterable[bytes]]]) -> list[ConsentEvent]:
    """Write acts whose keys are new, each with the fragments now joined to its own; what was written, copies too.

    What anybody may send and adds nothing leaves no trace.
    """
    acts = _telling(connection, acts)
    fresh = consents.unknown(connection, [act.key for act, _ in acts])
    every: list[Act] = []
    for act, joined in acts:
        if act.key in fresh:
            fresh.discard(act.key)
            every.append(act)
            every += [Act(copy) for copy in copies(act.event, joined)]
    every = _with_meaning(connection, every)
    written = consents.write(connection, every, policy.reconfirm)
    consents.add_duties(connection, _owed(connection, policy, written))
    _reconfirmed(connection, policy, written)
    audiences.overtaken(connection, written)
    consents.purge(connection, [event for event in written if event.action in TAKES_AWAY], OPTED_OUT)
    return written


def _telling(
    connection: Connection, acts: Sequence[tuple[Act, Iterable[bytes]]]
) -> Sequence[tuple[Act, Iterable[bytes]]]:
    """The acts without those that anybody may send and that add nothing to what is written, they or their copies."""
    subjects = {one for act, joined in acts if act.is_anybodys for one in (act.event.key.fragment, *joined)}
    if not subjects:
        return acts
    consents.lock(connection)
    past: dict[ConsentKey, list[ConsentEvent]] = {}
    for event in consents.events_of(connection, sorted(subjects)):
        past.setdefault(event.key, []).append(event)
    telling = []
    for act, joined in acts:
        every = [act.event, *copies(act.event, joined)]
        if act.is_anybodys and all(adds_nothing(event, past.get(event.key, ())) for event in every):
            continue
        telling.append((act, joined))
        for event in every:
            past.setdefault(event.key, []).append(event)
    return telling


def pass_time(connection: Connection, policy: Policy, log_time: int) -> bool:
    """Note whom to ask by now whether a consent still holds; False while there are more to be noted."""
    return consent_duties.raise_due(connection, log_time, policy.reconfirm, _AT_ONCE) < _AT_ONCE


def _owed(
    connection: Connection, policy: Policy, written: Sequence[ConsentEvent]
) -> list[tuple[bytes, ConsentEvent, Task]]:
    """What must be done after these acts, by its id; the same act told again and again is answered once."""
    asked = [(event, task) for event in written for task in tasks(event, policy.at(event.recorded_at).rules)]
    if policy.is_double_opt_in:
        asked += [(event, task) for event in written if (task := second_step(event)) is not None]
    subjects = sorted({event.key.fragment for event, _ in asked})
    waits = consent_duties.unanswered(connection, subjects) if subjects else set()
    found = []
    for event, task in asked:
        if (what := (task.kind, event.key, event.action)) not in waits:
            waits.add(what)
            found.append((ids.keyed(event.id, task.kind), event, task))
    return found


def second_step(event: ConsentEvent) -> Task | None:
    """The mail by which somebody who asked for a consent by e-mail gives it; None where it is no such request."""
    is_asked = event.action == "request" and event.ground != JOINED and event.key.channel == "email"
    if not is_asked or event.key.contact == SUBJECT_WIDE:
        return None
    return Task(OPTIN, event.id, event.recorded_at + OPTIN_WITHIN)


def _reconfirmed(connection: Connection, policy: Policy, written: Sequence[ConsentEvent]) -> None:
    """Requests for a confirmation that were answered are settled; what came late may have to be asked for at once."""
    if written:
        consent_duties.answered(connection, written)
        touched = {event.key for event in written}
        states = consents.states_of(connection, sorted({key.fragment for key in touched}))
        own = {key: state for key, state in states.items() if key in touched}
        consent_duties.raise_for(connection, own, max(event.recorded_at for event in written), policy.reconfirm)


def _with_meaning(connection: Connection, acts: Sequence[Act]) -> list[Act]:
    """Acts without the ends of copies that nobody wrote: a consent leaves no trace with those who never refused."""
    ends = {act.event.key for act in acts if act.event.ground == JOINED and act.event.action == "restore"}
    if not ends:
        return list(acts)
    said = set(consents.states_of(connection, sorted({key.fragment for key in ends})))
    said |= {act.event.key for act in acts if act.event.ground == JOINED and act.event.action != "restore"}
    return [act for act in acts if act.event.key not in ends or act.event.ground != JOINED or act.event.key in said]
