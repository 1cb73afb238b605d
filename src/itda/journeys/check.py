"""What is wrong with the steps of a journey as a whole: where nobody comes, and where nobody gets out again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from itda.journeys.definition import Step
from itda.journeys.steps import kind_of
from itda.journeys.steps.exit import Exit
from itda.journeys.steps.send import Send

Ways = Mapping[str, tuple[str, ...]]
"""Step → the steps it leads to."""


class Amiss(NamedTuple):
    """A step, what is wrong with it, and the cure."""

    step: str
    what: str
    cure: str


def amiss(steps: Sequence[Step]) -> list[Amiss]:
    """Every fault of these steps, each of whose ways leads to one of them; the first is where people come in."""
    ways = {step.name: tuple(step.next(way) for way in kind_of(step.does).ways) for step in steps}
    met = {steps[0].name, *reached(ways, steps[0].name)}
    found = [
        Amiss(step.name, "no way leads to this step", "name it after `then` or `else` of another, or remove it")
        for step in steps
        if step.name not in met
    ]
    return [*found, *_endless(steps, ways), *_without_way_out(steps, ways, met), *_said_again(steps, ways)]


def reached(ways: Ways, start: str) -> set[str]:
    """The steps that may come after one; itself only where a way leads back."""
    met: set[str] = set()
    ahead = [*ways[start]]
    while ahead:
        name = ahead.pop()
        if name not in met:
            met.add(name)
            ahead.extend(ways[name])
    return met


def _endless(steps: Iterable[Step], ways: Ways) -> list[Amiss]:
    """Loops in which no time passes, each told at its first step."""
    quick = [step.name for step in steps if not kind_of(step.does).takes_time]
    within = {name: tuple(other for other in ways[name] if other in quick) for name in quick}
    found, told = [], set[str]()
    for name in quick:
        loop = reached(within, name)
        if name in loop and name not in told:
            told |= {other for other in loop if name in reached(within, other)}
            around = " → ".join([name, *sorted(told - {name}, key=quick.index), name])
            found.append(Amiss(name, f"goes round for ever: {around}", "put a `wait` into the loop"))
    return found


def _without_way_out(steps: Iterable[Step], ways: Ways, met: set[str]) -> list[Amiss]:
    """The first step from which nobody ever comes to an `exit`."""
    exits = {step.name for step in steps if isinstance(step.does, Exit)}
    stuck = [step.name for step in steps if step.name in met and not exits & {step.name, *reached(ways, step.name)}]
    return [Amiss(name, "has no way out: no `exit` comes after it", "add a step such as `done: {exit: done}`")
            for name in stuck[:1]]  # fmt: skip


def _said_again(steps: Iterable[Step], ways: Ways) -> list[Amiss]:
    """A step says its message once to each who came in; a loop through it would stay silent from then on."""
    what = "is in a loop, but a step sends once to each who came in"
    return [
        Amiss(step.name, what, "write each message as a step of its own")
        for step in steps
        if isinstance(step.does, Send) and step.name in reached(ways, step.name)
    ]
