"""The keys of machines, and when each was used last."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from itda.engine.app import Answer
from itda.engine.people import keys
from itda.engine.people.keys import KeyView
from itda.engine.work import Work


class Keys(msgspec.Struct, frozen=True):
    """Those in force, those that end first before others; `is_revoked`: the others as well."""

    permission: ClassVar[str] = "keys.read"
    is_revoked: bool = False

    def answer(self, work: Work) -> Answer[list[KeyView]]:
        """All of them: there are few."""
        found = keys.listed(work.connection, is_revoked=self.is_revoked)
        return Answer(found, count=len(found))
