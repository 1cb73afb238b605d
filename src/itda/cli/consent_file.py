"""Reads a file of consents that were given before, and brings it in, a few hundred rows at a time."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from itda.base import instant
from itda.base.errors import Misused
from itda.cli import terminal
from itda.cli.options import given
from itda.cli.speech import heads, spoken
from itda.console.language import mark as _
from itda.engine.commands.consents import ActResult, ConsentAct, TellConsents
from itda.engine.shop import Shop

_AT_ONCE = 500
_OTHER = ("action", "channel", "purpose", "text", "evidence", "at", "key")


_DRY = _("%(num)s would be written, %(known)s known already, %(refused)s refused.")
_WRITTEN = _("%(num)s written, %(known)s known already, %(refused)s refused.")
_REFUSED = {_("Line"): "", _("Why it was refused"): ""}


class Row(msgspec.Struct, frozen=True):
    """One row: its line in the file, and the act it is; else what is wrong with it."""

    line: int
    act: ConsentAct | None
    why: str = ""


def read(file: Path) -> tuple[list[Row], bytes]:
    """The rows of a file, and its SHA-256; `Misused` where it is no such file."""
    raw = file.read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Misused(f"{file.name} is no UTF-8 text") from None
    if file.suffix in (".jsonl", ".ndjson", ".json"):
        rows = [_of_json(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    else:
        rows = _of_csv(file.name, text)
    return rows, hashlib.sha256(raw).digest()


def _of_csv(name: str, text: str) -> list[Row]:
    reader = csv.DictReader(io.StringIO(text))
    try:
        if not reader.fieldnames or "channel" not in reader.fieldnames:
            raise Misused(f"{name} has no column `channel`: its first line names the columns")
        return [_row(reader.line_num, dict(row)) for row in reader]
    except csv.Error as error:
        raise Misused(f"{name}, after line {reader.line_num:,}: {error}") from None


def bring(shop: Shop, rows: Sequence[Row], digest: bytes, source: str, reason: str, *, is_dry: bool) -> int:
    """Write the rows down and say what became of them; how many were refused."""
    results: list[tuple[int, ActResult]] = [
        (row.line, ActResult("refused", "", row.why)) for row in rows if row.act is None
    ]
    acts = [(row.line, row.act) for row in rows if row.act is not None]
    for start in range(0, len(acts), _AT_ONCE):
        some = acts[start : start + _AT_ONCE]
        command = TellConsents(acts=tuple(act for _, act in some), collector=source, is_dry=is_dry, digest=digest)
        told = shop.act(command, reason)
        results += zip((line for line, _ in some), told.results, strict=True)
    results.sort(key=lambda one: one[0])
    refused = [(line, one.why) for line, one in results if one.outcome == "refused"]
    counts = {
        name: sum(one.outcome == name for _, one in results) for name in ("written", "logged", "known", "refused")
    }
    if given().is_json:
        rows_told = [{"line": line, **msgspec.to_builtins(one)} for line, one in results]
        terminal.json_line({"dry": is_dry, **counts, "rows": rows_told})
        return len(refused)
    words = _DRY if is_dry else _WRITTEN
    written = f"{counts['written'] + counts['logged']:,}"
    terminal.say(spoken(words, num=written, known=f"{counts['known']:,}", refused=f"{counts['refused']:,}"))
    if refused:
        terminal.say(terminal.table(heads(_REFUSED), refused))
    return len(refused)


def _of_json(number: int, line: str) -> Row:
    try:
        return _row(number, msgspec.json.decode(line, type=dict[str, Any]))
    except msgspec.DecodeError:
        return Row(number, None, "is no JSON object")


def _row(number: int, row: dict[str, Any]) -> Row:
    told = {name: "" if row.get(name) is None else str(row[name]).strip() for name in row if name}
    action = told.get("action") or "import"
    if action in ("grant", "agreed", "true", "y"):
        action = "import"  # what a file says was given before is no act of today
    try:
        at = instant.parse(told["at"]) if told.get("at") else None
        act = msgspec.convert(
            {
                "identifiers": {name: value for name, value in told.items() if name not in _OTHER and value},
                "action": action, "occurred_at": at,
                **{name: told[name] for name in ("channel", "purpose", "text", "evidence", "key") if told.get(name)},
            },
            ConsentAct,
        )  # fmt: skip
    except (ValueError, msgspec.ValidationError) as error:
        return Row(number, None, str(error))
    if act.action == "import" and act.occurred_at is None:
        return Row(number, None, "when it was given is not said: name it in a column `at`")
    return Row(number, act)
