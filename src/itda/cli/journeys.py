"""Journeys: who is where in them, and one person's path with its reasons."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

import itda
from itda.base.counted import counted
from itda.cli import terminal
from itda.cli.options import command, given
from itda.engine.naming import named

if TYPE_CHECKING:
    from itda.engine.questions.aside import AsideView
    from itda.engine.questions.journeys import ArmView, JourneySummary, JourneyView, PathView, PersonPaths, VersionView


@command(
    "journey", "itda journey", "itda journey cart-rescue --json", "itda journey cart-rescue --path membership:1",
    "itda journey --aside", "itda journey --go-on",
)  # fmt: skip
@click.argument("name", required=False, default="")
@click.option("--path", "who", metavar="KIND:VALUE", default="", help="One person's way through it, with reasons.")
@click.option("--aside", "is_aside", is_flag=True, help="Whom a fault of our own stopped, and nobody else.")
@click.option("--go-on", "is_back", is_flag=True, help="Go on with those: what came for them meanwhile is put to them.")
def journey_command(name: str, who: str, is_aside: bool, is_back: bool) -> None:
    """Show the journeys, one of them step by step, or one person's path.

    Everybody who entered is in it still, or went out for one reason. With --aside the customers whose segments and
    journeys stand still, because our own code failed with them.
    """
    from itda.engine.questions.aside import GoOn, PutAside  # noqa: PLC0415 - --help is quick
    from itda.engine.questions.journeys import JourneyPaths, Journeys, JourneySteps  # noqa: PLC0415 - the same

    with itda.open(given().workspace) as shop:
        if is_back:
            done = shop.act(GoOn(), "customers put aside are gone on with")
            told = f"{counted(done.customers, 'customer')} will be gone on with while the shop is served."
            terminal.json_line(done) if given().is_json else terminal.say(told)
        elif is_aside:
            aside = shop.ask(PutAside())
            terminal.json_line(aside) if given().is_json else _print_aside(aside)
        elif who:
            paths = shop.ask(JourneyPaths(named(who, shop.workspace.policy.by_name), name))
            terminal.json_line(paths) if given().is_json else _print_paths(paths)
        elif name:
            view = shop.ask(JourneySteps(name))
            terminal.json_line(view) if given().is_json else _print_journey(view)
        else:
            all_of_them = shop.ask(Journeys())
            terminal.json_line(all_of_them) if given().is_json else _print_all(all_of_them)


def _print_all(journeys: list[JourneySummary]) -> None:
    rows = [(one.name, one.label_en, one.entered, one.active, _exits(one), _goals(one)) for one in journeys]
    terminal.say(terminal.table(("journey", "label", "entered #", "in it #", "out", "goal"), rows))


def _print_aside(aside: list[AsideView]) -> None:
    rows = [(one.customer, one.why, terminal.when(one.since), "to go on" if one.is_asked_back else "") for one in aside]
    columns = ("customer", "what broke", "since @", "asked for")
    terminal.say(terminal.table(columns, rows) if rows else "Nobody is put aside.")


def _exits(journey: JourneySummary) -> str:
    return terminal.counts(journey.exited)


def _goals(journey: JourneySummary) -> str:
    return ", ".join(f"{arm.arm} {_rate(arm)}" for arm in journey.arms if arm.entered)


def _rate(arm: ArmView) -> str:
    return f"{arm.goal:,} of {arm.entered:,} ({terminal.share(arm.goal / arm.entered)})"


def _print_journey(view: JourneyView) -> None:
    summary = view.summary
    terminal.say(f"{summary.label_en or summary.name}  {summary.name} {summary.version}")
    terminal.say(f"entered {summary.entered:,} = in it {summary.active:,} + out: {_exits(summary) or 'nobody'}")
    terminal.say(f"not let in: {terminal.counts(summary.declined) or 'nobody'}\n")
    arms = [(arm.arm, arm.entered, arm.active, arm.messaged, arm.goal, arm.goal_after_message) for arm in summary.arms]
    terminal.say(terminal.table(("people", "entered #", "in it #", "messaged #", "goal #", "after message #"), arms))
    for version in view.versions:
        _print_steps(version)


def _print_steps(version: VersionView) -> None:
    rows = [
        (step.name, step.kind, step.says, step.reached, step.waiting, step.messaged, step.unsent, step.held_out)
        for step in version.steps
    ]
    columns = ("step", "kind", "says", "reached #", "here #", "sent #", "not sent #", "held out #")
    told = "Steps" if version.is_current else "Steps of a former version"
    terminal.say(terminal.table(columns, rows, title=f"\n{told} ({version.version})"))


def _print_paths(paths: PersonPaths) -> None:
    if not paths.journeys:
        terminal.say("never entered")
    for view in paths.journeys:
        _print_path(view)


def _print_path(view: PathView) -> None:
    what = f" ({view.correlation})" if view.correlation else ""
    out = f"out: {view.exit_reason}" if view.exit_reason else f"at {view.step}"
    rows = [(terminal.when(one.at), one.what, one.step, _why(one.detail)) for one in view.path]
    title = f"\n{view.journey}{what}, {view.arm}, {out}"
    terminal.say(terminal.table(("when @", "what", "step", "why"), rows, title=title))


def _why(detail: dict[str, object]) -> str:
    told = [str(detail[key]) for key in ("reason", "why", "event") if detail.get(key)]
    due_at = detail.get("due_at")
    if isinstance(due_at, int):
        told.append(f"until {terminal.when(due_at)}")
    return ", ".join(told)
