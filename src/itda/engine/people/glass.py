"""Break-glass: somebody sees personal values whole for some minutes, says why, and is looked at afterwards.

It is told at once: a duty of whoever reviews it, and a row of the audit with the reason. While it lasts each look is
in the access log as ever, under the same login, so that what was seen can be listed afterwards.
"""

from __future__ import annotations

import msgspec

from itda.base import ids
from itda.base.errors import Fault, Refused
from itda.base.instant import DAY, MINUTE
from itda.engine import duties
from itda.store.database import Connection

KIND = "glass"
REVIEWED_WITHIN = 3 * DAY
SHORTEST_REASON = 10
_SEEN = """
(select count(*) from access_log a where a.actor = g.login and a.at >= g.began_at and a.at < g.until_at
   and a.decision = 'allowed' and a.subject_count > 0)::integer,
(select count(distinct subject) from access_log a, unnest(a.subjects) subject where a.actor = g.login
   and a.at >= g.began_at and a.at < g.until_at and a.decision = 'allowed')::integer
"""


class GlassView(msgspec.Struct, frozen=True):
    """One time that somebody broke the glass. Times are microseconds UTC."""

    id: str
    login: str
    role: str
    reason: str
    began_at: int
    until_at: int
    reviewed_by: str
    """Empty: nobody looked at it so far."""
    reviewed_at: int | None
    finding: str
    looks: int
    """Looks at people meanwhile."""
    subjects: int
    """Identifiers of people that were looked at."""


def begin(connection: Connection, login: str, role: str, reason: str, at: int, minutes: int) -> int:
    """Let a login see personal values whole from now on; until when. `Refused` without a reason that says something."""
    if len(reason.strip()) < SHORTEST_REASON:
        raise Refused(Fault(what="say why: who reviews it has to understand it", cure="a ticket, a call, an accident"))
    if connection.execute("select 1 from staff where login = %s and disabled_at is null", [login]).fetchone() is None:
        raise Refused(Fault(what=f"{login} is no login of the console", cure="break the glass there"))
    made, until = ids.keyed(b"glass", login, str(at)), at + minutes * MINUTE
    end(connection, login, at)
    connection.execute(
        "insert into break_glass (id, login, role, reason, began_at, until_at) values (%s, %s, %s, %s, %s, %s)",
        [made, login, role, reason.strip()[:500].replace("\0", ""), at, until],
    )
    duties.owe(connection, KIND, at + REVIEWED_WITHIN, about=_about(login, made), at=at)
    return until


def end(connection: Connection, login: str, at: int) -> None:
    """See no more than the role shows, from now on."""
    connection.execute("update break_glass set until_at = %s where login = %s and until_at > %s", [at, login, at])


def review(connection: Connection, named: str, by: str, finding: str, at: int) -> str:
    """Note what somebody else found when they looked at it; whose it was. Its duty is settled by that."""
    if not finding.strip():
        raise Refused("say what was found")
    try:
        made = bytes.fromhex(named)
    except ValueError:
        made = b""
    row = connection.execute(
        "select login, began_at, reviewed_by from break_glass where id = %s for update", [made]
    ).fetchone()
    if row is None:
        raise Refused("there is nothing of that number to review")
    if row[0] == by:
        raise Refused(Fault(what="that was you", cure="another person has to review it"))
    if row[2]:
        raise Refused(f"{row[2]} reviewed it already")
    connection.execute(
        "update break_glass set reviewed_by = %s, reviewed_at = %s, finding = %s where id = %s",
        [by, at, finding.strip()[:500].replace("\0", ""), made],
    )
    due_at = row[1] + REVIEWED_WITHIN
    duty = ids.keyed(b"duty", KIND, _about(row[0], made), b"", str(due_at))
    duties.settle(connection, duty, {"reviewed_by": by, "glass": named}, at)
    return str(row[0])


def listed(connection: Connection, limit: int) -> list[GlassView]:
    """The latest first, those nobody looked at before all others."""
    rows = connection.execute(
        "select encode(id, 'hex'), login, role, reason, began_at, until_at, reviewed_by, reviewed_at, finding,"
        f" {_SEEN} from break_glass g order by reviewed_at is not null, began_at desc limit %s".encode(),
        [limit],
    ).fetchall()
    return [GlassView(*row) for row in rows]


def _about(login: str, made: bytes) -> str:
    return f"{login} {made.hex()[:8]}"
