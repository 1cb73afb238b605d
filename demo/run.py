"""One run of the demo on its workspace, noted for the processes that take part in it one after the other."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from demo.basket import Basket
from demo.sources import Product
from demo.web import Cart

_EXAMPLE = ".itda/demo-example"


class Run(NamedTuple):
    """Each run has visits, carts and orders of its own."""

    number: int
    """Counts from 0."""
    mails: int
    """The inbox's last number before it."""
    left: Sequence[Cart]
    """Carts that were left on the web."""


def note(folder: Path, run: Run) -> None:
    """Keep it beside the shop's key."""
    _file(folder).write_text(json.dumps(run), encoding="utf-8")


def last(folder: Path) -> Run | None:
    """The run before; None where there was none."""
    if not _file(folder).exists():
        return None
    number, mails, carts = json.loads(_file(folder).read_text(encoding="utf-8"))
    return Run(number, mails, [_cart(*cart) for cart in carts])


def _cart(household: int, cart_id: str, anonymous: str, basket: list[object]) -> Cart:
    products, coupon, campaign = basket
    shelf = [Product(*product) for product in products] if isinstance(products, list) else []
    return Cart(household, cart_id, anonymous, Basket(shelf, str(coupon), str(campaign)))


def show(folder: Path, household: int) -> None:
    """Keep who got a mail, opened it and bought: an example to look at."""
    (folder / _EXAMPLE).write_text(f"membership:{household}", encoding="utf-8")


def example(folder: Path) -> str:
    """The latest of them; empty where there was none yet."""
    file = folder / _EXAMPLE
    return file.read_text(encoding="utf-8") if file.exists() else ""


def _file(folder: Path) -> Path:
    return folder / ".itda" / "demo-run.json"
