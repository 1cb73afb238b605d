"""What a person does themselves, by the links of a message: they refuse, and they choose.

The ledger is written before anything is answered, what waits for them is dropped and the act is told to the log, all in
one transaction.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import ClassVar, Literal

import msgspec

from itda.base import ids, instant
from itda.base.errors import Refused
from itda.consent import pace
from itda.consent.acts import CONSENT_CHANGED, idempotency
from itda.consent.definition import ADS, ANY_CHANNEL, SUBJECT_WIDE, Action, ConsentEvent, ConsentKey
from itda.decisions.policy import SENDER, Text
from itda.engine import consenting
from itda.engine.app import Done
from itda.engine.questions.centre import REFUSED, Choice, Holder, choices, holder, of_visit
from itda.engine.sending import effects
from itda.engine.sending.effects import CHANNEL
from itda.engine.work import Work
from itda.messages.links import Use
from itda.sources.definition import OWN
from itda.store import consent_texts
from itda.store.consents import Act
from itda.store.ports import Record

_ENDED = (*REFUSED, "expired", "suspended")
BY_LINK, BY_PAGE, BY_COMPLAINT = "email:unsubscribe", "email:preferences", "email:complaint"


class Heard(msgspec.Struct, frozen=True):
    """What came of it. `is_known`: the link names somebody; `changed` acts were written."""

    is_known: bool
    changed: int = 0


class Unsubscribe(msgspec.Struct, frozen=True):
    """Refuse advertising at the address a message went to."""

    permission: ClassVar[str] = "centre.change"
    token: str
    use: Use = "unsubscribe"

    def carry_out(self, work: Work) -> Done[Heard]:
        """Write the withdrawal; who refused already is left alone."""
        held = holder(work, self.token, self.use)
        if held is None:
            return Done(Heard(is_known=False))
        return done(held, refused(work, held, BY_LINK))


class ChangePreferences(msgspec.Struct, frozen=True, kw_only=True):
    """Choose. Of what was shown, what is not `given` is refused; what was not shown stays as it is."""

    permission: ClassVar[str] = "centre.change"
    token: str
    use: Use = "preferences"
    shown: tuple[tuple[str, str], ...]
    """(purpose, channel) that the page had a box for."""
    given: tuple[tuple[str, str], ...] = ()
    language: str
    """In which the texts were shown."""

    def carry_out(self, work: Work) -> Done[Heard]:
        """Write what changed."""
        held = holder(work, self.token, self.use)
        if held is None:
            return Done(Heard(is_known=False))
        return done(held, chosen(work, held, self.shown, self.given, self.language))


class ChooseAtVisit(msgspec.Struct, frozen=True, kw_only=True):
    """The same by who is in the privacy centre."""

    permission: ClassVar[str] = "centre.change"
    proven: tuple[bytes, ...]
    shown: tuple[tuple[str, str], ...]
    given: tuple[tuple[str, str], ...] = ()
    language: str

    def carry_out(self, work: Work) -> Done[Heard]:
        """Write what changed."""
        held = of_visit(work, self.proven, CHANNEL, self.language)
        if held is None:
            return Done(Heard(is_known=False))
        return done(held, chosen(work, held, self.shown, self.given, self.language))


class SetPace(msgspec.Struct, frozen=True, kw_only=True):
    """Set how often one lets oneself be written to at most. It holds beside the brand's own cap."""

    permission: ClassVar[str] = "centre.change"
    proven: tuple[bytes, ...]
    pace: str
    """Its code, such as `2-in-7`, or `none`."""
    language: str

    def carry_out(self, work: Work) -> Done[Heard]:
        """Write it as what was agreed to; `Refused` where there is no such pace."""
        held, wanted = of_visit(work, self.proven, CHANNEL, self.language), pace.named(self.pace)
        if wanted is None:
            raise Refused(f"{self.pace!r} is no pace")
        if held is None:
            return Done(Heard(is_known=False))
        words = Text(
            id=pace.text_id(wanted, self.language), purpose=pace.PACE, channel=ANY_CHANNEL, language=self.language,
            body=pace.text(wanted, self.language),
        )  # fmt: skip
        told = []
        for fragment in own_pace_of(held, self.proven):
            key = ConsentKey(SENDER, fragment, SUBJECT_WIDE, pace.PACE, ANY_CHANNEL)
            state = held.states.get(key)
            is_same = pace.of_texts([state.text_id] if state else []) == pace.of_texts([words.id])
            if not is_same:
                after = state.event_seq if state is not None else 0
                told.append(Told(pace.PACE, ANY_CHANNEL, SUBJECT_WIDE, "grant", after, words.id, (fragment,)))
        if told:
            consent_texts.keep(work.connection, {words.id: words}, work.now)
        return done(held, write(work, held, told, BY_PAGE))


def own_pace_of(held: Holder, proven: Sequence[bytes]) -> list[bytes]:
    """The fragments that a pace is set for: every address that was proven of this customer."""
    known = {member.fragment for member in held.members}
    return [fragment for fragment in proven if fragment in known]


