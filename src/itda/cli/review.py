"""Customers who look like one person: review list, show, same, different, later, undo, refresh, runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import click

import itda
from itda.base.counted import counted
from itda.cli import terminal
from itda.cli.options import Example, common, given

if TYPE_CHECKING:
    from itda.engine.commands.review import ReviewDecided
    from itda.engine.questions.review_views import Field, Queue, Run, Side, Task, TaskView

KINDS = ("pair", "check", "limit", "hub")


@click.group("review", invoke_without_command=True, epilog="Example: itda review")
@common
@click.pass_context
def review_command(ctx: click.Context) -> None:
    """Decide whether customers who look like one person are one.

    Without a command: what waits, those most worth a decision first.
    """
    if ctx.invoked_subcommand is None:
        _list("", 50, put_off=False, decided=False)


@review_command.command("list", cls=Example, examples=("itda review list", "itda review list --kind limit --json"))
@common
@click.option("--kind", default="", type=click.Choice(["", *KINDS]), help="Only pair, check, limit or hub.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 1_000), help="So many at most.")
@click.option("--later", "put_off", is_flag=True, help="Those that were put off instead.")
@click.option("--decided", is_flag=True, help="Those that were decided instead, the latest first.")
def review_list(kind: str, limit: int, put_off: bool, decided: bool) -> None:
    """List what waits, those most worth a decision first.

    pair: two customers who look like one person. check: two that the matching joined, drawn to be confirmed. limit: a
    link that a limit holds back. hub: an identifier that too many share.
    """
    _list(kind, limit, put_off=put_off, decided=decided)


def _list(kind: str, limit: int, *, put_off: bool, decided: bool) -> None:
    with itda.open(given().workspace) as shop:
        queue = shop.review.queue(kind, limit, put_off=put_off, decided=decided)
    if given().is_json:
        terminal.json_line(queue)
        return
    rows = [
        (task.id, task.kind, _who(task.a), "" if task.b is None else _who(task.b), _sure(task), f"{task.worth:.1f}",
         task.decided or (f"later: {terminal.moment(task.later_until)}" if task.later_until else ""))
        for task in queue.tasks
    ]  # fmt: skip
    terminal.say(terminal.table(("task", "kind", "one", "other", "sure #", "worth #", ""), rows))
    terminal.say(_summary(queue))


def _summary(queue: Queue) -> str:
    if queue.run is None:
        return "Nothing was compared yet. To look for customers who are one person: itda review refresh"
    waiting = ", ".join(f"{counted(n, kind)}" for kind, n in sorted(queue.waiting.items())) or "nothing"
    return f"Waiting: {waiting}. Put off: {queue.later}. Last compared {terminal.moment(queue.run.at)}."


def _who(side: Side) -> str:
    return " ".join(filter(None, (side.name, side.identifier, f"({counted(side.events, 'event')})")))


def _sure(task: Task) -> str:
    return task.reason if task.probability is None else terminal.share(task.probability)


@review_command.command("show", cls=Example, examples=("itda review show 6f1c…",))
@common
@click.argument("task")
def review_show(task: str) -> None:
    """Show the two side by side, and what each line says for and against."""
    with itda.open(given().workspace) as shop:
        view = shop.review.show(task)
    if given().is_json:
        terminal.json_line(view)
        return
    _print(view)


def _print(view: TaskView) -> None:
    task = view.task
    terminal.say(f"{task.kind} {task.id}: {_sure(task)}, worth {task.worth:.1f}")
    rows = [(_line(field), field.a, field.b, field.said, "" if field.bits is None else f"{field.bits:+.1f}")
            for field in view.fields]  # fmt: skip
    if rows:
        terminal.say(terminal.table(("", "one", "other", "", "bits #"), rows))
    for title, known in (("One", view.a_identifiers), ("Other", view.b_identifiers)):
        held = [(one.kind, one.value, one.events, terminal.when(one.first_at)) for one in known]
        if held:
            terminal.say(terminal.table(("identifier", "value", "events #", "first seen @"), held, title=f"\n{title}"))


_REST = {"prior": "(two taken at random)", "order": "(names swapped)", "household": "(same household)"}


def _line(field: Field) -> str:
    return field.label or _REST.get(field.what, field.what)


def _answering(command: Callable[..., None]) -> Callable[..., None]:
    """What one has to say of an answer."""
    reason = click.option("--reason", required=True, help="Why: it is kept sealed and shown to whoever may ask.")
    return click.argument("task")(reason(command))


@review_command.command("same", cls=Example, examples=("itda review same 6f1c… --reason 'same card, her new address'",))
@common
@_answering
def review_same(task: str, reason: str) -> None:
    """Say that the two are one person; of a hub, that it is one customer's."""
    with itda.open(given().workspace) as shop:
        _told(shop.review.same(task, reason=reason))


