"""The audit: verify, anchor, search, export, review."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import click
import msgspec

import itda
from itda.base.counted import counted
from itda.cli import terminal
from itda.cli.options import Example, common, given
from itda.console import acts, audited, requesting, saying, words
from itda.console import language as tongue
from itda.engine.auditing.reviewing import Review
from itda.engine.auditing.searching import Line, Trail, Wanted
from itda.engine.naming import named

_LANGUAGE = click.option(
    "--lang", "language", default="", type=click.Choice(["", *tongue.LANGUAGES]),
    help="Of what is listed: ko or en (default: the terminal's). With --json names stay as they are kept.",
)  # fmt: skip


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
        last = f", the last of {terminal.moment(place.last_at)}" if place.last_at is not None else ""
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
@click.option(
    "--since", default="", metavar="TIME", help="From this day or time on (ISO 8601, without a zone the workspace's)."
)
@click.option("--until", default="", metavar="TIME", help="Before this day or time.")
@click.option("--action", default="", help="Only these: view, search, export, change …")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 10_000), help="So many at most.")
@_LANGUAGE
def audit_search(actor: str, subject: str, since: str, until: str, action: str, limit: int, language: str) -> None:
    """List looks and changes, newest first. The search itself is written into the access log."""
    with itda.open(given().workspace) as shop:
        kinds = [kind.name for kind in shop.workspace.policy.kinds]
        wanted = Wanted(
            actor=actor,
            subject=named(subject, kinds) if subject else "",
            since=terminal.read(since),
            until=terminal.read(until),
            action=action,
        )
        found = shop.audit.search(wanted, limit=limit)
    if given().is_json:
        terminal.json_line(found)
        return
    _say(found, _words(language))


def _words(language: str) -> words.Say:
    """What gives a text in the language asked for, else in the terminal's, by POSIX's order of variables."""
    said = next((os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)), "")
    return tongue.load(language or ("ko" if said.startswith("ko") else "en")).gettext


def _columns(of: Mapping[str, str], say: words.Say) -> list[str]:
    return [f"{say(name)} {holds}".rstrip() for name, holds in of.items()]


def _say(found: Trail, say: words.Say) -> None:
    terminal.say(terminal.table(_columns(audited.LINES, say), [_row(line, say) for line in found.lines]))
    if found.before:
        terminal.say(say(audited.MORE))
    if found.unnamed:
        terminal.say(say(audited.HASHED) % {"num": f"{found.unnamed:,}"})


def _row(line: Line, say: words.Say) -> tuple[object, ...]:
    reason = say(audited.SEALED) if line.is_sealed else audited.reason(line.reason, say)
    return (terminal.when(line.at), line.actor, words.role(line.role, say),
            saying.of(requesting.DOORS, line.system, say), saying.of(audited.LOOKS, line.action, say),
            acts.act(line.name, say), line.subjects, saying.of(audited.DECISIONS, line.decision, say),
            reason)  # fmt: skip


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
        rows = shop.audit.export(file, reason=reason, since=terminal.read(since), until=terminal.read(until))
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
@_LANGUAGE
def audit_review(month: str, sign: bool, findings: str, language: str) -> None:
    """Show what each operator did in a month, and what stands out of it."""
    with itda.open(given().workspace) as shop:
        made = shop.audit.sign(month, findings) if sign else shop.audit.review(month)
    if given().is_json:
        terminal.json_line(made)
        return
    say = _words(language)
    _told(made, say)
    if sign:
        terminal.say(say(audited.SIGNATURE) % {"fingerprint": made.sha256})


def _told(made: Review, say: words.Say) -> None:
    rows = [
        (one.actor, words.role(one.role, say), one.looks, one.people, one.exports, one.exports_without_campaign,
         one.at_night, one.not_let)
        for one in made.operators
    ]  # fmt: skip
    terminal.say(terminal.table(_columns(audited.OPERATORS, say), rows))
    if made.standouts:
        stood = [(one.actor, saying.of(audited.STANDOUTS, one.kind, say), one.count, one.customer or None)
                 for one in made.standouts]  # fmt: skip
        terminal.say(terminal.table(_columns(audited.STOOD_OUT, say), stood))
    if made.signed:
        signed = [(terminal.when(one.at), one.reviewer, one.findings) for one in made.signed]
        terminal.say(terminal.table(_columns(audited.SIGNED, say), signed))
