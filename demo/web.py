"""Web visits, sent live through the real client: people look around, fill carts, and some sign in.

A visit begins without a name. When its visitor signs in, the same visitor's till purchases are hers: the e-mail of
the web account is the one in the CRM.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Sequence
from typing import Any, NamedTuple

from segment.analytics.client import Client

from demo.people import SEED, Person, person

_SHARE_OF_HOUSEHOLDS = 0.12
_SHARE_THAT_SIGNS_IN = 0.75
_HOST = "https://shop.example"


class Sent(NamedTuple):
    """What went out."""

    events: int
    visitors: int
    signed_in: list[int]
    """Households that signed in."""


class Visits:
    """Some visits of one day, through one client."""

    def __init__(self, url: str, write_key: str, products: Sequence[tuple[str, str, str]], run: int) -> None:
        self._failures: list[str] = []
        self._client = Client(write_key, host=url, on_error=self._failed, max_queue_size=100_000, upload_interval=0.1,
                              max_retries=5)  # fmt: skip
        self._products = products
        self._chance = random.Random(SEED + run)
        self._events = 0

    def _failed(self, error: Exception, _batch: object) -> None:
        self._failures.append(str(error))

    def send(self, households: Sequence[int]) -> Sent:
        """Send the visits of a few households and of some strangers, and wait until every event is acknowledged."""
        visitors = self._chance.sample(list(households), max(1, int(len(households) * _SHARE_OF_HOUSEHOLDS)))
        signed_in: list[int] = []
        for household in visitors:
            if self._chance.random() < _SHARE_THAT_SIGNS_IN or not signed_in:
                self._visit(person(household))
                signed_in.append(household)
            else:
                self._visit(None)
        self._client.flush()
        self._client.join()
        if self._failures:
            raise RuntimeError(f"the doors refused the web visits: {self._failures[0]}")
        return Sent(self._events, len(visitors), signed_in)

    def _visit(self, visitor: Person | None) -> None:
        anonymous = str(uuid.UUID(int=self._chance.getrandbits(128), version=4))
        self._page(anonymous, "Home", "/")
        chosen = self._chance.sample(list(self._products), self._chance.randint(1, 4))
        for product in chosen:
            self._track("Product Viewed", _product(product), anonymous)
        if visitor is None:
            return
        if self._chance.random() < 0.7:
            self._track("Product Added", _product(chosen[0]) | {"quantity": 1}, anonymous)
        traits = {"email": visitor.email, "language": visitor.language}
        self._client.identify(visitor.user_id, traits, anonymous_id=anonymous, context=_context("/login"))
        self._events += 1
        cart = {"cart_id": anonymous[:8], "products": [_product(product) for product in chosen]}
        self._track("Cart Viewed", cart, anonymous, visitor.user_id)

    def _page(self, anonymous: str, name: str, path: str) -> None:
        properties = {"path": path, "url": _HOST + path, "title": name}
        self._client.page(anonymous_id=anonymous, name=name, properties=properties, context=_context(path))
        self._events += 1

    def _track(self, name: str, properties: dict[str, Any], anonymous: str, user_id: str | None = None) -> None:
        self._client.track(user_id, name, properties, anonymous_id=anonymous, context=_context("/products"))
        self._events += 1


def _product(product: tuple[str, str, str]) -> dict[str, Any]:
    return {"product_id": product[0], "name": product[1], "category": product[2]}


def _context(path: str) -> dict[str, Any]:
    return {"page": {"path": path, "url": _HOST + path}, "locale": "en-US"}
