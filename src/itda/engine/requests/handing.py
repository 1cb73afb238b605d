"""The answer to a request reaches whoever made it: by a mail with a link into the privacy centre, never its contents.

A copy is released by one of us, who checked whose request it is, to one address of theirs; whoever comes in by that
address may download it for two weeks. The mail goes as every message does, through the outbox and the gate, as
information that was asked for. The request is done once the mail has left; where it cannot, it waits for somebody. A
mail that comes back later did not arrive: the request is open again, and so is the duty to answer it.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any, ClassVar

import msgspec

from itda.base import ids
from itda.base.errors import Fault, Refused
from itda.base.instant import DAY
from itda.engine import duties
from itda.engine.app import Answer, Done
from itda.engine.gate import SEED, values_label
from itda.engine.obliging import letters
from itda.engine.questions import person
from itda.engine.questions.mine import CHANNEL, vouched
from itda.engine.questions.person import Member
from itda.engine.requests.known import Known, KnownOf
from itda.engine.requests.opening import COPIES
from itda.engine.requests.questions import found
from itda.engine.requests.views import Request, view
from itda.engine.visits import hashed
from itda.engine.work import Work
from itda.messages import answers
from itda.messages.letters import LANGUAGES
from itda.store import duties as stored
from itda.store import engagement_sql, requests, visits
from itda.store.arrays import byteas
from itda.store.engagement_rows import OutboxRow
from itda.store.requests import RequestRow
from itda.store.visits import Proof

RELEASED = "released"
"""The step of a request whose copy waits for its mail to leave."""
OPEN_FOR = 14 * DAY
"""How long a copy can be downloaded by whom it was released to."""
ON_ITS_WAY, DID_NOT_LEAVE = "the mail with the link leaves", "the mail with the link did not leave"
CAME_BACK = "the mail with the link came back"
MAIL = "mail"
"""What the proof of the duty calls the mail that was the answer."""
_GOOD_FOR = answers.DAYS * DAY
_LEFT = ("sent", "delivered", "complained", "uncertain")
_WAITS = ("queued", "held", "attempting", "retry")
_LATEST = "select status, id from outbox where step = %s and message = %s order by created_at desc, id limit 1"
_TO = "select step from outbox where message = %s and contact = any(%b) and status = any(%s) and created_at > %s"
_SEEN = "select fragment, last_at from fragment where fragment = any(%b)"


class Release(msgspec.Struct, frozen=True):
    """Let whoever asked for a copy download it in the privacy centre: they get a mail with a link that is good once."""

    permission: ClassVar[str] = "request.carry_out"
    is_about_people: ClassVar[bool] = True
    id: str
    language: str = ""
    """Of the mail; empty: the shop's first."""

    def carry_out(self, work: Work) -> Done[Request]:
        """Put the mail into the outbox; `Refused` where nothing is to be handed over, or nobody can be written to."""
        row = found(work, self.id, is_locked=True)
        if row.kind not in COPIES:
            raise Refused(f"a request to {row.kind} hands nothing over")
        if row.state != "open" or (row.step == RELEASED and row.lacking == ON_ITS_WAY):
            raise Refused(Fault(what="it was handed over already", cure="see itda request show"))
        if lacking := letters.lacking(work):
            raise Refused(Fault(what=f"no mail can go: {lacking}", cure="hand the file over by hand"))
        member = _address(work, row)
        if member is None:
            raise Refused(
                Fault(
                    what="no e-mail address of theirs is known", cure="take it by their address, or hand the file over"
                )
            )
        link = secrets.token_hex(20)
        proof = Proof(
            id=secrets.token_bytes(32), fragment=member.fragment, code_hash=secrets.token_bytes(32), session=None,
            expires_at=work.now + _GOOD_FOR, tries=0, used_at=None,
        )  # fmt: skip
        visits.ask(work.connection, proof, hashed(link), work.now)
        _put(work, row, member, answers.COPY, f"{door(work)}/my/in/{link}", self.language)
        requests.move(work.connection, row.id, row.step, RELEASED)
        requests.lack(work.connection, row.id, ON_ITS_WAY)
        now = view(requests.one(work.connection, row.id) or row)
        return Done(now, audit={"request": now.id, "released": True}, about=member.fragment)


class OwnAnswers(msgspec.Struct, frozen=True):
    """The copies that were released to an address that was proven, the latest first."""

    permission: ClassVar[str] = "centre.read"
    proven: tuple[bytes, ...]

    def answer(self, work: Work) -> Answer[list[Request]]:
        """Those that can still be downloaded."""
        rows = _released(work, self.proven)
        return Answer([view(row) for row in rows], self.proven, len(rows))


