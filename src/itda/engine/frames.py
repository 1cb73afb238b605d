"""Views as Polars frames: one row per item, times as UTC datetimes (and as microseconds in `*_us`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    import polars as pl

_JSON = msgspec.json.Encoder()


def frame(items: Sequence[Any], schema: dict[str, str]) -> pl.DataFrame:
    """Rows of frozen structs in the columns of `schema`: name → text, int, float, bool, time, json or list.

    A `time` column `at` becomes `at` (Datetime, UTC) and `at_us` (Int64). `json` is the value as JSON text.
    """
    import polars as pl  # noqa: PLC0415 - costs 60 MB, and most who open a shop need no frame

    plain = {"text": pl.String(), "int": pl.Int64(), "float": pl.Float64(), "bool": pl.Boolean(),
             "json": pl.String(), "list": pl.List(pl.String()), "time": pl.Int64()}  # fmt: skip
    columns = {
        (f"{name}_us" if kind == "time" else name): pl.Series(
            [_value(getattr(item, name), kind) for item in items], dtype=plain[kind]
        )
        for name, kind in schema.items()
    }
    drawn = pl.DataFrame(columns)
    times = [name for name, kind in schema.items() if kind == "time"]
    return drawn.with_columns(
        pl.from_epoch(pl.col(f"{name}_us"), time_unit="us").dt.replace_time_zone("UTC").alias(name) for name in times
    )


def _value(value: Any, kind: str) -> Any:
    return _JSON.encode(value).decode() if kind == "json" else value


HUBS = {"kind": "text", "value": "text", "hub": "text", "neighbours": "int", "steward": "text", "reason": "text",
        "first_at": "time"}  # fmt: skip
FOUND = {"id": "text", "name": "text", "matched": "text", "identifiers": "list", "events": "int", "last_at": "time"}
TIMELINE = {"at": "time", "received_at": "time", "name": "text", "type": "text", "channel": "text", "source": "text",
            "properties": "json", "position": "int"}  # fmt: skip
QUALITY = {"local_date": "text", "source": "text", "channel": "text", "accepted": "int", "duplicate": "int",
           "quarantined": "json", "late": "int", "clamped": "int", "fields_missing": "int", "drift": "int",
           "unreadable": "json", "concealed": "json", "unplaced": "int"}  # fmt: skip
QUARANTINE = {"position": "int", "received_at": "time", "source": "text", "channel": "text", "name": "text",
              "reason": "text", "detail": "text", "replayed_at": "time"}  # fmt: skip
TRAITS = {"name": "text", "kind": "text", "value": "json", "source": "text", "at": "time", "unit": "text"}
MEASURED = {"series": "text", "part": "text", "value": "float", "n": "int", "d": "int", "low": "float", "high": "float"}
