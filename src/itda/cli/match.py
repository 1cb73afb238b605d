"""Records without a shared key: `itda match` links and dedupes files, with no workspace and nothing to configure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import click
import msgspec

from itda.base.counted import counted
from itda.base.errors import Fault, Refused
from itda.cli import terminal
from itda.cli.options import command, given
from itda.engine.matching.run import TARGET, Matched, match


@command(
    "match",
    "itda match customers.csv --id customer_no --out clusters.csv",
    "itda match crm.parquet web.csv --id id --out clusters.csv --map phone=contact,ignore=segment --json",
)
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--id", "id_column", required=True, help="The column that names a record, the same in every file.")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="The CSV to write: id, cluster.")
@click.option("--map", "said", help="What columns are, where it was not found out: kind=column,…")
@click.option(
    "--precision",
    default=TARGET,
    show_default=True,
    type=click.FloatRange(0.5, 1.0),
    help="Share of pairs that shall be right.",
)
@click.option("--must", type=click.Path(path_type=Path), help="A file of pairs of ids that are one person.")
@click.option("--cannot", type=click.Path(path_type=Path), help="A file of pairs of ids that are two.")
def match_command(
    files: tuple[Path, ...],
    id_column: str,
    out: Path,
    said: str | None,
    precision: float,
    must: Path | None,
    cannot: Path | None,
) -> None:
    """Find the records that are of one person, in one file or several.

    Needs no workspace, no labels and no settings: what columns are is found out from their names and values, and how
    much each tells is learnt from the records themselves.
    """
    _require_room(out, [path for path in (*files, must, cannot) if path is not None])
    found = match(
        files, id_column, latest=datetime.now(UTC).year, said=_said(said), target=precision, must=must, cannot=cannot,
        step=_unsaid if given().is_json else terminal.note,
    )  # fmt: skip
    found.frame.write_csv(out)
    if given().is_json:
        terminal.json_line({**msgspec.to_builtins(found.summary), "out": str(out)})
        return
    _print(found.summary, out)


def _require_room(out: Path, read: Sequence[Path]) -> None:
    """Refuse, before any work is done, to write where nothing can be written or over a file that is read."""
    if not out.parent.is_dir():
        raise Refused(Fault(what="there is no such folder", file=str(out.parent)))
    if out.is_dir():
        raise Refused(Fault(what="is a folder", cure="name a file in it: --out clusters.csv", file=str(out)))
    if out.exists() and any(path.exists() and path.samefile(out) for path in read):
        raise Refused(Fault(what="is read, and would be written over", cure="name another --out", file=str(out)))


def _unsaid(_: str) -> None:
    """Say nothing."""


def _said(said: str | None) -> dict[str, str]:
    if not said:
        return {}
    parts = [part.partition("=") for part in said.split(",")]
    if any(not (kind and equals and column) for kind, equals, column in parts):
        raise click.BadParameter("say kind=column, several with commas", param_hint="--map")
    return {column.strip(): kind.strip() for kind, _, column in parts}


def _print(summary: Matched, out: Path) -> None:
    rows = [(name, kind, summary.reasons[name]) for name, kind in summary.columns.items()]
    terminal.say(terminal.table(("column", "taken for", "why"), rows))
    terminal.say(
        f"{summary.records:,} records are {summary.clusters:,} people; {summary.joined:,} records have others "
        f"of the same person (at most {summary.largest:,})."
    )
    if summary.precision is not None:
        terminal.say(
            f"Estimated: {terminal.share(summary.precision)} of the pairs put together are right, and they are "
            f"{terminal.share(summary.recall)} of all; {counted(summary.pairs_compared, 'pair')} were compared."
        )
    terminal.say(f"Written: {out}")
