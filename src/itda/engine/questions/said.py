"""What was said of a person, unsealed."""

from __future__ import annotations

from typing import Any

import msgspec

from itda.engine.questions.person import Member
from itda.engine.work import Work
from itda.profiles.fold import FragmentState, trait_label
from itda.profiles.full_names import full_names
from itda.profiles.view import TraitAnswer


class Said(msgspec.Struct, frozen=True):
    """What was said of a person, unsealed. `personal` are the names of those that were sealed."""

    answers: list[TraitAnswer]
    personal: frozenset[str]

    @property
    def name(self) -> str:
        """The full name; empty when none is known."""
        values = {answer.name: answer.value for answer in self.answers}
        names = full_names([(name, value, True) for name, value in values.items()])
        if not names:
            return ""
        # Given as two parts, a Korean name is written family name first and without a space.
        is_hangul = any("\uac00" <= sign <= "\ud7a3" for sign in names[-1])
        return names[-1].replace(" ", "") if is_hangul and len(names) == 2 else names[0]  # noqa: PLR2004 - both orders


def states_of(work: Work, members: list[Member]) -> dict[bytes, FragmentState]:
    """The folds of these identifiers, as far as anything happened."""
    decode = work.workspace.reading_fold.decode
    return {member.fragment: decode(member.state) for member in members if member.state is not None}


def said_of(work: Work, members: list[Member], states: dict[bytes, FragmentState]) -> Said:
    """The latest that was said of each thing, opened with the key of the fragment it was said to."""
    keys = {member.fragment: member.key for member in members if member.key is not None}
    latest: dict[str, tuple[tuple[int, str, str], bytes]] = {}
    for fragment, state in states.items():
        for name, held in state.declared.items():
            order = (held.at, held.event_id, held.source)
            if name not in latest or order > latest[name][0]:
                latest[name] = (order, fragment)
    answers, personal = [], set()
    for name, (_, fragment) in sorted(latest.items()):
        held = states[fragment].declared[name]
        value: Any = held.value
        if held.is_sealed:
            personal.add(name)
            key = keys.get(fragment)
            if key is None:
                continue
            value = msgspec.json.decode(work.cipher(key).open(fragment, trait_label(name), held.value))
        answers.append(TraitAnswer(name=name, kind="declared", value=value, source=held.source, at=held.at))
    return Said(answers, frozenset(personal))
