"""Steward's decisions on their way through the log: written by a command, applied by the pipeline, kept in the lake."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal

import msgspec

from itda.base.errors import Refused
from itda.base.instant import LocalDates
from itda.engine import moving
from itda.engine.keyring import Keyring, Known, event_label
from itda.engine.prepared import Pair
from itda.engine.reading import MOVES_CALL, STEWARD_CALL, Reading, Steered, broken
from itda.events.event import Refusal
from itda.store.lake.block import OWN_ID, STEWARD_CHANNEL, STEWARD_SOURCE, Row, of_rows
from itda.store.ports import Record, SteeredRow
from itda.store.vault import NO_FRAGMENT, Cipher

NAMES = {
    "must": "Identity Joined",
    "cannot": "Identity Cut",
    "likely": "Identity Linked",
    "retract": "Identity Decision Retracted",
}
"""The events that decisions are in the lake."""
RULES_APPLIED = "Rules Applied"
Action = Literal["must", "cannot", "likely", "retract"]
"""`likely` is a link of the matching, of a lower tier than what was observed; the others are a steward's."""


class Decision(msgspec.Struct, frozen=True):
    """A decision as its record's body says it (JSON). Identifiers are (kind, normalised value).

    `steward` is who took it; of a link of the matching: the model.
    """

    id: Annotated[str, msgspec.Meta(min_length=32, max_length=32)]
    """Hex of 16 bytes; of a retraction: of the decision it takes back."""
    action: Action
    a: Pair
    b: Pair
    steward: str
    reason: str
    at: int


class Applied(msgspec.Struct, frozen=True, tag_field="action", tag="apply"):
    """Rules that hold from here on, as their record's body says it (JSON). `body` is the definition as JSON."""

    kind: str
    version: str
    body: str


class _Said(msgspec.Struct, frozen=True):
    action: str


class Stated(msgspec.Struct, frozen=True):
    """What the lake says of a decision in the clear; its two identifiers are the row's fragments."""

    id: str
    action: Action
    steward: str
    at: int


def record(decision: Decision | Applied) -> Record:
    """The log record of a decision, to be appended by the command that took it; or of rules, by the first to follow."""
    return Record(source=STEWARD_SOURCE, call=STEWARD_CALL, body=msgspec.json.encode(decision))


class Decisions(msgspec.Struct):
    """The decisions of one chunk that can be read, and the moves of journeys."""

    items: list[tuple[Steered, Decision]] = []
    pairs: set[Pair] = set()
    applied: list[tuple[Steered, Applied]] = []
    moves: list[tuple[Steered, moving.Told]] = []

    @property
    def rows(self) -> int:
        """How many rows of the lake they become, besides those that the resolver is told."""
        return len(self.applied) + len(self.moves)


def read(reading: Reading) -> Decisions:
    """The decisions of a reading; one that cannot be read is refused."""
    found = Decisions()
    for item in reading.steered:
        try:
            if item.record.call == MOVES_CALL:
                found.moves.append((item, moving.decode(item.record.body)))
                continue
            if msgspec.json.decode(item.record.body, type=_Said).action == "apply":
                found.applied.append((item, msgspec.json.decode(item.record.body, type=Applied)))
                continue
            decision = msgspec.json.decode(item.record.body, type=Decision)
            bytes.fromhex(decision.id)
        except (msgspec.MsgspecError, ValueError) as error:
            reading.refusals.append(_refused(item, error))
            continue
        found.items.append((item, decision))
        found.pairs.update((decision.a, decision.b))
    return found


def without(decisions: Decisions, reading: Reading, is_nobody: Callable[[tuple[Pair, Pair]], bool]) -> Decisions:
    """The decisions but those about somebody who was erased meanwhile, which are refused."""
    kept = Decisions(applied=decisions.applied, moves=decisions.moves)
    for item, decision in decisions.items:
        if is_nobody((decision.a, decision.b)):
            reading.refusals.append(
                Refusal(
                    reason="erased", detail="a decision about somebody who was erased", source=STEWARD_SOURCE,
                    channel=STEWARD_CHANNEL, received_at=item.received_at, position=item.position, name="", raw=b"",
                )
            )  # fmt: skip
            continue
        kept.items.append((item, decision))
        kept.pairs.update((decision.a, decision.b))
    return kept


def _refused(item: Steered, error: Exception) -> Refusal:
    return broken(
        error,
        item.record.body,
        source=STEWARD_SOURCE,
        channel=STEWARD_CHANNEL,
        position=item.position,
        received_at=item.received_at,
    )


def reason_label(decision: bytes) -> str:
    """What the reason of a decision is bound to, besides the lesser of its two fragments."""
    return f"decision:{decision.hex()}"


def row(decision: Stated, a: bytes, b: bytes, reason: str, cipher: Cipher) -> SteeredRow:
    """What the resolver is told; the cipher is of the lesser of a and b."""
    made = bytes.fromhex(decision.id)
    return SteeredRow(
        id=made,
        action=decision.action,
        a=a,
        b=b,
        steward=decision.steward,
        at=decision.at,
        reason_sealed=cipher.seal(min(a, b), reason_label(made), reason.encode()),
    )


def apply(
    decisions: Decisions,
    reading: Reading,
    here: dict[Pair, Known],
    *,
    keyring: Keyring,
    dates: LocalDates,
) -> tuple[list[SteeredRow], dict[bytes, str], bytes]:
    """Rows for the resolver, with the kinds of their identifiers; and a part of the lake, each decision a row."""
    rows: list[SteeredRow] = []
    lake: list[Row] = []
    kinds: dict[bytes, str] = {}
    for item, decision in decisions.items:
        a, b = here[decision.a], here[decision.b]
        if a.rank < 0 or b.rank < 0:
            reading.refusals.append(_refused(item, Refused("a value that nobody owns")))
            continue
        stated = Stated(decision.id, decision.action, decision.steward, decision.at)
        lesser = keyring.cipher(a if a.fragment < b.fragment else b)
        rows.append(row(stated, a.fragment, b.fragment, decision.reason, lesser))
        kinds.update(((a.fragment, a.kind), (b.fragment, b.kind)))
        lake.append((
            item.position, f"{decision.action}:{decision.id}", STEWARD_SOURCE, STEWARD_CHANNEL, NAMES[decision.action],
            "track", decision.at, item.received_at, dates.of(decision.at), a.fragment, b.fragment,
            msgspec.json.encode(stated), b"{}",
            keyring.cipher(a).seal(a.fragment, event_label(item.position), decision.reason.encode()), OWN_ID,
        ))  # fmt: skip
    for item, rules in decisions.applied:
        lake.append((
            item.position, f"apply:{rules.version}", STEWARD_SOURCE, STEWARD_CHANNEL, RULES_APPLIED, "track",
            item.received_at, item.received_at, dates.of(item.received_at), NO_FRAGMENT, b"",
            msgspec.json.encode(rules), b"{}", None, OWN_ID,
        ))  # fmt: skip
    lake += moving.rows(decisions.moves, dates)
    return rows, kinds, of_rows(lake) if lake else b""