def chosen(
    work: Work,
    held: Holder,
    shown: Collection[tuple[str, str]],
    given: Collection[tuple[str, str]],
    language: str,
) -> int:
    """Write what somebody chose; how many acts came of it."""
    told: list[Told] = []
    for choice in choices(work, held).choices:
        about = (choice.purpose, choice.channel)
        text = choice.texts.get(language)
        if about not in shown or choice.is_on == (about in given):
            continue
        if about not in given:
            told.append(_of_choice(held, choice, "withdraw"))
        elif text is not None:
            consent_texts.keep(work.connection, {text.id: text}, work.now)
            told.append(_of_choice(held, choice, "grant", text.id))
    return write(work, held, told, BY_PAGE)


class Told(msgspec.Struct, frozen=True):
    """One act to be written."""

    purpose: str
    channel: str
    contact: bytes
    action: Action
    after: int
    """The last row of the ledger that it changes: the same act after it is the same."""
    text: str = ""
    subjects: tuple[bytes, ...] = ()
    """Of which fragments it is; none: of those that the ledger says."""


def refused(work: Work, held: Holder, collector: str) -> int:
    """Write that a person refuses advertising at this address, and what the message was for; how many acts."""
    about = held.row.purpose if held.row is not None else ""
    told = []
    for purpose in dict.fromkeys((ADS, about or ADS)):
        if not _is_refused(held, purpose):
            after = max((one.event_seq for key, one in held.states.items() if key.purpose == purpose), default=0)
            told.append(Told(purpose, held.channel, held.contact.fragment, "withdraw", after))
    return write(work, held, told, collector)


def _is_refused(held: Holder, purpose: str) -> bool:
    """Whether a purpose is refused at this address already, and by nobody who is joined agreed to."""
    states = [
        state.status
        for key, state in held.states.items()
        if (key.purpose, key.channel) == (purpose, held.channel) and key.contact == held.contact.fragment
    ]
    return any(status in REFUSED for status in states) and "granted" not in states


def _of_choice(held: Holder, choice: Choice, action: Literal["withdraw", "grant"], text: str = "") -> Told:
    is_own = choice.channel == held.channel
    abouts = [
        state.event_seq
        for key, state in held.states.items()
        if (key.purpose, key.channel) == (choice.purpose, choice.channel)
    ]
    contact = held.contact.fragment if is_own else SUBJECT_WIDE
    return Told(choice.purpose, choice.channel, contact, action, max(abouts, default=0), text)


def write(work: Work, held: Holder, told: Sequence[Told], collector: str) -> int:
    """Write acts into the ledger and into the log; how many were new."""
    acts: list[tuple[Act, list[bytes]]] = []
    records: dict[bytes, Record] = {}
    for one in told:
        event_id = f"{one.action}:{held.mark}:{one.purpose}:{one.channel}:{one.after}"
        for index, subject in enumerate(one.subjects or _subjects(held, one)):
            key = idempotency(OWN.name, f"{event_id}:{index}" if index else event_id)
            event = ConsentEvent(
                id=ids.keyed(b"consent", key),
                key=ConsentKey(SENDER, subject, one.contact, one.purpose, one.channel),
                action=one.action,
                occurred_at=work.now,
                recorded_at=work.now,
                text_id=one.text,
                source=collector,
            )
            acts.append((Act(event, key), held.joined))
            if not index:
                records[event.id] = _record(work, held, one, event_id, collector)
    written = consenting.record(work.connection, work.workspace.consent, acts) if acts else []
    fresh = [records[event.id] for event in written if event.id in records]
    if fresh:
        work.append(fresh)
    return len(fresh)


def _subjects(held: Holder, told: Told) -> list[bytes]:
    """Of which fragments an act is.

    Refused is where it was agreed to last, and the ledger copies that to all who are joined: agreeing there anew ends
    it everywhere. Agreed to is wherever it was ended.
    """
    own = {
        key.fragment: state
        for key, state in held.states.items()
        if (key.purpose, key.channel) == (told.purpose, told.channel) and told.contact in (key.contact, SUBJECT_WIDE)
    }
    if told.action == "grant":
        ended = sorted(fragment for fragment, state in own.items() if state.status in _ENDED)
        return ended or [held.contact.fragment]
    agreed = [(state.last_grant_at or 0, fragment) for fragment, state in own.items() if state.status == "granted"]
    return [max(agreed)[1]] if agreed else [held.contact.fragment]


def _record(work: Work, held: Holder, told: Told, event_id: str, collector: str) -> Record:
    """The act as an event: an unsubscription by a link of a message is told with the message."""
    address = work.value(held.contact.key) if held.contact.key is not None else ""
    about = {"purpose": told.purpose, "channel": told.channel, "collector": collector, "action": told.action}
    if collector != BY_PAGE and held.row is not None:
        return effects.record("Unsubscribed", held.row, address, work.now, event_id=event_id, **about)
    item = {
        "type": "track",
        "event": CONSENT_CHANGED,
        "messageId": event_id,
        "timestamp": instant.text(work.now),
        "identifiers": {held.contact.kind: address},
        "properties": {
            **about,
            "is_given": told.action == "grant",
            **({"text_version": told.text} if told.text else {}),
        },
    }
    return Record(source=OWN.name, call="track", body=msgspec.json.encode(item))


def done(held: Holder, changed: int) -> Done[Heard]:
    """What somebody did themselves, with how many acts came of it."""
    return Done(
        Heard(is_known=True, changed=changed),
        audit={"message": held.mark, "changed": changed},
        about=held.contact.fragment,
    )
