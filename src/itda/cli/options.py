"""What every command has: `-w DIR` and `--json`, before its name or after it, and an example in its help.

Those that answer in Korean and in English alike have `--lang` too.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import click

from itda.base.errors import Fault, Refused

Function = TypeVar("Function", bound=Callable[..., Any])


class Given:
    """What was given on the command line, wherever it stood."""

    def __init__(self) -> None:
        self.folder: Path | None = None
        self.is_json = False
        self.language = ""
        """ko or en; empty: nobody said, and it is the terminal's."""

    @cached_property
    def zone(self) -> ZoneInfo:
        """The workspace's time zone, in which times are told and read; UTC where none can be read."""
        from itda.workspace import files  # noqa: PLC0415 - few commands tell times

        try:
            folder = self.workspace
            document, _ = files.read(folder, folder / "itda.yaml")
            return ZoneInfo(str(document.data["zone"]) if document is not None else "UTC")
        except (Refused, LookupError, TypeError, ValueError, OSError):
            return ZoneInfo("UTC")

    @property
    def workspace(self) -> Path:
        """The workspace named by `-w`, else the nearest folder from here upwards that holds an itda.yaml."""
        if self.folder is not None:
            if not _is_workspace(self.folder):
                raise Refused(
                    Fault(what="no workspace: there is no itda.yaml in it", file=str(self.folder),
                          cure=f"make one with: itda init {self.folder}")
                )  # fmt: skip
            return self.folder
        here = Path.cwd()
        for folder in (here, *here.parents):
            if _is_workspace(folder):
                return folder
        raise Refused(
            Fault(what=f"no workspace in {here} or above it", cure="name one with -w DIR, or make one: itda init DIR")
        )


def _is_workspace(folder: Path) -> bool:
    """Whether an itda.yaml stands in it, be it readable or not: what is wrong with it is told when it is read."""
    return os.path.lexists(folder / "itda.yaml")


def given() -> Given:
    """The one `Given` of this run."""
    return click.get_current_context().find_root().ensure_object(Given)


def _folder(ctx: click.Context, _parameter: click.Parameter, value: Path | None) -> None:
    if value is not None:
        ctx.find_root().ensure_object(Given).folder = value


def _json(ctx: click.Context, _parameter: click.Parameter, value: bool) -> None:
    if value:
        ctx.find_root().ensure_object(Given).is_json = True


def _language(ctx: click.Context, _parameter: click.Parameter, value: str | None) -> None:
    if value is not None:
        ctx.find_root().ensure_object(Given).language = value


def bilingual(function: Function) -> Function:
    """Add `--lang`: of a command that answers in Korean and in English alike."""
    return click.option(
        "--lang", type=click.Choice(["ko", "en"]), expose_value=False, callback=_language,
        help="In which language it answers (default: the terminal's). With --json names stay as they are kept.",
    )(function)  # fmt: skip


def common(function: Function) -> Function:
    """Add `-w DIR` and `--json`."""
    folder = click.option(
        "-w", "--workspace", metavar="DIR", type=click.Path(path_type=Path, file_okay=False), expose_value=False,
        callback=_folder, help="The workspace folder (default: the nearest with an itda.yaml).",
    )  # fmt: skip
    as_json = click.option(
        "--json", is_flag=True, expose_value=False, callback=_json, help="Print one line of JSON and nothing else."
    )
    return folder(as_json(function))


class Example(click.Command):
    """A command whose help ends with examples, one a line."""

    def __init__(self, *arguments: Any, examples: tuple[str, ...], **settings: Any) -> None:
        self.examples = examples
        super().__init__(*arguments, **settings)

    def format_epilog(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples as they are typed."""
        formatter.write_paragraph()
        with formatter.section("Examples" if len(self.examples) > 1 else "Example"):
            for line in self.examples:
                formatter.write(f"{'':>{formatter.current_indent}}{line}\n")


def command(name: str, *examples: str) -> Callable[[Callable[..., Any]], Example]:
    """Make a command of a function, with the common options and examples."""

    def making(function: Callable[..., Any]) -> Example:
        decorate: Any = click.command(name, cls=Example, examples=examples)
        made: Example = decorate(common(function))
        return made

    return making


def confirm(question: str, is_agreed: bool) -> None:
    """Ask before something that is hard to undo; `--yes` agrees beforehand, a script without a terminal is refused."""
    if is_agreed:
        return
    if not sys.stdin.isatty():
        raise Refused(Fault(what=f"{question} Nobody is here to answer", cure="agree beforehand with --yes"))
    if not click.confirm(question, err=True):
        raise Refused("nothing was changed")
