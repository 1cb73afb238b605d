"""The door of the shop window: lets one in for each role, and behaves as the real one where pages show it."""

from __future__ import annotations

import hmac
from collections.abc import Iterator, Mapping

import msgspec

from itda.access.actor import STAFF_ROLES, Actor
from itda.base.errors import Refused
from itda.base.instant import HOUR, parse
from itda.engine.people.account import AccountView, SessionView
from itda.engine.people.codes import Beginning
from itda.engine.staff import Session

NOW = parse("2026-11-21T05:12:09Z")
PASSWORD, CODE, INVITATION = "correct horse", "123456", "Zm9yIG9uZSB0aW1lIG9ubHk"


class Gate:
    """Lets one in for each role, by its name, with the password `correct horse`."""

    def __init__(self) -> None:
        self.tokens: dict[str, Session] = {}
        self.forbidden: list[tuple[str, str]] = []
        self.lacks = ""
        self.named: str | None = None
        self.is_proved = True
        self.has_codes = False
        self.done: list[str] = []
        self._numbers: Iterator[int] = iter(range(1_000_000))

    def enter(self, login: str, password: str, address: str) -> str:
        if login not in STAFF_ROLES or not hmac.compare_digest(password, PASSWORD):
            raise Refused("login and password do not fit")
        token = f"token-{next(self._numbers)}"
        actor = Actor(name=login, role=login, session=token, address=address, system="console")
        self.tokens[token] = Session(token=token, actor=actor, csrf=f"csrf-of-{token}", lacks=self.lacks)
        return token

    def who(self, token: str, address: str) -> Session | None:
        return self.tokens.get(token)

    def leave(self, token: str) -> str:
        self.tokens.pop(token, None)
        return ""

    @property
    def provider(self) -> str | None:
        return self.named

    def begin_outside(self, redirect: str, target: str) -> tuple[str, str]:
        return f"https://id.shop.example/authorize?redirect_uri={redirect}", f"sealed {target}"

    def enter_outside(self, carried: str, said: Mapping[str, str], redirect: str, address: str) -> tuple[str, str]:
        if said.get("state") != "right" or not carried:
            raise Refused("what the provider said cannot be trusted")
        return self.enter("agent", PASSWORD, address), carried.removeprefix("sealed ")

    def forbid(self, actor: Actor, page: str) -> None:
        self.forbidden.append((actor.name, page))

    def complete(self, session: Session, code: str) -> None:
        if code != CODE:
            raise Refused("the code does not fit")
        self.tokens[session.token] = msgspec.structs.replace(session, lacks="")

    def confirm(self, session: Session, proof: str) -> None:
        if proof not in {PASSWORD, CODE}:
            raise Refused("that does not prove it")
        self.is_proved = True

    def is_fresh(self, session: Session) -> bool:
        return self.is_proved

    def account(self, session: Session) -> AccountView:
        sessions = [
            SessionView(session.actor.session, NOW - HOUR, NOW, "203.0.113.9"),
            SessionView("1b" * 8, NOW - 5 * HOUR, NOW - 2 * HOUR, "198.51.100.7"),
        ]
        return AccountView(self.has_codes, 8 if self.has_codes else 0, False, True, sessions)

    def begin_codes(self, session: Session, shop: str, *, is_new: bool) -> Beginning | None:
        secret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
        return Beginning(secret, f"otpauth://totp/Itda:{session.actor.name}?secret={secret}&issuer=Itda")

    def enrol(self, session: Session, code: str) -> list[str]:
        if code != CODE:
            raise Refused("the code does not fit")
        self.tokens[session.token] = msgspec.structs.replace(session, lacks="")
        return [f"{letter * 5}-{letter * 5}-{letter * 5}" for letter in "abcdefghjk"]

    def drop_codes(self, session: Session) -> None:
        self.done.append("dropped")

    def change_password(self, session: Session, old: str, new: str) -> None:
        if old != PASSWORD:
            raise Refused("the former password does not fit")
        self.done.append("password")

    def end_session(self, session: Session, named: str) -> None:
        self.done.append(f"ended {named}")

    def invited(self, token: str) -> str | None:
        return "minji" if token == INVITATION else None

    def accept(self, token: str, password: str) -> str:
        if len(password) < 10:
            raise Refused("too short")
        self.done.append("accepted")
        return "minji"
