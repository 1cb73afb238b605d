"""What stores ask for by ids, over a connection of their own: one `= any` each, planned once."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from itda.store.arrays import byteas
from itda.store.ports import KeyRow

Row = TypeVar("Row")
BY_KEY = "set plan_cache_mode = force_generic_plan; set enable_seqscan = off"
"""For a connection by which everything is asked for by key: planned once, and right also for a table that was empty
when it was planned."""
KEYS_OF = (
    "select blind, fragment, generation, kind, wrapped_key, value_sealed, retention from keyring"
    " where fragment = any(%b)"
)
"""The key rows of some fragments."""


class Keyed(ABC):
    """Rows by their ids."""

    @abstractmethod
    def _rows(self, query: Any, values: list[Any], row: Callable[..., Row]) -> list[Row]:
        """The rows of a query, asked again on a new connection where the old one was lost."""

    def _any(self, query: str, values: Sequence[bytes], row: Callable[..., Row]) -> list[Row]:
        return self._rows(query, [byteas(values)], row) if values else []

    def keys_of(self, fragments: Sequence[bytes]) -> list[KeyRow]:
        """The key rows of these fragments."""
        return self._any(KEYS_OF, fragments, KeyRow)
