"""Finds the one customer that somebody asks for, by an id ever shown or by an identifier, with all that is joined."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from itda.access.actor import may
from itda.access.masking import masked
from itda.base import ids
from itda.engine.keyring import RETENTION
from itda.engine.questions.views import IdentifierView
from itda.engine.questions.whose import normal
from itda.engine.work import Work
from itda.store.ports import KeyRow

Who = str | tuple[str, str]
"""A customer's id, or (kind, value)."""

_OF_ASKED = """
select i.fragment, i.customer, i.kind, i.first_at, i.hub, i.is_blocked, f.state, f.events,
       k.blind, k.generation, k.wrapped_key, k.value_sealed{more}
from (
  select distinct component, customer from identifier where fragment = any ({asked})
) asked, lateral (
  select * from identifier where fragment = asked.component and component = fragment
  union all
  select * from identifier where component = asked.component and component <> fragment
) i
left join fragment f on f.fragment = i.fragment
left join keyring k on k.fragment = i.fragment and k.retention = %(retention)s
where i.customer = asked.customer
order by i.customer, i.first_at, i.fragment
"""
_MEMBERS = _OF_ASKED.format(asked="%(fragments)s", more="")
_PROCESSED = ", (select position from cursor where name = 'pipeline')"
_BY_ID = _OF_ASKED.format(asked="%(fragments)s", more=_PROCESSED)
_BY_VALUE = _OF_ASKED.format(
    asked="array(select fragment from keyring where blind = %(blind)s and retention = %(retention)s "
    "order by generation desc limit 1)",
    more=_PROCESSED,
)
_KEYED = """
select distinct on (blind) blind, fragment from keyring
where blind = any (%(blinds)s) and retention = %(retention)s order by blind, generation desc
"""


_BLIND, _GENERATION = 8, 9
"""Their places in a row."""


class Member(msgspec.Struct, frozen=True):
    """One identifier of a customer. `state` is the encoded fold of its events, None before the first."""

    fragment: bytes
    customer: bytes
    kind: str
    first_at: int
    hub: str
    is_blocked: bool
    state: bytes | None
    events: int
    key: KeyRow | None
    """None once the key is destroyed: nothing of it can be read any more."""


class Person(msgspec.Struct, frozen=True):
    """A customer with every identifier joined today, the oldest first."""

    customer: bytes
    asked: bytes
    members: list[Member]
    position: int = 0
    """Frames up to here are processed, and show in it."""

    @property
    def fragments(self) -> list[bytes]:
        """The fragments of its identifiers."""
        return [member.fragment for member in self.members]


def find(work: Work, who: Who) -> Person | None:
    """The customer, or None when nobody has that id or identifier. `Refused` when the kind is none."""
    if isinstance(who, str):
        fragment = _of_id(who)
        rows = [] if fragment is None else _rows(work, _BY_ID, fragments=[fragment])
    else:
        blind = next(iter(blinds(work, *who)), None)
        rows = [] if blind is None else _rows(work, _BY_VALUE, blind=blind)
        newest = max((row for row in rows if row[_BLIND] == blind), key=lambda row: int(row[_GENERATION]), default=None)
        fragment = None if newest is None else bytes(newest[0])
    if fragment is None or not rows:
        return None
    members = [_member(row[:-1]) for row in rows]
    return Person(members[0].customer, fragment, members, int(rows[0][-1]))


def blinds(work: Work, kind: str, value: str) -> list[bytes]:
    """The blind index of a value as somebody typed it; none where the value is none of this kind."""
    written = normal(work, kind, value)
    return [] if written is None else [work.vault.blind(kind, written)]


def keyed(work: Work, wanted: Sequence[bytes]) -> dict[bytes, bytes]:
    """The living fragment of each blind index that there is."""
    if not wanted:
        return {}
    rows = work.connection.execute(_KEYED, {"blinds": list(wanted), "retention": RETENTION}).fetchall()
    return {row[0]: row[1] for row in rows}


def load(work: Work, fragments: Sequence[bytes]) -> list[Member]:
    """Every identifier of the customers that these fragments belong to."""
    return [_member(row) for row in _rows(work, _MEMBERS, fragments=list(fragments))]


def these(work: Work, fragments: Sequence[bytes]) -> list[Member]:
    """These identifiers alone, of whomever they belong to."""
    wanted = set(fragments)
    return [one for one in load(work, fragments) if one.fragment in wanted]


def _rows(work: Work, query: str, **asked: object) -> list[tuple[Any, ...]]:
    return work.connection.execute(query.encode(), {**asked, "retention": RETENTION}).fetchall()


def _member(row: tuple[Any, ...]) -> Member:
    fragment, customer, kind, first_at, hub, is_blocked, state, events, blind, generation, wrapped, sealed = row
    return Member(
        fragment=fragment,
        customer=customer,
        kind=kind,
        first_at=first_at,
        hub=hub,
        is_blocked=is_blocked,
        state=state,
        events=events or 0,
        key=None if blind is None else KeyRow(blind, fragment, generation, kind, wrapped, sealed, RETENTION),
    )


def sees_personal(work: Work) -> bool:
    """Whether who asks may see personal values whole."""
    return may(work.actor, "customer.personal")


def shown(work: Work, kind: str, value: str) -> str:
    """An identifier's value as who asks may see it."""
    known = work.workspace.policy.by_name.get(kind)
    if not sees_personal(work) and (known is None or known.is_personal):
        return masked(kind, value)
    return value


def identifier_view(work: Work, member: Member) -> IdentifierView:
    """One identifier as it may be shown to who asks."""
    return IdentifierView(
        kind=member.kind,
        value=shown(work, member.kind, work.value(member.key)) if member.key is not None else "",
        fragment=member.fragment.hex(),
        first_at=member.first_at,
        events=member.events,
        hub=member.hub,
        is_blocked=member.is_blocked,
    )


def _of_id(text: str) -> bytes | None:
    try:
        return ids.customer_bytes(text)
    except ValueError:
        return None
