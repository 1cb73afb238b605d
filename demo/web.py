"""Web visits, sent live through the real client: people look around, fill carts, some sign in, some buy.

A visit begins without a name. When its visitor signs in, the same visitor's till purchases are hers: the e-mail of
the web account is the one in the CRM.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Sequence
from typing import Any, NamedTuple

from segment.analytics.client import Client

from demo.basket import Basket, filled, line, shown
from demo.people import Person, person
from demo.sources import Product
from demo.till import Till

_SHARE_OF_HOUSEHOLDS = 0.12
_FEWEST_VISITORS = 24
_SHARE_THAT_SIGNS_IN = 0.75
_SHARE_THAT_BUYS_AT_ONCE = 0.06
_SHARE_THAT_BUYS_IN_THE_STORE = 0.08
"""Of people who leave a cart and are at the till before anybody would remind them of it."""
_HOST = "https://shop.example"


class Cart(NamedTuple):
    """What somebody who signed in put aside."""

    household: int
    id: str
    anonymous: str
    """The browser."""
    basket: Basket


class Visits(NamedTuple):
    """Who came, and the carts of those who signed in."""

    visitors: int
    carts: list[Cart]


class Site:
    """The web shop's events, over one client."""

    def __init__(self, url: str, write_key: str, chance: random.Random) -> None:
        self._failures: list[str] = []
        self._client = Client(write_key, host=url, on_error=self._failed, max_queue_size=100_000, upload_interval=0.1,
                              max_retries=5)  # fmt: skip
        self._chance = chance
        self.events = 0

    def _failed(self, error: Exception, _batch: object) -> None:
        self._failures.append(str(error))

    def flush(self) -> None:
        """Return when every event so far is acknowledged."""
        self._client.flush()

    def close(self) -> None:
        """Send what is left, and be done."""
        self._client.flush()
        self._client.join()
        if self._failures:
            raise RuntimeError(f"the doors refused the web visits: {self._failures[0]}")

    def anonymous(self) -> str:
        """A new browser."""
        return str(uuid.UUID(int=self._chance.getrandbits(128), version=4))

    def page(self, anonymous: str, name: str, path: str, user_id: str | None = None) -> None:
        """A page is looked at."""
        properties = {"path": path, "url": _HOST + path, "title": name}
        self._client.page(user_id, anonymous_id=anonymous, name=name, properties=properties, context=_context(path))
        self.events += 1

    def track(self, name: str, properties: dict[str, Any], anonymous: str, user_id: str | None = None) -> None:
        """Something is done."""
        self._client.track(user_id, name, properties, anonymous_id=anonymous, context=_context("/products"))
        self.events += 1

    def sign_in(self, who: Person, anonymous: str) -> None:
        """The browser's visitor says who they are."""
        traits = {"email": who.email, "language": who.language}
        self._client.identify(who.user_id, traits, anonymous_id=anonymous, context=_context("/login"))
        self.events += 1

    def buy(self, who: Person, anonymous: str, order_id: str, basket: Basket) -> None:
        """An order is placed and paid, perhaps with a coupon."""
        self.track("Order Completed", basket.order(order_id), anonymous, who.user_id)
        if basket.coupon:
            self.track("Coupon Redeemed", basket.redemption(order_id), anonymous, who.user_id)


def visit(site: Site, shelf: Sequence[Product], households: Sequence[int], chance: random.Random, run: int) -> Visits:
    """The visits of a few households and of some strangers."""
    count = min(len(households), max(_FEWEST_VISITORS, int(len(households) * _SHARE_OF_HOUSEHOLDS)))
    carts: list[Cart] = []
    for number, household in enumerate(chance.sample(list(households), count)):
        if number and chance.random() >= _SHARE_THAT_SIGNS_IN:
            _look(site, site.anonymous(), filled(shelf, chance))
            continue
        cart = Cart(household, f"C{run}-{household}", site.anonymous(), filled(shelf, chance))
        _fill(site, person(household), cart, chance)
        carts.append(cart)
    return Visits(count, carts)


def buy(site: Site, till: Till, carts: Sequence[Cart], chance: random.Random, run: int) -> list[Cart]:
    """Some carts are bought at once, on the web or in the store; the others are left."""
    left = []
    for cart in carts:
        drawn = chance.random()
        if drawn < _SHARE_THAT_BUYS_AT_ONCE:
            site.buy(person(cart.household), cart.anonymous, f"W{run}-{cart.household}", cart.basket)
        elif drawn < _SHARE_THAT_BUYS_AT_ONCE + _SHARE_THAT_BUYS_IN_THE_STORE:
            till.sell(cart.household, f"T{run}-{cart.household}", cart.basket)
        else:
            left.append(cart)
    site.flush()
    till.flush()
    return left


def _look(site: Site, anonymous: str, basket: Basket) -> None:
    site.page(anonymous, "Home", "/")
    for product in basket.products:
        site.track("Product Viewed", line(product), anonymous)


def _fill(site: Site, who: Person, cart: Cart, chance: random.Random) -> None:
    anonymous = cart.anonymous
    _look(site, anonymous, cart.basket)
    if chance.random() < 0.7:
        site.track("Product Added", line(cart.basket.products[0]) | {"quantity": 1, "cart_id": cart.id}, anonymous)
    site.sign_in(who, anonymous)
    about = {"cart_id": cart.id, "products": shown(cart.basket), "value": cart.basket.value, "currency": "USD"}
    site.track("Cart Viewed", about, anonymous, who.user_id)


def _context(path: str) -> dict[str, Any]:
    return {"page": {"path": path, "url": _HOST + path}, "locale": "en-US"}
