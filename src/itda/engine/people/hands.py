"""Reads from the audit whose hands were on logins: it is chained and anchored, so nobody takes theirs back."""

from __future__ import annotations

from itda.access.hands import TERM, Tie, Touch, tie
from itda.store.database import Connection

COMMANDS = ("AddStaff", "Hire", "ResetStaff", "ChangeRole", "ForgetCodes", "DisableStaff")
"""What lets somebody come in by a login, or lets it do more. Of the last only its taking back counts."""
_TOUCHES = """
with touched as (
  select actor, at, command, convert_from(payload, 'UTF8')::jsonb as payload from audit_event
  where at > %s and command = any(%s) and decision = 'allowed')
select actor, payload->>'login', max(at) from touched
where payload ? 'login' and (command <> 'DisableStaff' or (payload->>'is_back')::boolean) group by 1, 2
"""


def touches(connection: Connection, now: int, term: int = TERM) -> list[Touch]:
    """The last time that each had a hand on each login, in the last `term` (microseconds)."""
    rows = connection.execute(_TOUCHES.encode(), [now - term, list(COMMANDS)]).fetchall()
    return [Touch(*row) for row in rows]


def tied(connection: Connection, one: str, other: str, now: int, term: int = TERM) -> Tie | None:
    """Why two logins do not count as two people now; None where they do."""
    return tie(touches(connection, now, term), one, other, now, term)
