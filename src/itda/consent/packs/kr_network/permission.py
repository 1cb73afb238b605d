"""Whom an advertisement may reach: consent, the exception for customers, refusal, two years."""

from __future__ import annotations

from collections.abc import Callable

from itda.base.calendar import add_months
from itda.base.instant import LocalDates
from itda.consent.definition import ADS, Action, ConsentState, Finding
from itda.consent.facts import Facts, Transaction
from itda.consent.rule import Check, Example, Rule

ZONE = "Asia/Seoul"
COUNTRIES = ("KR",)
Excused = Callable[[Facts, int], Transaction | str | None]
"""The purchase that excuses an advertisement; else why none does; None where there was none."""
_MISSES = ("EXCEPTION_EXPIRED", "NOT_SIMILAR", "NOT_DIRECTLY_COLLECTED")
"""Why a purchase excuses no advertisement, the nearest miss first."""
_REFUSALS = ("refused", "withdrawn")


_KR_02 = (
    Example("agreed to push", {"consents": ("grant ad_receive push 2026-01-05",)}),
    Example("agreed to nothing", says="block", code="NO_CONSENT"),
    Example(
        "agreed to e-mail alone",
        {"consents": ("grant ad_receive email 2026-01-05",)},
        says="block",
        code="NO_CONSENT",
    ),
    Example(
        "bought shoes in June",
        {"category": "shoes", "transactions": ("shoes 2026-06-01",)},
        says="allow",
        code="EXISTING_CUSTOMER",
    ),
)
_KR_03 = (
    Example("bought shoes in June", {"category": "shoes", "transactions": ("shoes 2026-06-01",)}),
    Example(
        "the same in December",
        {"category": "shoes", "transactions": ("shoes 2026-06-01",)},
        at="2026-12-02 00:00",
        says="block",
        code="EXCEPTION_EXPIRED",
    ),
    Example(
        "bought shoes, offered cosmetics",
        {"category": "cosmetics", "transactions": ("shoes 2026-06-01",)},
        says="block",
        code="NOT_SIMILAR",
    ),
    Example(
        "a partner collected the address",
        {"category": "shoes", "transactions": ("shoes 2026-06-01 partner",)},
        says="block",
        code="NOT_DIRECTLY_COLLECTED",
    ),
)
_KR_04 = (
    Example("agreed", {"consents": ("grant ad_receive push 2026-01-05",)}),
    Example(
        "agreed and withdrew",
        {"consents": ("grant ad_receive push 2026-01-05", "withdraw ad_receive push 2026-11-01")},
        says="block",
        code="OPTED_OUT",
    ),
)
_KR_15 = (
    Example(
        "the last day on which to ask",
        {"consents": ("grant ad_receive push 2024-11-22",)},
        at="2026-11-21 12:00",
    ),
    Example(
        "two years later, and nobody asked",
        {"consents": ("grant ad_receive push 2024-11-22",)},
        at="2026-11-22 12:00",
        says="block",
        code="NOT_RECONFIRMED",
    ),
)
_KR_16 = (
    Example(
        "delivered and unanswered",
        {"consents": ("grant ad_receive push 2024-11-22", "confirm ad_receive push 2026-11-10")},
        at="2026-11-22 12:00",
    ),
    Example(
        "it bounced",
        {"consents": ("grant ad_receive push 2024-11-22", "suspend ad_receive push 2026-11-10")},
        at="2026-11-22 12:00",
        says="block",
        code="SUSPENDED",
    ),
)
_KR_18 = (
    Example(
        "the phone says yes and the person never did",
        {"has_permission": True},
        says="block",
        code="NO_CONSENT",
    ),
    Example("both said yes", {"has_permission": True, "consents": ("grant ad_receive push 2026-01-05",)}),
)


def rules(exception_months: int) -> tuple[Rule, ...]:
    """KR-02 to KR-04, KR-15, KR-16 and KR-18."""
    dates = LocalDates(ZONE)
    excused = _excusing(dates, exception_months)
    return (
        Rule(
            id="KR-02",
            sentence=(
                "An advertisement is sent only if the recipient's address has an effective, explicit, prior consent for"
                " advertising on that medium from this sender, or KR-03 excuses it."
            ),
            source="Network Act art. 50(1)",
            mark="P",
            countries=COUNTRIES,
            needs=("consents",),
            check=_consented(excused),
            examples=_KR_02,
        ),
        Rule(
            id="KR-03",
            sentence=(
                "A customer without consent is excused only if the sender itself collected the address in a purchase,"
                f" offers the same kind of goods, and no more than {exception_months} months lie between."
            ),
            source="Network Act art. 50(1)1; decree art. 61(1)",
            mark="P",
            countries=COUNTRIES,
            needs=("consents",),
            check=_excepted(excused),
            examples=_KR_03,
        ),
        Rule(
            id="KR-04",
            sentence=(
                "A refusal or withdrawal beats every consent and the exception from the moment it is recorded, also for"
                " messages that wait."
            ),
            source="Network Act art. 50(2)",
            mark="P",
            countries=COUNTRIES,
            needs=("consents",),
            hard=True,
            check=_refused,
            examples=_KR_04,
        ),
        *_lasting(dates, excused),
    )


