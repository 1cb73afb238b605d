"""What a customer asked for, and everything that is kept of them at once, to be taken along."""

from __future__ import annotations

from typing import Any, ClassVar

import msgspec

from itda.engine.app import Answer
from itda.engine.questions.mine import OwnView, WhatIsKnown, find
from itda.engine.questions.mine_told import (
    LARGEST_PAGE,
    OwnChoices,
    OwnMessage,
    WhatHappened,
    WhatWasAgreed,
    WhatWasSent,
)
from itda.engine.questions.receipts import receipt_of
from itda.engine.questions.views import TimelineEvent
from itda.engine.requests.views import Request, view
from itda.engine.work import Work
from itda.store import requests

MOST = 20_000
"""Events, and messages, that one download holds; where there are more it says so."""


class OwnRequests(msgspec.Struct, frozen=True):
    """The requests of whoever proved these addresses, the latest first; none that also concern what is not theirs."""

    permission: ClassVar[str] = "centre.read"
    proven: tuple[bytes, ...]

    def answer(self, work: Work) -> Answer[list[Request]]:
        """Read them."""
        mine = find(work, self.proven)
        if mine is None:
            return Answer([])
        own = set(mine.fragments)
        found = [view(row) for row in requests.of(work.connection, mine.fragments) if own.issuperset(row.subject)]
        return Answer(found, tuple(mine.fragments), len(found))


class OwnReceipt(msgspec.Struct, frozen=True):
    """A receipt of what whoever proved these addresses consented to (ISO/IEC TS 27560), of what is theirs."""

    permission: ClassVar[str] = "centre.read"
    action: ClassVar[str] = "export"
    proven: tuple[bytes, ...]

    def answer(self, work: Work) -> Answer[dict[str, Any] | None]:
        """The receipt; None where they are forgotten."""
        mine = find(work, self.proven)
        if mine is None:
            return Answer(None)
        return Answer(receipt_of(work, mine.proven[0].fragment, mine.own), tuple(mine.fragments), 1)


class OwnWhole(msgspec.Struct, frozen=True, kw_only=True):
    """All of it. Times are microseconds UTC."""

    known: OwnView
    agreed: OwnChoices
    requests: list[Request]
    messages: list[OwnMessage]
    events: list[TimelineEvent]
    is_cut: bool
    """There is more than a download holds: a request of access brings the rest."""


class EverythingOfMine(msgspec.Struct, frozen=True):
    """All that is kept of whoever proved these addresses."""

    permission: ClassVar[str] = "centre.read"
    action: ClassVar[str] = "export"
    proven: tuple[bytes, ...]
    language: str

    def answer(self, work: Work) -> Answer[OwnWhole | None]:
        """All of it; None where they are forgotten."""
        known = WhatIsKnown(self.proven).answer(work)
        agreed = WhatWasAgreed(self.proven, self.language).answer(work)
        if known.value is None or agreed.value is None:
            return Answer(None)
        events, messages, before = list[TimelineEvent](), list[OwnMessage](), ""
        while len(events) < MOST:
            page = WhatHappened(self.proven, before, LARGEST_PAGE).answer(work).value
            events += page.events
            if not (before := page.next):
                break
        is_cut, before = bool(before), ""
        while len(messages) < MOST:
            sent = WhatWasSent(self.proven, before, LARGEST_PAGE).answer(work).value
            messages += sent.messages
            if not (before := sent.next):
                break
        whole = OwnWhole(
            known=known.value, agreed=agreed.value, requests=OwnRequests(self.proven).answer(work).value,
            messages=messages, events=events, is_cut=is_cut or bool(before),
        )  # fmt: skip
        return Answer(whole, known.subjects, len(events) + len(messages))
