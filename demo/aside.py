"""Work of the demo in processes of their own: what reading and sending take of memory is free again at their end."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from itda.base.errors import ItdaError
from itda.cli import terminal
from itda.engine.lean import without_pandas

_ROOT = Path(__file__).parents[1]
_THRIFTY = {"MALLOC_ARENA_MAX": "2", "ARROW_DEFAULT_MEMORY_POOL": "system"}


def aside(module: str, *arguments: object) -> str:
    """Run a module and give what it wrote to standard output. Where it fails, the demo ends with its exit code.

    Its words on standard error are seen as they come. It ends with the demo, however that ends.
    """
    command = [sys.executable, "-m", module, *map(str, arguments)]
    done = subprocess.run(  # noqa: S603 - our own module
        command, stdout=subprocess.PIPE, check=False, text=True, cwd=_ROOT, env=os.environ | _THRIFTY
    )
    if done.returncode:
        raise SystemExit(done.returncode)
    return done.stdout


def alone(work: Callable[[], None]) -> int:
    """Do the work of such a process and give its exit code; what is expected to go wrong ends in one clear line."""
    without_pandas()
    try:
        work()
    except ItdaError as error:
        return terminal.explain(error)
    except KeyboardInterrupt:
        return terminal.INTERRUPTED
    return 0
