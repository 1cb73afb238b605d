"""Consents held against their ledger: it is truth, and what stands must be what its acts come to."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

import msgspec

from itda.consent.definition import ConsentKey, ConsentState
from itda.consent.ledger import Reconfirm, fold
from itda.engine.comparison import Comparison, Difference
from itda.store.consents import events_of, states_of
from itda.store.database import Connection
from itda.store.erasures import without_erased

_AT_ONCE = 5_000
_SUBJECTS = (
    "select subject_ref from (select subject_ref from consent_event union select subject_ref from consent_state) s"
    " where subject_ref > %s order by subject_ref limit %s"
)
_TABLE = "consent_state"


def compare_consents(live: Connection, rules: Reconfirm) -> tuple[Comparison, list[Difference]]:
    """Every consent that stands, and what the ledger's acts come to; the first difference."""
    hashes = hashlib.blake2b(digest_size=16), hashlib.blake2b(digest_size=16)
    found: list[Difference] = []
    rows = 0
    for subjects in _subjects(live):
        stored, folded = states_of(live, subjects), fold(without_erased(live, events_of(live, subjects)), rules)
        rows += len(stored)
        for key in sorted(stored.keys() | folded.keys()):
            one, other = stored.get(key), folded.get(key)
            for hashed, state in zip(hashes, (one, other), strict=True):
                hashed.update(msgspec.msgpack.encode((key, state)))
            if not found and one != other:
                found.append(_named(key, one, other))
    return Comparison(_TABLE, rows, hashes[0].hexdigest(), hashes[1].hexdigest()), found


def _subjects(live: Connection) -> Iterator[Sequence[bytes]]:
    after = b""
    while found := [subject for (subject,) in live.execute(_SUBJECTS, [after, _AT_ONCE], binary=True)]:
        yield found
        after = found[-1]


def _named(key: ConsentKey, one: ConsentState | None, other: ConsentState | None) -> Difference:
    named = f"{key.fragment.hex()}/{key.contact.hex()}/{key.purpose}/{key.channel}"
    if one is None or other is None:
        return Difference(_TABLE, named, "row", "" if one is None else "there", "" if other is None else "there")
    column = next(name for name in ConsentState.__struct_fields__ if getattr(one, name) != getattr(other, name))
    return Difference(_TABLE, named, column, str(getattr(one, column)), str(getattr(other, column)))
