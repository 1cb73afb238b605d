"""A whole pipeline over the memory twin, small streams of events for it, and its state in a form to be compared."""

from __future__ import annotations

import itertools
import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Self

import msgspec

from itda.base.instant import HOUR, LocalDates, parse, text
from itda.engine import quarantining
from itda.engine.ahead import Ahead
from itda.engine.dedupe import seed_of
from itda.engine.keyring import VALUE_LABEL, event_label
from itda.engine.pipeline import Parts, Pipeline
from itda.engine.prepared import Preparing
from itda.engine.rules import Rules
from itda.engine.steering import Decision, reason_label, record
from itda.engine.working_set import Bounds
from itda.events.contracts import boxed
from itda.events.event import ORDINALS
from itda.identity.policy import IdentityPolicy
from itda.profiles.definition import TraitDef
from itda.profiles.fold import Fold, refs, trait_label
from itda.profiles.traits import KINDS
from itda.sources.definition import SourceDef
from itda.sources.tracking import Decoder
from itda.store.lake.block import STEWARD_SOURCE, decode, others_of
from itda.store.memory import MemoryIntake, MemoryKeys, MemoryPipelineStore, MemoryTables
from itda.store.ports import Record, SteeredRow
from itda.store.vault import Cipher, Vault

START = parse("2026-03-01T00:00:00Z")
VAULT = Vault(bytes(range(32)))
ZONE = "Asia/Seoul"


def _trait(name: str, kind: str, **arguments: Any) -> TraitDef:
    return TraitDef(name=name, kind=kind, arguments=msgspec.convert(arguments, KINDS[kind].arguments))


TRAITS = [
    TraitDef(name="email", kind="declared"),
    _trait("visits", "count", window="3 days"),
    _trait("orders", "count", of="orders"),
    _trait("revenue", "sum", of="orders"),
    _trait("seen", "recency"),
    _trait("category", "top", value="category"),
    _trait("brands", "distinct", value="brand"),
    _trait("first_channel", "first", value="event.channel"),
]


def rules() -> Rules:
    return Rules(boxed(), IdentityPolicy.box(), Fold(TRAITS, ZONE), LocalDates(ZONE))


def decoder(given: Rules) -> Decoder:
    sources = {
        name: SourceDef(name=name, kind="tracking", channel=channel, order_scope="shop")
        for name, channel in (("web", "web"), ("till", "store"))
    }
    return Decoder(sources, given.contracts, given.policy.kinds, given.dates, "KR")


def event(number: int) -> dict[str, Any]:
    """One event; its number says everything about it, so the same number is the same event again."""
    person = number * 7 % 5
    said = {
        "messageId": f"m{number}",
        "timestamp": text(START - (number * 37 % 90) * HOUR),
        "anonymousId": f"device-{person}-{number % 2}",
    }
    kind = number % 6
    if kind == 0:
        return said | {"type": "page", "name": "Home", "properties": {"path": "/", "title": f"Title {number}"}}
    if kind == 1:
        return said | {
            "type": "track",
            "event": "Product Viewed",
            "properties": {"product_id": f"p{number % 3}", "category": f"c{number % 4}", "brand": f"b{number % 3}"},
        }
    said["userId"] = f"user-{person}"
    if kind == 2:
        return said | {
            "type": "identify",
            "traits": {
                "email": f"mail{number % 7}@shop.example",
                "name": f"Kim {number % 4}",
                "household_id": number % 5,
            },
        }
    if kind == 3:
        return said | {
            "type": "track",
            "event": "Order Completed",
            "properties": {
                "order_id": f"o{number % 9}",
                "total": number * 10,
                "revenue": number * 10,
                "currency": "KRW",
            },
        }
    if kind == 4:
        return said | {"type": "track", "event": "Unheard Of", "properties": {"note": f"text {number}", "n": number}}
    return said | {
        "type": "track",
        "event": "Order Refunded",
        "properties": {"order_id": f"o{number % 9}", "total": number},
    }


def bad(number: int) -> dict[str, Any]:
    """An event nobody can take."""
    return [
        {"type": "track", "event": "Lost"},
        {"type": "dance", "anonymousId": "x"},
        {"type": "track", "anonymousId": "null", "event": "Nobody"},
    ][number % 3]


def decision(number: int) -> Record:
    """A steward's decision about two people of the stream."""
    actions, about = ("must", "cannot", "retract"), number // 3
    a, b = ("user_id", f"user-{about % 5}"), ("email", f"mail{about % 7}@shop.example")
    return record(
        Decision(f"{about:032x}", actions[number % 3], a, b, "kim", f"reason {number}", START - number * HOUR)  # type: ignore[arg-type]
    )


def batch(numbers: Sequence[int], source: str = "web") -> Record:
    return Record(source=source, call="batch", body=msgspec.json.encode({"batch": [event(one) for one in numbers]}))


