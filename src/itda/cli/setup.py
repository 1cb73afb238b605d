"""Setting a workspace up: init, check, keys, doctor."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

import itda
from itda.base.counted import counted
from itda.cli import terminal
from itda.cli.options import bilingual, command, given
from itda.cli.speech import code, spoken
from itda.console import examined
from itda.engine import setting_up

if TYPE_CHECKING:
    from itda.engine.doctor import Check


@command("init", "itda init shop", "itda init shop --name 'Corner Shop' --zone Asia/Seoul --currency KRW")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), required=False)
@click.option("--name", help="The shop's name (default: the folder's).")
@click.option("--zone", default="Asia/Seoul", show_default=True, help="Time zone of the shop's days.")
@click.option("--currency", default="KRW", show_default=True, help="ISO 4217 code of its money.")
def init_command(folder: Path | None, name: str | None, zone: str, currency: str) -> None:
    """Make a new workspace.

    FOLDER gets a small working set-up with comments, a web source with its key, and the secret key. Nothing that
    exists is overwritten.
    """
    target = folder or given().folder or Path.cwd()
    made = setting_up.make(target, name=name, zone=zone, currency=currency)
    if given().is_json:
        terminal.json_line({"workspace": str(made.path), "files": made.files, "keys": made.keys})
        return
    terminal.say(f"Made the workspace {made.path} with {counted(len(made.files), 'file')}.")
    for source, key in made.keys.items():
        terminal.say(f"Write key of the source {source}: {key}")
    terminal.note(
        f"Keep a copy of {made.key_file} in a safe place: without it nobody, we neither, can read the shop's "
        "personal data again. Whoever has it and the database can."
    )
    terminal.say(f"Next: itda -w {target} serve")


@command("check", "itda check", "itda -w shop check --json")
def check_command() -> int:
    """Name every fault in the workspace at once.

    Each with its file and line, what is wrong, and the cure. Of a workspace without faults it says where it may do
    harm all the same (such cautions keep nothing from holding), and in words who is one customer by identity.yaml.
    """
    found = setting_up.check(given().workspace)
    if given().is_json:
        terminal.json_line(found)
    else:
        for fault in found.faults:
            terminal.note(f"itda: {fault}")
        for caution in found.cautions:
            terminal.note(f"itda: caution: {caution}")
        if not found.faults:
            terminal.say("The workspace is in order.\n\nWho is one customer, by identity.yaml, strongest kind first:")
            for line in found.identity:
                terminal.say(f"  {line}")
            if found.retention:
                terminal.say("\nHow long what is kept, by retention.yaml:")
            for line in found.retention:
                terminal.say(f"  {line}")
    return terminal.REFUSED if found.faults else 0


@command("doctor", "itda doctor", "itda -w shop doctor --json")
@bilingual
@click.option("--port", type=click.IntRange(1, 65535), default=8400, show_default=True, help="The port to look at.")
@click.option(
    "--thorough", is_flag=True, help="Read all of the access log, the audit and the lake's files, however long."
)
def doctor_command(port: int, thorough: bool) -> int:
    """Say what is wrong with the set-up and how to mend it."""
    from itda.engine import examination  # noqa: PLC0415 - loads everything that can be wrong

    checks = examination.examine(given().workspace, port, is_thorough=thorough)
    is_well = all(check.ok for check in checks)
    if given().is_json:
        terminal.json_line({"ok": is_well, "checks": [msgspec.to_builtins(check) for check in checks]})
    else:
        for check in checks:
            terminal.say(_examined(check))
        well = spoken("nothing is wrong.") if is_well else spoken("something needs mending.")
        terminal.say(f"itda {itda.__version__}: {well}")
    return 0 if is_well else terminal.REFUSED


def _examined(check: Check) -> str:
    name, what, cure = check.name, check.what, check.cure
    if code() == "ko":
        name, what, cure = (
            spoken(examined.NAMES.get(name, name)), examined.found(what, spoken), examined.cure(cure, spoken)
        )  # fmt: skip
    line = f"{spoken(examined.MARKS[check.ok])} {name}: {what}"
    return line if check.ok or not cure else f"{line}\n     {spoken('cure: %(what)s', what=cure)}"
