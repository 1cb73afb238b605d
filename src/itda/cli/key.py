"""The workspace key: key status, wrap, rotate."""

from __future__ import annotations

import click

import itda
from itda.base.counted import counted
from itda.base.errors import Misused
from itda.cli import terminal
from itda.cli.options import Example, common, confirm, given
from itda.engine.safekeeping import Safe


@click.group("key", invoke_without_command=True, epilog="Example: itda key status --json")
@common
@click.pass_context
def key_command(ctx: click.Context) -> None:
    """See to the workspace key, which all that is sealed hangs on.

    Without a command: where it is kept, and what its versions open.
    """
    if ctx.invoked_subcommand is None:
        _status()


@key_command.command("status", cls=Example, examples=("itda key status", "itda key status --json"))
@common
def key_status() -> None:
    """Say where the workspace key is kept and how many keys each version of its wrapping key opens."""
    _status()


def _status() -> None:
    with itda.open(given().workspace) as shop:
        kept = Safe(shop).status()
    if given().is_json:
        terminal.json_line(kept)
        return
    how = f"wrapped by {kept.kms}" if kept.kms else "open: whoever has it and the database can read everything"
    terminal.say(f"The workspace key is in the {kept.kept}, {how}.")
    rows = [
        (
            version,
            "the root" if version == 0 else "yes" if version in kept.versions else "NO",
            kept.keys.get(version, 0),
        )
        for version in sorted({0, *kept.versions, *kept.keys})
    ]
    terminal.say(terminal.table(("version", "here", "keys it opens"), rows))
    if kept.is_under_way:
        terminal.say("A rotation was interrupted; go on with: itda key rotate")


@key_command.command(
    "wrap",
    cls=Example,
    examples=("itda key wrap aws:alias/itda", "itda key wrap vault:itda", "itda key wrap file --reason 'leaving AWS'"),
)
@common
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
        terminal.note("Set the variable ITDA_WORKSPACE_KEY to these lines.")
    elif where == "file":
        terminal.say("The workspace key lies open in its file again.")
    else:
        terminal.say(f"The workspace key is opened by {where} alone. Destroy every copy of the file as it was before.")


@key_command.command(
    "rotate", cls=Example, examples=("itda key rotate --reason 'every year'", "itda key rotate --destroy-old --yes")
)
@common
@click.option("--destroy-old", is_flag=True, help="Afterwards destroy every version that no key needs any more.")
@click.option("--yes", is_flag=True, help="Do not ask before destroying.")
@click.option("--reason", default="", help="Why, for the audit.")
def key_rotate(destroy_old: bool, yes: bool, reason: str) -> int:
    """Wrap every key anew by a new version of the wrapping key, while the shop is served.

    Ids and write keys stay. Where it was interrupted it goes on. Copy the key's file anew afterwards.
    """
    with itda.open(given().workspace) as shop:
        done = Safe(shop).rotate(reason, lambda so_far: terminal.note(f"{so_far:,} keys so far"))
        destroyed: list[int] = []
        if destroy_old and done.is_whole:
            confirm("Backups of keys from before will open nothing any more. Destroy the old versions?", yes)
            destroyed = Safe(shop).destroy_old(reason)
    if given().is_json:
        terminal.json_line({"version": done.version, "rewrapped": done.rewrapped, "is_whole": done.is_whole,
                            "destroyed": destroyed})  # fmt: skip
    else:
        terminal.say(f"{counted(done.rewrapped, 'key')} wrapped anew by version {done.version}.")
        if destroyed:
            terminal.say(f"Destroyed: {', '.join(f'version {version}' for version in destroyed)}.")
        if not done.is_whole:
            terminal.note("Some keys do not open and stay as they were; see: itda key status, itda doctor --thorough")
        terminal.note("Copy the key's file to a safe place anew: what is written from now on opens only with it.")
    return 0 if done.is_whole else terminal.REFUSED