@review_command.command("different", cls=Example, examples=("itda review different 6f1c… --reason 'father and son'",))
@common
@_answering
def review_different(task: str, reason: str) -> None:
    """Say that the two are not one person; of a hub, that many share it."""
    with itda.open(given().workspace) as shop:
        _told(shop.review.different(task, reason=reason))


@review_command.command("later", cls=Example, examples=("itda review later 6f1c… --days 30 --reason 'asked her'",))
@common
@click.argument("task")
@click.option("--days", default=7, show_default=True, type=click.IntRange(1, 3650), help="For so many days.")
@click.option("--reason", default="", help="Why.")
def review_later(task: str, days: int, reason: str) -> None:
    """Put a task off."""
    with itda.open(given().workspace) as shop:
        _told(shop.review.later(task, days=days, reason=reason))


@review_command.command(
    "undo", cls=Example, examples=("itda review undo", "itda review undo 6f1c… --reason 'mistyped'")
)
@common
@click.argument("task", default="")
@click.option("--reason", default="", help="Why.")
def review_undo(task: str, reason: str) -> None:
    """Take an answer back: that to a task, or your last one."""
    with itda.open(given().workspace) as shop:
        _told(shop.review.undo(task, reason=reason))


def _told(done: ReviewDecided) -> None:
    if given().is_json:
        terminal.json_line(done)
    elif done.is_undone:
        terminal.say(f"Taken back: {done.answer}. The task waits again: {done.id}")
    else:
        terminal.say(f"Done: {done.answer}. To take it back: itda review undo {done.id}")


@review_command.command("refresh", cls=Example, examples=("itda review refresh", "itda review refresh --json"))
@common
def review_refresh() -> None:
    """Compare everybody anew: learn, link whom identity.yaml lets it link, and fill the queue.

    A served shop does it once a day. Everybody of whom anything was said is in memory; nothing is written to disk.
    """
    with itda.open(given().workspace) as shop:
        run = shop.review.refresh(_unsaid if given().is_json else terminal.note)
    if given().is_json:
        terminal.json_line(run)
        return
    terminal.say(f"{counted(run.people, 'customer')} compared in {counted(run.pairs, 'pair')}.")
    terminal.say(
        f"Estimated to be one too many: {run.duplicates:,.0f}. Linked: {run.linked:,}. For you: {run.waiting:,}."
    )
    terminal.say("See what waits: itda review")


def _unsaid(_: str) -> None:
    """Say nothing."""


@review_command.command("runs", cls=Example, examples=("itda review runs", "itda review runs --json"))
@common
@click.option("--limit", default=30, show_default=True, type=click.IntRange(1, 1_000), help="So many at most.")
def review_runs(limit: int) -> None:
    """List the runs: how many duplicates there seem to be, and how far decisions bear the estimates out."""
    with itda.open(given().workspace) as shop:
        found = shop.review.runs(limit)
    if given().is_json:
        terminal.json_line(found)
        return
    heads = (
        "when @",
        "people #",
        "duplicates #",
        "linked #",
        "estimated right #",
        "decided #",
        "right of checked #",
    )
    terminal.say(terminal.table(heads, [_run(run) for run in found]))


def _run(run: Run) -> tuple[object, ...]:
    checked = f"{run.checked_right} of {run.checked} ({run.low:.0%} to {run.high:.0%})" if run.checked else "-"
    return (terminal.when(run.at), run.people, f"{run.duplicates:,.1f}", run.linked, terminal.share(run.precision),
            run.decided, checked)  # fmt: skip
