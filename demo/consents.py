"""What everybody of the demo said to advertising: invented from the fixed seed, for the source says nothing of it.

Most consented to e-mail in the last two years. Some refused, some withdrew, some consented longer ago than the law
lets a consent hold unconfirmed, a few of those confirmed it in time, and some want text messages or KakaoTalk only.
Some want push messages of the app too, few of them at night.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta

import polars as pl

from demo.people import SEED, Person, person

COLUMNS = (
    "household_id", "email", "phone", "purpose", "channel", "is_given", "action", "text", "said_at", "collector",
)  # fmt: skip
_TWO_YEARS = 730
_SAID = (("granted", 58), ("withdrawn", 8), ("refused", 10), ("outdated", 10), ("confirmed", 4), ("elsewhere", 10))
_SHARE_BY_TEXT_TOO = 0.3
_SHARE_BY_PUSH_TOO = 0.25
_SHARE_AT_NIGHT = 0.2
"""Of people who want push messages, those who want them at night as well."""
_SHARE_UNREAD = 0.06
"""Of people who do not want the reading of their mails to be measured."""
_NAMES = {"tracking": "reading", "ad_receive_night": "ads-night"}
"""Purpose → the text that was shown; of advertising by day one for each channel."""
_COLLECTORS = ("till", "web form", "app", "membership form")
Row = tuple[str, ...]


def table(households: Sequence[int], today: date) -> pl.DataFrame:
    """Every act of consent of these households, in the order of time."""
    rows = [row for household in households for row in _acts(person(household), today)]
    return pl.DataFrame(rows, schema=dict.fromkeys(COLUMNS, pl.String), orient="row").sort("said_at", "household_id")


def willing(said: pl.DataFrame, today: date) -> set[int]:
    """Households that consented to e-mail not too long ago and said nothing else of it."""
    since = (today - timedelta(days=_TWO_YEARS - 30)).isoformat()
    ads = said.filter(pl.col("purpose") == "ad_receive", pl.col("channel") == "email")
    only = ads.group_by("household_id").agg(pl.len(), pl.col("action").last(), pl.col("said_at").last())
    kept = only.filter(pl.col("len") == 1, pl.col("action") == "grant", pl.col("said_at") > since)
    return {int(household) for household in kept["household_id"]}


def _acts(who: Person, today: date) -> Iterator[Row]:
    chance = random.Random(SEED * 100_019 + who.household)
    (said,) = chance.choices([word for word, _ in _SAID], [weight for _, weight in _SAID])
    collector = chance.choice(_COLLECTORS)

    def ago(days: int) -> datetime:
        """So many days before today, in the opening hours."""
        return datetime.combine(today - timedelta(days=days), time(9 + chance.randrange(11), chance.randrange(60)))

    first = ago(chance.randrange(60, _TWO_YEARS - 60))
    match said:
        case "granted":
            yield _act(who, "email", "grant", first, collector)
        case "withdrawn":
            yield _act(who, "email", "grant", first, collector)
            yield _act(who, "email", "withdraw", first + timedelta(days=chance.randrange(1, 50)), "preference page")
        case "refused":
            yield _act(who, "email", "refuse", first, collector)
        case "outdated":
            yield _act(who, "email", "grant", ago(chance.randrange(_TWO_YEARS + 20, 1_400)), collector)
        case "confirmed":
            granted = ago(chance.randrange(_TWO_YEARS + 20, 2 * _TWO_YEARS - 60))
            yield _act(who, "email", "grant", granted, collector)
            asked = timedelta(days=_TWO_YEARS - chance.randrange(5, 25))
            yield _act(who, "email", "confirm", granted + asked, "preference page")
    yield from _elsewhere(who, chance, said, first, collector)


def _elsewhere(who: Person, chance: random.Random, said: str, first: datetime, collector: str) -> Iterator[Row]:
    """What they said of other channels, and of the reading of their mails."""
    if said == "elsewhere" or chance.random() < _SHARE_BY_TEXT_TOO:
        yield _act(who, chance.choice(("sms", "kakao")), "grant", first, collector)
    if chance.random() < _SHARE_UNREAD:
        yield _act(who, "email", "refuse", first, "preference page", purpose="tracking")
    if said == "granted" and chance.random() < _SHARE_BY_PUSH_TOO:
        yield _act(who, "push", "grant", first, "app")
        if chance.random() < _SHARE_AT_NIGHT:
            yield _act(who, "push", "grant", first, "app", purpose="ad_receive_night")


def _act(who: Person, channel: str, action: str, at: datetime, collector: str, purpose: str = "ad_receive") -> Row:
    name = _NAMES.get(purpose, f"ads-{channel}")
    is_given = action in ("grant", "confirm")
    return (
        str(who.household),
        who.email if channel == "email" else "",
        who.phone if channel in ("sms", "kakao") else "",
        purpose,
        channel,
        "true" if is_given else "false",
        action,
        f"{name}@1/{who.language}",
        at.isoformat(),
        collector,
    )
