"""Requests of people: request access, erase, correct, stop, port, list, show, resume, hold."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

import itda
from itda.base.errors import Fault, Refused
from itda.cli import terminal
from itda.cli.options import Example, bilingual, common, confirm, given
from itda.cli.speech import called, code, heads, spoken
from itda.console import requesting
from itda.console.language import mark as _

if TYPE_CHECKING:
    from itda.engine.requests.views import Request
    from itda.engine.shop import Shop
    from itda.store.requests import Kind

_LIST = {_("Request"): "", _("What they ask for"): "", _("State"): "", _("Taken"): "@", _("Due"): "@",
         _("By law"): "", _("Came by"): "", _("Waits for"): ""}  # fmt: skip
_SECRETS = {_("Processor"): "", _("Signing secret"): ""}
_HOLDS = {_("Number"): "", _("By law"): "", _("What"): "", _("Records"): "#", _("Kept until"): "@"}
_REASON = click.option("--reason", default="", help="What the person said: kept sealed with their request.")
_TO = click.option(
    "--to",
    type=click.Path(path_type=Path),
    help="The file, .json or .html; only you can read it. Left out: they get a mail with a link that is good once.",
)
_LANGUAGE = click.option(
    "--language", default="ko", show_default=True, type=click.Choice(["ko", "en"]), help="Of a page."
)


@click.group("request", epilog="Example: itda request list")
@common
@bilingual
def request_command() -> None:
    """Carry out what people ask for of their own data.

    Each request has a day by which it is answered, and goes on by itself where it was interrupted.
    """


@request_command.command("erase", cls=Example, examples=("itda request erase email:minji@shop.example --yes",))
@common
@bilingual
@click.argument("who", metavar="KIND:VALUE")
@_REASON
@click.option("--yes", is_flag=True, help="Do not ask.")
def request_erase(who: str, reason: str, yes: bool) -> None:
    """Erase a person.

    All use stops at once. What a law keeps is held apart; then their keys are destroyed, so that nothing in log, lake
    and backups can be read, and their rows are deleted. It cannot be undone.
    """
    with itda.open(given().workspace) as shop:
        held = shop.requests.meant(who)
        asked = (
            spoken("Erase %(who)s? It cannot be undone.", who=who)
            if held
            else f"{_nothing(who)} {spoken('Refuse old copies of it all the same?')}"
        )
        confirm(asked, yes)
        request = shop.requests.open("erase", who, via="cli", reason=reason)
        _told(shop.requests.resume(request.id))


@request_command.command("stop", cls=Example, examples=("itda request stop phone:010-2222-3333 --yes",))
@common
@bilingual
@click.argument("who", metavar="KIND:VALUE")
@_REASON
@click.option("--yes", is_flag=True, help="Do not ask.")
def request_stop(who: str, reason: str, yes: bool) -> None:
    """Stop the use of a person's data, and keep it.

    They are in no segment, no journey and no export any more, and get no advertising.
    """
    with itda.open(given().workspace) as shop:
        held = shop.requests.meant(who)
        asked = (
            spoken("Stop all use of the data of %(who)s?", who=who)
            if held
            else f"{_nothing(who)} {spoken('Take the request?')}"
        )
        confirm(asked, yes)
        request = shop.requests.open("stop", who, via="cli", reason=reason)
        _told(shop.requests.resume(request.id))


@request_command.command(
    "correct",
    cls=Example,
    examples=("itda request correct membership:1 name=김민정 --reason 'a typing error'",),
)
@common
@bilingual
@click.argument("who", metavar="KIND:VALUE")
@click.argument("changes", metavar="TRAIT=VALUE…", nargs=-1, required=True)
@_REASON
def request_correct(who: str, changes: tuple[str, ...], reason: str) -> None:
    """Set right what is known of a person, as they say it."""
    pairs = dict(_pair(change) for change in changes)
    with itda.open(given().workspace) as shop:
        request = shop.requests.open("correct", who, via="cli", reason=reason, changes=pairs)
        _told(shop.requests.resume(request.id))


@request_command.command(
    "access",
    cls=Example,
    examples=("itda request access email:minji@shop.example --to minji.html --language en",),
)
@common
@bilingual
@click.argument("who", metavar="KIND:VALUE")
@_REASON
@_TO
@_LANGUAGE
def request_access(who: str, reason: str, to: Path | None, language: str) -> None:
    """Write down all that is known of a person, for them to read."""
    _hand_over("access", who, reason, to, language)


@request_command.command("port", cls=Example, examples=("itda request port email:minji@shop.example --to minji.json",))
@common
@bilingual
@click.argument("who", metavar="KIND:VALUE")
@_REASON
@_TO
@_LANGUAGE
def request_port(who: str, reason: str, to: Path | None, language: str) -> None:
    """Write down all that is known of a person, for them to take along."""
    _hand_over("port", who, reason, to, language)


@request_command.command("release", cls=Example, examples=("itda request release 6f1c0a2b99d4",))
@common
@bilingual
@click.argument("request_id", metavar="ID")
@click.option("--language", default="", help="Of the mail: ko or en; left out: the shop's first.")
def request_release(request_id: str, language: str) -> None:
    """Mail whoever asked for a copy a link into the privacy centre.

    The link is good once, for seven days; the copy can be downloaded there for two weeks. The mail holds nothing of it.
    """
    with itda.open(given().workspace) as shop:
        _told(shop.requests.release(request_id, language))


def _hand_over(kind: Kind, who: str, reason: str, to: Path | None, language: str) -> None:
    with itda.open(given().workspace) as shop:
        request = shop.requests.open(kind, who, via="cli", reason=reason)
        if to is None and request.step == requesting.NOTHING:
            _told(shop.requests.resume(request.id))
            return
        if to is None:
            _told(shop.requests.release(request.id, language))
            return
        shop.requests.write(request.id, to, "en" if language == "en" else "ko")
        more = spoken("%(file)s holds all that is known. Hand it to nobody else.", file=to)
        _told(shop.requests.show(request.id), more)


@request_command.command(
    "told",
    cls=Example,
    examples=("itda request told 6f1c0a2b99d4 kakao", "itda request told 6f1c0a2b99d4 kakao --proof 'ticket 114'"),
)
@common
@bilingual
@click.argument("request_id", metavar="ID")
@click.argument("processor", metavar="PROCESSOR")
@click.option("--proof", default="", help="What proves that they know; left out: what is to be told is shown.")
def request_told(request_id: str, processor: str, proof: str) -> None:
    """Show what one of us has to tell a processor of processors.yaml, or note that it was told."""
    with itda.open(given().workspace) as shop:
        made = _whole(shop, request_id)
        if proof:
            shop.requests.told(made, processor, proof=proof)
            _told(shop.requests.show(made))
        else:
            terminal.json_line(shop.requests.to_tell(made, processor))


@request_command.command("secrets", cls=Example, examples=("itda request secrets",))
@common
@bilingual
def request_secrets() -> None:
    """Show what calls to the webhooks of processors.yaml are signed with (Standard Webhooks 1.0)."""
    with itda.open(given().workspace) as shop:
        found = shop.requests.secrets()
    if given().is_json:
        terminal.json_line(found)
        return
    terminal.say(terminal.table(heads(_SECRETS), list(found.items())))


@request_command.command("list", cls=Example, examples=("itda request list", "itda request list --open --json"))
@common
@bilingual
@click.option("--open", "is_open", is_flag=True, help="Only those that are not carried out yet.")
def request_list(is_open: bool) -> None:
    """List requests, those that are open first."""
    with itda.open(given().workspace) as shop:
        found = shop.requests.all("open" if is_open else None)
    if given().is_json:
        terminal.json_line(found)
        return
    if not found:
        terminal.say(spoken("No request is open") if is_open else spoken("Nobody has asked for anything yet"))
        return
    rows = [
        (one.id[:12], called(requesting.KINDS, one.kind),
         called(requesting.STEPS, one.state if one.state == "done" else one.step), terminal.when(one.opened_at),
         terminal.when(one.due_at), _law(one), called(requesting.DOORS, one.via),
         requesting.lacking(one.lacking, spoken))
        for one in found
    ]  # fmt: skip
    terminal.say(terminal.table(heads(_LIST), rows))


@request_command.command("show", cls=Example, examples=("itda request show 6f1c0a2b99d4",))
@common
@bilingual
@click.argument("request_id", metavar="ID")
def request_show(request_id: str) -> None:
    """Show a request: how far it is, what they said, what was done, and with --json its certificate."""
    with itda.open(given().workspace) as shop:
        made = _whole(shop, request_id)
        request, said = shop.requests.show(made), shop.requests.said(made)
    if given().is_json:
        told = {"reason": said.reason, "changes": said.changes}
        terminal.json_line(msgspec.to_builtins(request) | {"said": told})
        return
    _told(request)
    if request.customer:
        terminal.say(f"  {spoken('Whose')}: {request.customer}")
    for name, right in said.changes.items():
        terminal.say(f"  {spoken('What is right')}: {name} = {terminal.plain(right)}")
    if said.reason:
        terminal.say(f"  {spoken('What they said')}: {terminal.plain(said.reason)}")


@request_command.command("resume", cls=Example, examples=("itda request resume", "itda request resume 6f1c0a2b99d4"))
@common
@bilingual
@click.argument("request_id", metavar="ID", default="")
def request_resume(request_id: str) -> None:
    """Go on with a request that was interrupted, or with all of them."""
    with itda.open(given().workspace) as shop:
        wanted = [_whole(shop, request_id)] if request_id else [one.id for one in shop.requests.all("open")]
        done = [shop.requests.resume(one) for one in wanted]
        if given().is_json:
            terminal.json_line(done)
            return
        for one in done:
            terminal.say(_line(one))


@request_command.command(
    "holds",
    cls=Example,
    examples=(
        "itda request holds",
        "itda request holds --show 6f1c… --reason 'tax office, file 17'",
    ),
)
@common
@bilingual
@click.option("--show", "hold", default="", metavar="ID", help="Open one of them.")
@click.option("--reason", default="", help="Why it is opened: kept in the access log.")
def request_holds(hold: str, reason: str) -> None:
    """List what laws keep of people who were erased, or open one with a reason."""
    with itda.open(given().workspace) as shop:
        if hold:
            terminal.say(shop.requests.hold(hold, reason=reason).decode())
            return
        found = shop.requests.holds()
    if given().is_json:
        terminal.json_line(found)
        return
    if not found:
        terminal.say(spoken("Nothing is kept for a law alone."))
        return
    rows = [
        (
            one.id,
            requesting.law(one.law, code()),
            called(requesting.HELD, one.what),
            one.records,
            terminal.when(one.until),
        )
        for one in found
    ]
    terminal.say(terminal.table(heads(_HOLDS), rows))


def _nothing(who: str) -> str:
    return spoken("Nothing is held under %(who)s.", who=who)


def _pair(change: str) -> tuple[str, str]:
    trait, sign, value = change.partition("=")
    if not (trait and sign):
        raise Refused(Fault(what=f"{change!r} says no value", cure="write TRAIT=VALUE, as in name=김민정"))
    return trait, value


def _whole(shop: Shop, begins: str) -> str:
    """The id that begins so; as it is where none or several do."""
    found = list(itertools.islice((one.id for one in shop.requests.all() if one.id.startswith(begins)), 2))
    return found[0] if len(found) == 1 else begins


def _told(request: Request, more: str = "") -> None:
    if given().is_json:
        terminal.json_line(request)
        return
    terminal.say(_line(request))
    is_nothing = requesting.is_of_nobody(request)
    if is_nothing:
        words = spoken("Nothing is held of them: that is the answer they are owed, and the certificate says so.")
        terminal.say(words)
    for what, n in requesting.counts(request).items():
        terminal.say(f"  {n:>9,}  {called(requesting.COUNTS, what)}")
    if request.certificate is not None and (is_nothing or request.kind == "erase"):
        command = f"itda request show {request.id[:12]} --json"
        terminal.say(spoken("Certificate: %(what)s", what=command))
    for name, at in request.told.items():
        told = spoken("told %(moment)s", moment=terminal.moment(at)) if at else spoken("Not told yet")
        terminal.say(f"  {name}: {told}")
    if more:
        terminal.say(more)


def _line(request: Request) -> str:
    kind = called(requesting.KINDS, request.kind)
    return f"{spoken('Request %(number)s', number=request.id[:12])} · {kind}: {_stands(request)}"


def _stands(request: Request) -> str:
    if request.state == "done":
        at = request.finished_at
        return spoken("Done") if at is None else spoken("done %(moment)s", moment=terminal.moment(at))
    waits = spoken("waits: %(what)s", what=requesting.lacking(request.lacking, spoken)) if request.lacking else ""
    due = spoken("due %(moment)s", moment=terminal.moment(request.due_at))
    return " · ".join(part for part in (called(requesting.STEPS, request.step), waits, due, _law(request)) if part)


def _law(request: Request) -> str:
    """By which law it has that day, with the rule's code."""
    return f"{called(requesting.DEADLINES, request.law)} ({request.law})"
