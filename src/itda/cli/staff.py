"""People who work with the shop: staff list, add, role, disable, enable, reset, totp, end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

import itda
from itda.access.actor import STAFF_ROLES
from itda.cli import terminal
from itda.cli.options import Example, bilingual, common, confirm, given
from itda.cli.speech import heads, spoken
from itda.console import words
from itda.console.language import mark as _

if TYPE_CHECKING:
    from itda.engine.commands.staff import Invited
    from itda.engine.questions.staff import StaffMember
    from itda.engine.shop import Shop

_PEOPLE = {_("Login"): "", _("Role"): "", _("State"): "", _("Proved"): "", _("One-time codes"): "",
           _("Last active"): "@", _("Sessions"): "#"}  # fmt: skip
_SESSIONS = {_("Session"): "", _("Login"): "", _("Network address"): "", _("Since"): "@", _("Last active"): "@"}
_ROLE = click.Choice(STAFF_ROLES)
_MAIL = click.option("--mail", default="", metavar="ADDRESS", help="Mail them the link, and show it to nobody else.")
_CONSOLE = click.option(
    "--console", default="", metavar="URL", help="Where the console is reached; left out: where the shop's mails lead."
)


@click.group("staff", invoke_without_command=True, epilog="Example: itda staff")
@common
@bilingual
@click.pass_context
def staff_command(context: click.Context) -> None:
    """Say who may come in to the console, and with what role.

    Without a command: who there is. What each role may is in docs/reference/permissions.md.
    """
    if context.invoked_subcommand is None:
        context.invoke(staff_list)


@staff_command.command("list", cls=Example, examples=("itda staff list", "itda staff list --json"))
@common
@bilingual
def staff_list() -> None:
    """List the logins, and who is signed in."""
    from itda.engine.questions.staff import StaffList  # noqa: PLC0415 - --help is quick

    with itda.open(given().workspace) as shop:
        view = shop.ask(StaffList())
    if given().is_json:
        terminal.json_line(view)
        return
    people = [
        (one.login, words.role(one.role, spoken), _state(one), _proved(one),
         spoken("yes") if one.has_codes else spoken("no"), terminal.when(one.seen_at), one.sessions)
        for one in view.people
    ]  # fmt: skip
    terminal.say(terminal.table(heads(_PEOPLE), people))
    sessions = [(one.id, one.login, one.address, terminal.when(one.created_at), terminal.when(one.seen_at))
                for one in view.sessions]  # fmt: skip
    if sessions:
        terminal.say(terminal.table(heads(_SESSIONS), sessions, title=f"\n{spoken('Signed in now')}"))


def _state(one: StaffMember) -> str:
    if one.is_disabled:
        return spoken("Disabled")
    if one.is_locked:
        return spoken("Locked for a while")
    return spoken("Invited") if one.invited_until else ""


def _proved(one: StaffMember) -> str:
    """How they prove who they are."""
    if one.provider:
        return spoken("by %(provider)s", provider=one.provider)
    return spoken("by password") if one.has_password else spoken("no password chosen")


@staff_command.command(
    "add", cls=Example, examples=("itda staff add minji --role agent", "itda staff add sora --role privacy_officer")
)
@common
@bilingual
@click.argument("login")
@click.option("--role", required=True, type=_ROLE, help="What they may do.")
@click.option("--language", default="", type=click.Choice(["", "ko", "en"]), help="Of the console, for them.")
@_MAIL
@_CONSOLE
def staff_add(login: str, role: str, language: str, mail: str, console: str) -> None:
    """Invite somebody.

    A link by which they choose a password works once, for two days. It is mailed to them with --mail, else printed:
    give it to them and to nobody else.
    """
    from itda.engine import inviting  # noqa: PLC0415
    from itda.engine.commands.staff import AddStaff  # noqa: PLC0415

    with itda.open(given().workspace) as shop:
        to = inviting.address(shop.workspace, mail)
        _told(shop, shop.act(AddStaff(login, role, language), "invited from the terminal"), to, console, language)


@staff_command.command("role", cls=Example, examples=("itda staff role minji cx_owner",))
@common
@bilingual
@click.argument("login")
@click.argument("role", type=_ROLE)
def staff_role(login: str, role: str) -> None:
    """Give a login another role. Its sessions end."""
    from itda.engine.commands.staff import ChangeRole  # noqa: PLC0415

    with itda.open(given().workspace) as shop:
        former = shop.act(ChangeRole(login, role), "from the terminal")
    now, before = words.role(role, spoken), words.role(former, spoken)
    told = spoken("%(login)s has the role %(role)s now, and had %(former)s.", login=login, role=now, former=before)
    _done({"login": login, "role": role, "former": former}, told)


@staff_command.command("disable", cls=Example, examples=("itda staff disable minji",))
@common
@bilingual
@click.argument("login")
@click.option("--reason", default="", help="Why.")
def staff_disable(login: str, reason: str) -> None:
    """Let a login in no more. Its sessions end; what it did stays in the audit under its name."""
    from itda.engine.commands.staff import DisableStaff  # noqa: PLC0415

    with itda.open(given().workspace) as shop:
        shop.act(DisableStaff(login), reason)
    back = f"itda staff enable {login}"
    _done(
        {"login": login},
        spoken("%(login)s is let in no more. To let it in again: %(command)s", login=login, command=back),
    )


@staff_command.command("enable", cls=Example, examples=("itda staff enable minji",))
@common
@bilingual
@click.argument("login")
def staff_enable(login: str) -> None:
    """Let a login in again."""
    from itda.engine.commands.staff import DisableStaff  # noqa: PLC0415

    with itda.open(given().workspace) as shop:
        shop.act(DisableStaff(login, is_back=True), "from the terminal")
    _done({"login": login}, spoken("%(login)s may come in again.", login=login))


@staff_command.command("reset", cls=Example, examples=("itda staff reset minji", "itda staff reset admin --yes"))
@common
@bilingual
@click.argument("login")
@click.option("--yes", is_flag=True, help="Do not ask.")
@_MAIL
@_CONSOLE
def staff_reset(login: str, yes: bool, mail: str, console: str) -> None:
    """Take password and one-time codes of a login away, and invite it to choose anew.

    For who forgot them, and after a theft. Its sessions end.
    """
    from itda.engine.commands.staff import ResetStaff  # noqa: PLC0415

    confirm(spoken("Take password and codes of %(login)s away?", login=login), yes)
    from itda.engine import inviting  # noqa: PLC0415

    with itda.open(given().workspace) as shop:
        to = inviting.address(shop.workspace, mail)
        _told(shop, shop.act(ResetStaff(login), "from the terminal"), to, console, "")


@staff_command.command("totp", cls=Example, examples=("itda staff totp minji",))
@common
@bilingual
@click.argument("login")
@click.option("--yes", is_flag=True, help="Do not ask.")
def staff_totp(login: str, yes: bool) -> None:
    """Take the one-time codes of a login away, for who lost the phone and the recovery codes.

    Codes are set up in the console, each by their own; where the role needs them they are asked to at the next login.
    """
    from itda.engine.commands.staff import ForgetCodes  # noqa: PLC0415

    confirm(spoken("Take the one-time codes of %(login)s away?", login=login), yes)
    with itda.open(given().workspace) as shop:
        shop.act(ForgetCodes(login), "from the terminal")
    _done({"login": login}, spoken("%(login)s has no one-time codes any more.", login=login))


@staff_command.command("end", cls=Example, examples=("itda staff end minji", "itda staff end minji --session 6f1c…"))
@common
@bilingual
@click.argument("login")
@click.option("--session", default="", help="Only this one of them.")
def staff_end(login: str, session: str) -> None:
    """End the sessions of a login; `itda staff list` shows them."""
    from itda.engine.commands.staff import EndSessions  # noqa: PLC0415

    with itda.open(given().workspace) as shop:
        ended = shop.act(EndSessions(login, session), "from the terminal")
    told = spoken("Sessions of %(login)s that ended: %(num)s", login=login, num=f"{ended:,}")
    _done({"login": login, "ended": ended}, told)


def _told(shop: Shop, invited: Invited, to: str, console: str, language: str) -> None:
    """Mail the link where an address was given, and print it where none was, or where the mail did not go."""
    from itda.engine import inviting  # noqa: PLC0415

    if to and inviting.mail(shop.workspace, invited, to, console.rstrip("/"), language, shop.app.clock()):
        told = {"login": invited.login, "role": invited.role, "expires_at": invited.expires_at, "mailed": True}
        _done(told, spoken("%(login)s is invited: the link is in the mail.", login=invited.login))
        return
    if to:
        terminal.note(spoken("The mail did not go; here is the link."))
    if given().is_json:
        terminal.json_line(invited)
        return
    words_of = spoken("%(login)s is invited as %(role)s. Put the console's address before the link:",
                      login=invited.login, role=words.role(invited.role, spoken))  # fmt: skip
    terminal.say(f"{words_of}\n\n  {invited.path}\n")
    once = _("It works once, until %(moment)s, and is shown only here. Whoever opens it chooses the password.")
    terminal.note(spoken(once, moment=terminal.moment(invited.expires_at)))


def _done(told: object, text: str) -> None:
    if given().is_json:
        terminal.json_line(told)
    else:
        terminal.say(text)
