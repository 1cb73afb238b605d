"""What a law keeps although somebody is erased: copied, before their keys go, to where nobody but it can look.

Korea keeps records of contracts and their withdrawal, of payment and of supply for five years, of complaints and
disputes for three (E-Commerce Act, decree art. 6(1); KR-45), apart from everything else (PIPA art. 21(3); KR-44).
Other countries' tax and trade laws are a matter of counsel: nothing is kept by them yet.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from itda.base.instant import text
from itda.consent.facts import Record
from itda.consent.packs.kr_ecommerce import BY_KIND, kept_until
from itda.engine.keyring import event_label
from itda.engine.questions import person
from itda.engine.work import Work
from itda.events.classes import join
from itda.profiles import orders
from itda.store import holds
from itda.store.holds import HoldRow
from itda.store.requests import RequestRow
from itda.workspace.retention import HERE, KOREA, LawfulEvents

_NAMED = ("position", "occurred_at", "name", "channel", "source", "properties", "sealed", "fragment")


Events = Mapping[bytes, Sequence[Mapping[str, Any]]]
"""Of each fragment its rows of the lake that a law may ask for."""


def events(work: Work, fragments: Sequence[bytes]) -> Events:
    """What laws may keep of these, read in one go."""
    if work.workspace.country.upper() not in HERE:
        return {}
    names = frozenset[str]().union(*(law.names for law in KOREA))
    with work.lake.snapshot() as snapshot:
        rows = snapshot.of_fragments(fragments, _NAMED).sort_by("position").to_pylist()
    found: dict[bytes, list[Mapping[str, Any]]] = {}
    for row in rows:
        if row["name"] in names:
            found.setdefault(row["fragment"], []).append(row)
    return found


def hold(work: Work, row: RequestRow, kept_of: Events) -> dict[str, int]:
    """Keep what is to be kept; how many records of each kind. Done twice, it is kept once."""
    holds.forget(work.connection, row.id)
    mine = [one for fragment in row.subject for one in kept_of.get(fragment, ())]
    if not mine:
        return {}
    counts, who = dict[str, int](), _who(work, row)
    for law, things in _things(work, row, mine):
        for about, told in things.items():
            until = kept_until(Record(law.kind, max(one["occurred_at"] for one in told)))
            if until is None or until <= work.now:
                continue
            source = f"KR-45 {BY_KIND[law.kind].law}"
            said = {"law": source, "about": about, "of": who, "events": [_shown(one) for one in told]}
            made = HoldRow(secrets.token_bytes(16), row.id, source, law.what, len(told), work.now, until)
            holds.keep(work.connection, work.vault, made, msgspec.json.encode(said))
            counts[f"held {law.what}"] = counts.get(f"held {law.what}", 0) + len(told)
    return counts


def kept(work: Work, known: Collection[tuple[str, str]]) -> list[dict[str, Any]]:
    """What laws keep of who has one of these identifiers (kind, value), as it is told to them: not what it says."""
    wanted = {f"{kind}:{value}" for kind, value in known}
    return [
        {"law": row.law, "what": row.what, "records": row.rows, "until": text(row.until)}
        for row, said in holds.whole(work.connection, work.vault)
        if wanted.intersection(msgspec.json.decode(said)["of"])
    ]


def _who(work: Work, row: RequestRow) -> list[str]:
    """Whose it is: the identifiers, as the contract named them."""
    members = person.these(work, row.subject)
    return [f"{one.kind}:{work.value(one.key)}" for one in members if one.key is not None]


def _things(
    work: Work, row: RequestRow, mine: Iterable[Mapping[str, Any]]
) -> list[tuple[LawfulEvents, Mapping[str, list[dict[str, Any]]]]]:
    """Of each law what it keeps, by the thing it is about (an order's number)."""
    ciphers = work.ciphers(row.subject)
    told: list[tuple[LawfulEvents, Mapping[str, list[dict[str, Any]]]]] = []
    for law in KOREA:
        things: dict[str, list[dict[str, Any]]] = {}
        for one in mine:
            if one["name"] in law.names:
                plain = msgspec.json.decode(one["properties"])
                cipher = ciphers.get(one["fragment"])
                if one["sealed"] is not None and cipher is not None:
                    blob = cipher.open(one["fragment"], event_label(one["position"]), one["sealed"])
                    plain = join(plain, msgspec.json.decode(blob).get("properties", {}))
                things.setdefault(orders.number(plain) or str(one["position"]), []).append({**one, "said": plain})
        told.append((law, things))
    return told


def _shown(one: Mapping[str, Any]) -> dict[str, Any]:
    return {"at": text(one["occurred_at"]), **{key: one[key] for key in ("name", "channel", "source")},
            "properties": one["said"]}  # fmt: skip
