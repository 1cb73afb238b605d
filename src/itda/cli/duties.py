"""What must be done by a day: duties list, done, run."""

from __future__ import annotations

from typing import Literal

import click

import itda
from itda.cli import terminal
from itda.cli.options import Example, bilingual, common, given
from itda.cli.speech import called, code, heads, several, spoken
from itda.console import requesting, saying, words
from itda.console.language import mark as _
from itda.engine.commands.duties import SettleDuty
from itda.engine.questions.duties import Duties, DutyView

_OPEN = {_("Number"): "", _("Duty"): "", _("To or about"): "", _("After they"): "", _("What for"): "", _("Due"): "@",
         _("Lacking"): ""}  # fmt: skip
_DONE = {_("Number"): "", _("Duty"): "", _("To or about"): "", _("After they"): "", _("What for"): "", _("Due"): "@",
         _("Proof"): ""}  # fmt: skip


@click.group("duties", invoke_without_command=True, epilog="Example: itda duties --json")
@common
@bilingual
@click.pass_context
def duties_command(ctx: click.Context) -> None:
    """See what must be done by a day, and note that it was.

    Notices, confirmations, requests of people, destruction, reviews. Without a command: what is open.
    """
    if ctx.invoked_subcommand is None:
        _list("open", "", 100)


@duties_command.command("list", cls=Example, examples=("itda duties list --overdue", "itda duties list --kind notice"))
@common
@bilingual
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
        terminal.say(spoken("Nothing was done yet") if shown == "done" else spoken("Nothing is owed"))
        return
    columns = heads(_DONE if shown == "done" else _OPEN)
    terminal.say(terminal.table(columns, [_row(one) for one in view.duties]))
    if view.next:
        terminal.say(spoken("More than %(num)s are open; see more with --limit.", num=f"{limit:,}"))


def _row(one: DutyView) -> tuple[object, ...]:
    label = one.label_ko if code() == "ko" else one.label_en
    due = f"{terminal.when(one.due_at)} {spoken('Overdue') if one.is_overdue else ''}".rstrip()
    lacking = requesting.lacking(one.lacking, spoken) if one.lacking else spoken("on its way") if one.message else ""
    what_for = (called(saying.PURPOSES, one.purpose), words.channel(one.channel, spoken))
    return (one.id, label if label == one.kind else f"{label} ({one.kind})", one.customer or _about(one) or "-",
            called(saying.ACTS, one.action), " · ".join(filter(None, what_for)), due,
            lacking if one.done_at is None else one.proof)  # fmt: skip


def _about(one: DutyView) -> str:
    """What a duty is about, as its page says it."""
    first, _colon, name = one.about.partition(":")
    match one.kind:
        case "request":
            return spoken("Request %(number)s", number=one.about[:12])
        case "processor" if name:
            return spoken("%(name)s, for request %(number)s", name=name, number=first[:12])
        case "destroy" if first == "rule":
            return spoken("What the rule %(name)s has due", name=name)
        case "destroy" if name:
            return spoken("Run %(number)s of retention", number=name)
        case "glass":
            return spoken("Broken glass")
    return one.about


@duties_command.command(
    "done", cls=Example, examples=('itda duties done 0a1b2c3d4e5f60718293a4b5c6d7e8f9 --proof "notice of 3 May"',)
)
@common
@bilingual
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
        terminal.say(spoken("Noted, with its proof."))


@duties_command.command("run", cls=Example, examples=("itda duties run",))
@common
@bilingual
def duties_run() -> None:
    """Write the letters that are owed, and settle what went. A served shop does so every minute."""
    from itda.engine.obliging.round import CarryOutDuties  # noqa: PLC0415 - loads what writes letters

    with itda.open(given().workspace) as shop:
        done = shop.act(CarryOutDuties(), "itda duties run")
    if given().is_json:
        terminal.json_line(done)
    elif done.is_away:
        terminal.say(spoken("The served shop is at it just now."))
    else:
        told = (
            several("%(num)s letter written", "%(num)s letters written", done.letters),
            several("%(num)s duty settled", "%(num)s duties settled", done.settled),
            several("%(num)s letter did not go", "%(num)s letters did not go", done.failed),
            several("%(num)s consent kept or suspended by silence", "%(num)s consents kept or suspended by silence",
                    done.silent),
            several("%(num)s consent suspended", "%(num)s consents suspended", done.suspended),
        )  # fmt: skip
        terminal.say(f"{', '.join(told)}.")
