"""What a decision is worth: how likely what stands now is wrong, times what hangs on it.

That is the expected value of perfect information (Raiffa and Schlaifer 1961) where nothing is done until a steward
says so. How likely it is wrong: of two customers who are apart, the probability that they are one person; of two whom
the matching joined, that they are not, but a quarter at least, since the answer says how far all the others like it
can be believed. Of a link that a limit holds back, and of a hub, nobody estimated anything: a half.

What hangs on it: the logarithm to base 2 of the events that would meet or part - those of the smaller side - with an
order for ten more. Twice as many weigh one more, so that one large customer does not hide many small ones.
"""

from __future__ import annotations

import math

CHECKED_AT_LEAST, UNESTIMATED = 0.25, 0.5
ORDER = 10
"""How many events an order stands for."""


def worth(kind: str, probability: float | None, events: int, orders: int) -> float:
    """What a task is ordered by, never below 0: higher first. `events` and `orders` are those of the smaller side."""
    return wrong(kind, probability) * math.log2(2 + events + ORDER * orders)


def wrong(kind: str, probability: float | None) -> float:
    """How likely it is, 0 to 1, that what stands now is wrong; `probability` that the two are one person."""
    if probability is None:
        return UNESTIMATED
    return max(1 - probability, CHECKED_AT_LEAST) if kind == "check" else probability
