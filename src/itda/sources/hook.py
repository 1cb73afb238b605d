"""What a call of another system brings: a JSON body of one event or a list of them, and headers.

`header:NAME` names a header as if it were a column; `customer.email` reaches into objects, as in JSON lines.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from itda.base import money
from itda.sources.mapping import Mapped, Mapper
from itda.sources.rows import SHOWN, Called, RefusedRow, Row
from itda.sources.values import reach

HEADER = "header:"
LARGEST_KEPT = 64 << 10
"""Bytes of a refused item that are kept whole."""
_encoder = msgspec.json.Encoder(decimal_format="number")
_decoder = msgspec.json.Decoder(float_hook=money.written)


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
    for item in found:
        one = _event(mapper, item, headers, is_of_many=len(found) > 1)
        yield _kept(mapper, one, item, headers, is_of_many=len(found) > 1) if isinstance(one, RefusedRow) else one


def again(mapper: Mapper, row: RefusedRow) -> Mapped | RefusedRow:
    """The event of an item that was refused, by today's mapping."""
    if row.called is None:
        return row
    called = row.called
    return _event(mapper, _decoder.decode(called.item), called.headers, is_of_many=called.is_of_many)


def _event(mapper: Mapper, item: Any, headers: Mapping[str, str], *, is_of_many: bool) -> Mapped | RefusedRow:
    if not isinstance(item, dict):
        return RefusedRow(0, "is no object", msgspec.json.encode(item).decode()[:SHOWN])
    key = mapper.mapping.key
    values = [
        headers.get(_header(name)) if name.startswith(HEADER) else reach(item, name.split("."))
        for name in mapper.columns
    ]
    row = Row(0, values)
    if is_of_many and all(name.startswith(HEADER) for name in key):
        return mapper.refused(row, f"{', '.join(key)}: names the call, which holds many")
    return mapper.event((row,))


def _header(column: str) -> str:
    return column.removeprefix(HEADER).lower()


def _headers(mapper: Mapper) -> list[str]:
    return [_header(name) for name in mapper.columns if name.startswith(HEADER)]


def _kept(mapper: Mapper, row: RefusedRow, item: Any, headers: Mapping[str, str], *, is_of_many: bool) -> RefusedRow:
    """The refused row with the whole item, unless it is too large, and the headers that the mapping reads."""
    written = _encoder.encode(item)
    if not isinstance(item, dict) or len(written) > LARGEST_KEPT:
        return row
    told = {name: headers[name] for name in _headers(mapper) if name in headers}
    called = Called(msgspec.Raw(written), told, is_of_many=is_of_many)
    return msgspec.structs.replace(row, text="", called=called)
