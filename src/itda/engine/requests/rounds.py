"""When requests of people go on by themselves: within seconds those made just now, every ten minutes whatever waits.

What carries them out is loaded only where there is something to do: few shops have anything on most days.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from itda.engine import guardians
from itda.store import requests

if TYPE_CHECKING:
    from itda.engine.requests.upkeep import Opened


def soon(shop: Opened, now: int) -> None:
    """Go on with requests that were made just now, until they are done; what takes longer is for `regular`."""
    with shop.db.connection() as connection:
        is_new = requests.is_any_new(connection, now)
    if is_new:
        _keep_up(shop, now)


def regular(shop: Opened, now: int) -> None:
    """Requests that were interrupted, what laws kept long enough, guardians who did not answer."""
    guardians.forget(shop.db, shop.vault, now)
    with shop.db.connection() as connection:
        is_due = requests.is_anything_due(connection, now)
    if is_due:
        _keep_up(shop, now)


def _keep_up(shop: Opened, now: int) -> None:
    from itda.engine.requests.upkeep import keep_up  # noqa: PLC0415 - few have anything to do

    keep_up(shop, now)
