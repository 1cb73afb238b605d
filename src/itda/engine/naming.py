"""How a person names a customer: `membership:1`, `email:minji@shop.example`, or an id such as `c` and 26 letters."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from itda.base import ids
from itda.base.errors import Fault, Refused


def named(text: str, kinds: Iterable[str]) -> tuple[str, str] | str:
    """What a text names: (kind, value), or a customer's id. `Refused` says what is wrong with it."""
    try:
        ids.customer_bytes(text)
    except ValueError:
        return identifier(text, kinds)
    return text


def identifier(text: str, kinds: Iterable[str]) -> tuple[str, str]:
    """The (kind, value) that `kind:value` names; the value is taken as it stands and may hold colons."""
    known = list(kinds)
    kind, colon, value = text.partition(":")
    if not colon or not value.strip():
        raise Refused(Fault(what="this names nobody", cure="write KIND:VALUE, as in membership:1", field=text))
    if kind not in known:
        near = get_close_matches(kind, known, 1)
        cure = f"did you mean {near[0]}?" if near else f"kinds here: {', '.join(known)}"
        raise Refused(Fault(what=f"{kind!r} is no kind of identifier of this workspace", cure=cure, field=text))
    return kind, value.strip()
