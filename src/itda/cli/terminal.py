"""What the terminal sees: results on standard output, progress and faults on standard error, exit codes.

Exit codes: 0 done, 1 refused (the user's data or definition), 2 wrong use of the command, 3 unavailable (try again).
With `--json` standard output holds exactly one line of JSON.
"""

from __future__ import annotations

import json
import sys
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click
import msgspec

from itda.base import instant
from itda.base.errors import Broken, Conflict, Fault, ItdaError, Misused, Refused, Unavailable
from itda.cli.options import Given

if TYPE_CHECKING:
    from rich.table import Table

REFUSED = 1
USAGE = 2
UNAVAILABLE = 3
INTERRUPTED = 130

_FIRST, _LAST = instant.parse("1900-01-01"), instant.parse("9000-01-01")
"""Between these somebody means a time."""
_WIDE = 240
"""Columns where no terminal bounds a line: what reads it wants whole values."""

Step = Callable[[int, int | None], None]
"""Called with what is done and what there is in all (None when unknown)."""


def say(value: str | Table) -> None:
    """Print one line, or a table."""
    if isinstance(value, str):
        sys.stdout.write(_sayable(value) + "\n")
        sys.stdout.flush()
        return
    from rich.console import Console  # noqa: PLC0415 - drawing is loaded when something is drawn

    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = _WIDE
    console.print(value)


def note(text: str) -> None:
    """A word on the way, on standard error."""
    sys.stderr.write(_sayable(text) + "\n")


def _sayable(text: str) -> str:
    r"""A text without halves of UTF-16 pairs, which no stream takes: they are shown as what they are (`\udc80`).

    An argument in bytes that are no UTF-8 has them (PEP 383).
    """
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()


def json_line(value: Any) -> None:
    """The answer as one line of JSON on standard output."""
    try:
        written = msgspec.json.encode(value)
    except UnicodeEncodeError:  # half of a pair, which JSON can only say escaped
        written = json.dumps(msgspec.to_builtins(value), separators=(",", ":")).encode()
    sys.stdout.write(written.decode() + "\n")
    sys.stdout.flush()


def table(columns: Sequence[str], rows: Sequence[Sequence[object]], title: str | None = None) -> Table:
    """A plain table; a column whose name ends in ` #` is set to the right.

    One that ends in ` @` is of times, and its head names their zone.
    """
    from rich.table import Table  # noqa: PLC0415

    drawn = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False, padding=(0, 3, 0, 0))
    for name in columns:
        column = f"{name.removesuffix(' @')} ({_zone().key})" if name.endswith(" @") else name
        right = column.endswith(" #")
        drawn.add_column(column.removesuffix(" #"), justify="right" if right else "left", overflow="fold")
    for row in rows:
        drawn.add_row(*(_cell(value) for value in row))
    return drawn


def _cell(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    return plain(str(value)).replace("[", r"\[")


def plain(text: str) -> str:
    """A text without signs that a terminal obeys (Unicode category Cc): whoever sends data must not move a cursor."""
    if text.isprintable():
        return text
    return _sayable("".join(" " if unicodedata.category(sign) == "Cc" else sign for sign in text))


def when(at: int | None) -> str:
    """A point in time on the clocks of the workspace, without fractions: for a cell below a head that ends in ` @`."""
    return "-" if at is None else f"{instant.to_datetime(at).astimezone(_zone()):%Y-%m-%d %H:%M:%S}"


def moment(at: int | None) -> str:
    """The same for a sentence, with the zone: 2026-11-22 22:30 (Asia/Seoul)."""
    return "-" if at is None else f"{when(at)[:16]} ({_zone().key})"


def read(text: str) -> int | None:
    """The point in time that somebody typed, on the clocks of the workspace unless it names a zone; None for nothing.

    `Misused` for what is no time, or one that nobody can mean.
    """
    if not text:
        return None
    try:
        at = instant.parse(text, _zone())
    except ValueError:
        raise Misused(f"{text!r} is no time: write it as 2026-11-22 or 2026-11-22T22:30") from None
    if not _FIRST <= at < _LAST:
        raise Misused(f"{text!r} is too far away: a time from 1900 to 8999")
    return at


def _zone() -> ZoneInfo:
    context = click.get_current_context(silent=True)
    return ZoneInfo("UTC") if context is None else context.find_root().ensure_object(Given).zone


def counts(found: Mapping[str, int]) -> str:
    """Counts by a word, in the order of the words."""
    return ", ".join(f"{word} {count:,}" for word, count in sorted(found.items()))


def share(value: float | None) -> str:
    """A share 0..1 as per cent."""
    return "-" if value is None else f"{value:.1%}"


def _unseen(_done: int, _total: int | None = None) -> None:
    """A step that nobody watches."""


@contextmanager
def progress(what: str) -> Iterator[Step]:
    """A progress bar on standard error while something long runs; silent when nobody watches."""
    if not sys.stderr.isatty():
        yield _unseen
        return
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import (  # noqa: PLC0415
        BarColumn,
        MofNCompleteColumn,
        Progress,
        SpinnerColumn,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None)

        def step(done: int, total: int | None = None) -> None:
            bar.update(task, completed=done, total=total)

        yield step


def _worded(fault: Fault) -> Fault:
    """A fault in the language of this run."""
    from itda.cli import speech  # noqa: PLC0415 - most runs refuse nothing

    if speech.code() == "en":
        return fault
    from itda.console import refusals  # noqa: PLC0415 - the same

    return refusals.told(fault, speech.spoken)


def explain(error: ItdaError) -> int:
    """Print one clear line per fault on standard error and give the exit code."""
    match error:
        case Refused():
            for fault in error.faults:
                note(f"itda: {_worded(fault)}")
            return USAGE if isinstance(error, Misused) else REFUSED
        case Unavailable():
            note(f"itda: {error}")
            return UNAVAILABLE
        case Conflict():
            note(f"itda: somebody else changed this at the same moment ({error}); please run it again")
            return UNAVAILABLE
        case Broken():
            note(f"itda: a bug in Itda, please report it with this line: {error}")
            return REFUSED
        case _:
            note(f"itda: {error}")
            return REFUSED
