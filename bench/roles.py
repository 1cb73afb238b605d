"""The processes of a served shop by what they do: they carry their role as their name."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import psutil

_READER = "itda.engine.reader_process"


def role_of(process: psutil.Process) -> str | None:
    """Doors, pipeline, decider, compactor, nursery or reader; None for any other process."""
    with suppress(psutil.Error):
        name = process.name()
        if name.startswith("itda "):
            return name.removeprefix("itda ")
        return "reader" if _READER in process.cmdline() else None
    return None


def roles(folder: Path) -> dict[str, psutil.Process]:
    """What serves a workspace, by role; also what outlived the nursery that forked it."""
    found: dict[str, psutil.Process] = {}
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            role = role_of(process)
            if role is None or str(folder.resolve()) not in process.cmdline():
                continue
            found[role] = process
            for one in process.children() if role == "pipeline" else ():
                found["reader"] = one
    return found
