"""Sources that are fetched: how they stand, fetching one now, reading one again."""

from __future__ import annotations

import click

import itda
from itda.base.counted import counted
from itda.cli import terminal
from itda.cli.options import Example, common, confirm, given
from itda.engine.questions.sources import SourceView
from itda.engine.shop import Shop
from itda.store.fetches import FetchRun


@click.group("source")
@common
def source_command() -> None:
    """Look at the sources, and fetch what is new in them."""


@source_command.command("list", cls=Example, examples=("itda source list", "itda -w shop source list --json"))
@common
def source_list() -> None:
    """Show every source.

    How fresh it is, what it brought in the last seven days, and of those that are fetched when and how that goes.
    """
    with itda.open(given().workspace) as shop:
        views = shop.sources.all()
    if given().is_json:
        terminal.json_line(views)
        return
    rows = [(view.name, view.kind, view.channel, view.accepted, view.refused, view.last_day or "-", view.every or "-",
             terminal.when(view.due_at) if view.due_at else "-", _standing(view)) for view in views]  # fmt: skip
    columns = (
        "source", "kind", "channel", "7 days #", "refused #", "last day", "every", "next @", "standing",
    )  # fmt: skip
    terminal.say(terminal.table(columns, rows))
    for view in views:
        if view.error:
            terminal.say(f"{view.name}: {view.error}")


def _standing(view: SourceView) -> str:
    return f"failing ({view.failures})" if view.standing == "failing" else view.standing or "-"


@source_command.command("run", cls=Example, examples=("itda source run erp", "itda source run erp --json"))
@click.argument("name")
@common
def source_run(name: str) -> None:
    """Fetch what is new in a source, now.

    It goes on where the last run ended, whoever did that. While the shop is served those with a schedule are fetched
    by themselves.
    """
    with itda.open(given().workspace) as shop:
        done = _fetched(shop, name)
    _tell(name, done)


@source_command.command("state", cls=Example, examples=("itda source state erp", "itda source state erp --json"))
@click.argument("name")
@click.option("--runs", default=10, show_default=True, type=click.IntRange(1, 100), help="Of its last runs, so many.")
@common
def source_state(name: str, runs: int) -> None:
    """Show how far a source is, and what came of its last runs."""
    with itda.open(given().workspace) as shop:
        state = shop.sources.state(name, runs)
    if given().is_json:
        terminal.json_line(state)
        return
    view = state.source
    told: list[tuple[str, object]] = [
        ("standing", _standing(view)),
        ("fetched", terminal.moment(view.ended_at)),
        ("next", terminal.moment(view.due_at) if view.due_at else "on request"),
    ]
    if state.cursor:
        told.append((f"read up to, by {state.cursor}", state.mark or "nothing yet"))
    if view.error:
        told.append(("last error", view.error))
    terminal.say(terminal.table(("", ""), told))
    rows = [(terminal.when(run.began_at), run.outcome, run.rows, run.events, run.refused, run.known)
            for run in state.runs]  # fmt: skip
    if rows:
        terminal.say(terminal.table(("began @", "outcome", "rows #", "events #", "refused #", "known #"), rows))


@source_command.command(
    "backfill", cls=Example, examples=("itda source backfill erp --since 2026-01-01", "itda source backfill erp --yes")
)
@click.argument("name")
@click.option("--since", default="", help="A value of the cursor (default: `since` of its YAML).")
@click.option("--yes", is_flag=True, help="Do not ask.")
@common
def source_backfill(name: str, since: str, yes: bool) -> None:
    """Read a source again, from a value of its cursor on, now.

    What was taken before is known by its key and counts once.
    """
    confirm(f"Read {name} again from {since or 'the beginning'}?", yes)
    with itda.open(given().workspace) as shop:
        shop.sources.backfill(name, since)
        done = _fetched(shop, name)
    _tell(name, done)


def _fetched(shop: Shop, name: str) -> FetchRun:
    """Fetch what is new, and process it."""
    with terminal.progress(f"Fetching {name}") as step:
        done = shop.sources.fetch(name, progress=step)
    with terminal.progress("Processing") as step:
        shop.settle(progress=step)
    return done


def _tell(name: str, done: FetchRun) -> None:
    if given().is_json:
        terminal.json_line(done)
        return
    gave = f"{counted(done.rows, 'row')} gave {counted(done.events, 'event')}"
    terminal.say(f"{name}: {gave}; {done.refused:,} {'was' if done.refused == 1 else 'were'} refused.")
    if done.known:
        terminal.say(f"Met again and left out: {done.known:,}")
    if done.unordered:
        terminal.say(f"Without a value of the cursor column, never read: {counted(done.unordered, 'row')}")
    if done.refused:
        terminal.say("See why: itda quarantine list")
