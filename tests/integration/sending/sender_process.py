"""A sender in a process of its own, to be killed: `python sender_process.py FOLDER NOW`."""

from __future__ import annotations

import sys

import itda
from itda.engine.sending import making


def main(folder: str, now: str) -> None:
    with itda.open(folder) as shop:
        at = int(now)
        made = making.parts(shop.db, shop.lake, shop.intake, shop.workspace, shop.vault, lambda: at)
        if made is not None:
            making.drain(made)


if __name__ == "__main__":
    main(*sys.argv[1:])
