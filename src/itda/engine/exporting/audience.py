"""An audience for an advertising platform: each customer's row is put to the law first, and whoever may not go stays.

One reason is enough to leave somebody out whole: a part of a row never goes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import msgspec

from itda.base.errors import Fault, Misused, Refused
from itda.consent.facts import Destination
from itda.consent.platforms import NOT_NORMALISABLE, PLATFORMS, Platform, rows
from itda.engine import audiences
from itda.engine.app import Answer, Done
from itda.engine.exporting.judging import Candidate, Use, Verdicts, candidates, stays
from itda.engine.exporting.question import Subjects, fresh, known_segment, members, pages
from itda.engine.exporting.second import agreed
from itda.engine.questions import person
from itda.engine.questions.views import AudienceView
from itda.engine.work import Work
from itda.store import consents
from itda.workspace.processors import Processor

Row = tuple[str, ...]
CHANNEL = "ads"


class Members(msgspec.Struct, frozen=True):
    """Whose form, and of which segment; an empty one is everybody."""

    platform: str
    segment: str = ""


@dataclass(frozen=True)
class Audience:
    """The members of a segment in a platform's form, told to `into` page by page.

    `into` takes rows, the customers looked at so far and how many there are; first of all no rows.
    """

    permission: ClassVar[str] = "customer.export"
    action: ClassVar[str] = "export"
    purpose: ClassVar[str] = "behav_ads"
    asked: Members
    into: Callable[[list[Row], int], None]
    at_once: int = 1_000
    """Customers of a page."""

    def answer(self, work: Work) -> Answer[AudienceView]:
        """How many went and why the others did not. `Misused` where there is no such platform or segment."""
        platform = PLATFORMS.get(self.asked.platform)
        if platform is None:
            what = f"no platform is named {self.asked.platform!r}"
            raise Misused(Fault(what=what, cure=f"one of {', '.join(PLATFORMS)}"))
        known_segment(work, self.asked.segment)
        if not person.sees_personal(work):
            raise Refused(Fault(what="hashed addresses are personal: this role may not take them out"))
        size = members(work, self.asked.segment)
        agreed(work, f"audience for {platform.name}", size, self.asked.segment, [])
        to = _to(platform, work.workspace.processors.get(platform.name))
        use = Use(purpose=self.purpose, channel=CHANNEL, destination=to, columns=platform.columns)
        verdicts, subjects, sent, looked = Verdicts(), Subjects(), 0, 0
        for customers in pages(work, self.asked.segment, self.at_once):
            told: list[Row] = []
            gone: list[bytes] = []
            for customer, candidate in candidates(fresh(work), customers):
                looked += 1
                made = passed(work, platform, use, candidate)
                verdicts.add(customer, made if isinstance(made, str) else "")
                if not isinstance(made, str):
                    told += made
                    gone.append(customer)
            sent += len(gone)
            subjects.add(gone)
            self.into(told, looked)
        verdicts.keep(work, use)
        why, known = dict(sorted(verdicts.why.items())), consents.last_seq(work.connection)
        view = AudienceView(platform.name, sent, looked - sent, why, known)
        return Answer(view, subjects.few, subjects.count, subjects.many)


class GiveAudience(msgspec.Struct, frozen=True):
    """Note what a platform is about to be given: said before the file is there, so that no list goes out unnoted."""

    permission: ClassVar[str] = "customer.export"
    asked: Members
    customers: int
    known: int
    """As the answer said."""

    def carry_out(self, work: Work) -> Done[None]:
        """Settle what was owed, and owe the list anew of whoever withdrew while it was made."""
        platform, segment = self.asked.platform, self.asked.segment
        proof = {"by": work.actor.name, "customers": self.customers}
        audiences.given(work.connection, platform, segment, self.known, proof, work.now)
        return Done(None, audit={"platform": platform, "segment": segment, "customers": self.customers})


def passed(work: Work, platform: Platform, use: Use, candidate: Candidate) -> list[Row] | str:
    """A customer's rows, or the rule and the reason by which they stay."""
    why = stays(work, use, candidate)
    return why or rows(platform, candidate.emails, candidate.phones) or f"{platform.rule} {NOT_NORMALISABLE}"


def _to(platform: Platform, listed: Processor | None) -> Destination:
    """The platform as processors.yaml names it; who is not named there gets nothing."""
    to = platform.destination
    if listed is None:
        return to
    return msgspec.structs.replace(
        to, is_listed=True, country=listed.country or to.country, mechanism=listed.mechanism.strip()
    )
