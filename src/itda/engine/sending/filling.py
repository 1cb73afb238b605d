"""What fills a message for one person: unsealed here, as it leaves, and only what its templates name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from itda.base import money
from itda.engine.gate import values_label
from itda.engine.questions.person import Member
from itda.engine.work import Work
from itda.events.places import tells, without
from itda.messages.definition import Message, View
from itda.profiles.fold import FragmentState, trait_label
from itda.profiles.full_names import full_names
from itda.profiles.places import trait_of_place
from itda.store.engagement_rows import OutboxRow
from itda.store.vault import Unsealable

_NAME = "name"
_NAMED_BY = frozenset({"full_name", "fullName", "first_name", "firstName", "last_name", "lastName"})
_MINOR = "minor"


def view(
    work: Work, row: OutboxRow, message: Message, members: Sequence[Member], state: FragmentState, address: str,
    *, is_placed: bool = True,
) -> View:  # fmt: skip
    """The values for one message. `Unsealable` where what was kept with it does not open.

    Unless `is_placed` nothing is told in it of where the person was: they paused the use of that.
    """
    wanted = {path.partition(".")[2] for path in message.uses if path.startswith("customer.")}
    if not is_placed:
        wanted = {name for name in wanted if not _of_place(work, name)}
    values = _computed(work, wanted, state) if wanted else {}
    values |= _declared(work, wanted, members) if wanted else {}
    if "email" in wanted:
        values.setdefault("email", address)
    workspace = work.workspace
    return View(
        customer=values,
        event=_event(work, row) if is_placed else without(dict(_event(work, row))),
        sender=workspace.consent.sender,
        zone=workspace.zone,
        currency=workspace.currency,
    )


def _of_place(work: Work, name: str) -> bool:
    """Whether a value tells where somebody was."""
    trait = work.workspace.reading_fold.computed(name.partition(".")[0])
    return tells(name) if trait is None else trait_of_place(trait.definition)


def _event(work: Work, row: OutboxRow) -> Mapping[str, Any]:
    if row.values_sealed is None:
        return {}
    cipher = work.ciphers([row.fragment]).get(row.fragment)
    if cipher is None:
        raise Unsealable("the key of whose it is was destroyed")
    opened = cipher.open(row.fragment, values_label(row.id), row.values_sealed)
    return msgspec.json.decode(opened, type=dict[str, Any])


def _computed(work: Work, wanted: set[str], state: FragmentState) -> dict[str, Any]:
    fold = work.workspace.reading_fold
    if not any(fold.computed(name) for name in wanted):
        return {}
    values: dict[str, Any] = {}
    for answer in fold.answers(state, max(work.now, state.log_time)).computed:
        if _is_wanted(answer.name, wanted) and answer.value is not None:
            is_money = answer.unit == _MINOR and isinstance(answer.value, int)
            values[answer.name] = _major(answer.value, answer.currency) if is_money else answer.value
    return values


def _declared(work: Work, wanted: set[str], members: Sequence[Member]) -> dict[str, Any]:
    """The latest that was said of each thing, opened with the key of the fragment it was said to."""
    latest: dict[str, tuple[tuple[int, str, str], Any]] = {}
    decode = work.workspace.reading_fold.decode
    for member in members:
        for name, held in (decode(member.state).declared if member.state is not None else {}).items():
            order = (held.at, held.event_id, held.source)
            is_named = _NAME in wanted and name in _NAMED_BY
            if not (is_named or _is_wanted(name, wanted)) or (name in latest and order <= latest[name][0]):
                continue
            if not held.is_sealed:
                latest[name] = (order, held.value)
            elif member.key is not None:
                opened = work.cipher(member.key).open(member.fragment, trait_label(name), held.value)
                latest[name] = (order, msgspec.json.decode(opened))
    values = {name: value for name, (_, value) in latest.items()}
    if _NAME in wanted and _NAME not in values:
        names = full_names([(name, value, True) for name, value in values.items()])
        if names:
            is_hangul = any("\uac00" <= sign <= "\ud7a3" for sign in names[-1])
            is_put_together = len(names) == 2  # noqa: PLR2004 - both orders of two parts
            values[_NAME] = names[-1].replace(" ", "") if is_hangul and is_put_together else names[0]
    return {name: value for name, value in values.items() if _is_wanted(name, wanted)}


def _major(amount: int, currency: str) -> float:
    digits = money.digits(currency)
    return amount / 10**digits if digits else amount


def _is_wanted(name: str, wanted: set[str]) -> bool:
    return name in wanted or any(path.startswith(f"{name}.") or name.startswith(f"{path}.") for path in wanted)
