"""What a decision is worth: how open the question is, times what hangs on its answer.

How open: of a pair the entropy of its probability in bits (Shannon 1948), 1 at a half and 0 where the answer is known,
so that what a steward is asked is what the model can say least about (uncertainty sampling, Lewis and Gale 1994). Of a
pair that the model joined by itself a quarter at least: its answer says how far all the others like it can be
believed. Of a link that a limit holds back, and of a hub, nobody estimated anything: a half.

What hangs on it: the logarithm to base 2 of the events that would meet - those of the smaller side, which would come
to the other or would stay away - with an order for ten more. Twice as many weigh one more, so that one large customer
does not hide many small ones.
"""

from __future__ import annotations

import math

CHECKED_AT_LEAST, UNESTIMATED = 0.25, 0.5
ORDER = 10
"""How many events an order stands for."""


def worth(kind: str, probability: float | None, events: int, orders: int) -> float:
    """What a task is ordered by, never below 0: higher first. `events` and `orders` are those of the smaller side."""
    return openness(kind, probability) * math.log2(2 + events + ORDER * orders)


def openness(kind: str, probability: float | None) -> float:
    """How open a question is, 0 to 1."""
    if probability is None:
        return UNESTIMATED
    found = entropy(probability)
    return max(found, CHECKED_AT_LEAST) if kind == "check" else found


def entropy(probability: float) -> float:
    """Of a yes or no, in bits."""
    if not 0 < probability < 1:
        return 0.0
    return -probability * math.log2(probability) - (1 - probability) * math.log2(1 - probability)
