"""Rows of a resource that somebody wrote for dlt: read by dlt, mapped and kept by us, with a cursor of ours.

Such rows come in no order. So the mark moves at the end of a run only, and what was taken before that is known by its
digest: a run that is killed reads again from the mark before, and takes the rest.
"""

from __future__ import annotations

import contextlib
import copy
import importlib
import os
from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import islice
from typing import Any

from itda.base.errors import Fault, Refused, Unavailable
from itda.engine.fetching.given import Given
from itda.engine.fetching.patience import patiently
from itda.engine.fetching.tables import Portion, at_cursor, begins_at
from itda.sources import fetched, marks
from itda.sources.fetched import Fact
from itda.sources.mapping import Mapper
from itda.sources.marks import Mark
from itda.sources.origins import DltOrigin
from itda.sources.values import reach
from itda.store import fetches
from itda.store.database import Connection, reported
from itda.store.reporting import first_line
from itda.workspace.shape import nearest

AT_ONCE = 1_000
"""Rows of one transaction; one that is large takes fewer."""


def read(given: Given, origin: DltOrigin) -> bool:
    """Bring in what is new; False where it was told to stop before it was through."""
    mapper = given.mapper
    begin = begins_at(given, origin, lambda: marks.of_json(origin.since)) if origin.cursor else None
    rows = _rows(given, origin, mapper.columns, begin)
    try:
        return _take(given, origin, mapper, fetched.facts(mapper, rows, given.key))
    except ValueError as error:
        raise at_cursor(given, origin, error) from None


def _take(given: Given, origin: DltOrigin, mapper: Mapper, found: Iterator[Fact]) -> bool:
    done, last = 0, None
    with contextlib.closing(given.db.connect(name="itda source")) as connection:
        while facts := list(islice(found, AT_ONCE)):
            _write(connection, given, mapper, facts)
            done += len(facts)
            last = max([*([last] if last else []), *(fact.mark for fact in facts)], key=_place)
            given.progress(done, None)
            if given.stopped():
                return False
        if origin.cursor and last is not None:
            _close(connection, given, origin, last)
    return True


@reported()
def _write(connection: Connection, given: Given, mapper: Mapper, facts: list[Fact]) -> None:
    left = facts
    while left:
        portion = Portion(connection, given, mapper, left)
        fetches.remember(connection, given.source.name, portion.new)
        portion.append()
        connection.commit()
        left = left[len(portion.taken) :]


@reported()
def _close(connection: Connection, given: Given, origin: DltOrigin, last: Mark) -> None:
    """The run is through: move the mark, and forget what is not met again."""
    source = given.source.name
    before = fetches.state(connection, source)
    if before.mark is not None and before.cursor_column == origin.cursor:
        last = max(last, before.mark, key=_place)
    fetches.set_mark(connection, source, origin.cursor, last)
    fetches.let_go(connection, source, last.text, marks.order(marks.begin(last, origin.overlap)))
    connection.commit()


def _place(mark: Mark) -> tuple[bool, Decimal, str]:
    place = marks.order(mark)
    return place is not None, place or Decimal(0), mark.text


def _rows(
    given: Given, origin: DltOrigin, columns: Sequence[str], begin: Mark | None
) -> Iterator[tuple[Any, Sequence[Any]]]:
    """The cursor's value and the values of the columns of every row; without a cursor, rows have one value of it."""
    paths = [tuple(name.split(".")) for name in columns]
    cursor = tuple(origin.cursor.split(".")) if origin.cursor else ()
    for row in _items(given, origin, begin):
        yield reach(row, cursor) if cursor else "", [reach(row, path) for path in paths]


def _items(given: Given, origin: DltOrigin, begin: Mark | None) -> Iterator[dict[str, Any]]:
    def asked() -> Iterator[Any]:
        yield from _resource(given, origin, begin)

    try:
        for item in patiently(given.source.name, asked, origin.patience):
            for row in item.to_pylist() if hasattr(item, "to_pylist") else [item]:
                yield _row(given, row)
    except (Refused, Unavailable):
        raise
    except Exception as error:  # noqa: BLE001 - somebody else's code, see below
        # Somebody else's code: whatever it says is outside, and may go well the next time.
        said = f"dlt: {type(error).__name__}: {first_line(error)}"
        raise Unavailable(given.without_secrets(said)[:300]) from None


def _row(given: Given, row: Any) -> dict[str, Any]:
    if isinstance(row, dict):
        return row
    raise _wrong(given, f"the resource gives {type(row).__name__}, no rows", "name another resource")


def _resource(given: Given, origin: DltOrigin, begin: Mark | None) -> Any:
    """The resource, asked for what is not before `begin`."""
    os.environ.setdefault("RUNTIME__DLTHUB_TELEMETRY", "false")
    try:
        import dlt  # noqa: PLC0415 - an extra, and a large one
        from dlt.extract import DltResource  # noqa: PLC0415
    except ImportError:
        raise _wrong(given, "dlt is not installed", "pip install 'itda[dlt]'") from None
    try:
        making = getattr(importlib.import_module(origin.module), origin.function)
    except (ImportError, AttributeError) as error:
        cure = "install it, or name its folder in PYTHONPATH"
        raise _wrong(given, f"Python finds no {origin.module}:{origin.function} ({error})", cure) from None
    arguments = _arguments(given, origin)
    try:
        made = making(**arguments)
    except (TypeError, dlt.common.configuration.exceptions.ConfigurationException) as error:
        said = given.without_secrets(f"{origin.function}: {first_line(error)}")
        raise _wrong(given, said, "see arguments: and secrets:") from None
    resource = made if isinstance(made, DltResource) else _chosen(given, origin, made)
    if origin.cursor:
        initial = begin.value if begin is not None else None
        resource.apply_hints(incremental=dlt.sources.incremental(origin.cursor, initial_value=initial))
    return resource


def _arguments(given: Given, origin: DltOrigin) -> dict[str, Any]:
    """What the function is given: its arguments, each secret in its place among them."""
    arguments = copy.deepcopy(origin.arguments)
    for place, variable in origin.secrets.items():
        *names, last = place.split(".")
        inner: Any = arguments
        for name in names:
            inner = inner.setdefault(name, {}) if isinstance(inner, dict) else None
        if not isinstance(inner, dict):
            raise _wrong(given, f"secrets: {place} leads into what is no mapping", "see arguments:")
        inner[last] = given.secret(variable)
    return arguments


def _chosen(given: Given, origin: DltOrigin, made: Any) -> Any:
    names = list(getattr(made, "resources", {}))
    name = origin.resource or (names[0] if len(names) == 1 else "")
    if name not in names:
        what = f"{origin.resource!r} is no resource of it" if origin.resource else "does not say which resource"
        raise _wrong(given, what, nearest(name, names) if names else "it has none")
    return made.resources[name]


def _wrong(given: Given, what: str, cure: str) -> Refused:
    return Refused(Fault(what=what, cure=cure, file=given.file))
