"""What a change of the definitions would do, and doing it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

import itda
from itda.base.counted import counted
from itda.base.errors import Misused
from itda.cli import terminal
from itda.cli.options import command, confirm, given
from itda.engine.applying.diff import DiffView, JourneyCourse, SegmentMoves
from itda.engine.applying.regrouping import IdentityMoves
from itda.engine.shop import Shop
from itda.workspace.load import check

if TYPE_CHECKING:
    from rich.table import Table

_SIGNS = {"added": "+", "changed": "~", "removed": "-"}


def _opened() -> Shop:
    """The shop, where its files are in order; else every fault, as wrong use."""
    folder = given().workspace
    faults = check(folder)
    if faults:
        raise Misused(*faults)
    return itda.open(folder)


@command("diff", "itda diff", "itda diff --members 20 --days 30", "itda diff --back --json")
@click.option("--back", is_flag=True, help="What returning to the version before would do.")
@click.option(
    "--days", default=7, show_default=True, type=click.IntRange(1, 400),
    help="Put the events of so many past days to new and changed journeys.",
)  # fmt: skip
@click.option(
    "--members", default=0, show_default=True, metavar="N", type=click.IntRange(0, 1_000),
    help="Name the first so many customers who would come in and go out.",
)  # fmt: skip
def diff_command(back: bool, days: int, members: int) -> None:
    """Say what `itda apply` would do before it does it.

    Definitions that differ; customers that other rules of identity.yaml would join and split, the biggest ten of each
    named, with the segments and running journeys that touches; who would come into each segment and go out; what new
    and changed journeys would have done with the past days, and what the gate would say of their messages now. Nothing
    is written.
    """
    with _opened() as shop:
        _settle(shop)
        view = shop.diff(back=back, days=days, members=members)
        holder = shop.served_by()
    if given().is_json:
        terminal.json_line(view)
    else:
        _print(view, holder)


@command("apply", 'itda apply --reason "spring offer"', "itda apply --yes", 'itda apply --back --reason "too many"')
@click.option("--reason", default="", help="Why; it is kept in the audit.")
@click.option("--back", is_flag=True, help="Return to the version before. The files stay as they are.")
@click.option("--days", default=7, hidden=True, type=click.IntRange(1, 400))
@click.option("--yes", is_flag=True, help="Do not ask.")
def apply_command(reason: str, back: bool, days: int, yes: bool) -> None:
    """Let the definitions hold that the files say now.

    It shows what that does, asks, and does it; a served shop takes it up by itself. What is in force already is not
    applied again, and an interrupted one goes on.
    """
    with _opened() as shop:
        _settle(shop)
        view = shop.diff(back=back, days=days)
        if not given().is_json:
            _print(view, shop.served_by())
        if view.changes or view.unsuited:
            confirm("Apply this?", yes)
        with terminal.progress("Carrying out") as step:
            done = shop.apply(view, reason=reason, back=back, progress=step)
    if given().is_json:
        terminal.json_line(done)
        return
    if not done.is_new:
        terminal.say("In force already; nothing was applied.")
    else:
        terminal.say(f"Applied as version {done.version}, from log position {done.position} on.")
    if done.replayed:
        terminal.say(f"The past was folded anew: {counted(done.replayed, 'row')} of the lake.")
    if not done.is_carried_out:
        terminal.say("Customers and segments are still being settled anew: see `itda status`.")
    if back and done.is_new:
        terminal.say("The files were left as they are: `itda diff` tells how they differ.")


def _settle(shop: Shop) -> None:
    """Look at everything that came; where it is not known what holds, at what was processed before."""
    if not shop.workspace.is_lost:
        shop.settle()


def _print(view: DiffView, holder: str | None) -> None:
    for line in _lines(view):
        terminal.say(line)
    if view.identity is not None:
        _print_identity(view.identity)
    if view.segments:
        rows = [(one.name, one.members, one.would_be, f"+{one.come:,}", f"-{one.go:,}") for one in view.segments]
        terminal.say(terminal.table(("segment", "members #", "would be #", "come in #", "go out #"), rows))
        for one in view.segments:
            for line in _named(one):
                terminal.say(line)
    for title, courses in (
        ("At once, as people come into segments and go out:", view.at_once),
        (f"With the events of the past {counted(view.days, 'day')}, had it been in force:", view.past),
    ):
        if courses:
            terminal.say(title)
            terminal.say(_table(courses))
    for line in _fates(view, holder):
        terminal.say(line)


def _print_identity(moves: IdentityMoves) -> None:
    for line in _regrouped(moves):
        terminal.say(line)
    for title, found, parts in (
        ("Most joined", moves.most_joined, "made of #"),
        ("Most split", moves.most_split, "would be #"),
    ):
        if found:
            rows = [(one.customer, one.parts, one.identifiers, one.events) for one in found]
            terminal.say(terminal.table(("customer", parts, "identifiers #", "events #"), rows, title=title))
    if moves.segments:
        touched = [(one.name, one.members, one.would_be, f"+{one.come:,}", f"-{one.go:,}") for one in moves.segments]
        columns = ("segment", "members #", "would be #", "come in #", "go out #")
        terminal.say(terminal.table(columns, touched, title="Because of who is whom"))


def _regrouped(moves: IdentityMoves) -> Iterator[str]:
    yield f"{counted(moves.customers, 'customer')} would be {moves.would_be:,}."
    if moves.joined:
        yield f"{counted(moves.joined, 'customer')} would be joined into {moves.joined_into:,}."
    if moves.split:
        yield f"{counted(moves.split, 'customer')} would be split into {moves.split_into:,}."
    if moves.identifiers:
        yield f"{counted(moves.identifiers, 'identifier')} would be of another customer."
    if moves.silenced or moves.freed:
        yield f"{counted(moves.silenced, 'identifier')} would join nobody any more, {moves.freed:,} would again."
    for one in moves.journeys:
        yield f"{counted(one.people, 'person', 'people')} in {one.journey} would be joined or parted on their way."


def _fates(view: DiffView, holder: str | None) -> Iterator[str]:
    """What becomes of people and messages on their way, and of the past."""
    for flight in view.in_flight:
        fate = "are taken out" if flight.is_gone else "finish on their version"
        yield f"{counted(flight.people, 'person', 'people')} in {flight.journey}: they {fate}."
    for waiting in view.waiting:
        fate = "will be dropped" if waiting.is_gone else "leave as it says then"
        yield f"{counted(waiting.waiting, 'message')} of {waiting.message} that wait: they {fate}."
    if view.unfolded:
        names = ", ".join(view.unfolded)
        yield f"{names}: the past is folded for them first, {counted(view.rows, 'row')} of the lake."
        if holder is not None:
            yield f"{holder} serves: stop `itda serve`, run `itda apply`, and serve again."


def _lines(view: DiffView) -> Iterator[str]:
    for why in view.unsuited:
        yield f"Nothing is sent now: {why}"
    if view.position is None:
        yield "Nothing was applied yet: the files hold, and are applied as they are by the first who serves."
    elif not view.changes and not view.unsuited:
        yield "Nothing differs from what is in force."
    for change in view.changes:
        yield f"{_SIGNS[change.what]} {change.kind} {change.name}: {change.what}"
        yield from (f"    {words}" for words in change.words)


def _named(one: SegmentMoves) -> Iterator[str]:
    for sign, customers in (("+", one.came), ("-", one.went)):
        yield from (f"  {sign} {one.name}  {customer}" for customer in customers)


def _table(courses: Sequence[JourneyCourse]) -> Table:
    columns = ("journey", "would enter #", "held out #", "would leave #", "send #", "hold #", "drop")
    rows = [
        (one.name, one.entered, one.held_out, one.exited, one.sent, one.held,
         ", ".join(f"{why} {number:,}" for why, number in one.dropped.items()))
        for one in courses
    ]  # fmt: skip
    return terminal.table(columns, rows)
