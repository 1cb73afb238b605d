"""Whose hand was on a login: who made it, reset it, gave it a role or let it in again can come in by it for a while.

Two logins that one hand was on lately may be one person's, and then an approval has only two eyes. A login is in the
hand of itself as well, and hands go on: whoever made the login that made this one had theirs on both.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from itda.base.instant import DAY

TERM_DAYS = 30
TERM = TERM_DAYS * DAY


class Touch(NamedTuple):
    """Somebody's hand on a login, at a moment in microseconds UTC."""

    by: str
    login: str
    at: int


class Tie(NamedTuple):
    """Why two logins do not count as two people: the hand that was on both, and until when that counts."""

    by: str
    until: int
    """Microseconds UTC."""


def tie(touches: Collection[Touch], one: str, other: str, now: int, term: int) -> Tie | None:
    """What ties two logins at `now`, a touch counting for `term`; None where nothing does. Microseconds, UTC."""
    lately = [touch for touch in touches if touch.at + term > now]
    shared = _on(lately, one) & _on(lately, other)
    if not shared:
        return None
    ends = sorted({touch.at + term for touch in lately})
    until = next(
        (end for end in ends if not _are_tied([two for two in lately if two.at + term > end], one, other)), now
    )
    return Tie(min(shared, key=lambda by: (by not in (one, other), by)), until)


def _are_tied(touches: Collection[Touch], one: str, other: str) -> bool:
    return bool(_on(touches, one) & _on(touches, other))


def _on(touches: Collection[Touch], login: str) -> set[str]:
    """Whose hands are on a login, its own among them."""
    found, news = {login}, {login}
    while news:
        news = {touch.by for touch in touches if touch.login in news} - found
        found |= news
    return found