class World:
    """An intake, tables and a folder; pipelines over them come and go."""

    def __init__(self) -> None:
        self.rules = rules()
        self.decoder = decoder(self.rules)
        self.intake = MemoryIntake()
        self.tables = MemoryTables()
        self.months = MemoryKeys()
        self.portion = Bounds().reconsidered
        self.folder = Path(tempfile.mkdtemp(prefix="itda-world-"))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self.folder)

    def pipeline(self, most_events: int = 1000, *, decoder: Any = None, fold: Any = None) -> Pipeline:
        given = self.rules if fold is None else msgspec.structs.replace(self.rules, fold=fold)
        store = MemoryPipelineStore(self.tables)
        preparing = Preparing(given, seed_of(VAULT))
        ahead = Ahead(self.intake, decoder or self.decoder, preparing, most_events, 20_000)
        return Pipeline(
            Parts(self.intake, store, VAULT, self.months, given, self.folder, ahead, ahead),
            Bounds(reconsidered=self.portion),
        )

    def cipher(self, fragment: bytes) -> Cipher:
        row = next(row for row in self.tables.keys.values() if row.fragment == fragment)
        return VAULT.unwrap(fragment, row.wrapped_key)

    def values(self) -> dict[bytes, tuple[str, str]]:
        """Who each fragment is, read from the key store."""
        rows = self.tables.keys.values()
        return {
            row.fragment: (
                row.kind,
                self.cipher(row.fragment).open(row.fragment, VALUE_LABEL, row.value_sealed).decode(),
            )
            for row in rows
        }

    def lake(self) -> list[dict[str, Any]]:
        """Every row of the lake, unsealed, in log order."""
        rows: list[dict[str, Any]] = []
        for position in sorted(self.tables.lake):
            rows += decode(self.tables.lake[position].block).to_pylist()
        living = {row.fragment for row in self.tables.keys.values()}
        for row in rows:
            if row["sealed"] is not None and row["fragment"] in living:
                row["sealed"] = self.cipher(row["fragment"]).open(
                    row["fragment"], event_label(row["position"]), row["sealed"]
                )
            row["others"] = others_of(row["others"])
        return rows

    def state(self, place: Callable[[int], Any] = lambda position: position) -> dict[str, Any]:
        """Everything derived, in a form in which equal states are equal. `place` stands for log positions."""
        tables, fold = self.tables, self.rules.fold
        profiles = {}
        pages: dict[bytes, list[Any]] = {}
        for (fragment, _), row in sorted(tables.recents.items()):
            pages.setdefault(fragment, []).extend((at, place(position)) for at, position in refs(row.refs))
        for fragment, row in tables.fragments.items():
            state = fold.decode(row.state)
            pages.setdefault(fragment, []).extend((at, place(position)) for at, position in refs(state.recent))
            state.recent = b""
            opened = self.cipher(fragment)
            sealed = {
                name: opened.open(fragment, trait_label(name), said.value)
                for name, said in state.declared.items()
                if said.is_sealed
            }
            state.declared = {
                name: msgspec.structs.replace(said, value=sealed.get(name, said.value))
                for name, said in state.declared.items()
            }
            profiles[fragment] = (fold.canonical(state), row.events, row.first_at, row.last_at, row.is_spilled)
        return {
            "values": self.values(),
            "nodes": tables.nodes,
            "edges": tables.edges,
            "evidence": {
                key: (row.count, row.first_at, row.last_at, place(row.sample)) for key, row in tables.evidence.items()
            },
            "steered": [
                msgspec.structs.replace(row, reason_sealed=self._reason(row))
                for _, row in sorted(tables.steered.items())
            ],
            "profiles": profiles,
            "pages": pages,
            "names": tables.names,
            "households": tables.households,
            "quality": tables.quality,
            "permanent": tables.permanent_ids,
            "lake": [row | {"position": place(row["position"])} for row in self.lake()],
            "quarantine": sorted(self._refused(place), key=repr),
        }

    def _reason(self, row: SteeredRow) -> bytes:
        lesser = min(row.a, row.b)
        return self.cipher(lesser).open(lesser, reason_label(row.id), row.reason_sealed)

    def _refused(self, place: Callable[[int], Any]) -> list[Any]:
        return [
            (
                place(position), row.source, row.reason, row.detail, row.name,
                quarantining.opened(self.months.key(row.key_month), position, row.sealed),
            )
            for position, row in self.tables.quarantine.items()
        ]  # fmt: skip

    def event_at(self) -> Callable[[int], Any]:
        """Positions as the ids of the events there."""
        ids = {row["position"]: row["event_id"] for row in self.lake() if row["source"] != STEWARD_SOURCE}
        return lambda position: ids.get(position, "")


def cut(items: Sequence[Any], sizes: Sequence[int]) -> list[list[Any]]:
    """The items in pieces of these sizes, over and over; all of them."""
    pieces: list[list[Any]] = []
    start = 0
    for size in itertools.cycle(sizes):
        if start >= len(items):
            return pieces
        pieces.append(list(items[start : start + size]))
        start += size
    return pieces


def frame_of(position: int) -> int:
    return position // ORDINALS
