"""What a call of another system brings: a JSON body of one event or a list of them, and headers.

`header:NAME` names a header as if it were a column; `customer.email` reaches into objects, as in JSON lines.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

import msgspec

from itda.sources.mapping import Mapped, Mapper
from itda.sources.rows import SHOWN, RefusedRow, Row
from itda.sources.values import reach

HEADER = "header:"
_decoder = msgspec.json.Decoder(float_hook=Decimal)


def items(body: bytes, path: str) -> list[Any]:
    """The events of a body; `ValueError` says why there are none to be found."""
    try:
        found = _decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise ValueError("the body is not JSON") from None
    except RecursionError:
        raise ValueError("the body is nested too deep to be read") from None
    if path:
        found = reach(found, path.split("."))
        if found is None:
            return []
    if isinstance(found, dict):
        return [found]
    if not isinstance(found, list):
        raise ValueError("the body is no object, and no list of them")  # noqa: TRY004 - of data
    return found


def events(mapper: Mapper, found: list[Any], headers: Mapping[str, str]) -> Iterator[Mapped | RefusedRow]:
    """The events of these items. Headers have names in small letters."""
    columns = list(mapper.columns)
    key = mapper.mapping.key
    is_one = len(found) > 1 and all(name.startswith(HEADER) for name in key)
    told = {name: headers.get(name.removeprefix(HEADER).lower()) for name in columns if name.startswith(HEADER)}
    paths = [tuple(name.split(".")) for name in columns]
    for item in found:
        if not isinstance(item, dict):
            yield RefusedRow(0, "is no object", msgspec.json.encode(item).decode()[:SHOWN])
            continue
        pairs = zip(columns, paths, strict=True)
        row = Row(0, [told[name] if name in told else reach(item, path) for name, path in pairs])
        yield (
            mapper.refused(row, f"{', '.join(key)}: names the call, which holds many")
            if is_one
            else mapper.event((row,))
        )
