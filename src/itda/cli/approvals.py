"""Four eyes: approvals list, approve, refuse.

Who proposes from a terminal is `cli:` and the user of this machine. Who answers does so as a login of the console,
with its password: the user of a machine is often shared, and two people need two names.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

import itda
from itda.cli import terminal
from itda.cli.options import Example, bilingual, common, given
from itda.cli.speech import called, heads, spoken
from itda.console import saying
from itda.console.language import mark as _

if TYPE_CHECKING:
    from collections.abc import Callable

    from itda.engine.commands.approvals import Approve, RefuseApproval
    from itda.engine.questions.approvals import ApprovalView

_OPEN = {_("Number"): "", _("What"): "", _("Proposed by"): "", _("When"): "@", _("Until"): "@",
         _("Reason"): ""}  # fmt: skip
_ANSWERED = {_("Number"): "", _("What"): "", _("Proposed by"): "", _("Became"): "", _("Answered by"): "",
             _("Reason"): ""}  # fmt: skip
PASSWORD = "ITDA_PASSWORD"  # noqa: S105 - the name of a variable


@click.group("approvals", invoke_without_command=True, epilog="Example: itda approvals")
@common
@bilingual
@click.pass_context
def approvals_command(context: click.Context) -> None:
    """Agree, or not, to what somebody else proposed.

    Some things need two people: one who proposes, another who approves. Without a command: what waits.
    """
    if context.invoked_subcommand is None:
        context.invoke(approvals_list)


@approvals_command.command("list", cls=Example, examples=("itda approvals list", "itda approvals list --json"))
@common
@bilingual
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 1_000), help="So many of each at most.")
def approvals_list(limit: int = 50) -> None:
    """List what waits, the oldest first, and what was answered last."""
    from itda.engine.questions.approvals import Approvals  # noqa: PLC0415 - --help is quick

    with itda.open(given().workspace) as shop:
        view = shop.ask(Approvals(limit))
    if given().is_json:
        terminal.json_line(view)
        return
    rows = [(one.id, called(saying.APPROVALS, one.what), one.proposed_by, terminal.when(one.proposed_at),
             terminal.when(one.expires_at), saying.note(one.note, spoken))
            for one in view.open]  # fmt: skip
    if rows:
        terminal.say(terminal.table(heads(_OPEN), rows, title=spoken("Waiting")))
    else:
        terminal.say(spoken("Nothing waits for a second person"))
    past = [(one.id, called(saying.APPROVALS, one.what), one.proposed_by,
             called(saying.ANSWERS, one.decision or "expired"), one.decided_by, one.reason)
            for one in view.answered]  # fmt: skip
    if past:
        terminal.say(terminal.table(heads(_ANSWERED), past, title=f"\n{spoken('Answered')}"))


def _answering(command: Callable[..., None]) -> Callable[..., None]:
    """What an answer needs."""
    options = (
        click.argument("approval", metavar="ID"),
        click.option("--as", "login", required=True, help=f"Your login of the console; its password is asked, or "
                     f"read from {PASSWORD}."),
        click.option("--code", default="", help="The one-time code of now, where the login has codes."),
        click.option("--reason", default="", help="Why."),
    )  # fmt: skip
    for option in reversed(options):
        command = option(command)
    return command


@approvals_command.command(
    "approve", cls=Example, examples=("itda approvals approve 6f1c0a2b --as minji --reason 'read the difference'",)
)
@common
@bilingual
@_answering
def approvals_approve(approval: str, login: str, code: str, reason: str) -> None:
    """Approve it. Nobody approves what they proposed."""
    from itda.engine.commands.approvals import Approve  # noqa: PLC0415

    _answer(Approve(approval), login, code, reason)


@approvals_command.command(
    "refuse", cls=Example, examples=("itda approvals refuse 6f1c0a2b --as minji --reason 'too broad'",)
)
@common
@bilingual
@_answering
def approvals_refuse(approval: str, login: str, code: str, reason: str) -> None:
    """Refuse it."""
    from itda.engine.commands.approvals import RefuseApproval  # noqa: PLC0415

    _answer(RefuseApproval(approval), login, code, reason)


def _answer(command: Approve | RefuseApproval, login: str, code: str, reason: str) -> None:
    with itda.open(given().workspace) as shop:
        actor = shop.staff.prove(login, password_of(login), code, system="cli")
        done: ApprovalView = shop.app.act(command, actor, reason).value
    if given().is_json:
        terminal.json_line(done)
    else:
        words = spoken(
            "%(what)s: %(answer)s. Answered by %(who)s, proposed by %(name)s",
            what=called(saying.APPROVALS, done.what), answer=called(saying.ANSWERS, done.decision),
            who=done.decided_by or login, name=done.proposed_by,
        )  # fmt: skip
        terminal.say(words)


def password_of(login: str) -> str:
    """The password of a login: from the environment, else asked for."""
    found = os.environ.get(PASSWORD, "")
    return found or str(click.prompt(spoken("Password of %(login)s", login=login), hide_input=True, err=True))
