"""`itda`: the shop from a terminal."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from difflib import get_close_matches
from importlib import import_module
from typing import Any

import click

from itda.base.errors import ItdaError
from itda.cli import terminal
from itda.cli.options import Given, common
from itda.engine.lean import without_pandas
from itda.engine.local_user import coming_by

COMMANDS = {
    "init": "setup",
    "check": "setup",
    "serve": "serve",
    "import": "data",
    "source": "sources",
    "codes": "codes",
    "status": "data",
    "keys": "keys",
    "key": "key",
    "customer": "customers",
    "history": "customers",
    "why": "customers",
    "cut": "customers",
    "join": "customers",
    "hub": "hubs",
    "review": "review",
    "consent": "consent",
    "decide": "consent",
    "packs": "packs",
    "duties": "duties",
    "retention": "retention",
    "audit": "audit",
    "backup": "backup",
    "restore": "backup",
    "reopen": "backup",
    "request": "request",
    "segment": "segments",
    "export": "export",
    "journey": "journeys",
    "match": "match",
    "diff": "applying",
    "apply": "applying",
    "message": "messages",
    "metric": "metrics",
    "quarantine": "data",
    "replay": "data",
    "staff": "staff",
    "approvals": "approvals",
    "doctor": "setup",
}
"""Command → the file beside this one that holds it, loaded when it is used."""


class Commands(click.Group):
    """The commands, each loaded only when asked for: `itda --help` stays quick."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """In the order a newcomer meets them."""
        return list(COMMANDS)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command named; a word nobody knows is answered with the nearest that is known."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            near = get_close_matches(args[0], COMMANDS, 1)
            ctx.fail(f"No such command {args[0]!r}." + (f" Did you mean {near[0]}?" if near else ""))
        return super().resolve_command(ctx, args)

    def get_command(self, _ctx: click.Context, name: str) -> click.Command | None:
        """Load one."""
        if name not in COMMANDS:
            return None
        module = import_module(f"itda.cli.{COMMANDS[name]}")
        found: click.Command = getattr(module, f"{name}_command")
        return found

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command named; what it refuses is told while it is known in which language."""
        try:
            return super().invoke(ctx)
        except ItdaError as error:
            return terminal.explain(error)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="itda", prog_name="itda")
@common
@click.pass_context
def itda(ctx: click.Context) -> None:
    """Join every touchpoint of a brand into one customer.

    A workspace is a folder of YAML made by `itda init`; `itda serve` opens its doors.
    """
    ctx.ensure_object(Given)


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command and give the exit code; what is expected to go wrong ends in one clear line."""
    try:
        with coming_by("cli"):
            code: Any = itda.main(args=None if arguments is None else list(arguments), standalone_mode=False)
    except ItdaError as error:
        return terminal.explain(error)
    except click.UsageError as error:
        path = error.ctx.command_path if error.ctx else "itda"
        is_help = isinstance(error, click.exceptions.NoArgsIsHelpError)
        said = error.format_message()
        terminal.note(said if is_help else f"itda: {said} (see: {path} --help)")
        return terminal.USAGE
    except click.ClickException as error:
        error.show(file=sys.stderr)
        return terminal.REFUSED
    except (click.Abort, KeyboardInterrupt):
        terminal.note("itda: stopped")
        return terminal.INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()
        code = 0
    except UnicodeEncodeError as error:
        if not _is_half(error.object):
            raise
        terminal.note(f"itda: {error.object[error.start : error.end]!r} was typed in bytes that are no UTF-8")
        code = terminal.USAGE
    return code if isinstance(code, int) else 0


def _is_half(text: str) -> bool:
    """Whether a text holds bytes of an argument that are none of the terminal's encoding (PEP 383)."""
    return any("\udc80" <= sign <= "\udcff" for sign in text)


def main() -> None:
    """The entry point of the `itda` script."""
    without_pandas()
    sys.exit(run())
