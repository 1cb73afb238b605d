"""Four eyes: what one person proposes and another must agree to before it is done.

Whoever needs it proposes inside a command of their own, by a digest over exactly what is to be done, and asks before
doing it whether that is `approved`:

    what, digest = "pack activate kr-network", hashlib.sha256(text).digest()
    if approved(connection, what, digest, at=now) is None:
        made = propose(connection, actor, what, digest, "adds the holiday rule", now)

A change of a single byte has another digest, and so is not approved. Nobody approves their own. Two people are two
names, a login of the console or `cli:<user of this machine>`, that nobody's hand was on both of lately (access/hands).
"""

from __future__ import annotations

from typing import Any

import msgspec

from itda.access.actor import Actor
from itda.access.hands import TERM
from itda.base import ids
from itda.base.errors import Conflict, Fault, Refused
from itda.base.instant import DAY, to_datetime
from itda.engine import trail
from itda.engine.people import hands
from itda.store.arrays import byteas
from itda.store.database import Connection

OPEN = 7 * DAY
"""How long a proposal waits for its answer."""
HOLDS = 7 * DAY
"""How long an approval may be acted on."""
LONGEST_NOTE = 500
FEWEST = 4
"""Bytes of an id that are enough to name it, where no other begins so."""
_COLUMNS = (
    "id, what, digest, note, proposed_by, proposed_at, expires_at, decision, decided_by, decided_at, reason, spent_at"
)


class Approval(msgspec.Struct, frozen=True):
    """A proposal and what became of it. Times are microseconds UTC; `decision` is empty, approved, refused, expired."""

    id: bytes
    what: str
    digest: bytes
    note: str
    proposed_by: str
    proposed_at: int
    expires_at: int
    """Of an open one: until when it can be answered. Of an approved one: until when it can be acted on."""
    decision: str
    decided_by: str
    decided_at: int | None
    reason: str
    spent_at: int | None


def propose(connection: Connection, actor: Actor, what: str, digest: bytes, note: str, at: int) -> bytes:
    """Ask for a second pair of eyes; the id of the proposal. The same proposed again while it waits is the one it is.

    `what` says what is to be done in a few words of code, `note` why; neither ever holds a personal value.
    """
    if not what or not digest:
        raise Refused("an approval needs what it is for, and a digest of it")
    connection.execute(
        "update approval set decision = 'expired'"
        " where what = %s and digest = %s and decision = '' and expires_at <= %s",
        [what, digest, at],
    )
    made = ids.keyed(b"approval", what, digest, actor.name, str(at))
    row = connection.execute(
        "insert into approval (id, what, digest, note, proposed_by, proposed_at, expires_at)"
        " values (%s, %s, %s, %s, %s, %s, %s) on conflict (what, digest) where decision = '' do nothing returning id",
        [made, what, digest, note[:LONGEST_NOTE].replace("\0", ""), actor.name, at, at + OPEN],
    ).fetchone()
    if row is None:
        waiting = connection.execute(
            "select id from approval where what = %s and digest = %s and decision = ''", [what, digest]
        ).fetchone()
        if waiting is None:
            raise Conflict(f"the proposal of {what} was answered just now")
        return bytes(waiting[0])
    payload = {"approval": made.hex(), "what": what, "digest": digest.hex()}
    change = trail.Change(
        at=at, actor=actor, command="Propose", fingerprint=digest, decision="allowed", reason=note, payload=payload
    )
    trail.write_change(connection, change)
    return made


def approve(
    connection: Connection, actor: Actor, made: bytes, at: int, reason: str = "", *, term: int = TERM
) -> Approval:
    """Agree, in a command that writes its audit row. `Refused` for who proposed it, and for what no longer waits.

    And for whose login one hand was on as well as on the proposer's in the last `term` (microseconds): the other's,
    or that of somebody who made both.
    """
    waiting_one = _waiting(connection, made, at)
    if waiting_one.proposed_by == actor.name:
        raise Refused(Fault(what=f"{actor.name} proposed it", cure="another person has to approve it"))
    found = hands.tied(connection, waiting_one.proposed_by, actor.name, at, term)
    if found is not None:
        two = f"{waiting_one.proposed_by}, who proposed it, and {actor.name} do not count as two people yet"
        day = to_datetime(found.until).date()
        cure = f"somebody else has to approve it, or {actor.name} from {day} on, if it is proposed again then"
        raise Refused(Fault(what=f"{two}: {found.by} made or changed a login of theirs", cure=cure))
    return _decide(connection, actor, waiting_one, at, "approved", reason)


