"""Messages: what waits, what went and what did not, and why; dead ones tried again, uncertain ones settled."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

import itda
from itda.base.errors import Fault, Misused, Refused
from itda.cli import terminal
from itda.cli.options import Example, bilingual, common, confirm, given
from itda.cli.speech import called, heads, several, spoken
from itda.console import laws, saying, words
from itda.console.language import mark as _

if TYPE_CHECKING:
    from itda.engine.commands.callbacks import Taken
    from itda.engine.commands.messages import Became
    from itda.engine.questions.messages import MessageListView, MessageView

_WHY_NOT = {_("Why it was not sent"): "", _("Messages"): "#"}
_LINES = {_("Number"): "", _("Wanted"): "@", _("Message"): "", _("State"): "", _("Reason"): "", _("Journey"): ""}
_DECIDED = {_("Step"): "", _("When"): "@", _("Would"): "", _("Reasons"): "", _("Until"): "@", _("Ledger up to"): "#"}
_TRIES = {_("Attempt"): "#", _("When"): "@", _("Became"): "", _("Code"): "", _("What was said"): ""}
_AT_ONCE = 100
_LARGEST = 10_000_000
"""Bytes of one report; mail servers return no more than the mail itself."""


@click.group("message", invoke_without_command=True, epilog="Example: itda message")
@common
@bilingual
@click.pass_context
def message_command(context: click.Context) -> None:
    """Look at messages: what waits, what went and what did not, and why."""
    if context.invoked_subcommand is None:
        context.invoke(message_list)


@message_command.command(
    "list", cls=Example, examples=("itda message", "itda message list --status uncertain", "itda message list --json")
)
@common
@bilingual
@click.option("--status", default="", help="Only those that are this: queued, held, sent, dropped, dead, uncertain …")
@click.option("--message", "name", default="", help="Only this message.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 10_000), help="So many at most.")
def message_list(status: str = "", name: str = "", limit: int = 50) -> None:
    """Count messages by what became of them, and list the latest."""
    from itda.engine.questions.messages import STATUSES, MessageList  # noqa: PLC0415 - --help is quick

    if status and status not in STATUSES:
        raise Misused(Fault(what=f"{status!r} is nothing a message can be", cure=f"one of {', '.join(STATUSES)}"))
    with itda.open(given().workspace) as shop:
        view = shop.ask(MessageList(status=status, message=name, limit=limit))
    terminal.json_line(view) if given().is_json else _print_list(view)


@message_command.command("why", cls=Example, examples=("itda message why 0f3a… ", "itda message why 0f3a… --json"))
@common
@bilingual
@click.argument("message_id", metavar="ID")
def message_why(message_id: str) -> None:
    """Tell why a message went, waits, or did not go: every decision and every try."""
    from itda.engine.commands.messages import message_of  # noqa: PLC0415
    from itda.engine.questions.messages import MessageWhy  # noqa: PLC0415

    with itda.open(given().workspace) as shop:
        view = shop.ask(MessageWhy(message_of(message_id)))
    if view is None:
        raise Refused(Fault(what=f"there is no message {message_id}", cure="see `itda message list`"))
    terminal.json_line(view) if given().is_json else _print_why(view)


@message_command.command(
    "replay", cls=Example, examples=("itda message replay 0f3a…", "itda message replay --all --yes")
)
@common
@bilingual
@click.argument("message_ids", metavar="[ID]…", nargs=-1)
@click.option("--all", "is_all", is_flag=True, help="Every dead message whose time is not over.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def message_replay(message_ids: tuple[str, ...], is_all: bool, yes: bool) -> None:
    """Let dead messages be tried once more.

    Each is decided anew as it leaves: whoever refused meanwhile gets nothing.
    """
    from itda.engine.commands.messages import ReplayMessages  # noqa: PLC0415

    if bool(message_ids) == is_all:
        raise Misused(Fault(what="name the messages, or --all", cure="see `itda message list --status dead`"))
    some = several("Try %(num)s message once more?", "Try %(num)s messages once more?", len(message_ids))
    confirm(spoken("Try every dead message once more?") if is_all else some, yes)
    with itda.open(given().workspace) as shop:
        done = shop.act(ReplayMessages(message_ids), "replay of dead messages")
    again = several("%(num)s message waits to be sent again.", "%(num)s messages wait to be sent again.", done.messages)
    terminal.json_line(done) if given().is_json else terminal.say(again)


@message_command.command(
    "resolve",
    cls=Example,
    examples=("itda message resolve 0f3a… --became sent", "itda message resolve 0f3a… --became unsent"),
)
@common
@bilingual
@click.argument("message_id", metavar="ID")
@click.option("--became", required=True, type=click.Choice(["sent", "unsent"]), help="What the server's log says.")
@click.option("--reason", default="", help="How that is known.")
def message_resolve(message_id: str, became: Became, reason: str) -> None:
    """Settle an uncertain message: say whether it went.

    One that did not is dead; it may be tried again by `itda message replay`.
    """
    from itda.engine.commands.messages import ResolveMessage  # noqa: PLC0415

    with itda.open(given().workspace) as shop:
        shop.act(ResolveMessage(message_id, became), reason or "an uncertain message is settled")
    told = spoken("It went") if became == "sent" else spoken("It did not")
    terminal.json_line({"id": message_id, "became": became}) if given().is_json else terminal.say(told)


@message_command.command(
    "callbacks",
    cls=Example,
    examples=("itda message callbacks /var/mail/bounces/new", "itda message callbacks - < report.eml"),
)
@common
@bilingual
@click.argument("place", metavar="FOLDER|-")
def message_callbacks(place: str) -> None:
    """Read bounces and complaints: each file of a folder is one mail, `-` is one on standard input.

    Reading one again changes nothing. The files stay where they are.
    """
    from itda.engine.commands.callbacks import ReadCallbacks, Taken  # noqa: PLC0415

    total = Taken()
    with itda.open(given().workspace) as shop:
        for reports in _portions(_reports(place)):
            done = shop.act(ReadCallbacks(tuple(reports)), "reports of mail servers")
            total = Taken(**{name: getattr(total, name) + getattr(done, name) for name in Taken.__struct_fields__})
    terminal.json_line(total) if given().is_json else _print_taken(total)


def _reports(place: str) -> Iterator[bytes]:
    if place == "-":
        yield sys.stdin.buffer.read(_LARGEST)
        return
    folder = Path(place)
    if not folder.is_dir():
        raise Misused(Fault(what=f"{place} is no folder", cure="name a folder of mails, such as a Maildir's new/"))
    for path in sorted(folder.iterdir()):
        if path.is_file() and not path.name.startswith("."):
            with path.open("rb") as file:
                yield file.read(_LARGEST)


def _portions(reports: Iterable[bytes]) -> Iterator[list[bytes]]:
    portion: list[bytes] = []
    for report in reports:
        portion.append(report)
        if len(portion) == _AT_ONCE:
            yield portion
            portion = []
    if portion:
        yield portion


def _print_list(view: MessageListView) -> None:
    counts = [f"{called(saying.STATUSES, status)} {count:,}" for status, count in view.counts.items()]
    terminal.say(", ".join(counts) or spoken("No messages yet"))
    if view.reasons:
        why_not = Counter[str]()
        for why, count in view.reasons.items():
            why_not[_reasons(why) or "-"] += count
        terminal.say(terminal.table(heads(_WHY_NOT), why_not.most_common()))
    if view.lines:
        lines = [
            (one.id, terminal.when(one.created_at), one.message, called(saying.STATUSES, one.status),
             _reasons(one.reasons) or one.detail, one.journey)
            for one in view.lines
        ]  # fmt: skip
        terminal.say(terminal.table(heads(_LINES), lines))


def _reason(code: str) -> str:
    """What a reason says, with its code."""
    told = saying.reason(code, spoken)
    return code if told == code else f"{told} ({code})"


def _reasons(codes: str) -> str:
    """What keeps a message from going, as it keeps that itself; without codes, which `why` tells."""
    return " ".join(dict.fromkeys(saying.reason(code, spoken) for code in saying.hindrances(codes)))


def _print_why(view: MessageView) -> None:
    one = view.line
    what = f"{called(saying.CLASSES, one.message_class)}, {words.channel(one.channel, spoken)}, {one.language}"
    terminal.say(f"{one.message} ({what}) → {view.to or spoken('somebody forgotten')}")
    wanted = spoken("wanted %(moment)s", moment=terminal.moment(one.created_at))
    by = spoken("journey %(journey)s, step %(step)s", journey=one.journey, step=one.step) if one.journey else ""
    terminal.say(" · ".join(filter(None, (wanted, by, called(saying.STATUSES, one.status), _reasons(one.reasons)))))
    rows = [
        (called(laws.STAGES, told.stage), terminal.when(told.at), called(saying.VERDICTS, told.verdict),
         "\n".join(map(_reason, told.reasons)), terminal.when(told.hold_until), told.consent_seq)
        for told in view.decisions
    ]  # fmt: skip
    terminal.say(terminal.table(heads(_DECIDED), rows))
    if view.attempts:
        tries = [
            (t.n, terminal.when(t.started_at),
             called(saying.OUTCOMES, t.outcome) if t.outcome else spoken("on its way"), t.code, t.detail)
            for t in view.attempts
        ]  # fmt: skip
        terminal.say(terminal.table(heads(_TRIES), tries))


def _print_taken(taken: Taken) -> None:
    told = _(
        "%(read)s read: %(bounced)s bounced for good, %(soft)s temporarily, %(delivered)s delivered, %(complained)s"
        " complained of, %(known)s known before, %(foreign)s about no message of ours"
    )
    counts = {name: f"{getattr(taken, name):,}" for name in taken.__struct_fields__}
    terminal.say(spoken(told, **counts))
