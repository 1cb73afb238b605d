"""How long Korea's E-Commerce Act makes a shop keep what happened (전자상거래법 시행령 art. 6).

Whoever erases asks this pack of each record first: what must be kept is put aside until its day, then destroyed.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from itda.base import instant
from itda.base.calendar import add_months
from itda.base.instant import LocalDates
from itda.consent.countries import KOREA
from itda.consent.definition import Finding
from itda.consent.facts import Facts, Record
from itda.consent.rule import Check, Example, PackKind, Rule

ZONE = "Asia/Seoul"
_YEAR = 12
_SOLD, _LONG_AGO = (instant.parse(f"{year}-03-02T12:00+09:00") for year in (2025, 2016))


class Retention(msgspec.Struct, frozen=True, kw_only=True):
    """How long a law keeps one kind of record."""

    kind: str
    months: int
    law: str
    law_ko: str
    mark: str
    """How the source was read: P the law's own text, M from memory."""
    title_ko: str
    title_en: str


_ECD, _ECD_KO = "E-Commerce Act decree art. 6(1)", "전자상거래법 시행령 제6조 제1항"
RETENTIONS: tuple[Retention, ...] = (
    Retention(
        kind="advertising", months=6, law=f"{_ECD}1", law_ko=f"{_ECD_KO} 제1호", mark="P",
        title_ko="표시·광고", title_en="Advertisements",
    ),
    Retention(
        kind="contract", months=5 * _YEAR, law=f"{_ECD}2", law_ko=f"{_ECD_KO} 제2호", mark="P",
        title_ko="계약·청약철회", title_en="Contracts and their withdrawal",
    ),
    Retention(
        kind="payment", months=5 * _YEAR, law=f"{_ECD}3", law_ko=f"{_ECD_KO} 제3호", mark="P",
        title_ko="대금결제·재화 공급", title_en="Payments and supply",
    ),
    Retention(
        kind="complaint", months=3 * _YEAR, law=f"{_ECD}4", law_ko=f"{_ECD_KO} 제4호", mark="P",
        title_ko="소비자 불만·분쟁처리", title_en="Complaints and disputes",
    ),
    Retention(
        kind="login", months=3, law="Protection of Communications Secrets Act", law_ko="통신비밀보호법", mark="M",
        title_ko="접속기록", title_en="Log-in records",
    ),
)  # fmt: skip
BY_KIND = {one.kind: one for one in RETENTIONS}
LAWS_KO = {f"KR-45 {one.law}": one.law_ko for one in RETENTIONS}
"""What the law that a record is held by is called in Korean, by what the hold says."""


class KrEcommerce(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Values of the pack `kr_ecommerce`: months, the law's own at most, for the law is no reason to keep more."""

    advertising: Annotated[int, msgspec.Meta(ge=6, le=6)] = 6
    contract: Annotated[int, msgspec.Meta(ge=60, le=60)] = 60
    payment: Annotated[int, msgspec.Meta(ge=60, le=60)] = 60
    complaint: Annotated[int, msgspec.Meta(ge=36, le=36)] = 36
    login: Annotated[int, msgspec.Meta(ge=0, le=3)] = 3
    """From memory: counsel should confirm."""


def kept_until(record: Record, values: KrEcommerce | None = None) -> int | None:
    """When a record may be destroyed at the earliest, in microseconds UTC; None where no law keeps it.

    The first moment of the day after the last, which is counted from the day its matter came to its end, in Seoul.
    """
    if record.kind not in BY_KIND:
        return None
    months: int = getattr(values if values is not None else KrEcommerce(), record.kind)
    dates = _DATES
    return dates.start(add_months(dates.of(record.at), months) + 1)


_DATES = LocalDates(ZONE)


def _rules(values: KrEcommerce) -> tuple[Rule, ...]:
    return (
        Rule(
            id="KR-45",
            sentence=(
                "Records of advertisements are kept 6 months, of contracts, payment and supply 5 years, of complaints 3"
                " years, of log-ins 3 months; then they are destroyed."
            ),
            source="E-Commerce Act decree art. 6(1); log-ins: Protection of Communications Secrets Act",
            mark="P",
            stages=("erase",),
            about="every",
            countries=KOREA,
            check=_kept(values),
            examples=(
                Example("an order of last year", {"record": Record("contract", _SOLD)},
                        at="2026-11-22 12:00", says="hold", code="KEPT_BY_LAW", until="2030-03-03 00:00"),
                Example("one of ten years ago", {"record": Record("contract", _LONG_AGO)}),
                Example("what was only looked at", {"record": Record("browsing", _SOLD)}),
            ),
        ),
    )  # fmt: skip


def _kept(values: KrEcommerce) -> Check:
    def check(facts: Facts, now: int) -> Finding | None:
        record = facts.record
        until = kept_until(record, values) if record is not None else None
        if record is None or until is None or now >= until:
            return None
        return Finding("hold", "KEPT_BY_LAW", f"{record.kind}: {BY_KIND[record.kind].law}", until)

    return check


PACK = PackKind(
    name="kr_ecommerce",
    version="2025.2.14",
    since="2025-02-14",
    layer="sector",
    title_ko="전자상거래법 (보존 기간)",
    title_en="Korea: E-Commerce Act, how long records are kept",
    parameters=KrEcommerce,
    rules=_rules,
    looser=lambda _values: (),
)
