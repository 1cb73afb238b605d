"""Which events of a source came in before their ids were keyed: they are known by their former ids, for ever."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from itda.engine.dedupe import key, seed_of
from itda.store.arrays import byteas
from itda.store.database import Connection
from itda.store.vault import Vault

_KNOWN = "select id from permanent_id where id = any(%b)"


def came_before(connection: Connection, vault: Vault, source: str) -> Callable[[Sequence[bytes]], set[bytes]]:
    """Asks which of these ids a source brought events by."""
    return partial(_came_before, connection, seed_of(vault), source)


def _came_before(connection: Connection, seed: int, source: str, ids: Sequence[bytes]) -> set[bytes]:
    keys = {key(source, one.decode(), seed): one for one in ids}
    rows_ = connection.execute(_KNOWN, [byteas(list(keys))], prepare=True, binary=True).fetchall()
    return {keys[bytes(found)] for (found,) in rows_}
