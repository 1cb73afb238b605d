"""How long what is kept: what is due, and having it destroyed."""

from __future__ import annotations

import click

import itda
from itda.cli import terminal
from itda.cli.options import Example, common, given
from itda.engine.retaining.views import RetentionView, RunView


@click.group("retention", invoke_without_command=True, epilog="Example: itda retention --json")
@common
@click.pass_context
def retention_command(ctx: click.Context) -> None:
    """See how long what is kept, and what is due.

    By retention.yaml. A served shop destroys what is due once a day; a rule that is new, or was changed, is told of
    first and carried out a day later. Without a command: each rule, what is due by it, and the last runs.
    """
    if ctx.invoked_subcommand is None:
        with itda.open(given().workspace) as shop:
            view = shop.retention.report()
        if given().is_json:
            terminal.json_line(view)
        else:
            _tell(view)


@retention_command.command(
    "run", cls=Example, examples=("itda retention run --dry-run", 'itda retention run --reason "before the audit"')
)
@common
@click.option("--dry-run", is_flag=True, help="Destroy nothing: tell what is due.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--reason", default="", help="Why now; kept in the audit.")
def retention_run(dry_run: bool, yes: bool, reason: str) -> None:
    """Destroy what is due now, by every rule as it is written.

    Events become nobody's, fields are taken out of the log and of profiles, people are erased. It cannot be undone.
    """
    with itda.open(given().workspace) as shop:
        view = shop.retention.report()
        if dry_run or not view.rules:
            if given().is_json:
                terminal.json_line(view)
            else:
                _tell(view)
            return
        if not yes and not given().is_json:
            _tell(view)
            click.confirm("Destroy what is due? It cannot be undone.", abort=True, err=True)
        done = shop.retention.run(reason)
    if given().is_json:
        terminal.json_line(done)
    else:
        terminal.say(_came_to(done))


def _tell(view: RetentionView) -> None:
    if not view.rules:
        terminal.say("Nothing says how long anything is kept: write retention.yaml.")
        return
    rows = [
        (one.name, one.of, ", ".join(one.about) or "all", one.keep, f"{one.due:,}", one.oldest_due or "-",
         f"stopped until {one.held_until}: {one.because}" if one.held_until else "new" if one.is_new else "")
        for one in view.rules
    ]  # fmt: skip
    terminal.say(terminal.table(("rule", "of", "about", "kept", "due now", "oldest", ""), rows))
    for one in view.rules:
        for law in one.longer:
            terminal.say(f"{one.name}: the law keeps longer {law}")
    for run in view.runs[:1]:
        terminal.say(f"Last run {terminal.moment(run.ended_at)} by {run.by}: {_came_to(run)}")
    if view.is_under_way:
        terminal.say("A run is under way.")
    elif view.next_at is not None:
        terminal.say(f"Next run from {terminal.moment(view.next_at)} on, where the shop is served.")


def _came_to(run: RunView) -> str:
    """What a run did, in words."""
    counts = ", ".join(f"{name} {n:,}" for name, n in run.counts.items() if n) or "nothing was due"
    announced = f"; told of, and carried out a day later: {', '.join(run.announced)}" if run.announced else ""
    left = "".join(f"; {name}: {n:,} more with the next run" for name, n in run.left.items())
    return f"{counts}{announced}{left}."