class OwnCopy(msgspec.Struct, frozen=True):
    """A copy that was released to an address that was proven."""

    permission: ClassVar[str] = "centre.read"
    action: ClassVar[str] = "export"
    proven: tuple[bytes, ...]
    id: str

    def answer(self, work: Work) -> Answer[Known | None]:
        """All of it; None where it is not theirs, or its time is over."""
        row = next((one for one in _released(work, self.proven) if one.id.hex() == self.id), None)
        if row is None:
            return Answer(None)
        told = KnownOf(self.id).answer(work)
        return Answer(told.value, told.subjects, told.count)


def reached(work: Work, row: RequestRow) -> bytes | None:
    """The mail of a released request, once it has left; where it cannot, the request waits for somebody again."""
    found = work.connection.execute(_LATEST, [row.id.hex(), answers.COPY]).fetchone()
    status, made = ("", b"") if found is None else (str(found[0]), bytes(found[1]))
    if status in _LEFT:
        return made
    if status not in _WAITS:
        requests.lack(work.connection, row.id, CAME_BACK if status == "bounced" else DID_NOT_LEAVE)
    return None


def owed(work: Work, row: RequestRow) -> bytes:
    """The duty to answer a request: noted once, whoever asks for it."""
    return duties.owe(work.connection, "request", row.due_at, about=row.id.hex(), at=work.now)


def came_back(work: Work, mail: OutboxRow) -> bool:
    """A mail came back for good: whether a request was answered by it, which is open again from now on.

    One that was handed over by another way since stays done, as does one whose later mail went.
    """
    row = (
        requests.one(work.connection, bytes.fromhex(mail.step), is_locked=True)
        if mail.message == answers.COPY
        else None
    )
    if row is None or row.state != "done":
        return False
    duty = stored.named(work.connection, owed(work, row))
    if duty is None or msgspec.json.decode(duty.proof, type=dict[str, Any]).get(MAIL) != mail.id.hex():
        return False
    requests.reopen(work.connection, row.id, RELEASED, CAME_BACK)
    stored.reopen(work.connection, duty.id, CAME_BACK)
    return True


def say_corrected(work: Work, row: RequestRow) -> None:
    """Tell whoever asked that it is set right, where they can be written to."""
    member = None if letters.lacking(work) else _address(work, row)
    if member is not None:
        _put(work, row, member, answers.CORRECTED, f"{door(work)}/my/", "")


def door(work: Work) -> str:
    """Where customers reach the privacy centre, without a slash at its end."""
    email = work.workspace.email
    return work.workspace.brand.centre_url or (email.base_url if email is not None else "")


def _released(work: Work, proven: Sequence[bytes]) -> list[RequestRow]:
    since = work.now - OPEN_FOR
    told = work.connection.execute(_TO, [answers.COPY, byteas(list(proven)), list(_LEFT), since]).fetchall()
    rows = [requests.one(work.connection, bytes.fromhex(one)) for one in sorted({str(step) for (step,) in told})]
    own = [row for row in rows if row is not None and row.kind in COPIES and set(proven).intersection(row.subject)]
    return sorted(own, key=lambda row: -row.opened_at)


def _address(work: Work, row: RequestRow) -> Member | None:
    """The address that was named; where another identifier was, the one used last of those that are certainly theirs.

    Any page may tie an address to an account: of one that nobody whose word counts told together with what was named
    nobody knows whose it is.
    """
    members = _certain(work, row)
    seen = work.connection.execute(_SEEN, [byteas(row.subject)]).fetchall()
    return letters.address_of(members, next(iter(row.subject), None), {bytes(one): at for one, at in seen})


def _certain(work: Work, row: RequestRow) -> list[Member]:
    """Whom the request is about, as far as they hang on whom it named."""
    own, links = set(row.subject[:1]), vouched(work, row.subject)
    while also := {end for link in links if own.intersection(link) for end in link} - own:
        own |= also
    return person.these(work, sorted(own))


def _put(work: Work, row: RequestRow, member: Member, name: str, link: str, language: str) -> None:
    message = answers.ALL[name]
    own = language if language in LANGUAGES else next(iter(work.workspace.languages), "ko")
    made = ids.keyed(work.vault.seed(SEED), "request answer", row.id, name, str(work.now))
    values = msgspec.json.encode({"link": link, "number": row.id.hex()[:12]})
    cipher = work.ciphers([member.fragment])[member.fragment]
    one = OutboxRow(
        id=made, step=row.id.hex(), message=name, message_version=message.version, channel=CHANNEL,
        message_class=message.message_class, purpose=message.purpose, language=message.language(CHANNEL, own),
        fragment=member.fragment, contact=member.fragment, status="queued", not_before=work.now, created_at=work.now,
        expires_at=work.now + _GOOD_FOR, is_told=True,
        values_sealed=cipher.seal(member.fragment, values_label(made), values),
    )  # fmt: skip
    for statement, columns in engagement_sql.outbox([one]):
        work.connection.execute(statement, columns)
