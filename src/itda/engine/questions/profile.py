"""The single customer view, and the search for customers."""

from __future__ import annotations

import unicodedata
from typing import ClassVar

import msgspec

from itda.access.actor import may
from itda.access.masking import HIDDEN, masked
from itda.base import ids
from itda.engine.app import Answer
from itda.engine.questions import household, person
from itda.engine.questions.links import links_among
from itda.engine.questions.person import Member, Person, Who
from itda.engine.questions.said import Said, said_of, states_of
from itda.engine.questions.views import ChannelCount, FoundCustomer, LinkView, ProfileView, TraitView
from itda.engine.questions.whole import refolded
from itda.engine.work import Work
from itda.profiles.fold import trait_label
from itda.profiles.full_names import full_names
from itda.profiles.view import TraitAnswer

CANDIDATES = 2_000
"""Fragments that may share a name's 20 bits of hash and are verified by unsealing."""


class Profile(msgspec.Struct, frozen=True):
    """Everything known of one customer. `who` is any id ever shown, or (kind, value)."""

    permission: ClassVar[str] = "customer.read"
    who: Who

    def answer(self, work: Work) -> Answer[ProfileView | None]:
        """The view; None when there is no such customer."""
        found = person.find(work, self.who)
        if found is None:
            return Answer(None)
        view = _view(work, found)
        others = view.household.others if view.household is not None else []
        return Answer(view, (*found.fragments, *(ids.customer_bytes(one.customer) for one in others)), 1)


class CustomerSearch(msgspec.Struct, frozen=True):
    """Customers by an identifier of any kind (also as `kind:value`), by a customer's id, or by full name."""

    permission: ClassVar[str] = "customer.search"
    text: str
    limit: int = 50

    def answer(self, work: Work) -> Answer[list[FoundCustomer]]:
        """The hits, each customer once: those by identifier first, then by name, the lately seen first."""
        matched = _matched(work, self.text.strip())
        members: dict[bytes, list[Member]] = {}
        for member in person.load(work, list(matched)) if matched else ():
            members.setdefault(member.customer, []).append(member)
        found = []
        for customer, own in members.items():
            by = next((matched[member.fragment] for member in own if member.fragment in matched), "customer")
            found.append(found_customer(work, customer, own, by))
        found.sort(key=lambda hit: (hit.matched == "name", -hit.last_at, hit.id))
        hits = found[: max(self.limit, 0)]
        return Answer(hits, tuple(ids.customer_bytes(hit.id) for hit in hits), len(hits))


def _view(work: Work, found: Person) -> ProfileView:
    states = states_of(work, found.members)
    fold = work.workspace.reading_fold
    total = fold.combine(states.values())
    if fold.is_spilled(total):
        total = refolded(work, found.fragments)
    answers = fold.answers(total, work.now)
    said = said_of(work, found.members, states)
    seen = [member.first_at for member in found.members]
    near = household.view_of(work, found.customer, found.fragments, {one.name: one.value for one in said.answers})
    return ProfileView(
        id=ids.customer_text(found.customer),
        asked=ids.customer_text(found.asked),
        name=shown_name(work, said),
        identifiers=[person.identifier_view(work, member) for member in found.members],
        links=_links(work, found.fragments),
        traits=[trait_view(work, answer, said.personal) for answer in (*said.answers, *answers.computed)],
        events=total.events,
        first_at=total.first_at if total.events else min(seen),
        last_at=total.last_at if total.events else max(seen),
        channels=[ChannelCount(channel, n) for channel, n in sorted(total.channels.items())],
        position=found.position,
        household=near,
    )


def _links(work: Work, fragments: list[bytes]) -> list[LinkView]:
    """Every link between two of these, the oldest first; those to other customers are asked for by `Why`.

    None where who asks may not know why these are one.
    """
    if len(fragments) < 2 or not may(work.actor, "identity.read"):  # noqa: PLR2004 - it takes two
        return []
    return links_among(work, fragments)


def shown_name(work: Work, said: Said) -> str:
    """The full name as who asks may see it."""
    name = said.name
    return name if person.sees_personal(work) else masked("name", name)


def trait_view(work: Work, answer: TraitAnswer, personal: frozenset[str]) -> TraitView:
    """One trait as who asks may see it; `personal` are the names of those that were sealed."""
    base = answer.name.removesuffix(f".{answer.currency}") if answer.currency else answer.name
    definition = next((trait for trait in work.workspace.traits if trait.name == base), None)
    suffix = f" ({answer.currency})" if base != answer.name else ""
    value = answer.value
    if answer.kind == "declared" and answer.name in personal and not person.sees_personal(work):
        value = masked(answer.name, value) if isinstance(value, str) else HIDDEN
    return TraitView(
        name=answer.name,
        kind=answer.kind,
        value=value,
        label_ko=((definition.label_ko if definition else "") or base) + suffix,
        label_en=((definition.label_en if definition else "") or base) + suffix,
        source=answer.source,
        at=answer.at,
        unit=answer.unit,
        currency=answer.currency,
    )


def _matched(work: Work, text: str) -> dict[bytes, str]:
    """Fragments that the text names, each with the kind by which."""
    if not text:
        return {}
    try:
        return {ids.customer_bytes(text): "customer"}
    except ValueError:
        pass
    kinds = work.workspace.policy.by_name
    prefix, colon, rest = text.partition(":")
    asked = {prefix: rest} if colon and prefix in kinds else dict.fromkeys(kinds, text)
    wanted = {blind: kind for kind, value in asked.items() for blind in person.blinds(work, kind, value)}
    found = {fragment: wanted[blind] for blind, fragment in person.keyed(work, list(wanted)).items()}
    if colon and prefix in kinds:
        return found
    for fragment in _named(work, text):
        found.setdefault(fragment, "name")
    return found


def _named(work: Work, text: str) -> list[bytes]:
    """Fragments of which this full name was said: candidates by hash, verified by unsealing."""
    wanted = _letters(text)
    if not wanted:
        return []
    rows = work.connection.execute(
        "select n.fragment, f.state from name_hash n join fragment f using (fragment) where n.hash = %s "
        "order by f.last_at desc limit %s",
        [work.vault.name_hash(text), CANDIDATES],
    ).fetchall()
    decode = work.workspace.reading_fold.decode
    keys = work.keys([fragment for fragment, _ in rows])
    found = []
    for fragment, encoded in rows:
        state, key = decode(encoded), keys.get(fragment)
        said = [
            (name, msgspec.json.decode(work.cipher(key).open(fragment, trait_label(name), held.value)), True)
            for name, held in state.declared.items()
            if held.is_sealed and key is not None
        ] + [(name, held.value, False) for name, held in state.declared.items() if not held.is_sealed]
        if any(_letters(name) == wanted for name in full_names(said)):
            found.append(fragment)
    return found


def _letters(name: str) -> str:
    """A name without case, spaces and marks."""
    return "".join(letter for letter in unicodedata.normalize("NFKC", name).casefold() if letter.isalnum())


def found_customer(work: Work, customer: bytes, members: list[Member], by: str) -> FoundCustomer:
    """A customer as a list shows it; `by` is what found it."""
    states = states_of(work, members)
    return FoundCustomer(
        id=ids.customer_text(customer),
        name=shown_name(work, said_of(work, members, states)),
        matched=by,
        identifiers=list(dict.fromkeys(member.kind for member in members)),
        events=sum(state.events for state in states.values()),
        last_at=max((state.last_at for state in states.values()), default=max(m.first_at for m in members)),
    )
