"""The sources of an open shop, for the terminal and for Python."""

from __future__ import annotations

from typing import Protocol, TypeVar

from itda.engine.app import Question
from itda.engine.fetching import run
from itda.engine.fetching.given import Progress
from itda.engine.fetching.run import Fetch
from itda.engine.importer import Importing
from itda.engine.questions.sources import OneSource, Sources, SourceState, SourceView
from itda.store.fetches import FetchRun

Result = TypeVar("Result")


class Asked(Importing, Protocol):
    """A shop that answers."""

    def ask(self, question: Question[Result], reason: str = "") -> Result:
        """The answer's value."""
        ...


def _silent(_done: int, _total: int | None) -> None:
    pass


class SourceDesk:
    """`shop.sources`: how they stand, and fetching what is new in them."""

    def __init__(self, shop: Asked) -> None:
        self._shop = shop

    def all(self) -> list[SourceView]:
        """Every source, by name."""
        return self._shop.ask(Sources())

    def state(self, name: str, runs: int = 20) -> SourceState:
        """How far a source is that is fetched, and its last runs."""
        run.fetched_source(self._shop.workspace, name)
        return self._shop.ask(OneSource(name, runs))

    def fetch(self, name: str, progress: Progress = _silent) -> FetchRun:
        """Fetch what is new in a source, now."""
        run.fetched_source(self._shop.workspace, name)
        self._shop.app.act(Fetch(name), self._shop.actor, "fetch a source")
        return run.fetch(self._shop, name, progress)

    def backfill(self, name: str, since: str = "") -> None:
        """Let the next run read a source from this value of its cursor on; empty: from where its YAML begins."""
        run.backfill(self._shop, name, since)
