"""How a journey is drawn: its steps from top to bottom, ways to the next one straight, all others along the side.

One narrow column, so that the same drawing is read on a phone and on a desk. Lengths are units of the drawing.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec

from itda.engine.questions.journey_flow import DropView, FlowView
from itda.engine.questions.journeys import StepView, VersionView

LEFT, BOX, HIGH, GAP, LANE, TURN = 8, 292, 62, 50, 20, 8
MIDDLE = LEFT + 110
_WIDE, _NARROW = 13.0, 7.2
"""Width of a letter of Hangul and of a Latin one at 13 units."""
_ROOM = 176.0
"""What a step's name may take."""


class Node(msgspec.Struct, frozen=True):
    """One step's box. `share` is of all who came in, 0..1; `title` is the name as far as it fits."""

    step: StepView
    y: int
    title: str
    share: float
    drops: list[DropView]


class Edge(msgspec.Struct, frozen=True):
    """One way. `path` is SVG's `d`; `word` is then or otherwise, empty where there is only one way."""

    path: str
    head: str
    word: str
    count: int
    weight: float
    label_x: int
    label_y: int


class Drawing(msgspec.Struct, frozen=True):
    """One version of a journey."""

    nodes: list[Node]
    edges: list[Edge]
    width: int
    height: int


class _Way(NamedTuple):
    at: int
    to: int
    word: str
    went: int
    rank: int
    """0 for the first way along the side that leaves a step, 1 for a second: they leave beside each other."""


def draw(version: VersionView, flow: FlowView) -> Drawing:
    """Place the steps of a version, and the ways between them with how many went each."""
    steps = version.steps
    counts = {(one.step, one.then): one.count for one in flow.ways if one.version == version.version}
    entered = steps[0].reached if steps else 0
    tops = [LEFT + n * (HIGH + GAP) for n in range(len(steps))]
    nodes = [
        Node(
            step, top, fitted(step.name.replace("_", " ")), step.reached / entered if entered else 0.0,
            [one for one in flow.drops if one.version == version.version and one.step == step.name],
        )
        for step, top in zip(steps, tops, strict=True)
    ]  # fmt: skip
    ways = _ways(steps, counts)
    lanes = _lanes(ways)
    edges = [_edge(way, tops, lanes, entered) for way in ways]
    width = LEFT + BOX + LANE * (max(lanes.values(), default=-1) + 1) + (16 if lanes else LEFT)
    return Drawing(nodes, edges, width, (tops[-1] + HIGH + LEFT + _below(nodes[-1])) if nodes else 0)


def fitted(text: str, room: float = _ROOM) -> str:
    """As much of a text as fits; what is left out is said by dots."""
    used = 0.0
    for place, letter in enumerate(text):
        used += _WIDE if unicodedata.east_asian_width(letter) in "WF" else _NARROW
        if used > room:
            return text[: max(1, place - 1)].rstrip() + "…"
    return text


def _below(node: Node) -> int:
    return 16 * len(node.drops)


def _ways(steps: Sequence[StepView], counts: Mapping[tuple[str, str], int]) -> list[_Way]:
    place = {step.name: n for n, step in enumerate(steps)}
    found: list[_Way] = []
    for n, step in enumerate(steps):
        both = [("then", step.then), ("otherwise", step.otherwise)]
        there = [(word, to) for word, to in both if to in place]
        for word, to in there:
            rank = sum(1 for way in found if way.at == n and not _is_straight(way))
            found.append(_Way(n, place[to], word if len(there) > 1 else "", counts.get((step.name, to), 0), rank))
    return found


def _is_straight(way: _Way) -> bool:
    return way.to == way.at + 1


def _lanes(ways: Sequence[_Way]) -> dict[_Way, int]:
    """A lane for each way that is not straight; short ways get the inner ones, none crosses another in its lane."""
    lanes: dict[_Way, int] = {}
    for way in sorted((one for one in ways if not _is_straight(one)), key=lambda one: abs(one.to - one.at)):
        low, high = min(way.at, way.to), max(way.at, way.to)
        taken = {
            lane for other, lane in lanes.items()
            if low <= max(other.at, other.to) and min(other.at, other.to) <= high
        }  # fmt: skip
        lanes[way] = next(lane for lane in range(len(ways) + 1) if lane not in taken)
    return lanes


def _edge(way: _Way, tops: Sequence[int], lanes: Mapping[_Way, int], entered: int) -> Edge:
    weight = round(1.5 + 3.0 * way.went / entered, 2) if entered else 1.5
    bottom, top = tops[way.at] + HIGH, tops[way.to]
    if _is_straight(way):
        path, head = f"M{MIDDLE} {bottom}V{top - 5}", _down(MIDDLE, top)
        return Edge(path, head, way.word, way.went, weight, MIDDLE + 9, bottom + 20)
    right = LEFT + BOX
    x, out = right + 14 + LANE * lanes[way], right - 72 - 64 * way.rank
    aim = top + HIGH // 2
    turn, sign = bottom + 22 + 18 * way.rank, 1 if aim > bottom else -1
    path = (
        f"M{out} {bottom}V{turn - TURN}q0 {TURN} {TURN} {TURN}H{x - TURN}"
        f"q{TURN} 0 {TURN} {sign * TURN}V{aim - sign * TURN}q0 {sign * TURN} {-TURN} {sign * TURN}H{right + 5}"
    )
    return Edge(path, _left(right, aim), way.word, way.went, weight, out + 8, turn - 6)


def _down(x: int, y: int) -> str:
    return f"M{x - 4} {y - 6}L{x} {y}L{x + 4} {y - 6}z"


def _left(x: int, y: int) -> str:
    return f"M{x + 6} {y - 4}L{x} {y}L{x + 6} {y + 4}z"
