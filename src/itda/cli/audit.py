"""The audit: verify, anchor, search, export, review."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

import itda
from itda.cli import terminal
from itda.cli.options import Example, bilingual, common, given
from itda.cli.speech import called, heads, several, spoken
from itda.console import acts, audited, requesting, words
from itda.engine.auditing.reviewing import Review
from itda.engine.auditing.searching import BY, Line, Trail, Wanted
from itda.engine.naming import named


@click.group("audit", epilog="Example: itda audit verify")
@common
@bilingual
def audit_command() -> None:
    """See who looked at what and who changed what, and prove that nobody altered it."""


@audit_command.command("verify", cls=Example, examples=("itda audit verify", "itda audit verify --json"))
@common
@bilingual
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
    rows = [(called(audited.STREAMS, one.table), one.rows, one.sealed, one.gaps) for one in found.streams]
    terminal.say(terminal.table(heads(audited.CHAINS), rows))
    for place in found.places:
        anchors = several("%(num)s anchor", "%(num)s anchors", place.anchors)
        last = place.last_at
        told = (
            anchors if last is None else f"{anchors}, {spoken('the last of %(moment)s', moment=terminal.moment(last))}"
        )
        terminal.say(f"{place.place}: {told}")
    for fault in faults:
        terminal.note(f"itda: {audited.fault(fault, spoken)}")
    terminal.say(spoken("Something was altered.") if faults else spoken("Everything is as it was written."))
    return terminal.REFUSED if faults else 0


@audit_command.command("anchor", cls=Example, examples=("itda audit anchor",))
@common
@bilingual
def audit_anchor() -> int:
    """Write what the chains have come to out of the database, now.

    A served shop does so once a day by itself.
    """
    with itda.open(given().workspace) as shop:
        made = shop.audit.anchor()
    if given().is_json:
        terminal.json_line(made)
    else:
        places = (made.file, made.bucket) if made.bucket and not made.lacking else (made.file,)
        terminal.say(spoken("Anchored in: %(places)s", places=", ".join(map(str, places))))
    if made.lacking:
        terminal.note(f"itda: {spoken('not in the bucket yet: %(why)s', why=made.lacking)}")
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
@bilingual
@click.option("--actor", default="", help="Only what this login, key or user did.")
@click.option("--subject", default="", metavar="KIND:VALUE", help="Only what was about this customer.")
@click.option(
    "--since", default="", metavar="TIME", help="From this day or time on (ISO 8601, without a zone the workspace's)."
)
@click.option("--until", default="", metavar="TIME", help="Before this day or time.")
@click.option("--action", default="", help="Only these: view, search, export, change …")
@click.option("--by", default="", type=click.Choice(["", *BY]), help="Only these: staff, customers, machines, itself.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 10_000), help="So many at most.")
def audit_search(actor: str, subject: str, since: str, until: str, action: str, by: str, limit: int) -> None:
    """List looks and changes, newest first. The search itself is written into the access log."""
    with itda.open(given().workspace) as shop:
        kinds = [kind.name for kind in shop.workspace.policy.kinds]
        wanted = Wanted(
            actor=actor,
            subject=named(subject, kinds) if subject else "",
            since=terminal.read(since),
            until=terminal.read(until),
            action=action,
            by=by,
        )
        found = shop.audit.search(wanted, limit=limit)
    if given().is_json:
        terminal.json_line(found)
        return
    _say(found)


def _say(found: Trail) -> None:
    terminal.say(terminal.table(heads(audited.LINES), [_row(line) for line in found.lines]))
    if found.before:
        terminal.say(spoken(audited.MORE))
    if found.unnamed:
        terminal.say(spoken(audited.HASHED, num=f"{found.unnamed:,}"))


def _row(line: Line) -> tuple[object, ...]:
    reason = spoken(audited.SEALED) if line.is_sealed else audited.reason(line.reason, spoken)
    return (terminal.when(line.at), line.actor, words.role(line.role, spoken),
            called(requesting.DOORS, line.system), called(audited.LOOKS, line.action),
            _what(line), line.subjects, called(audited.DECISIONS, line.decision),
            reason)  # fmt: skip


def _what(line: Line) -> str:
    told = ", ".join(f"{name} {value}" for name, value in audited.details(line.told, spoken))
    return f"{acts.act(line.name, spoken)} ({told})" if told else acts.act(line.name, spoken)


@audit_command.command(
    "export", cls=Example, examples=("itda audit export audit.jsonl --reason 'yearly check, ticket 41'",)
)
@common
@bilingual
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--since", default="", metavar="TIME", help="From this day or time on.")
@click.option("--until", default="", metavar="TIME", help="Before this day or time.")
@click.option("--reason", required=True, help="Why: kept in the access log.")
def audit_export(file: Path, since: str, until: str, reason: str) -> None:
    """Write every look and change to a file of JSON lines, each with its link.

    With the anchors whoever has the file can verify it without the database.
    """
    with itda.open(given().workspace) as shop:
        rows = shop.audit.export(file, reason=reason, since=terminal.read(since), until=terminal.read(until))
    if given().is_json:
        terminal.json_line({"to": str(file), "rows": rows})
    else:
        terminal.say(f"{file}: {several('%(num)s row', '%(num)s rows', rows)}.")


@audit_command.command(
    "review",
    cls=Example,
    examples=("itda audit review --month 2026-10", "itda audit review --month 2026-10 --sign --findings 'nothing'"),
)
@common
@bilingual
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
    _told(made)
    if sign:
        terminal.say(spoken(audited.SIGNATURE, fingerprint=made.sha256))


def _told(made: Review) -> None:
    rows = [
        (one.actor, words.role(one.role, spoken), one.looks, one.people, one.exports, one.exports_without_campaign,
         one.at_night, one.not_let)
        for one in made.operators
    ]  # fmt: skip
    terminal.say(terminal.table(heads(audited.OPERATORS), rows))
    if made.standouts:
        stood = [(one.actor, called(audited.STANDOUTS, one.kind), one.count, one.customer or None)
                 for one in made.standouts]  # fmt: skip
        terminal.say(terminal.table(heads(audited.STOOD_OUT), stood))
    if made.signed:
        signed = [(terminal.when(one.at), one.reviewer, one.findings) for one in made.signed]
        terminal.say(terminal.table(heads(audited.SIGNED), signed))
