"""Whether a customer's row may leave: each is put to the law first, and whoever may not go is left out whole.

For an advertising platform, or for a marketing purpose of the brand's own: then they must have consented to that, too.
What was decided of each is kept as one hash over all, with the versions of the packs, beside the counts (X-01).
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import msgspec

from itda.consent.definition import ANY_CHANNEL, ConsentKey, ConsentState
from itda.consent.facts import Destination, Facts
from itda.consent.judge import judge
from itda.consent.purposes import GUARDIAN
from itda.consent.standing import Consents
from itda.engine import trail
from itda.engine.about import About, about
from itda.engine.questions import person
from itda.engine.questions.person import Member
from itda.engine.work import Work
from itda.profiles.fold import FragmentState
from itda.store import consents, requests

NO_CONSENT = "KR-02 NO_CONSENT"
"""Nobody who did not agree to it is on a list of those to be advertised to."""
_EMAIL, _PHONE = "email", "phone"


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """One customer who may go."""

    consents: Consents
    about: About
    emails: Sequence[str]
    phones: Sequence[str]


class Use(msgspec.Struct, frozen=True, kw_only=True):
    """What rows leave for, and where to."""

    purpose: str
    channel: str
    destination: Destination
    columns: Collection[str] = ()


class Verdicts:
    """What was decided of each row, as one hash, and why rows stayed."""

    def __init__(self) -> None:
        self.why: Counter[str] = Counter()
        self._hash = hashlib.sha256()
        self._went = 0

    def add(self, customer: bytes, why: str) -> None:
        """Take what was decided of one; `why` is empty for who goes."""
        self._hash.update(customer + why.encode() + b"\n")
        self._went += not why
        if why:
            self.why[why] += 1

    @property
    def stayed(self) -> int:
        """How many rows did."""
        return self.why.total()

    def keep(self, work: Work, use: Use) -> None:
        """Write down that it was decided, under which rules."""
        payload = {
            "purpose": use.purpose, "channel": use.channel, "to": use.destination.name, "went": self._went,
            "why": dict(sorted(self.why.items())), "packs": work.workspace.consent.version_at(work.now),
            "decisions": self._hash.hexdigest(),
        }  # fmt: skip
        change = trail.Change(
            at=work.now, actor=work.actor, command="DecideExport", fingerprint=self._hash.digest(), decision="allowed",
            payload=payload,
        )  # fmt: skip
        trail.write_change(work.connection, change)


def candidates(work: Work, customers: Sequence[bytes]) -> list[tuple[bytes, Candidate]]:
    """What is asked about these customers, each with theirs; those of whom nothing is known are none."""
    own: dict[bytes, list[Member]] = {customer: [] for customer in customers}
    for member in person.load(work, customers):
        own.setdefault(member.customer, []).append(member)
    fragments = [member.fragment for members in own.values() for member in members]
    said: dict[bytes, dict[ConsentKey, ConsentState]] = {}
    for key, state in consents.states_of(work.connection, fragments).items():
        said.setdefault(key.fragment, {})[key] = state
    stopped = requests.stopped(work.connection, fragments)
    return [(one, _candidate(work, own[one], said, stopped)) for one in customers if own[one]]


def stays(work: Work, use: Use, candidate: Candidate) -> str:
    """The rule and the reason by which a row stays; empty where it may go."""
    policy = work.workspace.consent
    facts = Facts(
        stage="export",
        channel=use.channel,
        message_class="advertising",
        purpose=use.purpose,
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
        destination=use.destination,
        columns=frozenset(use.columns),
        reason=work.reason,
    )
    held = policy.at(work.now)
    verdict = judge(facts, held.asked(facts), work.now, held.waivers, is_chosen=True)
    if verdict.action in ("block", "hold"):
        return next(str(reason) for reason in verdict.reasons if reason.action == verdict.action)
    if use.destination.is_another_controller:
        return ""
    return "" if candidate.consents.standing(use.purpose, use.channel).status == "granted" else NO_CONSENT


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
