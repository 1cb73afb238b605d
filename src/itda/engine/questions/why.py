"""Why two identifiers are one customer, or what stands between them."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from itda.base.errors import Fault, Refused
from itda.base.ids import customer_text
from itda.engine.app import Answer
from itda.engine.questions import person
from itda.engine.questions.links import (
    cut_view,
    edges_at,
    identifier_views,
    link_views,
    nodes_in,
    nodes_of,
    standing_of,
    steered_at,
)
from itda.engine.questions.views import WhyView
from itda.engine.questions.whose import normal
from itda.engine.work import Work
from itda.identity.path import chain
from itda.store.ports import NodeRow

Identifier = tuple[str, str]
"""(kind, value), the value as people write it."""
End = Identifier | str
"""An identifier, or its fragment (hex) as pages name it that may not show its value."""


class Why(msgspec.Struct, frozen=True):
    """How `a` and `b` came to be one customer, or did not: the chain of links with their evidence."""

    permission: ClassVar[str] = "identity.read"
    a: End
    b: End

    def answer(self, work: Work) -> Answer[WhyView]:
        """The chain that holds; else the chain that comes nearest, its broken links and the steward's cuts."""
        a, b = named(work, self.a), named(work, self.b)
        one, other = identifier_row(work, *a), identifier_row(work, *b)
        nodes = nodes_in(work, {one.component, other.component})
        edges = edges_at(work, list(nodes))
        steered = steered_at(work, list(nodes))
        decided = standing_of(steered)
        links = chain(one.fragment, other.fragment, {key: row.state == "active" for key, row in edges.items()}) or []
        is_joined = one.customer == other.customer
        shown = [edges[key] for key in links]
        cuts = [
            row
            for (a, b), row in decided.items()
            if row.action == "cannot"
            and a in nodes
            and b in nodes
            and {nodes[a].customer, nodes[b].customer} == {one.customer, other.customer}
        ]
        ends = [one.fragment, *(end for edge in shown for end in (edge.a, edge.b)), other.fragment]
        ends += [end for row in cuts for end in (row.a, row.b)]
        rows = nodes_of(work, dict.fromkeys(ends))
        view = WhyView(
            a=f"{a[0]}:{person.shown(work, *a)}",
            b=f"{b[0]}:{person.shown(work, *b)}",
            is_joined=is_joined,
            customer_a=customer_text(one.customer),
            customer_b=customer_text(other.customer),
            path=link_views(work, [edge for edge in shown if edge.state == "active"], decided),
            nodes=identifier_views(work, [rows[end] for end in dict.fromkeys(ends) if end in rows]),
            obstacles=[]
            if is_joined
            else link_views(work, [edge for edge in shown if edge.state != "active"], decided)
            + [cut_view(work, cut) for cut in cuts],
        )
        return Answer(view, subjects=tuple(rows), count=len(view.path) + len(view.obstacles))


def named(work: Work, end: End) -> Identifier:
    """The identifier; of a fragment its normalised value. `Refused` where the fragment is none, or was erased."""
    if not isinstance(end, str):
        return end
    try:
        fragment = bytes.fromhex(end)
    except ValueError:
        raise Refused(f"{end!r} is no identifier") from None
    key = work.keys([fragment]).get(fragment)
    if key is None:
        raise Refused(Fault(what=f"there is no identifier {end}", cure="it may have been erased: look again"))
    return key.kind, work.value(key)


def identifier_row(work: Work, kind: str, value: str) -> NodeRow:
    """The stored identifier; `Refused` when nothing ever came with it."""
    written = normal(work, kind, value)
    key = None if written is None else work.key(kind, written)
    row = None if key is None else nodes_of(work, [key.fragment]).get(key.fragment)
    if row is None:
        what = f"nothing has come with {kind}:{person.shown(work, kind, value)}"
        raise Refused(Fault(what=what, cure="look it up with: itda customer"))
    return row
