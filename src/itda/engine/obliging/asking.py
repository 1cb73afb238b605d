"""Open duties become letters: notices of what became of an act, confirmations, the second step of a sign-up.

What cannot go says what is missing and is tried again: a shop that sends nothing yet keeps its duties open.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from itda.base import ids
from itda.base.instant import DAY, MINUTE, LocalDates
from itda.consent.definition import ADS, ConsentEvent, ConsentKey
from itda.consent.obligations import RECONFIRM
from itda.consent.packs.kr_network.duties import NOTICE
from itda.decisions.policy import SENDER
from itda.engine.consenting import OPTIN
from itda.engine.obliging import became, letters
from itda.engine.obliging.letters import NO_ADDRESS, NO_CHANNEL, NO_SENDER, Item, Letter
from itda.engine.obliging.people import Owner, language_of, owners
from itda.engine.work import Work
from itda.messages import letters as written
from itda.store import consents, duties
from itda.store.arrays import byteas
from itda.store.duties import Duty

KINDS = (NOTICE, RECONFIRM, OPTIN)
ERASED, ENDED = "erased", "the consent does not stand any more"
UNANSWERED, ASKED_TODAY = "nobody answered in time", "asked within a day already"
_MESSAGES = {NOTICE: written.NOTICE, RECONFIRM: written.RECONFIRM, OPTIN: written.OPTIN}
_STANDS = {RECONFIRM: "granted", OPTIN: "pending"}
"""How a consent must stand for a letter to be of use."""
_ASKED = (
    "select contact from outbox where message = %s and contact = any(%b) and created_at > %s and status <> 'dropped'"
)


class _Asked(msgspec.Struct, frozen=True):
    """One duty that a letter can do, and what it says of it."""

    duty: Duty
    owner: Owner
    contact: bytes
    item: Item
    language: str


def write(work: Work, most: int) -> int:
    """Write the letters that are owed, as many duties at once as `most`; how many letters."""
    missing = letters.lacking(work)
    if missing:
        duties.lack_all(work.connection, KINDS, missing)
        return 0
    duties.lack_none(work.connection, (NO_CHANNEL, NO_SENDER))
    turn = ids.keyed(b"turn", str(work.now // MINUTE))
    found = duties.to_carry(work.connection, KINDS, most=most, turn=turn, again=(NO_ADDRESS, ASKED_TODAY))
    asked = _asked(work, found)
    return len(letters.put(work, list(_letters(work, _unhurried(work, asked)))))


def _unhurried(work: Work, asked: Sequence[_Asked]) -> list[_Asked]:
    """Without a second mail of a sign-up to one address within a day: anybody may ask in anybody's name."""
    contacts = sorted({one.contact for one in asked if one.duty.kind == OPTIN})
    values = [written.OPTIN, byteas(contacts), work.now - DAY]
    rows = work.connection.execute(_ASKED.encode(), values, binary=True).fetchall() if contacts else []
    lately = {bytes(contact) for (contact,) in rows}
    wait = [one for one in asked if one.duty.kind == OPTIN and one.contact in lately]
    duties.lack(work.connection, dict.fromkeys((one.duty.id for one in wait), ASKED_TODAY))
    return [one for one in asked if one not in wait]


def _asked(work: Work, found: Sequence[Duty]) -> list[_Asked]:
    """The duties that can be done now; the others are settled, or say what they lack."""
    people = owners(work, [one.subject for one in found if one.subject is not None])
    acts = consents.events_by_seq(work.connection, [one.event_seq for one in found if one.event_seq is not None])
    asked: list[_Asked] = []
    void: dict[str, list[bytes]] = {}
    nowhere: list[bytes] = []
    for one in found:
        owner = people.get(one.subject or b"")
        act = acts.get(one.event_seq or 0)
        own = next((member for member in owner.members if member.fragment == one.subject), None) if owner else None
        if owner is None or own is None or act is None:
            nowhere.append(one.id)
        elif own.key is None:
            void.setdefault(ERASED, []).append(one.id)
        elif not _stands(owner, one):
            void.setdefault(ENDED, []).append(one.id)
        elif one.kind == OPTIN and one.due_at <= work.now:
            void.setdefault(UNANSWERED, []).append(one.id)
        elif (address := owner.address(one.contact)) is None:
            nowhere.append(one.id)
        else:
            item = Item(act.action, one.purpose, one.channel, _since(owner, one, act))
            asked.append(_Asked(one, owner, address.fragment, item, language_of(work, owner, act.text_id)))
    for why, made in void.items():
        became.settle_void(work, made, why)
    duties.lack(work.connection, dict.fromkeys(nowhere, NO_ADDRESS))
    return asked


def _letters(work: Work, asked: Iterable[_Asked]) -> Iterable[Letter]:
    """One letter for all that is owed to one address in one matter."""
    together: dict[tuple[str, bytes, str, int], list[_Asked]] = {}
    for one in asked:
        day = one.duty.due_at if one.duty.kind != NOTICE else 0
        together.setdefault((one.duty.kind, one.contact, one.language, day), []).append(one)
    rules = work.workspace.consent.reconfirm
    dates = LocalDates(rules.zone)
    for (kind, contact, language, due_at), some in together.items():
        yield Letter(
            message=_MESSAGES[kind],
            fragment=some[0].duty.subject or b"",
            contact=contact,
            language=language,
            items=[one.item for one in some],
            duties=[one.duty.id for one in some],
            last_day=dates.of(due_at - 1) if due_at else 0,
            is_kept=rules.silence == "maintain" and work.now < due_at,
        )


def _key(one: Duty) -> ConsentKey:
    return ConsentKey(SENDER, one.subject or b"", one.contact or b"", one.purpose or ADS, one.channel)


def _stands(owner: Owner, one: Duty) -> bool:
    wanted, state = _STANDS.get(one.kind), owner.states.get(_key(one))
    return wanted is None or (state is not None and state.status == wanted)


def _since(owner: Owner, one: Duty, act: ConsentEvent) -> int:
    """When it was done; of a consent to be confirmed when it was given."""
    state = owner.states.get(_key(one)) if one.kind == RECONFIRM else None
    return act.occurred_at if state is None or state.last_grant_at is None else state.last_grant_at
