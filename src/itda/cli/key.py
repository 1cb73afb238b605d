"""The workspace key: key status, wrap, rotate."""

from __future__ import annotations

import click

import itda
from itda.base.errors import Misused
from itda.cli import terminal
from itda.cli.options import Example, bilingual, common, confirm, given
from itda.cli.speech import called, heads, several, spoken
from itda.console.language import mark as _
from itda.engine.safekeeping import Safe

_VERSIONS = {_("Version"): "", _("Here"): "", _("Keys it opens"): "#"}
_NOT_WHOLE = _("Some keys do not open and stay as they were; see: itda key status, itda doctor --thorough")
_COPY = _("Copy the key's file to a safe place anew: what is written from now on opens only with it.")
_PLACES = {"file": _("its file"), "environment": _("the environment")}


@click.group("key", invoke_without_command=True, epilog="Example: itda key status --json")
@common
@bilingual
@click.pass_context
def key_command(ctx: click.Context) -> None:
    """See to the workspace key, which all that is sealed hangs on.

    Without a command: where it is kept, and what its versions open.
    """
    if ctx.invoked_subcommand is None:
        _status()


@key_command.command("status", cls=Example, examples=("itda key status", "itda key status --json"))
@common
@bilingual
def key_status() -> None:
    """Say where the workspace key is kept and how many keys each version of its wrapping key opens."""
    _status()


def _status() -> None:
    with itda.open(given().workspace) as shop:
        kept = Safe(shop).status()
    if given().is_json:
        terminal.json_line(kept)
        return
    terminal.say(spoken("The workspace key is kept in: %(place)s", place=called(_PLACES, kept.kept)))
    if kept.kms:
        terminal.say(spoken("It is wrapped by %(kms)s.", kms=kept.kms))
    else:
        terminal.say(spoken("It lies open: whoever has it and the database can read everything."))
    rows = [
        (
            str(version),
            spoken("the root") if version == 0 else spoken("yes") if version in kept.versions else spoken("NO"),
            kept.keys.get(version, 0),
        )
        for version in sorted({0, *kept.versions, *kept.keys})
    ]
    terminal.say(terminal.table(heads(_VERSIONS), rows))
    if kept.is_under_way:
        terminal.say(spoken("A rotation was interrupted; go on with: itda key rotate"))


@key_command.command(
    "wrap",
    cls=Example,
    examples=("itda key wrap aws:alias/itda", "itda key wrap vault:itda", "itda key wrap file --reason 'leaving AWS'"),
)
@common
@bilingual
@click.argument("where", metavar="KMS|file")
@click.option("--reason", default="", help="Why, for the audit.")
def key_wrap(where: str, reason: str) -> None:
    """Put the workspace key under a KMS, or back into the open file.

    KMS is aws:KEY (AWS KMS) or vault:KEY (the transit engine of HashiCorp Vault or OpenBao). From then on each process
    asks it once for the key and keeps it in memory only. Copies of the open file open everything still: destroy them.
    """
    if where != "file" and ":" not in where:
        raise Misused(f"{where!r} is neither file nor a KMS such as aws:alias/itda")
    with itda.open(given().workspace) as shop:
        text = ""
        if where == "file":
            Safe(shop).open(reason)
        else:
            text = Safe(shop).enclose(where, reason)
    if given().is_json:
        terminal.json_line({"kms": "" if where == "file" else where, "text": text})
    elif text:
        terminal.say(text.strip())
        terminal.note(spoken("Set the variable ITDA_WORKSPACE_KEY to these lines."))
    elif where == "file":
        terminal.say(spoken("The workspace key lies open in its file again."))
    else:
        alone = _("The workspace key is opened by %(kms)s alone. Destroy every copy of the file as it was before.")
        terminal.say(spoken(alone, kms=where))


@key_command.command(
    "rotate", cls=Example, examples=("itda key rotate --reason 'every year'", "itda key rotate --destroy-old --yes")
)
@common
@bilingual
@click.option("--destroy-old", is_flag=True, help="Afterwards destroy every version that no key needs any more.")
@click.option("--yes", is_flag=True, help="Do not ask before destroying.")
@click.option("--reason", default="", help="Why, for the audit.")
def key_rotate(destroy_old: bool, yes: bool, reason: str) -> int:
    """Wrap every key anew by a new version of the wrapping key, while the shop is served.

    Ids and write keys stay. Where it was interrupted it goes on. Copy the key's file anew afterwards.
    """
    with itda.open(given().workspace) as shop:
        done = Safe(shop).rotate(reason, _so_far)
        destroyed: list[int] = []
        if destroy_old and done.is_whole:
            asked = _("Backups of keys from before will open nothing any more. Destroy the old versions?")
            confirm(spoken(asked), yes)
            destroyed = Safe(shop).destroy_old(reason)
    if given().is_json:
        terminal.json_line({"version": done.version, "rewrapped": done.rewrapped, "is_whole": done.is_whole,
                            "destroyed": destroyed})  # fmt: skip
    else:
        anew = several("%(num)s key wrapped anew by version %(version)s.",
                       "%(num)s keys wrapped anew by version %(version)s.", done.rewrapped,
                       version=done.version)  # fmt: skip
        terminal.say(anew)
        if destroyed:
            terminal.say(spoken("Destroyed versions: %(versions)s", versions=", ".join(map(str, destroyed))))
        if not done.is_whole:
            terminal.note(spoken(_NOT_WHOLE))
        terminal.note(spoken(_COPY))
    return 0 if done.is_whole else terminal.REFUSED


def _so_far(count: int) -> None:
    terminal.note(several("%(num)s key so far", "%(num)s keys so far", count))
