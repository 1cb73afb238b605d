"""Advertising messages under Korea's Network Act (정보통신망법 art. 50 and its decree art. 61 to 62-3).

The Act as in force on 2026-10-02. What its Annex 6 asks of labels is known at second hand only; hence the marks.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from itda.base.calendar import minute_of_day
from itda.consent.ledger import Reconfirm
from itda.consent.packs.kr_network import duties, night, permission, shown
from itda.consent.rule import PackKind, Rule


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
    reconfirm_lead_days: Annotated[int, msgspec.Meta(ge=1, le=365)] = 30
    """Days before the due day from which on a confirmation counts for it."""


def reconfirm(values: KrNetwork) -> Reconfirm:
    """What the ledger's fold must know of these values."""
    return Reconfirm(
        years=values.reconfirm_years, counts_from=values.reconfirm_from, lead_days=values.reconfirm_lead_days
    )


def _rules(values: KrNetwork) -> tuple[Rule, ...]:
    return (
        *shown.classified(),
        *permission.rules(values.exception_months),
        *night.rules(values.night_from, values.night_to),
        *shown.rules(),
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
    return tuple(faults)


PACK = PackKind(
    name="kr_network",
    version="2026.10.1",
    layer="jurisdiction",
    title_ko="정보통신망법 (광고성 정보)",
    title_en="Korea: Network Act, advertising",
    parameters=KrNetwork,
    rules=_rules,
    looser=_looser,
)