def refuse(connection: Connection, actor: Actor, made: bytes, at: int, reason: str = "") -> Approval:
    """Say no, in a command that writes its audit row. Who proposed it may take it back so."""
    return _decide(connection, actor, _waiting(connection, made, at), at, "refused", reason)


def approved(connection: Connection, what: str, *digests: bytes, at: int | None = None) -> Approval | None:
    """The approval of exactly this, or of what covers it too, as the other digests do; the latest.

    None where there is none, where it was spent, or at `at` is too old to act on.
    """
    row = connection.execute(
        f"select {_COLUMNS} from approval where what = %s and digest = any(%s) and decision = 'approved'"
        " and spent_at is null and (%s::bigint is null or expires_at > %s) order by decided_at desc limit 1".encode(),
        [what, byteas(digests), at, at],
    ).fetchone()
    return None if row is None else _read(row)


def spend(connection: Connection, made: bytes, at: int) -> None:
    """Note that what may be done once was done now; `Conflict` where somebody was faster."""
    done = connection.execute(
        "update approval set spent_at = %s where id = %s and decision = 'approved' and spent_at is null", [at, made]
    )
    if done.rowcount != 1:
        raise Conflict("this approval is not there to act on: it was acted on, or never given")


def listed(connection: Connection, at: int, *, is_open: bool, limit: int = 200) -> list[Approval]:
    """Those that wait, the oldest first; or those that were answered or ran out, the latest first."""
    waits = "decision = '' and expires_at > %s"
    where, order = (waits, "proposed_at") if is_open else (f"not ({waits})", "coalesce(decided_at, expires_at) desc")
    rows = connection.execute(
        f"select {_COLUMNS} from approval where {where} order by {order}, id limit %s".encode(), [at, limit]
    ).fetchall()
    return [_read(row) for row in rows]


def waiting(connection: Connection, at: int) -> int:
    """How many wait for an answer."""
    row = connection.execute("select count(*) from approval where decision = '' and expires_at > %s", [at]).fetchone()
    return int(row[0]) if row else 0


def named(connection: Connection, text: str) -> bytes:
    """The id that somebody wrote, whole or so much of its beginning as one alone has; `Refused` where it is none."""
    try:
        made = bytes.fromhex(text)
    except ValueError:
        made = b""
    if len(made) == ids.LENGTH:
        return made
    if len(made) < FEWEST:
        found = []
    else:
        begins = "select id from approval where substring(id from 1 for %b) = %b limit 2"
        found = connection.execute(begins.encode(), [len(made), made]).fetchall()
    if len(found) != 1:
        raise Refused(Fault(what=f"{text!r} is no approval, or not one alone", cure="see itda approvals list"))
    return bytes(found[0][0])


def _waiting(connection: Connection, made: bytes, at: int) -> Approval:
    """The proposal, which nobody else answers until this is done. `Refused` where it waits no longer."""
    row = connection.execute(f"select {_COLUMNS} from approval where id = %s for update".encode(), [made]).fetchone()
    if row is None:
        raise Refused(Fault(what=f"there is no approval {made.hex()}", cure="see itda approvals list"))
    found = _read(row)
    if found.decision:
        raise Refused(f"{found.what} was answered already: {found.decision}")
    if found.expires_at <= at:
        raise Refused(Fault(what=f"the proposal of {found.what} has run out", cure="let it be proposed again"))
    return found


def _decide(connection: Connection, actor: Actor, found: Approval, at: int, decision: str, reason: str) -> Approval:
    holds = at + HOLDS if decision == "approved" else found.expires_at
    by = actor.name if found.proposed_by != actor.name else ""
    connection.execute(
        "update approval set decision = %s, decided_by = %s, decided_at = %s, reason = %s, expires_at = %s"
        " where id = %s",
        [decision, by, at, reason[:LONGEST_NOTE].replace("\0", ""), holds, found.id],
    )
    return msgspec.structs.replace(
        found, decision=decision, decided_by=by, decided_at=at, reason=reason, expires_at=holds
    )


def _read(row: tuple[Any, ...]) -> Approval:
    return Approval(bytes(row[0]), row[1], bytes(row[2]), *row[3:])
