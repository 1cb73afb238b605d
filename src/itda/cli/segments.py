"""Who is meant: segments with their sizes, their members, and why somebody is in one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

import itda
from itda.base.counted import counted
from itda.base.errors import Refused
from itda.cli import terminal
from itda.cli.options import command, given
from itda.engine.naming import named
from itda.engine.questions.segments import (
    MembershipView,
    MembersView,
    SegmentList,
    SegmentMembers,
    SegmentView,
    SegmentWhy,
    TestView,
)


@command(
    "segment",
    "itda segment",
    "itda segment left_a_cart --members",
    "itda segment left_a_cart --why email:minji@shop.example",
)
@click.argument("name", required=False)
@click.option("--members", is_flag=True, help="Who is in it.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 1_000), help="So many members at most.")
@click.option("--after", default="", metavar="ID", help="Members after this one: the `next` of the page before.")
@click.option("--why", "who", metavar="KIND:VALUE|ID", help="Why this customer is in it, or is not.")
def segment_command(name: str | None, members: bool, limit: int, after: str, who: str | None) -> None:
    """List segments, with their sizes and how fresh they are.

    With a name: that one, its members, or why one customer is in it or is not.
    """
    if name is None and (members or who):
        raise click.UsageError("name a segment with --members and --why")
    if members and who:
        raise click.UsageError("--members or --why, one of the two")
    with itda.open(given().workspace) as shop:
        if name is not None and who is not None:
            found = shop.ask(SegmentWhy(name, named(who, shop.workspace.policy.by_name)))
            if found is None:
                raise Refused(f"no customer has {who}")
            _say(found, _print_why)
        elif name is not None and members:
            _say(shop.ask(SegmentMembers(name, after, limit)), _print_members)
        else:
            listed = shop.ask(SegmentList())
            chosen = [segment for segment in listed if name in (None, segment.name)]
            if not chosen and name is not None:
                shop.ask(SegmentMembers(name, limit=1))  # says which segments there are
            _say(chosen if name is None else chosen[0], _print_list if name is None else _print_one)


def _say(view: Any, show: Any) -> None:
    if given().is_json:
        terminal.json_line(view)
    else:
        show(view)


def _print_list(segments: list[SegmentView]) -> None:
    if not segments:
        terminal.say("No segments. Write one: docs/guides/segment.md")
        return
    rows = [(one.name, one.label_en, one.members, _fresh(one)) for one in segments]
    terminal.say(terminal.table(("segment", "", "members #", "as of @"), rows))


def _print_one(segment: SegmentView) -> None:
    terminal.say(f"{segment.name}  {segment.label_en}, {segment.label_ko}")
    terminal.say(f"{counted(segment.members, 'member')}, as of {_fresh(segment, terminal.moment)}")


def _fresh(segment: SegmentView, told: Callable[[int], str] = terminal.when) -> str:
    at = told(segment.as_of) if segment.as_of else "-"
    if segment.state == "renewing":
        share = segment.renewed_share or 0.0
        return f"{at}; a changed definition is being carried out, {share:.0%} so far"
    if segment.state == "waiting":
        return f"{at}; not answered before `itda replay` has folded the past it rests on"
    return f"{at}; not read yet" if segment.state == "new" else at


def _print_members(view: MembersView) -> None:
    rows = [
        (one.customer.id, one.customer.name, ", ".join(one.customer.identifiers), terminal.when(one.since))
        for one in view.members
    ]
    terminal.say(terminal.table(("customer", "name", "known by", "since @"), rows))
    if view.next:
        terminal.say(f"More: --after {view.next}")


def _print_why(view: MembershipView) -> None:
    word = "is" if view.is_member else "is not"
    until = f", until {terminal.moment(view.valid_until)} if nothing happens" if view.valid_until else ""
    terminal.say(f"{view.customer} {word} in {view.segment}{until}\n")
    rows = [
        ("  " * test.depth + _written(test), "yes" if test.holds else "no", _found(test),
         "" if test.valid_until is None else terminal.when(test.valid_until))
        for test in view.tests
    ]  # fmt: skip
    terminal.say(terminal.table(("test", "holds", "found", "until @"), rows))


def _written(test: TestView) -> str:
    if not test.test:
        return test.word
    events = test.test.get("events")
    told = [f"events {_flat(events)}"] if events is not None else []
    told += [f"{part} {_flat(value)}" for part, value in test.test.items() if part != "events"]
    return ", ".join(told)


def _flat(value: Any) -> str:
    if isinstance(value, dict):
        return " ".join(f"{key}: {_flat(item)}" for key, item in value.items() if item not in (None, (), [], {}, ""))
    if isinstance(value, list | tuple):
        return "/".join(_flat(item) for item in value)
    return str(value)


def _found(test: TestView) -> str:
    if isinstance(test.found, list):
        return ", ".join(str(one.get("value", one)) if isinstance(one, dict) else str(one) for one in test.found)
    return "" if test.found is None else str(test.found)
