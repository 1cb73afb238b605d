"""The store's till of today: receipts over the API, as a till with a network sends them."""

from __future__ import annotations

import base64
import json
import random
import urllib.request
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from demo.basket import Basket

_STORES = ("406", "31401", "292", "343", "381", "323", "446", "370")
"""Stores of The Complete Journey."""


class Till:
    """One till. What was rung up goes out with `flush`."""

    def __init__(self, url: str, write_key: str, chance: random.Random) -> None:
        self._url = f"{url}/v1/batch"
        self._key = base64.b64encode(f"{write_key}:".encode()).decode()
        self._chance = chance
        self._waiting: list[dict[str, Any]] = []

    def sell(self, household: int, order_id: str, basket: Basket) -> None:
        """A household buys, with its membership card."""
        about = {"membership": str(household), "store_id": self._chance.choice(_STORES)}
        self._ring("Order Completed", f"{order_id}-order", about | basket.order(order_id))
        if basket.coupon:
            self._ring("Coupon Redeemed", f"{order_id}-coupon", about | basket.redemption(order_id))

    def _ring(self, event: str, message_id: str, properties: dict[str, Any]) -> None:
        self._waiting.append({"type": "track", "event": event, "messageId": message_id, "properties": properties})

    def flush(self) -> None:
        """Send what was rung up, as of now, and return when it is acknowledged."""
        now = datetime.now(UTC).isoformat()
        sent, self._waiting = [{**item, "timestamp": now} for item in self._waiting], []
        for start in range(0, len(sent), 100):
            _post(self._url, self._key, sent[start : start + 100])


def _post(url: str, key: str, batch: Sequence[dict[str, Any]]) -> None:
    body = json.dumps({"batch": batch}).encode()
    headers = {"Authorization": f"Basic {key}", "Content-Type": "application/json"}
    request = urllib.request.Request(url, body, headers)  # noqa: S310 - the demo's own address
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
        answer.read()
