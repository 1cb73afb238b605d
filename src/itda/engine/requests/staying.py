"""What somebody who wants to be erased is told that stays by law: what is then held, kind by kind, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

import msgspec

from itda.consent.facts import Record
from itda.consent.packs.kr_ecommerce import BY_KIND, kept_until
from itda.engine.app import Answer
from itda.engine.questions.mine import find
from itda.engine.requests import holding
from itda.engine.work import Work
from itda.workspace.retention import HERE, KOREA


class Stays(msgspec.Struct, frozen=True):
    """Records of one kind that a law keeps."""

    what: str
    """`orders` or `complaints`."""
    until: int
    """The last moment of the latest of them, in microseconds UTC."""
    years: int


class WhatStays(msgspec.Struct, frozen=True):
    """What laws would keep of whoever proved these addresses if they were erased now."""

    permission: ClassVar[str] = "centre.read"
    proven: tuple[bytes, ...]

    def answer(self, work: Work) -> Answer[list[Stays]]:
        """Kind by kind; nothing where they are forgotten."""
        mine = find(work, self.proven)
        if mine is None:
            return Answer([])
        rows = holding.events(work, [one.fragment for one in mine.own]).values()
        told = [(one["name"], one["occurred_at"]) for found in rows for one in found]
        return Answer(staying(work.workspace.country, told, work.now), tuple(mine.fragments), len(told))


def staying(country: str, told: Iterable[tuple[str, int]], now: int) -> list[Stays]:
    """What the laws of a country keep of these events (name, microseconds UTC) of somebody who is erased now."""
    if country.upper() not in HERE:
        return []
    happened, found = list(told), list[Stays]()
    for law in KOREA:
        times = [at for name, at in happened if name in law.names]
        until = kept_until(Record(law.kind, max(times))) if times else None
        if until is not None and until > now:
            found.append(Stays(law.what, until - 1, BY_KIND[law.kind].months // 12))
    return found
