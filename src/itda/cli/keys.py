"""Keys of machines: those that write events, and those that ask the profile API: keys add, list, revoke."""

from __future__ import annotations

import click

import itda
from itda.base import duration
from itda.base.errors import Fault, Misused
from itda.base.instant import DAY
from itda.cli import terminal
from itda.cli.options import Example, bilingual, common, given
from itda.cli.speech import heads, spoken
from itda.console.language import mark as _
from itda.engine import setting_up

_WRITE = {_("Source"): "", _("Write key"): ""}
_API = {_("Key"): "", _("Name"): "", _("May"): "", _("Made by"): "", _("Ends"): "@", _("Last used"): "@",
        _("Revoked"): "@"}  # fmt: skip


@click.group("keys", invoke_without_command=True, epilog="Example: itda keys")
@common
@bilingual
@click.pass_context
def keys_command(context: click.Context) -> None:
    """Show the write key of each live source; make, list and revoke keys of the API.

    A write key lets its holder send events, and read profiles only as far as its source says in `profiles`. It
    follows from the workspace key and the name of the source. Keys of the API are made here, have scopes and an end.
    """
    if context.invoked_subcommand is not None:
        return
    keys = setting_up.write_keys(given().workspace)
    if given().is_json:
        terminal.json_line(keys)
        return
    terminal.say(terminal.table(heads(_WRITE), list(keys.items())))


@keys_command.command("add", cls=Example, examples=("itda keys add crm --scope traits --scope consent --expires 90d",))
@common
@bilingual
@click.argument("name")
@click.option("--scope", "scopes", multiple=True, required=True, metavar="SCOPE",
              help="What it may: traits, personal, segments, consent, events, identity, steward, or read.")  # fmt: skip
@click.option("--expires", default="90d", show_default=True, help="How long it lasts: 90d, 12 hours, 1 year at most.")
def keys_add(name: str, scopes: tuple[str, ...], expires: str) -> None:
    """Make a key of the API. It is shown once.

    Two keys may have one name: make the new one, put it in place, revoke the former, and nobody waits.
    """
    from itda.engine.commands.keys import AddKey  # noqa: PLC0415 - --help is quick

    with itda.open(given().workspace) as shop:
        made = shop.act(AddKey(name, scopes, _lasting(expires)), "from the terminal")
    if given().is_json:
        terminal.json_line(made)
        return
    terminal.say(made.key)
    words = spoken("Key %(key)s of %(name)s: %(scopes)s, until %(moment)s. It is shown only here.", key=made.view.id,
                   name=name, scopes=", ".join(made.view.scopes),
                   moment=terminal.moment(made.view.expires_at))  # fmt: skip
    terminal.note(words)


@keys_command.command("list", cls=Example, examples=("itda keys list", "itda keys list --all --json"))
@common
@bilingual
@click.option("--all", "is_all", is_flag=True, help="Those that were revoked as well.")
def keys_list(is_all: bool) -> None:
    """List the keys of the API, those that end first before others."""
    from itda.engine.questions.keys import Keys  # noqa: PLC0415

    with itda.open(given().workspace) as shop:
        found = shop.ask(Keys(is_revoked=is_all))
    if given().is_json:
        terminal.json_line(found)
        return
    if not found:
        terminal.say(spoken("There is no key of the API. Make one: itda keys add NAME --scope SCOPE"))
        return
    rows = [
        (one.id, one.name, ", ".join(one.scopes), one.made_by, terminal.when(one.expires_at),
         terminal.when(one.used_at), terminal.when(one.revoked_at))
        for one in found
    ]  # fmt: skip
    terminal.say(terminal.table(heads(_API), rows))


@keys_command.command("revoke", cls=Example, examples=("itda keys revoke 6f1c09aa",))
@common
@bilingual
@click.argument("key", metavar="ID")
def keys_revoke(key: str) -> None:
    """Let a key open nothing from now on."""
    from itda.engine.commands.keys import RevokeKey  # noqa: PLC0415

    with itda.open(given().workspace) as shop:
        view = shop.act(RevokeKey(key), "from the terminal")
    if given().is_json:
        terminal.json_line(view)
    else:
        terminal.say(spoken("Key %(key)s of %(name)s opens nothing any more.", key=view.id, name=view.name))


def _lasting(text: str) -> int:
    """A length of time in microseconds; `90d` is 90 days."""
    if text.endswith("d") and text[:-1].isdecimal():
        return int(text[:-1]) * DAY
    try:
        return duration.parse(text)
    except ValueError as error:
        raise Misused(Fault(what=str(error), cure="such as 90d, 30 days or 12 hours")) from None
