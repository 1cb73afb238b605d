"""What somebody of the demo takes home: products of the shelf, perhaps with the coupon they were sent."""

from __future__ import annotations

import random
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from demo.sources import Product


class Basket(NamedTuple):
    """Products, and the coupon that is handed in with them."""

    products: Sequence[Product]
    coupon: str = ""
    campaign: str = ""

    @property
    def value(self) -> str:
        """What it costs, as decimal text."""
        return str(sum((Decimal(product.price) for product in self.products), Decimal()))

    def order(self, order_id: str) -> dict[str, Any]:
        """The properties of the order."""
        coupon = {"coupon": self.coupon} if self.coupon else {}
        return {"order_id": order_id, "revenue": self.value, "currency": "USD", "products": self.lines(), **coupon}

    def redemption(self, order_id: str) -> dict[str, Any]:
        """The properties of the coupon's redemption."""
        campaign = {"campaign_id": self.campaign} if self.campaign else {}
        return {"order_id": order_id, "coupon": self.coupon, **campaign}

    def lines(self) -> list[dict[str, Any]]:
        """The products as events name them."""
        return [line(product) for product in self.products]


def line(product: Product) -> dict[str, Any]:
    """A product as events name it."""
    return {"product_id": product.id, "name": product.name, "category": product.category, "price": product.price}


def shown(basket: Basket) -> list[dict[str, Any]]:
    """The products of a cart: beside the first that has one stands a real coupon for it."""
    lines = basket.lines()
    for product, one in zip(basket.products, lines, strict=True):
        if product.coupon:
            one["coupon"] = product.coupon
            break
    return lines


def filled(shelf: Sequence[Product], chance: random.Random) -> Basket:
    """A few products, at least one of which has a coupon, and that coupon."""
    offer = chance.choice([product for product in shelf if product.coupon])
    others = [product for product in chance.sample(list(shelf), chance.randint(1, 4))[1:] if product != offer]
    return Basket([offer, *others], offer.coupon, offer.campaign)
