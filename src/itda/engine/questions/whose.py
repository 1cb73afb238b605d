"""What somebody typed as an identifier, in the form it is stored by."""

from __future__ import annotations

from itda.base.errors import Fault, Refused
from itda.engine.work import Work
from itda.events.normalise import NORMALISERS


def normal(work: Work, kind: str, value: str) -> str | None:
    """The normal form of a value; None where it is none of its kind. `Refused` when the kind is none."""
    known = work.workspace.policy.by_name.get(kind)
    if known is None:
        cure = f"kinds here: {', '.join(work.workspace.policy.by_name)}"
        raise Refused(Fault(what=f"{kind!r} is no kind of identifier of this workspace", cure=cure))
    return NORMALISERS[known.normaliser].apply(value, work.workspace.country)