def _lasting(dates: LocalDates, excused: Excused) -> tuple[Rule, ...]:
    """KR-15, KR-16 and KR-18: what becomes of a consent with time, and what is none."""
    return (
        Rule(
            id="KR-15",
            sentence=(
                "By the day before each second anniversary of a consent the recipient is asked to confirm it; after"
                " that no advertisement goes out until it is confirmed."
            ),
            source="Network Act art. 50(8); decree art. 62-3",
            mark="P",
            countries=COUNTRIES,
            needs=("consents",),
            check=_reconfirmed(dates),
            examples=_KR_15,
        ),
        Rule(
            id="KR-16",
            sentence=(
                "Silence after a request to confirm keeps a consent only where the request was delivered; where it was"
                " not, the consent is suspended."
            ),
            source="decree art. 62-3 is silent; the guide of KISA is said to let it stand",
            mark="M",
            countries=COUNTRIES,
            needs=("consents",),
            check=_suspended,
            examples=_KR_16,
        ),
        Rule(
            id="KR-18",
            sentence="That a phone lets an app notify is no consent to advertising.",
            source="etnews.com/20151222000185, after the regulator",
            mark="S",
            channels=("push",),
            countries=COUNTRIES,
            needs=("consents",),
            check=_permitted(excused),
            examples=_KR_18,
        ),
    )


def is_current(state: ConsentState, today: int) -> bool:
    """Whether a consent was confirmed in time, on the local day `today`."""
    return state.reconfirm_due is None or today <= state.reconfirm_due


def _consented(excused: Excused) -> Check:
    def check(facts: Facts, now: int) -> Finding | None:
        for purpose in dict.fromkeys((ADS, facts.purpose or ADS)):
            status = facts.consents.standing(purpose, facts.channel).status if facts.consents is not None else "unknown"
            if status == "granted":
                continue
            order = excused(facts, now) if purpose == ADS else None
            if not isinstance(order, Transaction):
                return Finding("block", "NO_CONSENT", f"{purpose} on {facts.channel}: {status}")
            if facts.purpose in ("", ADS):
                return Finding("allow", "EXISTING_CUSTOMER", f"order {order.id}, {facts.category}")
        return None

    return check


def _excepted(excused: Excused) -> Check:
    def check(facts: Facts, now: int) -> Finding | None:
        if facts.consents is None or facts.consents.standing(ADS, facts.channel).status == "granted":
            return None
        missed = excused(facts, now)
        if not isinstance(missed, str):
            return None
        return Finding("block", missed, "bought, but not so that it excuses this message")

    return check


def _refused(facts: Facts, _now: int) -> Finding | None:
    status = facts.consents.standing(ADS, facts.channel).status if facts.consents is not None else ""
    return Finding("block", "OPTED_OUT", f"{ADS} on {facts.channel}: {status}") if status in _REFUSALS else None


def _reconfirmed(dates: LocalDates) -> Check:
    def check(facts: Facts, now: int) -> Finding | None:
        state = facts.consents.standing(ADS, facts.channel) if facts.consents is not None else None
        if state is None or state.status != "granted" or is_current(state, dates.of(now)):
            return None
        return Finding("block", "NOT_RECONFIRMED", "nobody asked in time whether the consent still holds")

    return check


def _suspended(facts: Facts, _now: int) -> Finding | None:
    status = facts.consents.standing(ADS, facts.channel).status if facts.consents is not None else ""
    if status != "suspended":
        return None
    return Finding("block", "SUSPENDED", "the request to confirm the consent never came to the person")


def _permitted(excused: Excused) -> Check:
    def check(facts: Facts, now: int) -> Finding | None:
        if not facts.has_permission or facts.consents is None:
            return None
        status = facts.consents.standing(ADS, facts.channel).status
        if status == "granted" or isinstance(excused(facts, now), Transaction):
            return None
        return Finding("block", "NO_CONSENT", "that the phone lets the app notify is no consent to advertising")

    return check


def after_request(*, is_delivered: bool, silence: str) -> Action:
    """What the ledger is told when a valid request for a confirmation got no answer by its last day (KR-16).

    One that was delivered keeps the consent where `silence` is `maintain`; one that was not suspends it.
    """
    return "confirm" if is_delivered and silence == "maintain" else "suspend"


def _excusing(dates: LocalDates, months: int) -> Excused:
    def excused(facts: Facts, now: int) -> Transaction | str | None:
        nearest = len(_MISSES)
        for purchase in facts.transactions or ():
            if not purchase.is_direct:
                miss = 2
            elif not facts.category or facts.category not in purchase.categories:
                miss = 1
            elif not purchase.ended_at <= now or dates.of(now) > add_months(dates.of(purchase.ended_at), months):
                miss = 0
            else:
                return purchase
            nearest = min(nearest, miss)
        return _MISSES[nearest] if nearest < len(_MISSES) else None

    return excused
