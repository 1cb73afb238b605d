"""How identifiers are drawn: the one with most links in the middle, the others around it, always in the same places."""

from __future__ import annotations

import math
from collections import Counter

import msgspec

from itda.engine.questions.views import IdentifierView, LinkView

WIDTH = 380
MIDDLE = (190.0, 158.0)
REACH = (138.0, 112.0)
MOST = 9
"""Drawn at most; the list below the drawing has all."""
LONGEST = 16
"""Letters of a value that fit below its circle."""


class Spot(msgspec.Struct, frozen=True):
    """One circle. `x` and `y` are its centre; `text` is the value as far as it fits."""

    x: float
    y: float
    kind: str
    text: str
    is_root: bool


class Thread(msgspec.Struct, frozen=True):
    """One line between two circles. `look` is seen, must or cut; `width` grows with how often they were seen."""

    x1: float
    y1: float
    x2: float
    y2: float
    look: str
    width: float


class Web(msgspec.Struct, frozen=True):
    """The drawing. `left_out` identifiers did not fit."""

    spots: list[Spot]
    threads: list[Thread]
    left_out: int
    width: int
    height: int


def draw(identifiers: list[IdentifierView], links: list[LinkView]) -> Web:
    """Place a customer's identifiers and the links between them."""
    if not identifiers:
        return Web([], [], 0, WIDTH, 0)
    degree = Counter(end for link in links for end in (link.a, link.b))
    ranked = sorted(identifiers, key=lambda one: (-degree[one.fragment], -one.events, one.kind, one.fragment))
    root, others = ranked[0], sorted(ranked[1:MOST], key=lambda one: (one.kind, one.first_at, one.fragment))
    where = {root.fragment: MIDDLE}
    for index, one in enumerate(others):
        turn = 2 * math.pi * index / len(others) - math.pi / 2
        where[one.fragment] = (
            round(MIDDLE[0] + REACH[0] * math.cos(turn), 1),
            round(MIDDLE[1] + REACH[1] * math.sin(turn), 1),
        )
    spots = [
        Spot(*where[one.fragment], one.kind, _short(one.value), one.fragment == root.fragment)
        for one in (root, *others)
    ]
    threads = [_thread(link, where) for link in links if link.a in where and link.b in where]
    height = round(max(spot.y for spot in spots) + 60)
    return Web(spots, threads, max(0, len(ranked) - MOST), WIDTH, height)


def _thread(link: LinkView, where: dict[str, tuple[float, float]]) -> Thread:
    look = "cut" if link.tier == "cannot" or link.state != "active" else "must" if link.tier == "must" else "seen"
    width = round(min(1.2 + math.log10(max(1, link.count)) * 1.2, 5.0), 1)
    return Thread(*where[link.a], *where[link.b], look, width)


def _short(value: str) -> str:
    return value if len(value) <= LONGEST else value[: LONGEST - 1] + "…"
