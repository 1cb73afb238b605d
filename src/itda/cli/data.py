"""What comes in and what became of it: import, status, quarantine, replay."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import click

import itda
from itda.base.counted import counted
from itda.cli import terminal
from itda.cli.options import Example, bilingual, command, common, confirm, given
from itda.cli.speech import called, spoken
from itda.console import saying
from itda.engine.questions.views import QuarantineLine, QuarantineView


@command("status", "itda status", "itda -w shop status --json")
@bilingual
def status_command() -> None:
    """Show how the shop stands.

    Events, customers, the share of events we can link, and how far behind processing is.
    """
    with itda.open(given().workspace) as shop:
        view = shop.status()
        server = shop.served_by()
    if given().is_json:
        terminal.json_line(view)
        return
    rows: list[tuple[str, object]] = [
        (spoken("Accepted events"), view.events.accepted),
        (f"  {spoken('Duplicate')}", view.events.duplicate),
        (f"  {spoken('Refused events')}", view.events.quarantined),
        (spoken("Unreadable identifiers"), view.unreadable),
        (spoken("Customers"), view.customers),
        (spoken("Linked share"), terminal.share(view.linked_share)),
        (spoken("Lag"), spoken("%(num)s s", num=f"{view.lag_s:.1f}")),
        (f"  {spoken('Deciding')}", spoken("%(num)s s", num=f"{view.deciding_lag_s:.1f}")),
        (
            spoken("Position in the log"),
            spoken("%(part)s of %(whole)s", part=f"{view.position:,}", whole=f"{view.log_position:,}"),
        ),
        (spoken("Served by"), server or spoken("nobody")),
    ]
    if view.declined:
        rows.insert(-2, (spoken("Not let into a journey"), _counts(saying.DECLINES, view.declined)))
    if view.aside:
        rows.insert(-2, (spoken("Customers put aside (itda journey --aside)"), _counts(saying.ASIDE, view.aside)))
    if view.reconsidered_share is not None:
        rows.insert(-1, (spoken("Follow the changed identity.yaml"), terminal.share(view.reconsidered_share)))
    if view.unapplied:
        rows.insert(-1, (spoken("Files not applied"), ", ".join(view.unapplied)))
    if view.unfolded:
        rows.insert(-1, (spoken("Past not folded (itda replay)"), ", ".join(view.unfolded)))
    terminal.say(terminal.table(("", " #"), rows))
    for why in view.unsuited:
        terminal.say(spoken("NOTHING IS SENT: %(why)s", why=why))


def _counts(table: dict[str, str], found: Mapping[str, int]) -> str:
    return ", ".join(f"{called(table, word)} {count:,}" for word, count in sorted(found.items()))


@command("import", "itda import pos orders-2026-11.csv", "itda -w shop import crm people.parquet --json")
@click.argument("source")
@click.argument("file", type=click.Path(path_type=Path))
def import_command(source: str, file: Path) -> None:
    """Bring a file in.

    CSV, JSON lines or Parquet, by the mapping of the source. It goes on where it was interrupted, and a second run
    of the same file changes nothing.
    """
    with itda.open(given().workspace) as shop:
        with terminal.progress(f"Reading {file.name}") as step:
            done = shop.import_file(source, file, progress=step)
        with terminal.progress("Processing") as step:
            shop.settle(progress=step)
    if given().is_json:
        terminal.json_line(done)
        return
    gave = f"{counted(done.rows_done, 'row')} gave {counted(done.events, 'event')}"
    terminal.say(f"{file.name}: {gave}; {done.refused:,} {'was' if done.refused == 1 else 'were'} refused.")
    if done.refused:
        terminal.say("See why: itda quarantine list")


@click.group("quarantine")
@common
def quarantine_command() -> None:
    """Look at refused events and replay them."""


@quarantine_command.command(
    "list", cls=Example, examples=("itda quarantine list", "itda quarantine list --reason contract --limit 5 --json")
)
@click.option("--source", help="Only of this source.")
@click.option("--reason", help="Only with this reason: contract, clock, identity, size …")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 1000), help="At most so many.")
@click.option("--before", type=int, help="Only before this log position (the `next` of the page before).")
@common
def quarantine_list(source: str | None, reason: str | None, limit: int, before: int | None) -> None:
    """List refused events, newest first."""
    with itda.open(given().workspace) as shop:
        view = shop.quarantine(source=source, reason=reason, limit=limit, before=before)
    if given().is_json:
        terminal.json_line(view)
        return
    _print_quarantine(view)


def _print_quarantine(view: QuarantineView) -> None:
    if not view.lines:
        terminal.say("No refused event.")
        return
    rows = [(str(line.position), terminal.when(line.received_at), line.source, line.name, line.reason, _told(line),
             "yes" if line.replayed_at else "") for line in view.lines]  # fmt: skip
    columns = ("position #", "received @", "source", "event", "reason", "what", "replayed")
    terminal.say(terminal.table(columns, rows))
    counts = ", ".join(f"{reason} {n:,}" for reason, n in sorted(view.by_reason.items()))
    terminal.say(f"Waiting: {counts or 'none'}")
    if view.cut:
        terminal.say(f"Kept in part only, cannot be replayed: {view.cut:,}")
    if view.next is not None:
        terminal.say(f"More: itda quarantine list --before {view.next}")


def _told(line: QuarantineLine) -> str:
    return line.detail if line.cut_from is None else f"{line.detail} (of its {line.cut_from:,} bytes not all are kept)"


@quarantine_command.command(
    "replay", cls=Example, examples=("itda quarantine replay --reason contract", "itda quarantine replay 1048577 --yes")
)
@click.argument("positions", type=int, nargs=-1)
@click.option("--source", help="Only of this source.")
@click.option("--reason", help="Only with this reason.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@common
def quarantine_replay(positions: tuple[int, ...], source: str | None, reason: str | None, yes: bool) -> None:
    """Put refused events into the log again.

    After the cure: all that wait, or those named.
    """
    confirm("Put these refused events into the log again?", yes)
    with itda.open(given().workspace) as shop:
        replayed = shop.replay_quarantine(positions, source=source, reason=reason)
        waiting = shop.quarantine(source=source, reason=reason, limit=1).by_reason
    if given().is_json:
        terminal.json_line({"replayed": replayed, "waiting": waiting})
        return
    left = sum(waiting.values())
    put = f"{counted(replayed, 'event')} {'was' if replayed == 1 else 'were'} put into the log again"
    terminal.say(f"{put}; {left:,} {'waits' if left == 1 else 'wait'} in quarantine now.")


@command("replay", "itda replay --verify", "itda -w shop replay --verify --json")
@click.option("--verify", is_flag=True, help="Rebuild beside the living data from lake and keys alone, and compare.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def replay_command(verify: bool, yes: bool) -> int:
    """Rebuild customers from lake and keys.

    With --verify nothing is changed: the rebuilt tables are compared with the living ones and the first differences
    are named; exit code 1 when there is one. Without it the living tables are replaced by the rebuilt ones.
    """
    if not verify:
        confirm("Replace the living customers and profiles by rebuilt ones?", yes)
    with itda.open(given().workspace) as shop, terminal.progress("Rebuilding") as step:
        report = shop.replay(verify=verify, progress=step)
    if given().is_json:
        terminal.json_line(report)
    else:
        for line in report.lines():
            terminal.say(line)
    return 0 if report.ok else terminal.REFUSED
