"""People who work with the shop: staff list, add, role, disable, enable, reset, totp, end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

import itda
from itda.access.actor import STAFF_ROLES
from itda.cli import terminal
from itda.cli.options import Example, common, confirm, given

if TYPE_CHECKING:
    from itda.engine.commands.staff import Invited
    from itda.engine.shop import Shop

_ROLE = click.Choice(STAFF_ROLES)
_MAIL = click.option("--mail", default="", metavar="ADDRESS", help="Mail them the link, and show it to nobody else.")
_CONSOLE = click.option(
    "--console", default="", metavar="URL", help="Where the console is reached; left out: where the shop's mails lead."
)


@click.group("staff", invoke_without_command=True, epilog="Example: itda staff")
@common
@click.pass_context
def staff_command(context: click.Context) -> None:
    """Say who may come in to the console, and with what role.

    Without a command: who there is. What each role may is in docs/reference/permissions.md.
    """
    if context.invoked_subcommand is None:
        context.invoke(staff_list)


@staff_command.command("list", cls=Example, examples=("itda staff list", "itda staff list --json"))
@common
def staff_list() -> None:
    """List the logins, and who is signed in."""
    from itda.engine.questions.staff import StaffList  # noqa: PLC0415 - --help is quick

    with itda.open(given().workspace) as shop:
        view = shop.ask(StaffList())
    if given().is_json:
        terminal.json_line(view)
        return
    people = [
        (one.login, one.role, "disabled" if one.is_disabled else "locked" if one.is_locked else
         "invited" if one.invited_until else "", one.provider or ("password" if one.has_password else "-"),
         one.has_codes, terminal.when(one.seen_at), one.sessions)
        for one in view.people
    ]  # fmt: skip
    heads = ("login", "role", "", "proved by", "codes", "last seen @", "sessions #")
    terminal.say(terminal.table(heads, people))
    sessions = [(one.id, one.login, one.address, terminal.when(one.created_at), terminal.when(one.seen_at))
                for one in view.sessions]  # fmt: skip
    if sessions:
        columns = ("session", "login", "from", "since @", "last seen @")
        terminal.say(terminal.table(columns, sessions, title="\nSigned in"))


@staff_command.command(
    "add", cls=Example, examples=("itda staff add minji --role agent", "itda staff add sora --role privacy_officer")
)
@common
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
@click.argument("login")
@click.argument("role", type=_ROLE)
def staff_role(login: str, role: str) -> None:
    """Give a login another role. Its sessions end."""
    from itda.engine.commands.staff import ChangeRole  # noqa: PLC0415

    with itda.open(given().workspace) as shop:
        former = shop.act(ChangeRole(login, role), "from the terminal")
    _done({"login": login, "role": role, "former": former}, f"{login} is {role} now, and was {former}.")


@staff_command.command("disable", cls=Example, examples=("itda staff disable minji",))
@common
@click.argument("login")
@click.option("--reason", default="", help="Why.")
def staff_disable(login: str, reason: str) -> None:
    """Let a login in no more. Its sessions end; what it did stays in the audit under its name."""
    from itda.engine.commands.staff import DisableStaff  # noqa: PLC0415

    with itda.open(given().workspace) as shop:
        shop.act(DisableStaff(login), reason)
    _done({"login": login}, f"{login} is let in no more. To let it in again: itda staff enable {login}")


@staff_command.command("enable", cls=Example, examples=("itda staff enable minji",))
@common
@click.argument("login")
def staff_enable(login: str) -> None:
    """Let a login in again."""
    from itda.engine.commands.staff import DisableStaff  # noqa: PLC0415

    with itda.open(given().workspace) as shop:
        shop.act(DisableStaff(login, is_back=True), "from the terminal")
    _done({"login": login}, f"{login} may come in again.")


@staff_command.command("reset", cls=Example, examples=("itda staff reset minji", "itda staff reset admin --yes"))
@common
@click.argument("login")
@click.option("--yes", is_flag=True, help="Do not ask.")
@_MAIL
@_CONSOLE
def staff_reset(login: str, yes: bool, mail: str, console: str) -> None:
    """Take password and one-time codes of a login away, and invite it to choose anew.

    For who forgot them, and after a theft. Its sessions end.
    """
    from itda.engine.commands.staff import ResetStaff  # noqa: PLC0415

    confirm(f"Take password and codes of {login} away?", yes)
    from itda.engine import inviting  # noqa: PLC0415

    with itda.open(given().workspace) as shop:
        to = inviting.address(shop.workspace, mail)
        _told(shop, shop.act(ResetStaff(login), "from the terminal"), to, console, "")


@staff_command.command("totp", cls=Example, examples=("itda staff totp minji",))
@common
@click.argument("login")
@click.option("--yes", is_flag=True, help="Do not ask.")
def staff_totp(login: str, yes: bool) -> None:
    """Take the one-time codes of a login away, for who lost the phone and the recovery codes.

    Codes are set up in the console, each by their own; where the role needs them they are asked to at the next login.
    """
    from itda.engine.commands.staff import ForgetCodes  # noqa: PLC0415

    confirm(f"Take the one-time codes of {login} away?", yes)
    with itda.open(given().workspace) as shop:
        shop.act(ForgetCodes(login), "from the terminal")
    _done({"login": login}, f"{login} has no one-time codes any more.")


@staff_command.command("end", cls=Example, examples=("itda staff end minji", "itda staff end minji --session 6f1c…"))
@common
@click.argument("login")
@click.option("--session", default="", help="Only this one of them.")
def staff_end(login: str, session: str) -> None:
    """End the sessions of a login; `itda staff list` shows them."""
    from itda.engine.commands.staff import EndSessions  # noqa: PLC0415

    with itda.open(given().workspace) as shop:
        ended = shop.act(EndSessions(login, session), "from the terminal")
    _done({"login": login, "ended": ended}, f"Sessions of {login} that ended: {ended}.")


def _told(shop: Shop, invited: Invited, to: str, console: str, language: str) -> None:
    """Mail the link where an address was given, and print it where none was, or where the mail did not go."""
    from itda.engine import inviting  # noqa: PLC0415

    if to and inviting.mail(shop.workspace, invited, to, console.rstrip("/"), language, shop.app.clock()):
        told = {"login": invited.login, "role": invited.role, "expires_at": invited.expires_at, "mailed": True}
        _done(told, f"{invited.login} is invited as {invited.role}, and the link is in the mail.")
        return
    if to:
        terminal.note("The mail did not go; here is the link.")
    if given().is_json:
        terminal.json_line(invited)
        return
    terminal.say(f"{invited.login} is invited as {invited.role}. Behind the console's address, once, until "
                 f"{terminal.moment(invited.expires_at)}:\n\n  {invited.path}\n")  # fmt: skip
    terminal.note("Whoever opens the link chooses the password. It is shown only here.")


def _done(told: object, text: str) -> None:
    if given().is_json:
        terminal.json_line(told)
    else:
        terminal.say(text)
