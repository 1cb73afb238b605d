"""A sender in a process of its own, to be killed."""

from __future__ import annotations

from pathlib import Path

import itda
from itda.engine.sending import making


def send(folder: Path, at: int) -> None:
    """Send what is due at that moment."""
    with itda.open(folder) as shop:
        made = making.parts(shop.db, shop.lake, shop.intake, shop.workspace, shop.vault, lambda: at)
        if made is not None:
            making.drain(made)
