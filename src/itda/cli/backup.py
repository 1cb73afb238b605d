"""Backups: backup, restore, reopen."""

from __future__ import annotations

from pathlib import Path

import click

import itda
from itda.base.errors import Misused
from itda.cli import terminal
from itda.cli.options import bilingual, command, confirm, given
from itda.cli.speech import several, spoken
from itda.engine.backup.gate import Restored
from itda.engine.backup.making import KEPT_DAYS
from itda.engine.local_user import local_actor

_FOLDER = click.Path(path_type=Path, file_okay=False)
_FILE = click.Path(path_type=Path, dir_okay=False)


@command(
    "backup", "itda backup /backups/shop --keys /elsewhere/shop-keys", "itda -w shop backup B --keys K --keep-keys 3"
)
@bilingual
@click.argument("folder", type=_FOLDER)
@click.option("--keys", required=True, type=_FOLDER, help="Where the keys go: not where the data goes.")
@click.option("--keep-keys", default=KEPT_DAYS, show_default=True, type=click.IntRange(1, 365),
              help="Days; older backups of keys in that folder are removed.")  # fmt: skip
def backup_command(folder: Path, keys: Path, keep_keys: int) -> None:
    """Back up database, lake and settings as they are at one moment, and the keys beside.

    FOLDER gets a folder of the time. It holds no key: what is sealed in it opens only with the backup of the keys and
    the workspace key, which neither holds: keep a copy of that yourself. The shop may be served meanwhile.
    """
    with itda.open(given().workspace) as shop, terminal.progress(spoken("copying")) as step:
        made = shop.backup.make(folder, keys, kept_days=keep_keys, progress=step)
    if given().is_json:
        terminal.json_line(made)
        return
    told = (
        several("%(num)s row", "%(num)s rows", made.rows),
        several("%(num)s lake file", "%(num)s lake files", made.lake_files),
        f"{made.size / 1e6:,.1f} MB",
        spoken("up to position %(num)s of the log", num=f"{made.position:,}"),
    )
    terminal.say(f"{made.data}: {', '.join(told)}")
    kept = several("the keys; kept for %(num)s day", "the keys; kept for %(num)s days", keep_keys)
    terminal.say(f"{made.keys}: {kept}")
    if made.dropped_keys:
        gone = ", ".join(made.dropped_keys)
        terminal.say(spoken("Backups of keys that had their time and are removed: %(folders)s", folders=gone))


@command(
    "restore",
    "itda restore B NEW --keys K --workspace-key my.key --erasures old/.itda/erasures.log",
)
@bilingual
@click.argument("backup", type=_FOLDER)
@click.argument("new", type=_FOLDER)
@click.option("--keys", required=True, type=_FOLDER, help="Where the keys were backed up.")
@click.option("--workspace-key", type=_FILE, help="Your copy of the workspace key, where the environment has none.")
@click.option("--erasures", type=_FILE, help="The journal of the workspace that was lost: .itda/erasures.log.")
@click.option("--anchors", type=_FILE, help="A later anchors.jsonl than the backup's: tells how much is lost.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def restore_command(
    backup: Path, new: Path, keys: Path, workspace_key: Path | None, erasures: Path | None, anchors: Path | None,
    yes: bool,
) -> None:  # fmt: skip
    """Put a backup back into the new workspace folder NEW.

    Nothing that is there is overwritten. The workspace opens to nobody until everybody who was erased since the backup
    is erased again: name the journal of erasures here, or open it with `itda reopen`.
    """
    from itda.engine.backup.restoring import Given, restore  # noqa: PLC0415 - loads what writes a database
    from itda.engine.shop import clock  # noqa: PLC0415

    if given().folder is not None:
        raise Misused("name the new folder after the backup's, not with -w")
    confirm(spoken("Put the backup in %(backup)s back into %(folder)s?", backup=backup, folder=new), yes)
    what = Given(data=backup, keys=keys, into=new, workspace_key=workspace_key, anchors=anchors)
    with terminal.progress(spoken("putting back")) as step:
        done = restore(what, clock(), step)
    if erasures is not None:
        done = _reopened(new, erasures, "")
    say_restored(done)


@command(
    "reopen", "itda -w shop reopen --erasures old/.itda/erasures.log",
    "itda -w shop reopen --reason 'the disk with the journal is lost; nobody asked since by our tickets'",
)  # fmt: skip
@bilingual
@click.option("--erasures", type=_FILE, help="The journal of the workspace that was lost: .itda/erasures.log.")
@click.option("--reason", default="", help="Why there is no journal to be had; kept in the audit.")
def reopen_command(erasures: Path | None, reason: str) -> None:
    """Open a workspace that was put back from a backup.

    Everybody whom the journal names is erased again first. Where an older database was put back by other means (a
    dump, a snapshot of its disk), the workspace's own journal is taken, and none need be named.
    """
    say_restored(_reopened(given().workspace, erasures, reason))


def _reopened(folder: Path, erasures: Path | None, reason: str) -> Restored:
    from itda.engine.backup.reopening import reopen  # noqa: PLC0415 - loads what processes
    from itda.engine.shop import Shop  # noqa: PLC0415
    from itda.workspace.load import load  # noqa: PLC0415

    with Shop(load(folder), local_actor(), is_restored=True) as shop:
        return reopen(shop, erasures, reason)


def say_restored(done: Restored) -> None:
    """Tell what was put back, and what is missing since."""
    if given().is_json:
        terminal.json_line(done)
        return
    since = spoken("an unknown time") if done.made_at is None else terminal.moment(done.made_at)
    terminal.say(spoken("Put back as it was at %(moment)s, position %(num)s of the log.", moment=since,
                        num=f"{done.position:,}"))  # fmt: skip
    if done.lost_consents is None:
        terminal.say(spoken("Missing: every event, consent and withdrawal of after that."))
    else:
        terminal.say(
            several(
                "Missing: every event of after that, and %(num)s act of consent or withdrawal.",
                "Missing: every event of after that, and %(num)s acts of consent or withdrawal.",
                done.lost_consents,
            )
        )
    terminal.say(spoken("Ask again where it matters before you send."))
    if done.dropped:
        terminal.say(several("%(num)s message that waited is sent by nobody: it may have gone after the backup.",
                             "%(num)s messages that waited are sent by nobody: they may have gone after the backup.",
                             done.dropped))  # fmt: skip
    if done.lost_frames:
        terminal.say(several("%(num)s frame nobody had processed cannot be read any more.",
                             "%(num)s frames nobody had processed cannot be read any more.",
                             done.lost_frames))  # fmt: skip
    if done.is_open and done.erased:
        terminal.say(several("It is open; %(num)s erasure of after the backup was done again.",
                             "It is open; %(num)s erasures of after the backup were done again.",
                             done.erased))  # fmt: skip
    elif done.is_open:
        terminal.say(spoken("It is open; nobody was erased since."))
    else:
        terminal.say(spoken("It is shut: open it with itda reopen, naming the journal of erasures."))
