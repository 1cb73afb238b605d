"""The audit: verify, anchor, search, export, review."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

import itda
from itda.base import instant
from itda.base.counted import counted
from itda.base.errors import Misused
from itda.cli import terminal
from itda.cli.options import Example, common, given
from itda.engine.auditing.searching import Line, Trail, Wanted
from itda.engine.naming import named


@click.group("audit", epilog="Example: itda audit verify")
@common
def audit_command() -> None:
    """See who looked at what and who changed what, and prove that nobody altered it."""


@audit_command.command("verify", cls=Example, examples=("itda audit verify", "itda audit verify --json"))
@common
def audit_verify() -> int:
    """Look at every row of the access log, the audit and the consent ledger, at their chains and anchors.

    The first broken row is named. What was found is kept, and that somebody looked is written down.
    """
    with itda.open(given().workspace) as shop:
        found = shop.audit.verify()
    faults = found.faults
    if given().is_json:
        terminal.json_line({"ok": not faults, "faults": faults, **msgspec.to_builtins(found)})
        return terminal.REFUSED if faults else 0
    rows = [(one.table, one.rows, one.sealed, one.gaps) for one in found.streams]
    terminal.say(terminal.table(("table", "rows #", "sealed #", "never written #"), rows))
    for place in found.places:
        last = f", the last of {terminal.when(place.last_at)}" if place.last_at is not None else ""
        terminal.say(f"{place.place}: {counted(place.anchors, 'anchor')}{last}")
    for fault in faults:
        terminal.note(f"itda: {fault}")
    terminal.say("Something was altered." if faults else "Everything is as it was written.")
    return terminal.REFUSED if faults else 0


@audit_command.command("anchor", cls=Example, examples=("itda audit anchor",))
@common
def audit_anchor() -> int:
    """Write what the chains have come to out of the database, now.

    A served shop does so once a day by itself.
    """
    with itda.open(given().workspace) as shop:
        made = shop.audit.anchor()
    if given().is_json:
        terminal.json_line(made)
    else:
        where = f"{made.file} and {made.bucket}" if made.bucket and not made.lacking else made.file
        terminal.say(f"Anchored in {where}.")
    if made.lacking:
        terminal.note(f"itda: not in the bucket yet: {made.lacking}")
    return terminal.UNAVAILABLE if made.lacking else 0


@audit_command.command(
    "search",
    cls=Example,
    examples=(
        "itda audit search --subject email:minji@shop.example",
        "itda audit search --actor kim --since 2026-11-01",
    ),
)
@common
@click.option("--actor", default="", help="Only what this login, key or user did.")
@click.option("--subject", default="", metavar="KIND:VALUE", help="Only what was about this customer.")
@click.option("--since", default="", metavar="TIME", help="From this day or time on (ISO 8601; UTC without a zone).")
@click.option("--until", default="", metavar="TIME", help="Before this day or time.")
@click.option("--action", default="", help="Only these: view, search, export, change …")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 10_000), help="So many at most.")
def audit_search(actor: str, subject: str, since: str, until: str, action: str, limit: int) -> None:
    """List looks and changes, newest first. The search itself is written into the access log."""
    with itda.open(given().workspace) as shop:
        kinds = [kind.name for kind in shop.workspace.policy.kinds]
        wanted = Wanted(
            actor=actor,
            subject=named(subject, kinds) if subject else "",
            since=_time(since),
            until=_time(until),
            action=action,
        )
        found = shop.audit.search(wanted, limit=limit)
    if given().is_json:
        terminal.json_line(found)
        return
    _say(found)


def _say(found: Trail) -> None:
    columns = ("at (UTC)", "who", "role", "by", "did", "what", "people #", "decision", "reason")
    terminal.say(terminal.table(columns, [_row(line) for line in found.lines]))
    if found.before:
        terminal.say("There are more; see them with --limit, or --until the last one's time.")
    if found.unnamed:
        looks = counted(found.unnamed, "look")
        terminal.say(f"{looks} at more than 1,000 people at once: whether this one was among them is not kept.")


def _row(line: Line) -> tuple[object, ...]:
    reason = "(sealed)" if line.is_sealed else line.reason
    return (terminal.when(line.at), line.actor, line.role, line.system, line.action, line.name, line.subjects,
            line.decision, reason)  # fmt: skip


@audit_command.command(
    "export", cls=Example, examples=("itda audit export audit.jsonl --reason 'yearly check, ticket 41'",)
)
@common
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--since", default="", metavar="TIME", help="From this day or time on.")
@click.option("--until", default="", metavar="TIME", help="Before this day or time.")
@click.option("--reason", required=True, help="Why: kept in the access log.")
def audit_export(file: Path, since: str, until: str, reason: str) -> None:
    """Write every look and change to a file of JSON lines, each with its link.

    With the anchors whoever has the file can verify it without the database.
    """
    with itda.open(given().workspace) as shop:
        rows = shop.audit.export(file, reason=reason, since=_time(since), until=_time(until))
    if given().is_json:
        terminal.json_line({"to": str(file), "rows": rows})
    else:
        terminal.say(f"{file}: {counted(rows, 'row')}.")


@audit_command.command(
    "review",
    cls=Example,
    examples=("itda audit review --month 2026-10", "itda audit review --month 2026-10 --sign --findings 'nothing'"),
)
@common
@click.option("--month", required=True, metavar="YYYY-MM", help="The month, in the shop's zone.")
@click.option("--sign", is_flag=True, help="Say that you looked; the duty to do so is settled.")
@click.option("--findings", default="", help="What you found. It stays on record, with the report's fingerprint.")
def audit_review(month: str, sign: bool, findings: str) -> None:
    """Show what each operator did in a month, and what stands out of it."""
    with itda.open(given().workspace) as shop:
        made = shop.audit.sign(month, findings) if sign else shop.audit.review(month)
    if given().is_json:
        terminal.json_line(made)
        return
    rows = [
        (one.actor, one.role, one.looks, one.people, one.exports, one.exports_without_campaign, one.at_night,
         one.not_let)
        for one in made.operators
    ]  # fmt: skip
    columns = ("who", "role", "looks #", "people #", "exports #", "without campaign #", "at night #", "not let #")
    terminal.say(terminal.table(columns, rows))
    for one in made.standouts:
        about = f" at {one.customer}" if one.customer else ""
        terminal.say(f"Stands out: {one.actor}, {WORDS[one.kind]}{about}: {one.count:,}")
    for signed in made.signed:
        terminal.say(f"Signed by {signed.reviewer} at {terminal.when(signed.at)}: {signed.findings}")
    if sign:
        terminal.say(f"Signed; the report's fingerprint is {made.sha256}.")


WORDS = {
    "volume": "far more people than others",
    "night": "looks at night",
    "marked": "looks at marked customers",
    "export": "exports without a campaign",
    "again": "looks again and again",
}
"""What a finding is called."""


def _time(text: str) -> int | None:
    try:
        return instant.parse(text) if text else None
    except ValueError as error:
        raise Misused(f"{text!r} is no day or time: {error}") from None
