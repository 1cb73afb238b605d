"""What a correction may be about: a trait that is held of the person, or one that whoever it is has.

A name that nobody uses would be answered as corrected, and what is wrong would stay.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from itda.base.errors import Fault, Refused
from itda.engine.questions.person import Member
from itda.engine.work import Work

USUAL = frozenset({
    "name", "first_name", "last_name", "email", "phone", "address", "street", "city", "region", "country", "postcode",
    "language", "gender", "birthday", "birth_date", "birthdate",
})  # fmt: skip
"""Traits that people have, whether they are held or not."""
_MOST_NAMED = 12


def check(work: Work, members: Sequence[Member], names: Iterable[str]) -> None:
    """`Refused` for a trait that is neither held of these, nor declared by the workspace, nor usual."""
    fold = work.workspace.reading_fold
    held = set(fold.combine(fold.decode(one.state) for one in members if one.state is not None).declared)
    policy = work.workspace.policy
    told = {path.rpartition("traits.")[2] for kind in policy.kinds for path in kind.paths if "traits." in path}
    declared = {one.name for one in work.workspace.traits if one.arguments is None}
    known = held | told | declared | USUAL
    for name in names:
        if name not in known and name.partition(".")[0] not in known:
            what = f"nothing of theirs is called {name}"
            raise Refused(Fault(what=what, cure=f"held of them: {', '.join(sorted(held)[:_MOST_NAMED]) or '-'}"))
