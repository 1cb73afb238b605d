"""How a customer stands to be written to: the states of all joined fragments, at their least permissive."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from itda.consent.definition import (
    ADS,
    ADS_AT_NIGHT,
    ANY_CHANNEL,
    SUBJECT_WIDE,
    TRACKING,
    ConsentKey,
    ConsentState,
    Status,
)

NO_ANSWER = ConsentState(status="unknown", since=0)
STRICTNESS: tuple[Status, ...] = ("granted", "expired", "suspended", "refused", "withdrawn")
"""Answers, from the most permissive. Who was asked and has not answered (`pending`) gave none."""
_RANK = {status: rank for rank, status in enumerate(STRICTNESS)}
_NEVER = -(1 << 63)


class Consents:
    """The consents of one customer towards one contact. A join of customers never makes one more permissive."""

    def __init__(self, states: Mapping[ConsentKey, ConsentState], contact: bytes | None = None) -> None:
        """`contact`: the address to be written to, which needs a consent of its own; None asks about all of them."""
        self.contact = contact
        self.states: dict[bytes, dict[tuple[bytes, str, str], ConsentState]] = {}
        for key, state in states.items():
            if contact is None or key.contact in (contact, SUBJECT_WIDE):
                self.states.setdefault(key.fragment, {})[key.contact, key.purpose, key.channel] = state
        self._said = {purpose for own in self.states.values() for _, purpose, _ in own} | {ADS_AT_NIGHT}
        """Purposes of which anything may hold: of all others NO_ANSWER does. The night's follows from the day's too."""
        self._known: dict[tuple[str, str], ConsentState] = {}

    def standing(self, purpose: str, channel: str) -> ConsentState:
        """What holds for a purpose on a channel: NO_ANSWER where nobody ever said."""
        if purpose not in self._said:
            return NO_ANSWER
        known = self._known.get((purpose, channel))
        if known is None:
            answers = self.answers(purpose, channel)
            known = strictest(answers) if answers else self._unanswered(purpose, channel)
            self._known[purpose, channel] = known
        return known

    def statuses(self) -> dict[tuple[str, str], Status]:
        """The status of every purpose and channel that anything was ever said of."""
        said = {(purpose, channel) for states in self.states.values() for _, purpose, channel in states}
        return {about: self.standing(*about).status for about in sorted(said)}

    def _unanswered(self, purpose: str, channel: str) -> ConsentState:
        """Who was asked and did not answer yet."""
        found = (
            state
            for states in self.states.values()
            for about, state in states.items()
            if about[1:] == (purpose, channel) and self.contact in (None, about[0])
        )
        return next((state for state in found if state.status == "pending"), NO_ANSWER)

    def answers(self, purpose: str, channel: str) -> list[ConsentState]:
        """The answer of each fragment that has one."""
        answers = []
        for states in self.states.values():
            named = {contact for contact, _, _ in states} - {SUBJECT_WIDE} or {SUBJECT_WIDE}
            for contact in named if self.contact is None else (self.contact,):
                found = _effective(states, contact, purpose, channel)
                if found.status in _RANK:
                    answers.append(found)
        return answers


def strictest(answers: Iterable[ConsentState]) -> ConsentState:
    """The least permissive of these; of equals the one that binds the sender sooner."""
    return max(answers, key=_severity, default=NO_ANSWER)


def _severity(state: ConsentState) -> tuple[int, int, int]:
    due = -state.reconfirm_due if state.reconfirm_due is not None else -(1 << 31)
    return _RANK.get(state.status, -1), due, state.since


def _effective(
    states: Mapping[tuple[bytes, str, str], ConsentState], contact: bytes, purpose: str, channel: str
) -> ConsentState:
    """One fragment's answer: what was said of all channels or of the whole person can only take away."""
    own = states.get((contact, purpose, channel))
    if own is None and purpose not in (ADS, ADS_AT_NIGHT):  # what is no matter of an address may be said of all
        places = (
            (contact, purpose, ANY_CHANNEL),
            (SUBJECT_WIDE, purpose, channel),
            (SUBJECT_WIDE, purpose, ANY_CHANNEL),
        )
        own = next((states[place] for place in places if place in states), None)
    own = own or NO_ANSWER
    purposes = (ADS, purpose) if purpose == ADS_AT_NIGHT else (purpose,)
    for about in purposes:
        for place in ((contact, about, channel), (SUBJECT_WIDE, about, channel), (contact, about, ANY_CHANNEL),
                      (SUBJECT_WIDE, about, ANY_CHANNEL)):  # fmt: skip
            broad = states.get(place)
            if broad is None or broad is own or broad.refused_at is None:
                continue
            if own.last_grant_at is None or broad.refused_at >= own.last_grant_at:
                own = _refused_by(own, broad)
    if purpose == ADS_AT_NIGHT and own.status == "granted":
        day = _effective(states, contact, ADS, channel)
        if day.status != "granted":  # the consent for the night rests on the one for the day
            own = msgspec.structs.replace(own, status="suspended", since=max(own.since, day.since))
    return own


def _refused_by(own: ConsentState, broad: ConsentState) -> ConsentState:
    """What is left of a consent after a wider refusal."""
    status: Status = broad.status if broad.status in ("refused", "withdrawn") else "withdrawn"
    if _RANK.get(own.status, -1) >= _RANK[status]:
        return own
    at = broad.refused_at if broad.refused_at is not None else _NEVER
    return msgspec.structs.replace(own, status=status, since=at, refused_at=at)


def lets_track(states: Mapping[ConsentKey, ConsentState], contact: bytes, channel: str) -> bool:
    """Whether openings and clicks of what is sent there may be seen: nobody of those who are joined refused it."""
    held = Consents(states, contact)
    about = (held.standing(TRACKING, channel), held.standing(TRACKING, ANY_CHANNEL))
    return not any(state.status in ("refused", "withdrawn") for state in about)
