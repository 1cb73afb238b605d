"""Traffic as shops have it: visitors who make several events in a row, in the mix every figure here is stated for.

70 % anonymous page and track, 20 % known track, 5 % identify with a fresh e-mail or phone, 5 % orders of 1 to 10
products; of these 1 % come twice and 1 % are bad. Everything follows from the seed.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime

SESSION = 6
"""Events a visitor makes in a row."""

_CONTEXT = (
    '{"library":{"name":"analytics.js","version":"2.1.0"},"locale":"%s","timezone":"Asia/Seoul",'
    '"userAgent":"Mozilla/5.0 (%s) AppleWebKit/537.36 Chrome/%d.0 Safari/537.36"}'
)
_CONTEXTS = [
    _CONTEXT % (locale, system, version)
    for locale in ("ko-KR", "en-US")
    for system in ("X11; Linux x86_64", "iPhone; CPU iPhone OS 19_0", "Windows NT 10.0", "Android 16")
    for version in range(138, 142)
]
_PAGES = ["/", "/new", "/best", "/sale", "/search", *(f"/product/{number}" for number in range(400))]


class Traffic:
    """An endless stream of events as JSON texts. `customers` people; each has one device and one user id."""

    def __init__(self, customers: int, seed: int, start: int = 0) -> None:
        self._customers = customers
        self._random = random.Random(seed)
        self._seed = seed
        self._number = start
        self._kept = ""
        self._session: tuple[int, int, str] = (0, 0, "")

    def batch(self, size: int) -> bytes:
        """The body of one batch call."""
        events = ",".join([self._next() for _ in range(size)])
        now = text(datetime.now(UTC))
        return f'{{"batch":[{events}],"sentAt":"{now}"}}'.encode()

    def batches(self, size: int) -> Iterator[bytes]:
        """Bodies without end."""
        while True:
            yield self.batch(size)

    def everybody(self, size: int) -> Iterator[bytes]:
        """One identify for every customer: the shop as it stands before the measurement."""
        now = text(datetime.now(UTC))
        for first in range(0, self._customers, size):
            people = range(first, min(first + size, self._customers))
            events = ",".join(
                f'{{"type":"identify","messageId":"e{person}","anonymousId":"{_device(person)}","userId":"u{person}",'
                f'"timestamp":"{now}","traits":{{"email":"u{person}@shop.example","plan":"basic"}}}}'
                for person in people
            )
            yield f'{{"batch":[{events}],"sentAt":"{now}"}}'.encode()

    def single(self) -> str:
        """One event as a JSON text."""
        return self._next()

    def _next(self) -> str:
        chance = self._random.random()
        if chance < 0.01 and self._kept:
            return self._kept
        self._number += 1
        event = self._bad() if chance < 0.02 else self._good()
        if self._number % 16 == 0:
            self._kept = event
        return event

    def _visit(self) -> tuple[int, str]:
        left, person, context = self._session
        if left == 0:
            person = self._random.randrange(self._customers)
            context = self._random.choice(_CONTEXTS)
            left = SESSION
        self._session = (left - 1, person, context)
        return person, context

    def _good(self) -> str:
        draw = self._random
        person, context = self._visit()
        now = text(datetime.now(UTC))
        head = (
            f'"messageId":"m{self._seed}-{self._number}","anonymousId":"{_device(person)}","timestamp":"{now}",'
            f'"context":{context}'
        )
        chance = draw.random()
        if chance < 0.40:
            page = draw.choice(_PAGES)
            return (
                f'{{"type":"page",{head},"name":"{page}","properties":{{"path":"{page}",'
                f'"url":"https://shop.example{page}?from={self._number}","title":"Page {page}"}}}}'
            )
        if chance < 0.70:
            return f'{{"type":"track",{head},"event":"Product Viewed","properties":{_product(draw)}}}'
        head = f'{head},"userId":"u{person}"'
        if chance < 0.90:
            return (
                f'{{"type":"track",{head},"event":"Product Added","properties":{{"cart_id":"c{person}",'
                f"{_product(draw)[1:]}}}"
            )
        if chance < 0.95:
            trait = (
                f'"email":"fresh{self._seed}.{self._number}@mail.example"'
                if draw.random() < 0.5
                else f'"phone":"010{self._number % 90_000_000 + 10_000_000:08d}"'
            )
            return f'{{"type":"identify",{head},"traits":{{{trait},"plan":"gold","age":{draw.randrange(18, 80)}}}}}'
        products = [_product(draw) for _ in range(draw.randint(1, 10))]
        total = draw.randrange(1_000, 500_000)
        return (
            f'{{"type":"track",{head},"event":"Order Completed",'
            f'"properties":{{"order_id":"o{self._seed}-{self._number}",'
            f'"total":{total},"revenue":{total},"currency":"KRW","products":[{",".join(products)}]}}}}'
        )

    def _bad(self) -> str:
        kind = self._number % 3
        if kind == 0:
            return f'{{"type":"track","messageId":"b{self._seed}-{self._number}","event":"Nobody Did This"}}'
        person, _ = self._visit()
        head = f'"messageId":"b{self._seed}-{self._number}","anonymousId":"{_device(person)}"'
        if kind == 1:
            return f'{{"type":"track",{head},"timestamp":"1999-01-01T00:00:00Z","event":"Product Viewed"}}'
        return f'{{"type":"track",{head},"event":"Order Completed","properties":{{"total":"much"}}}}'


def _device(person: int) -> str:
    return f"4f2d0000-0000-4000-8000-{person:012d}"


def _product(draw: random.Random) -> str:
    number = draw.randrange(2_000)
    return (
        f'{{"product_id":"p{number}","sku":"S-{number}","category":"category {number % 40}","name":"Product {number}",'
        f'"brand":"Brand {number % 100}","price":{number * 10 + 990},"quantity":{draw.randint(1, 3)}}}'
    )


def text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
