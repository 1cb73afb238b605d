"""Backups: backup, restore, reopen."""

from __future__ import annotations

from pathlib import Path

import click

import itda
from itda.base.counted import counted
from itda.base.errors import Misused
from itda.cli import terminal
from itda.cli.options import command, confirm, given
from itda.engine.backup.gate import Restored
from itda.engine.backup.making import KEPT_DAYS
from itda.engine.local_user import local_actor

_FOLDER = click.Path(path_type=Path, file_okay=False)
_FILE = click.Path(path_type=Path, dir_okay=False)


@command(
    "backup", "itda backup /backups/shop --keys /elsewhere/shop-keys", "itda -w shop backup B --keys K --keep-keys 3"
)
@click.argument("folder", type=_FOLDER)
@click.option("--keys", required=True, type=_FOLDER, help="Where the keys go: not where the data goes.")
@click.option("--keep-keys", default=KEPT_DAYS, show_default=True, type=click.IntRange(1, 365),
              help="Days; older backups of keys in that folder are removed.")  # fmt: skip
def backup_command(folder: Path, keys: Path, keep_keys: int) -> None:
    """Back up database, lake and settings as they are at one moment, and the keys beside.

    FOLDER gets a folder of the time. It holds no key: what is sealed in it opens only with the backup of the keys and
    the workspace key, which neither holds: keep a copy of that yourself. The shop may be served meanwhile.
    """
    with itda.open(given().workspace) as shop, terminal.progress("copying") as step:
        made = shop.backup.make(folder, keys, kept_days=keep_keys, progress=step)
    if given().is_json:
        terminal.json_line(made)
        return
    terminal.say(f"{made.data}: {counted(made.rows, 'row')} and {counted(made.lake_files, 'lake file')}, "
                 f"{made.size / 1e6:,.1f} MB, as of position {made.position:,}.")  # fmt: skip
    terminal.say(f"{made.keys}: the keys; kept {counted(keep_keys, 'day')}.")
    if made.dropped_keys:
        terminal.say(f"Backups of keys that had their time: {', '.join(made.dropped_keys)}")


@command(
    "restore",
    "itda restore B NEW --keys K --workspace-key my.key --erasures old/.itda/erasures.log",
)
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
    confirm(f"Put the backup in {backup} back into {new}?", yes)
    what = Given(data=backup, keys=keys, into=new, workspace_key=workspace_key, anchors=anchors)
    with terminal.progress("putting back") as step:
        done = restore(what, clock(), step)
    if erasures is not None:
        done = _reopened(new, erasures, "")
    _say(done)


@command(
    "reopen", "itda -w shop reopen --erasures old/.itda/erasures.log",
    "itda -w shop reopen --reason 'the disk with the journal is lost; nobody asked since by our tickets'",
)  # fmt: skip
@click.option("--erasures", type=_FILE, help="The journal of the workspace that was lost: .itda/erasures.log.")
@click.option("--reason", default="", help="Why there is no journal to be had; kept in the audit.")
def reopen_command(erasures: Path | None, reason: str) -> None:
    """Open a workspace that was put back from a backup.

    Everybody whom the journal names is erased again first. Where an older database was put back by other means (a
    dump, a snapshot of its disk), the workspace's own journal is taken, and none need be named.
    """
    _say(_reopened(given().workspace, erasures, reason))


def _reopened(folder: Path, erasures: Path | None, reason: str) -> Restored:
    from itda.engine.backup.reopening import reopen  # noqa: PLC0415 - loads what processes
    from itda.engine.shop import Shop  # noqa: PLC0415
    from itda.workspace.load import load  # noqa: PLC0415

    with Shop(load(folder), local_actor(), is_restored=True) as shop:
        return reopen(shop, erasures, reason)


def _say(done: Restored) -> None:
    if given().is_json:
        terminal.json_line(done)
        return
    since = "an unknown time" if done.made_at is None else terminal.moment(done.made_at)
    terminal.say(f"Put back as it was at {since}, position {done.position:,} of the log.")
    lost = "every event, consent and withdrawal of after that" if done.lost_consents is None else (
        f"every event of after that, and {counted(done.lost_consents, 'act')} of consent or withdrawal")  # fmt: skip
    terminal.say(f"Missing: {lost}. Ask again where it matters before you send.")
    if done.dropped:
        waiting = counted(done.dropped, "message")
        terminal.say(f"{waiting} that waited are sent by nobody: they may have gone after the backup.")
    if done.lost_frames:
        terminal.say(f"{counted(done.lost_frames, 'frame')} nobody had processed cannot be read any more.")
    if done.is_open:
        again = f"{counted(done.erased, 'erasure')} of after the backup {'was' if done.erased == 1 else 'were'}"
        terminal.say(f"It is open; {again} done again." if done.erased else "It is open; nobody was erased since.")
    else:
        terminal.say("It is shut: open it with itda reopen, naming the journal of erasures.")
