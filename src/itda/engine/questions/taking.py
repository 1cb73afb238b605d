"""What a store's tablet or a call centre shows while somebody is asked: the words to be read, and how each stands."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from itda.access.masking import masked
from itda.base import ids
from itda.consent.acts import CONTACT_KINDS
from itda.consent.definition import SUBJECT_WIDE
from itda.consent.standing import Consents
from itda.decisions.policy import Text
from itda.engine.app import Answer
from itda.engine.questions import person
from itda.engine.questions.person import Person
from itda.engine.questions.whose import normal
from itda.engine.work import Work
from itda.store import consents


class TakingLine(msgspec.Struct, frozen=True, kw_only=True):
    """One consent that can be asked for."""

    name: str
    """Of its text, without version and language."""
    purpose_ko: str
    purpose_en: str
    channel: str
    texts: dict[str, str]
    """Language → the words to be read aloud."""
    ids: dict[str, str]
    """Language → the id of these words."""
    status: str
    since: int
    can_give: bool
    """Whether there is an address of the channel, or none is needed."""


class TakingView(msgspec.Struct, frozen=True):
    """Somebody who is asked."""

    customer: str
    """Empty: new to us."""
    shown: str
    """Whom they were looked up as, masked."""
    lines: list[TakingLine]


class Taking(msgspec.Struct, frozen=True):
    """Everything somebody can be asked for, by an identifier; new people as well."""

    permission: ClassVar[str] = "consent.record"
    who: tuple[str, str]

    def answer(self, work: Work) -> Answer[TakingView | None]:
        """The view; None where the value is none of its kind."""
        kind, value = self.who
        normalised = normal(work, kind, value)
        if normalised is None:
            return Answer(None)
        found = person.find(work, self.who)
        lines = _lines(work, found, kind)
        shown = masked(kind, normalised)
        if found is None:
            return Answer(TakingView("", shown, lines))
        view = TakingView(ids.customer_text(found.customer), shown, lines)
        return Answer(view, tuple(found.fragments), 1)


def _lines(work: Work, found: Person | None, kind: str) -> list[TakingLine]:
    policy = work.workspace.consent
    states = consents.states_of(work.connection, found.fragments) if found is not None else {}
    named: dict[str, dict[str, Text]] = {}
    for text in policy.texts.values():
        named.setdefault(text.id.partition("@")[0], {})[text.language] = text
    lines = []
    for name, texts in named.items():
        one = next(iter(texts.values()))
        wanted = CONTACT_KINDS.get(one.channel)
        having = [member for member in (found.members if found else []) if member.kind == wanted and member.key]
        own = next((member for member in having if member.fragment == (found.asked if found else b"")), None)
        contact = own or (having[0] if len(having) == 1 else None)
        state = Consents(states, contact.fragment if contact else SUBJECT_WIDE if wanted is None else None).standing(
            one.purpose, one.channel
        )
        purpose = policy.purposes[one.purpose]
        lines.append(
            TakingLine(
                name=name, purpose_ko=purpose.label_ko, purpose_en=purpose.label_en, channel=one.channel,
                texts={language: text.body for language, text in texts.items()},
                ids={language: text.id for language, text in texts.items()},
                status=state.status, since=state.since,
                can_give=wanted is None or contact is not None or (found is None and wanted == kind),
            )
        )  # fmt: skip
    return lines
