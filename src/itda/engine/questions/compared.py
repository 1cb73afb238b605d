"""The values that a steward compares, side by side: those of today, each opened with the key of whose it is."""

from __future__ import annotations

from collections.abc import Collection

from itda.engine.questions.matching_people import COMPARED_AS, WHOLE
from itda.engine.questions.person import Member
from itda.engine.questions.said import said_of, states_of
from itda.engine.work import Work


def values_of(work: Work, members: list[Member], names: Collection[str]) -> dict[str, str]:
    """What was said under these names, whatever else was said that is personal, and the oldest address and number."""
    policy = work.workspace.policy
    told = said_of(work, members, states_of(work, members))
    found = {
        answer.name: text
        for answer in told.answers
        if (answer.name in names or answer.name in told.personal) and answer.name not in policy.by_name
        if isinstance(answer.value, str | int | float) and (text := str(answer.value).strip())
    }
    if told.name and WHOLE in names:
        found.setdefault(WHOLE, told.name)
    kinds = {kind.name for kind in policy.kinds if kind.normaliser in COMPARED_AS and not kind.hash_of}
    for member in members:
        if member.kind in kinds and member.key is not None:
            found.setdefault(member.kind, work.value(member.key))
    return found
