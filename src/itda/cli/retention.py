"""How long what is kept: what is due, and having it destroyed."""

from __future__ import annotations

import click

import itda
from itda.cli import terminal
from itda.cli.options import Example, bilingual, common, given
from itda.cli.speech import called, code, heads, ngettext, spoken
from itda.console import keeping
from itda.console.language import mark as _
from itda.engine.retaining.views import RetentionView, RuleView, RunView

_RULES = {_("Rule"): "", _("About"): "", _("Kept"): "", _("Due now"): "#", _("Oldest"): "", _("State"): ""}


@click.group("retention", invoke_without_command=True, epilog="Example: itda retention --json")
@common
@bilingual
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
@bilingual
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
            click.confirm(spoken("Destroy what is due? It cannot be undone."), abort=True, err=True)
        done = shop.retention.run(reason)
    if given().is_json:
        terminal.json_line(done)
    else:
        terminal.say(_came_to(done))


def _tell(view: RetentionView) -> None:
    if not view.rules:
        terminal.say(f"{spoken('Nothing says how long anything is kept')}.")
        terminal.say(spoken("Write retention.yaml in the workspace, and check it with itda check."))
        return
    terminal.say(terminal.table(heads(_RULES), [_row(one) for one in view.rules]))
    for one in view.rules:
        for law in one.longer:
            told = spoken("longer by law: %(law)s", law=keeping.law(law, spoken, code()))
            terminal.say(f"{one.name}: {told}")
    for run in view.runs[:1]:
        who = spoken("daily") if run.by == "upkeep" else run.by
        last = spoken("Last run %(moment)s (%(who)s)", moment=terminal.moment(run.ended_at), who=who)
        terminal.say(f"{last}: {_came_to(run)}")
    if view.is_under_way:
        terminal.say(spoken("A run is under way."))
    elif view.next_at is not None:
        terminal.say(spoken("The next run is from %(moment)s on.", moment=terminal.moment(view.next_at)))


def _row(one: RuleView) -> tuple[object, ...]:
    state = ""
    if one.held_until:
        state = spoken("Stopped until %(day)s: %(reason)s", day=one.held_until, reason=one.because)
    elif one.is_new:
        state = spoken("New: the next run tells of it, the one after carries it out")
    about = f"{called(keeping.SORTS, one.of)}: {', '.join(one.about) or spoken('all')}"
    return (one.name, about, keeping.term(one, ngettext), one.due, one.oldest_due or "-", state)


def _came_to(run: RunView) -> str:
    """What a run did, in words."""
    counts = ", ".join(f"{name} {n:,}" for name, n in run.counts.items() if n) or spoken("nothing was due")
    announced = [spoken("told of: %(rules)s", rules=", ".join(run.announced))] if run.announced else []
    left = [spoken("%(rule)s: %(num)s more with the next run", rule=name, num=f"{n:,}") for name, n in run.left.items()]
    return f"{'; '.join([counts, *announced, *left])}."
