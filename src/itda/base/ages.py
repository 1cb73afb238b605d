"""Bands of age, by which alone the gate and the door know how old somebody is: a birthday itself is sealed.

The bands of the young end where Korean laws ask: whoever is fourteen consents alone (PIPA art. 22-2), and nobody under
nineteen is offered what is for adults (Youth Protection Act art. 2, from memory).
"""

from __future__ import annotations

CHILDREN, YOUTHS = "0-13", "14-19"
OF_CONSENT, GROWN = 14, 20
"""Years of age from which on somebody is in neither the first band, nor the second."""
_OLD = 80


def band(years: int) -> str:
    """The band of an age in whole years: `0-13`, `14-19`, tens such as `30-39`, and `80+`."""
    if years < OF_CONSENT:
        return CHILDREN
    if years < GROWN:
        return YOUTHS
    return f"{_OLD}+" if years >= _OLD else f"{years // 10 * 10}-{years // 10 * 10 + 9}"
