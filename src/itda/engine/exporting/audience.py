"""An audience for an advertising platform: each customer's row is put to the law first, and whoever may not go stays.

One reason is enough to leave somebody out whole: a part of a row never goes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import msgspec

from itda.base.errors import Fault, Misused, Refused
from itda.consent.definition import ANY_CHANNEL, ConsentKey, ConsentState
from itda.consent.facts import Destination, Facts
from itda.consent.judge import judge
from itda.consent.platforms import NOT_NORMALISABLE, PLATFORMS, Platform, rows
from itda.consent.purposes import GUARDIAN
from itda.consent.standing import Consents
from itda.engine.about import About, about
from itda.engine.app import Answer
from itda.engine.exporting.question import Subjects, fresh, known_segment, pages
from itda.engine.questions import person
from itda.engine.questions.person import Member
from itda.engine.questions.views import AudienceView
from itda.engine.work import Work
from itda.profiles.fold import FragmentState
from itda.store import consents, requests
from itda.workspace.processors import Processor

Row = tuple[str, ...]
_EMAIL, _PHONE = "email", "phone"
CHANNEL = "ads"


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """One customer who may go."""

    consents: Consents
    about: About
    emails: Sequence[str]
    phones: Sequence[str]


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
        left: Counter[str] = Counter()
        subjects, sent, looked = Subjects(), 0, 0
        for customers in pages(work, self.asked.segment, self.at_once):
            told: list[Row] = []
            gone: list[bytes] = []
            for customer, candidate in _candidates(fresh(work), customers):
                looked += 1
                made = passed(work, platform, candidate)
                if isinstance(made, str):
                    left[made] += 1
                else:
                    told += made
                    gone.append(customer)
            sent += len(gone)
            subjects.add(gone)
            self.into(told, looked)
        view = AudienceView(platform.name, sent, looked - sent, dict(sorted(left.items())))
        return Answer(view, subjects.few, subjects.count, subjects.many)


def passed(work: Work, platform: Platform, candidate: Candidate) -> list[Row] | str:
    """A customer's rows, or the rule and the reason by which they stay."""
    policy = work.workspace.consent
    facts = Facts(
        stage="export",
        channel=CHANNEL,
        message_class="advertising",
        purpose="behav_ads",
        sender=policy.sender,
        countries=candidate.about.where.countries,
        regions=candidate.about.where.regions,
        age_band=candidate.about.age_band,
        has_guardian=candidate.consents.standing(GUARDIAN, ANY_CHANNEL).status == "granted",
        is_stopped=candidate.about.is_stopped,
        is_leaving=candidate.about.is_leaving,
        consents=candidate.consents,
        consents_read_at=work.now,
        decision=b"export",
        destination=_to(platform, work.workspace.processors.get(platform.name)),
        columns=frozenset(platform.columns),
        reason=work.reason,
    )
    held = policy.at(work.now)
    verdict = judge(facts, held.asked(facts), work.now, held.waivers, is_chosen=True)
    if verdict.action in ("block", "hold"):
        return next(str(reason) for reason in verdict.reasons if reason.action == verdict.action)
    return rows(platform, candidate.emails, candidate.phones) or f"{platform.rule} {NOT_NORMALISABLE}"


def _to(platform: Platform, listed: Processor | None) -> Destination:
    """The platform as processors.yaml names it; who is not named there gets nothing."""
    to = platform.destination
    if listed is None:
        return to
    return msgspec.structs.replace(to, is_listed=True, country=listed.country or to.country)


def _candidates(work: Work, customers: Sequence[bytes]) -> list[tuple[bytes, Candidate]]:
    own: dict[bytes, list[Member]] = {customer: [] for customer in customers}
    for member in person.load(work, customers):
        own.setdefault(member.customer, []).append(member)
    fragments = [member.fragment for members in own.values() for member in members]
    said: dict[bytes, dict[ConsentKey, ConsentState]] = {}
    for key, state in consents.states_of(work.connection, fragments).items():
        said.setdefault(key.fragment, {})[key] = state
    stopped = requests.stopped(work.connection, fragments)
    return [(one, _candidate(work, own[one], said, stopped)) for one in customers if own[one]]


def _candidate(
    work: Work, members: Sequence[Member], said: dict[bytes, Any], stopped: Mapping[bytes, bool]
) -> Candidate:
    values: dict[str, list[str]] = {_EMAIL: [], _PHONE: []}
    for member in members:
        if member.kind in values and member.key is not None and not member.is_blocked:
            values[member.kind].append(work.value(member.key))
    states = {key: state for member in members for key, state in said.get(member.fragment, {}).items()}
    own = {member.fragment: stopped[member.fragment] for member in members if member.fragment in stopped}
    return Candidate(
        consents=Consents(states),
        about=about(_state(work, members).declared, values[_PHONE], own),
        emails=values[_EMAIL],
        phones=values[_PHONE],
    )


def _state(work: Work, members: Sequence[Member]) -> FragmentState:
    fold = work.workspace.reading_fold
    return fold.combine(fold.decode(member.state) for member in members if member.state is not None)
