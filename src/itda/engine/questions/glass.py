"""Who broke the glass, why, what was looked at meanwhile, and who reviewed it."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from itda.engine.app import Answer
from itda.engine.people import glass
from itda.engine.people.glass import GlassView
from itda.engine.work import Work


class Glass(msgspec.Struct, frozen=True):
    """Each time that somebody did, those nobody looked at before all others."""

    permission: ClassVar[str] = "access.review"
    limit: int = 100

    def answer(self, work: Work) -> Answer[list[GlassView]]:
        """`limit` at most."""
        found = glass.listed(work.connection, self.limit)
        return Answer(found, count=len(found))
