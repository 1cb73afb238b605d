"""What must be done by a day, whoever it is owed to: one table for all of it, with the proof that it was done.

Whatever makes a duty notes it with `owe` and settles it with `settle`, in its own transaction. A kind that has a line
in `KINDS` is told by name and warned of in time; any other shows its own word and is warned of three days before.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import msgspec

from itda.base import ids
from itda.base.canonical import canonical
from itda.base.instant import DAY
from itda.store import duties
from itda.store.database import Connection
from itda.store.duties import Duty

SOON_DAYS = 3


class Kind(msgspec.Struct, frozen=True):
    """What a duty of one kind is called, and how many days before its day it is warned of."""

    label_ko: str
    label_en: str
    soon_days: int = SOON_DAYS
    done_by: str = ""
    """What settles it, where that is a step of its own: nobody says by hand that such a one was done."""


KINDS: Mapping[str, Kind] = MappingProxyType({
    "notice": Kind("처리 결과 알림", "Tell what became of an act of consent", 7),  # KR-14: an alert at seven days
    "reconfirm": Kind("수신동의 2년 확인", "Ask whether a consent still holds", 10),
    "optin": Kind("동의 확인 메일", "Ask for the second step of a sign-up", 1),
    "reply": Kind("고객 회신 확인", "Read what a customer answered", 1),
    # KR-49: an alert at seven of ten days
    "request": Kind("정보주체 요청 처리", "Answer a person's request", 3, "itda request resume"),
    "processor": Kind("수탁자에게 요청 통지", "Tell who processes data for us of a request", 23, "itda request told"),
    "destroy": Kind("개인정보 파기", "Destroy what has had its time", 2, "itda retention run"),
    "glass": Kind("긴급 열람 점검", "Review who saw personal values for a while", 1, "the page Broken glass"),
    "audience": Kind("광고 매체 명단 갱신", "Give an advertising platform its list anew", 1),  # CH-09: within a day
    "usage_notice": Kind("이용·제공 내역 연 1회 통지", "Tell everybody once a year what was used of theirs", 60),
    "access_review": Kind("접속기록 점검", "Review the access log", 7, "itda audit review --sign"),
})  # fmt: skip
"""Kind → what it is called. Add a line here for a kind of your own."""


def owe(
    connection: Connection, kind: str, due_at: int, *, subject: bytes | None = None, about: str = "", at: int,
    cause: int | None = None,
) -> bytes:  # fmt: skip
    """Note that something must be done by `due_at`; its id. Told again with the same words it is the same duty.

    `subject` is the fragment of whom it is owed to, `about` what it is about (never a personal value), `at` now;
    times are microseconds UTC. `cause` is the row of the ledger it follows from, where another one is another duty.
    """
    words = [kind, about, subject or b"", str(due_at), *(() if cause is None else (str(cause),))]
    made = ids.keyed(b"duty", *words)
    duties.add(connection, made, kind, due_at, subject=subject, about=about, at=at)
    return made


def settle(connection: Connection, made: bytes, proof: Mapping[str, Any] | str, at: int) -> bool:
    """Note that a duty was done, and what proves it; False where no such duty is open."""
    told = {"proof": proof} if isinstance(proof, str) else dict(proof)
    return duties.settle(connection, made, at, canonical(told).decode())[0]


def open_ones(connection: Connection, kind: str | None = None, *, until: int | None = None,
              subject: bytes | None = None, limit: int = 200) -> list[Duty]:  # fmt: skip
    """What is not done yet, what is due soonest first: of a kind, due at `until` at the latest, owed to a subject."""
    return duties.open_ones(connection, None if kind is None else (kind,), until=until, subject=subject, limit=limit)


def soon_days(kind: str) -> int:
    """How many days before its day a duty of this kind is warned of."""
    return KINDS[kind].soon_days if kind in KINDS else SOON_DAYS


def standing(connection: Connection, now: int) -> tuple[int, int]:
    """How many duties are overdue, and how many more are due soon."""
    counts = duties.counts(connection, now, now)
    until = {one.kind: now + soon_days(one.kind) * DAY for one in counts}
    return sum(one.overdue for one in counts), sum(duties.soon(connection, now, until).values())
