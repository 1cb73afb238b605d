"""Two copies of the derived tables, compared: a hash for each, and the first difference by table, key and column.

Both are read in the order of their keys and met row by row, so memory does not depend on their size. What is sealed
is compared opened: two seals of the same value differ.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import msgspec

from itda.engine.keyring import RETENTION
from itda.engine.steering import reason_label
from itda.profiles.fold import Fold, FragmentState, trait_label
from itda.store.database import Connection, Database
from itda.store.vault import Cipher, Unsealable, Vault

_AT_ONCE = 5_000
_LONGEST = 200
_SHRUNK = 20
_names = count()


class Table(msgspec.Struct, frozen=True):
    """A derived table: its columns, of which the first `keys` are its key, and the rows of it that are derived."""

    name: str
    columns: tuple[str, ...]
    keys: int = 1
    texts: tuple[str, ...] = ()
    """Key columns that are text."""
    where: str = ""


_PROCESSED = "(select position from cursor where name = 'pipeline')"
TABLES = (
    Table("identifier", ("fragment", "kind", "first_at", "component", "customer", "hub", "is_blocked")),
    Table("edge", ("a", "b", "tier", "first_at", "state", "reason", "only_day", "sources"), 2),
    Table(
        "edge_evidence",
        ("a", "b", "source", "local_date", "count", "first_at", "last_at", "sample"),
        4,
        ("source",),
    ),
    Table("steered", ("id", "action", "a", "b", "steward", "at", "retracted_at", "reason_sealed")),
    Table("fragment", ("fragment", "events", "first_at", "last_at", "is_spilled", "state")),
    Table("fragment_recent", ("fragment", "page", "refs"), 2),
    Table("name_hash", ("hash", "fragment"), 2),
    Table("household_hash", ("hash", "fragment"), 2),
    Table("permanent_id", ("id",)),
    Table(
        "journey_path",
        ("position_id", "seq", "at", "log_at", "step", "what", "detail", "told"),
        2,
        where=f"told <= {_PROCESSED}",
    ),
    Table(
        "journey_position",
        (
            "id",
            "journey",
            "version",
            "fragment",
            "entry_event",
            "correlation",
            "arm",
            "step",
            "state",
            "entered_at",
            "entered_log_at",
            "due_at",
            "goal_until",
            "goal_at",
            "messaged_at",
            "exited_at",
            "exit_reason",
        ),
        where="not exists (select from journey_path p"
        f" where p.position_id = journey_position.id and p.told > {_PROCESSED})",
    ),
    Table(
        "quality",
        ("local_date", "source", "channel", "measure", "n"),
        4,
        ("source", "channel", "measure"),
        "measure in ('accepted', 'late', 'clamped')",
    ),
)


class Difference(msgspec.Struct, frozen=True):
    """Where two copies part. `live` and `rebuilt` are empty where a row is missing, or says too much about a person."""

    table: str
    key: str
    column: str
    live: str
    rebuilt: str

    def __str__(self) -> str:
        return (
            f"{self.table} {self.key or '-'}, {self.column}: living {self.live or '-'}, rebuilt {self.rebuilt or '-'}"
        )


class Comparison(msgspec.Struct, frozen=True):
    """One table, both ways."""

    table: str
    rows: int
    live_hash: str
    rebuilt_hash: str

    @property
    def same(self) -> bool:
        """Whether nothing differs."""
        return self.live_hash == self.rebuilt_hash


Row = tuple[Any, ...]
Canonical = Callable[[Row], Row]


def compare(
    live: Connection, scratch: Database, vault: Vault, fold: Fold
) -> tuple[list[Comparison], list[Difference], list[bytes]]:
    """Every derived table in the transaction of `live`, and in the scratch schema.

    Last come some fragments that count more events than the lake gave: rows of it may be lost.
    """
    found: list[Comparison] = []
    differences: list[Difference] = []
    shrunk: list[bytes] = []
    with scratch.connection() as rebuilt:
        for table in TABLES:
            sealed: _States | _Reasons | None = None
            if table.name == "fragment":
                sealed = _States(live, vault, fold)
            elif table.name == "steered":
                sealed = _Reasons(live, vault)
            one, first = _compared(table, live, rebuilt, sealed)
            found.append(one)
            differences += first
            if isinstance(sealed, _States):
                shrunk = sealed.shrunk
    return found, differences, shrunk


def _compared(
    table: Table, live: Connection, rebuilt: Connection, sealed: _States | _Reasons | None
) -> tuple[Comparison, list[Difference]]:
    hashes = hashlib.blake2b(digest_size=16), hashlib.blake2b(digest_size=16)
    first: list[Difference] = []
    rows = 0
    for one, other in _met(table, _read(table, live), _read(table, rebuilt)):
        rows += one is not None
        if one is not None and other is not None and sealed is not None:
            one, other = sealed.canonical(one, other)  # noqa: PLW2901 - the same row in its comparable form
        for hashed, row in zip(hashes, (one, other), strict=True):
            if row is not None:
                hashed.update(msgspec.msgpack.encode(row))
        if not first and one != other:
            first.append(_named(table, one, other, sealed))
    return Comparison(table.name, rows, hashes[0].hexdigest(), hashes[1].hexdigest()), first


def _read(table: Table, connection: Connection) -> Iterator[Row]:
    order = ", ".join(
        f'{column} collate "C"' if column in table.texts else column for column in table.columns[: table.keys]
    )
    where = f"where {table.where}" if table.where else ""
    with connection.cursor(name=f"itda_compare_{next(_names)}", binary=True) as cursor:
        cursor.itersize = _AT_ONCE
        cursor.execute(f"select {', '.join(table.columns)} from {table.name} {where} order by {order}")
        yield from cursor


def _met(table: Table, live: Iterator[Row], rebuilt: Iterator[Row]) -> Iterator[tuple[Row | None, Row | None]]:
    """Rows of the same key together, None where one side has none."""
    keys = table.keys
    one, other = next(live, None), next(rebuilt, None)
    while one is not None or other is not None:
        if other is None or (one is not None and one[:keys] < other[:keys]):
            yield one, None
            one = next(live, None)
        elif one is None or other[:keys] < one[:keys]:
            yield None, other
            other = next(rebuilt, None)
        else:
            yield one, other
            one, other = next(live, None), next(rebuilt, None)


def _named(table: Table, one: Row | None, other: Row | None, sealed: _States | _Reasons | None) -> Difference:
    given = one if one is not None else other
    key = "/".join(_text(value) for value in (given or ())[: table.keys])
    if one is None or other is None:
        return Difference(table.name, key, "row", "" if one is None else "there", "" if other is None else "there")
    place = next(index for index, pair in enumerate(zip(one, other, strict=True)) if pair[0] != pair[1])
    column = table.columns[place]
    if sealed is not None and place == len(table.columns) - 1:
        return Difference(table.name, key, sealed.part, "", "")
    return Difference(table.name, key, column, _text(one[place]), _text(other[place]))


def _text(value: Any) -> str:
    return (bytes(value).hex() if isinstance(value, bytes | memoryview) else str(value))[:_LONGEST]


def _cipher_of(live: Connection, vault: Vault, fragment: bytes) -> Cipher | None:
    row = live.execute(
        "select wrapped_key from keyring where fragment = %s and retention = %s", [fragment, RETENTION]
    ).fetchone()
    return None if row is None else vault.unwrap(fragment, bytes(row[0]), RETENTION)


class _Reasons:
    """Decisions in their comparable form: with their reasons opened."""

    part = "reason"

    def __init__(self, live: Connection, vault: Vault) -> None:
        self._live = live
        self._vault = vault

    def canonical(self, one: Row, other: Row) -> tuple[Row, Row]:
        """Both rows with their reasons."""
        lesser = min(one[_A], one[_B])
        cipher = _cipher_of(self._live, self._vault, lesser)
        label = reason_label(one[0])
        return (*one[:-1], _opened(cipher, lesser, label, one[-1])), (
            *other[:-1],
            _opened(cipher, lesser, label, other[-1]),
        )


_A, _B = 2, 3
"""Where the two identifiers of a decision stand in its row."""


def _opened(cipher: Cipher | None, fragment: bytes, label: str, sealed: bytes) -> bytes:
    if cipher is None:
        return b""
    try:
        return cipher.open(fragment, label, sealed)
    except Unsealable:
        return b"does not open"


class _States:
    """Fragment states in their comparable form, with what is sealed in them opened."""

    def __init__(self, live: Connection, vault: Vault, fold: Fold) -> None:
        self._live = live
        self._vault = vault
        self._fold = fold
        self.part = "state"
        """The first part of a state that differed last."""
        self.shrunk: list[bytes] = []
        """Some fragments with fewer events than live."""

    def canonical(self, one: Row, other: Row) -> tuple[Row, Row]:
        """Both rows with comparable states."""
        states = [self._decoded(row[-1]) for row in (one, other)]
        if any(said.is_sealed for state in states if state is not None for said in state.declared.values()):
            cipher = _cipher_of(self._live, self._vault, one[0])
            states = [None if state is None else self._open(state, one[0], cipher) for state in states]
        if one[1] > other[1] and len(self.shrunk) < _SHRUNK:
            self.shrunk.append(one[0])
        parts = [b"" if state is None else self._fold.canonical(state) for state in states]
        if parts[0] != parts[1]:
            self._part(*states)
        return (*one[:-1], parts[0]), (*other[:-1], parts[1])

    def _decoded(self, state: bytes) -> FragmentState | None:
        try:
            return self._fold.decode(state)
        except msgspec.MsgspecError:
            return None

    def _open(self, state: FragmentState, fragment: bytes, cipher: Cipher | None) -> FragmentState:
        for name, said in state.declared.items():
            if said.is_sealed:
                said.value = _opened(cipher, fragment, trait_label(name), said.value)
        return state

    def _part(self, live: FragmentState | None, rebuilt: FragmentState | None) -> None:
        if live is None or rebuilt is None:
            self.part = "state.unreadable"
            return
        names = FragmentState.__struct_fields__
        part = next((name for name in names if getattr(live, name) != getattr(rebuilt, name)), "form")
        self.part = f"state.{part}"
