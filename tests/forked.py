"""Processes to be killed, forked from one that has loaded what they need: each would take a second to load it anew."""

from __future__ import annotations

from collections.abc import Callable
from multiprocessing import get_context
from typing import Any

_LOADED = [
    "itda.engine.compactor",
    "itda.engine.reader_process",
    "itda.engine.shop",
    "itda.engine.turns",
    "itda.engine.sending.making",
    "tests.warmed",
]
_context = get_context("forkserver")
_context.set_forkserver_preload(_LOADED)


def started(does: Callable[..., Any], *arguments: Any) -> Any:
    """A process that does this; its arguments are pickled, and `does` stands in a module that can be imported."""
    process = _context.Process(target=does, args=arguments, daemon=True)
    process.start()
    return process


def ended(does: Callable[..., Any], *arguments: Any, timeout: float = 120) -> int:
    """Its exit code; minus the signal where one killed it, as of a subprocess."""
    process = started(does, *arguments)
    process.join(timeout)
    if process.exitcode is None:
        process.kill()
        raise TimeoutError(f"{does.__name__} does not end")
    code: int = process.exitcode
    process.close()
    return code
