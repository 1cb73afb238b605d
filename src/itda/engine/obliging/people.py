"""To whom something is owed: their identifiers as they are joined now, their consents, their language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from itda.consent.definition import ConsentKey, ConsentState
from itda.engine.obliging import letters
from itda.engine.questions import person
from itda.engine.questions.person import Member
from itda.engine.work import Work
from itda.store import consents
from itda.store.arrays import byteas

_LAST = "select fragment, last_at from fragment where fragment = any(%b)"
_LANGUAGES = ("language", "locale")


class Owner(msgspec.Struct, frozen=True):
    """One customer to whom something is owed."""

    members: list[Member]
    states: dict[ConsentKey, ConsentState]
    last_at: Mapping[bytes, int]

    def address(self, contact: bytes | None) -> Member | None:
        """Where they are written to."""
        return letters.address_of(self.members, contact, self.last_at)


def owners(work: Work, subjects: Iterable[bytes]) -> dict[bytes, Owner]:
    """The customers of these fragments, by each of their fragments."""
    wanted = sorted(set(subjects))
    by_customer: dict[bytes, list[Member]] = {}
    for member in person.load(work, wanted) if wanted else ():
        by_customer.setdefault(member.customer, []).append(member)
    fragments = sorted(member.fragment for members in by_customer.values() for member in members)
    states = consents.states_of(work.connection, fragments)
    last_at = dict[bytes, int](work.connection.execute(_LAST, [byteas(fragments)], binary=True).fetchall())
    found: dict[bytes, Owner] = {}
    for members in by_customer.values():
        own = {member.fragment for member in members}
        owner = Owner(members, {key: state for key, state in states.items() if key.fragment in own}, last_at)
        found |= dict.fromkeys(own, owner)
    return found


def language_of(work: Work, owner: Owner, text_id: str = "") -> str:
    """The language a person is written to in: their own, that of the text they saw, else the shop's first."""
    decode = work.workspace.reading_fold.decode
    said = {
        name: held.value
        for member in owner.members
        if member.state is not None
        for name, held in decode(member.state).declared.items()
        if name in _LANGUAGES and not held.is_sealed and isinstance(held.value, str)
    }
    wishes = [str(said[name])[:2].lower() for name in _LANGUAGES if name in said]
    wishes += [text_id.rpartition("/")[2], *work.workspace.languages]
    return next((wish for wish in wishes if wish in letters.WRITTEN_IN), letters.WRITTEN_IN[0])
