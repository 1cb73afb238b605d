"""Advertising messages under Korea's Network Act (정보통신망법 art. 50 and its decree art. 61 to 62-3).

The Act as in force on 2026-10-02. What its Annex 6 asks of labels is known at second hand only; hence the marks.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from itda.base.calendar import minute_of_day
from itda.consent.ledger import Reconfirm
from itda.consent.packs.kr_network import carried, duties, night, permission, shown, spoken
from itda.consent.rule import PackKind, Rule

BANNED = ("담배", "tobacco", "전자담배", "e-cigarette", "마약", "도박", "gambling", "불법촬영물")
"""Network Act art. 50-8 and the laws that it points to; from memory."""
ADULTS_ONLY = (
    "성인",
    "adult",
    "주류",
    "술",
    "와인",
    "맥주",
    "소주",
    "alcohol",
    "wine",
    "beer",
    "spirits",
    "의약품",
    "medicine",
)


class KrNetwork(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Values of the pack `kr_network`."""

    night_from: str = "21:00"
    """When the night begins, included; 21:00 at the latest."""
    night_to: str = "08:00"
    """When the night ends, excluded; 08:00 at the earliest."""
    exception_months: Annotated[int, msgspec.Meta(ge=0, le=6)] = 6
    """Months after a purchase's end in which the same kind of goods may be advertised without consent; 0: never."""
    notice_days: Annotated[int, msgspec.Meta(ge=1, le=14)] = 14
    """Days in which a person is told what became of a consent, refusal or withdrawal."""
    reconfirm_years: Annotated[int, msgspec.Meta(ge=1, le=2)] = 2
    """Years after which a consent must have been confirmed."""
    reconfirm_from: Literal["consent", "last_confirm"] = "consent"
    """Where the next period begins."""
    guard_minutes: Annotated[int, msgspec.Meta(ge=10, le=180)] = 10
    """Minutes before the night in which a batch sends nothing more."""
    banned: tuple[str, ...] = BANNED
    """Categories of goods that may not be advertised by messages."""
    adults_only: tuple[str, ...] = ADULTS_ONLY
    """Categories that may be offered to those alone who are known to be adults."""
    silence: Literal["maintain", "suspend"] = "maintain"
    """What a delivered request for a confirmation that nobody answers does. The decree is silent, and the regulator's
    guide is said to let it stand: counsel should confirm."""
    discloses_source: bool = True
    """A call says where the number was got from, as telemarketing must."""
    reconfirm_lead_days: Annotated[int, msgspec.Meta(ge=1, le=365)] = 30
    """Days before the due day from which on a confirmation counts for it."""


def reconfirm(values: KrNetwork) -> Reconfirm:
    """What the ledger's fold must know of these values."""
    return Reconfirm(
        years=values.reconfirm_years,
        counts_from=values.reconfirm_from,
        lead_days=values.reconfirm_lead_days,
        silence=values.silence,
    )


def _rules(values: KrNetwork) -> tuple[Rule, ...]:
    return (
        *shown.classified(),
        *permission.rules(values.exception_months),
        *night.rules(values.night_from, values.night_to, values.guard_minutes),
        *shown.rules(),
        *spoken.rules(discloses_source=values.discloses_source),
        *carried.rules(_folded(values.banned), _folded(values.adults_only)),
        *duties.rules(values.notice_days),
    )


def _looser(values: KrNetwork) -> tuple[str, ...]:
    try:
        start, end = minute_of_day(values.night_from), minute_of_day(values.night_to)
    except ValueError as error:
        return (str(error),)
    faults = []
    if not minute_of_day("12:00") < start <= minute_of_day("21:00"):
        faults.append("night_from must lie after noon and no later than 21:00")
    if not minute_of_day("08:00") <= end < minute_of_day("12:00"):
        faults.append("night_to must lie before noon and no earlier than 08:00")
    for name, least in (("banned", BANNED), ("adults_only", ADULTS_ONLY)):
        if not set(least) <= set(getattr(values, name)):
            faults.append(f"{name} may name more than {', '.join(least)}, and no fewer")
    return tuple(faults)


def _folded(categories: tuple[str, ...]) -> frozenset[str]:
    return frozenset(category.casefold() for category in categories)


PACK = PackKind(
    name="kr_network",
    version="2026.10.1",
    since="2026-10-01",
    layer="jurisdiction",
    title_ko="정보통신망법 (광고성 정보)",
    title_en="Korea: Network Act, advertising",
    parameters=KrNetwork,
    rules=_rules,
    looser=_looser,
)
