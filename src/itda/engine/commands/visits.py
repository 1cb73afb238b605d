"""Customers are let into the privacy centre: they ask for a code at their address, and come in by it or by its link.

What is asked for is written down alike whether anybody has the address or not. The mail goes out as every message
does, through the outbox and the gate, as information that was requested; its code and link are sealed for the person.
"""

from __future__ import annotations

import hmac
import secrets
from typing import ClassVar

import msgspec

from itda.base import ids
from itda.base.instant import MINUTE
from itda.engine.app import Done
from itda.engine.gate import SEED, values_label
from itda.engine.questions import person
from itda.engine.questions.mine import ADDRESS, CHANNEL
from itda.engine.questions.person import Member
from itda.engine.visits import LONGEST, hashed, until
from itda.engine.work import Work
from itda.messages import sign_in
from itda.store import engagement_sql, visits
from itda.store.engagement_rows import OutboxRow
from itda.store.visits import Proof

TRIES = 5
"""Codes that may be tried for one that was sent."""
GOOD_FOR = sign_in.MINUTES * MINUTE
_DIGITS = 6


class AskForCode(msgspec.Struct, frozen=True, kw_only=True):
    """Have a code sent to an address. The answer is the same whoever has it."""

    permission: ClassVar[str] = "centre.change"
    address: str
    """As it was typed."""
    language: str
    browser: str
    """What the browser that asks holds: the code is good there only."""
    door: str
    """Where the link begins, without a slash at its end."""
    visit: bytes | None = None
    """Of who is in already and proves a second address."""

    def carry_out(self, work: Work) -> Done[None]:
        """Note it, and put the mail into the outbox where somebody has the address."""
        name, link = hashed(self.browser), secrets.token_hex(20)
        code = f"{secrets.randbelow(10**_DIGITS):0{_DIGITS}d}"
        member = _whose(work, self.address)
        proof = Proof(
            id=name, fragment=member.fragment if member else None, code_hash=_code_hash(work, name, code),
            session=self.visit, expires_at=work.now + GOOD_FOR, tries=0, used_at=None,
        )  # fmt: skip
        visits.ask(work.connection, proof, hashed(link), work.now)
        if member is not None:
            _send(work, member, name, self.language, {"code": code, "link": f"{self.door}/my/in/{link}"})
        return Done(None, audit={"is_sent": member is not None}, about=member.fragment if member else None)


class Entered(msgspec.Struct, frozen=True):
    """Who was let in. `token` is what their browser is to hold; empty where a visit that was there goes on."""

    token: str


class Enter(msgspec.Struct, frozen=True, kw_only=True):
    """Come in: by the code in the browser that asked for it, or by the link in any."""

    permission: ClassVar[str] = "centre.change"
    browser: str = ""
    code: str = ""
    link: str = ""
    visit: bytes | None = None
    """Of who is in already."""

    def carry_out(self, work: Work) -> Done[Entered | None]:
        """Let them in; None where code or link is wrong, used, or out of time. Each is good once."""
        asked = visits.asked(work.connection, hashed(self.link or self.browser), is_link=bool(self.link))
        if asked is None or asked.used_at is not None or asked.expires_at <= work.now or asked.tries >= TRIES:
            return Done(None, audit={"is_in": False})
        if not self.link and not hmac.compare_digest(_code_hash(work, asked.id, self.code), asked.code_hash):
            visits.tried(work.connection, asked.id)
            return Done(None, audit={"is_in": False})
        if asked.fragment is None or not work.keys([asked.fragment]):
            return Done(None, audit={"is_in": False})
        visits.used(work.connection, asked.id, work.now)
        token = self._open(work, asked, asked.fragment)
        how = "link" if self.link else "code"
        return Done(Entered(token), audit={"is_in": True, "by": how}, about=asked.fragment)

    def _open(self, work: Work, asked: Proof, fragment: bytes) -> str:
        """A new visit; one that proves a second address takes over what was proven before."""
        before = []
        if self.visit is not None:
            known = visits.visit(work.connection, self.visit, work.now) if asked.session == self.visit else None
            before = known.fragments if known is not None else []
            visits.close(work.connection, self.visit)
        token = secrets.token_urlsafe(32)
        proven = list(dict.fromkeys([*before, fragment]))
        visits.open_visit(work.connection, hashed(token), proven, work.now, until(work.now, work.now + LONGEST))
        return token


def _whose(work: Work, address: str) -> Member | None:
    """Who has an address; None where nobody does, or where many share it and nobody owns it."""
    if ADDRESS not in work.workspace.policy.by_name:
        return None
    fragments = list(person.keyed(work, person.blinds(work, ADDRESS, address)).values())
    found = person.load(work, fragments) if fragments else []
    member = next((one for one in found if one.fragment in fragments and one.key is not None), None)
    return None if member is None or member.hub == "confirmed" or member.is_blocked else member


def _code_hash(work: Work, name: bytes, code: str) -> bytes:
    return work.vault.fingerprint(b"centre code " + name + code.strip().encode())


def _send(work: Work, member: Member, name: bytes, language: str, values: dict[str, str]) -> None:
    message = sign_in.MESSAGE
    one = ids.keyed(work.vault.seed(SEED), "centre code", name)
    cipher = work.ciphers([member.fragment])[member.fragment]
    row = OutboxRow(
        id=one, message=message.name, message_version=message.version, channel=CHANNEL,
        message_class=message.message_class, purpose=message.purpose, language=message.language(CHANNEL, language),
        fragment=member.fragment, contact=member.fragment, status="queued", not_before=work.now, created_at=work.now,
        expires_at=work.now + GOOD_FOR, is_told=True,
        values_sealed=cipher.seal(member.fragment, values_label(one), msgspec.json.encode(values)),
    )  # fmt: skip
    for statement, columns in engagement_sql.outbox([row]):
        work.connection.execute(statement, columns)
