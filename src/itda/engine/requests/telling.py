"""Who else has to know of a request is told, and says that they know; see docs/concepts/erasure.md."""

from __future__ import annotations

from itda.engine.work import Work
from itda.store.requests import RequestRow


def prepare(work: Work, row: RequestRow) -> None:
    """Note whom to tell, and what, while it can still be read."""
