"""What must be done by a day: duties list, done, run."""

from __future__ import annotations

from typing import Literal

import click

import itda
from itda.cli import terminal
from itda.cli.options import Example, common, given
from itda.engine.commands.duties import SettleDuty
from itda.engine.questions.duties import Duties


@click.group("duties", invoke_without_command=True, epilog="Example: itda duties --json")
@common
@click.pass_context
def duties_command(ctx: click.Context) -> None:
    """See what must be done by a day, and note that it was.

    Notices, confirmations, requests of people, destruction, reviews. Without a command: what is open.
    """
    if ctx.invoked_subcommand is None:
        _list("open", "", 100)


@duties_command.command("list", cls=Example, examples=("itda duties list --overdue", "itda duties list --kind notice"))
@common
@click.option("--overdue", is_flag=True, help="Only what is overdue.")
@click.option("--settled", is_flag=True, help="What was done last instead, with its proof.")
@click.option("--kind", default="", help="Only duties of this kind, such as notice.")
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1, 10_000), help="So many at most.")
def duties_list(overdue: bool, settled: bool, kind: str, limit: int) -> None:
    """List what must be done by a day, what is due soonest first."""
    _list("done" if settled else "overdue" if overdue else "open", kind, limit)


def _list(shown: Literal["open", "overdue", "done"], kind: str, limit: int) -> None:
    with itda.open(given().workspace) as shop:
        view = shop.ask(Duties(shown=shown, kind=kind, limit=limit))
    if given().is_json:
        terminal.json_line(view)
        return
    if not view.duties:
        terminal.say("Nothing was done yet." if shown == "done" else "Nothing is owed.")
        return
    rows = [
        (one.id, one.kind, one.customer or one.about or "-", one.action, f"{one.purpose} {one.channel}".strip(),
         terminal.when(one.due_at) + (" OVERDUE" if one.is_overdue else ""),
         one.proof if one.done_at is not None else one.lacking or ("on its way" if one.message else ""))
        for one in view.duties
    ]  # fmt: skip
    columns = (
        "duty",
        "kind",
        "to or about",
        "after they",
        "for",
        "by @",
        "proof" if shown == "done" else "lacking",
    )
    terminal.say(terminal.table(columns, rows))
    if view.next:
        terminal.say(f"More than {limit:,} are open; see more with --limit.")


@duties_command.command(
    "done", cls=Example, examples=('itda duties done 0a1b2c3d4e5f60718293a4b5c6d7e8f9 --proof "notice of 3 May"',)
)
@common
@click.argument("duty", metavar="ID")
@click.option("--proof", required=True, help="What proves it, such as the notice's message; no personal value.")
@click.option("--reason", default="", help="Why you write it down; sealed.")
def duties_done(duty: str, proof: str, reason: str) -> None:
    """Note that a duty was done. It stays on record with its proof."""
    with itda.open(given().workspace) as shop:
        done = shop.act(SettleDuty(id=duty, proof=proof), reason)
    if given().is_json:
        terminal.json_line(done)
    else:
        terminal.say("Written.")


@duties_command.command("run", cls=Example, examples=("itda duties run",))
@common
def duties_run() -> None:
    """Write the letters that are owed, and settle what went. A served shop does so every minute."""
    from itda.engine.obliging.round import CarryOutDuties  # noqa: PLC0415 - loads what writes letters

    with itda.open(given().workspace) as shop:
        done = shop.act(CarryOutDuties(), "itda duties run")
    if given().is_json:
        terminal.json_line(done)
    elif done.is_away:
        terminal.say("The served shop is at it just now.")
    else:
        terminal.say(
            f"{done.letters:,} letters written, {done.settled:,} duties settled, {done.failed:,} letters did not go,"
            f" {done.silent:,} consents kept or suspended by silence, {done.suspended:,} suspended."
        )
