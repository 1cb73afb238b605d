"""The columns of an export: fixed by the workspace before the first row is read, so that every file has one shape."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import Literal

import msgspec

from itda.base.errors import Fault, Misused
from itda.profiles.definition import DECLARED, TraitDef
from itda.workspace.definition import Workspace

Type = Literal["text", "texts", "whole", "number", "time"]
"""`texts` is a list of text; `time` is microseconds UTC; `whole` and `number` are 64 bits."""
Group = Literal[
    "customer",
    "events",
    "first_at",
    "last_at",
    "household",
    "household_members",
    "identifier",
    "trait",
    "other_traits",
    "segments",
    "consent",
]
PLAIN: dict[Group, Type] = {
    "customer": "text", "events": "whole", "first_at": "time", "last_at": "time", "household": "text",
    "household_members": "whole",
}  # fmt: skip
_WHOLE = frozenset({"count", "distinct", "recency", "interval"})


class Column(msgspec.Struct, frozen=True):
    """One column. `part` is the kind, the trait, or (purpose, channel) that the group is asked for."""

    group: Group
    type: Type
    part: str = ""
    channel: str = ""

    @property
    def name(self) -> str:
        """As it stands in the head: `email` of identifiers is `identifier.email`."""
        return ".".join(filter(None, (self.group, self.part, self.channel)))


def all_columns(workspace: Workspace, consents: Iterable[tuple[str, str]]) -> list[Column]:
    """Every column there can be. `consents`: the (purpose, channel) of which anybody ever said anything."""
    return [
        *(Column(group, type_) for group, type_ in PLAIN.items()),
        *(Column("identifier", "texts", kind.name) for kind in workspace.policy.kinds),
        *(Column("trait", _type(trait), trait.name) for trait in workspace.traits),
        Column("other_traits", "text"),
        Column("segments", "texts"),
        *(Column("consent", "text", purpose, channel) for purpose, channel in sorted(consents)),
    ]


def chosen(columns: Sequence[Column], names: Sequence[str]) -> list[Column]:
    """Those of these names, in their order; a group's name (`identifier`, `trait`, `consent`) is all of it.

    None named is all. `Misused` where one is no column.
    """
    if not names:
        return list(columns)
    found: dict[str, Column] = {}
    for name in names:
        named = [column for column in columns if name in (column.name, column.group)]
        if not named and name != "consent":  # of which nobody may have said anything yet
            every = [column.name for column in columns]
            near = get_close_matches(name, every, 1) or [one for one in every if one.endswith(f".{name}")]
            cure = f"did you mean {near[0]}?" if near else f"columns here: {', '.join(every)}"
            raise Misused(Fault(what=f"there is no column {name!r}", cure=cure))
        found |= {column.name: column for column in named}
    return list(found.values())


def _type(trait: TraitDef) -> Type:
    if trait.kind == DECLARED:
        return "text"
    if trait.kind == "sum":
        return "whole" if trait.arguments is not None and trait.arguments.of == "orders" else "number"
    return "whole" if trait.kind in _WHOLE else "text"
