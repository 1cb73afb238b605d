"""The night, which needs a consent of its own (Network Act art. 50(3))."""

from __future__ import annotations

from itda.base.calendar import DailyWindow, minute_of_day
from itda.base.instant import SECOND, LocalDates
from itda.consent.definition import ADS, ADS_AT_NIGHT, Finding
from itda.consent.facts import Batch, Facts
from itda.consent.packs.kr_network.permission import COUNTRIES, ZONE, is_current
from itda.consent.rule import Check, Example, Rule

_DAY_S = 86_400
"""A batch that takes longer meets a night in any case, and is asked about again each time one of it leaves."""


_KR_05 = (
    Example("a push at noon", {"consents": ("grant ad_receive push 2026-01-05",)}),
    Example(
        "a push at half past ten in the evening",
        {"consents": ("grant ad_receive push 2026-01-05",)},
        at="2026-11-22 22:30",
        says="hold",
        code="NIGHT_NO_CONSENT",
        until="2026-11-23 08:00",
    ),
    Example(
        "the same with a consent for the night",
        {"consents": ("grant ad_receive push 2026-01-05", "grant ad_receive_night push 2026-01-05")},
        at="2026-11-22 22:30",
    ),
    Example(
        "a mail at night",
        {"channel": "email", "consents": ("grant ad_receive email 2026-01-05",)},
        at="2026-11-22 23:00",
    ),
)
_KR_06 = (
    Example(
        "a consent for the night and none for the day",
        {"consents": ("grant ad_receive_night push 2026-01-05",)},
        at="2026-11-22 22:30",
        says="hold",
        code="NIGHT_WITHOUT_DAY",
        until="2026-11-23 08:00",
    ),
    Example(
        "both",
        {"consents": ("grant ad_receive push 2026-01-05", "grant ad_receive_night push 2026-01-05")},
        at="2026-11-22 22:30",
    ),
)
_KR_07 = (
    Example(
        "ten a second, an hour of them, at half past eight",
        {"consents": ("grant ad_receive push 2026-01-05",), "batch": Batch(36_000, 10)},
        at="2026-11-22 20:30",
        says="hold",
        code="BATCH_INTO_NIGHT",
        until="2026-11-23 08:00",
    ),
    Example(
        "the same at noon",
        {"consents": ("grant ad_receive push 2026-01-05",), "batch": Batch(36_000, 10)},
        at="2026-11-22 12:00",
    ),
    Example(
        "one message a second before nine",
        {"consents": ("grant ad_receive push 2026-01-05",)},
        at="2026-11-22 20:59:59",
    ),
)


def rules(night_from: str, night_to: str, guard_minutes: int) -> tuple[Rule, ...]:
    """KR-05 to KR-07."""
    night = DailyWindow(ZONE, night_from, night_to)
    hour, minute = divmod(minute_of_day(night_from) - guard_minutes, 60)
    near = DailyWindow(ZONE, f"{hour:02}:{minute:02}", night_to)
    return (
        Rule(
            id="KR-05",
            sentence=(
                f"From {night_from} to {night_to} in Korea an advertisement on any medium but e-mail needs a consent"
                " for the night of its own; else it waits for the morning."
            ),
            source="Network Act art. 50(3); decree art. 61(2)",
            mark="P",
            countries=COUNTRIES,
            needs=("consents",),
            hard=True,
            check=_at_night(night),
            examples=_KR_05,
        ),
        Rule(
            id="KR-06",
            sentence="A consent for the night has effect only while the one for the day has.",
            source="Network Act art. 50(3)",
            mark="P",
            countries=COUNTRIES,
            needs=("consents",),
            hard=True,
            check=_night_without_day(night),
            examples=_KR_06,
        ),
        Rule(
            id="KR-07",
            sentence=(
                f"A batch stops so early that none of its advertisements but mails leaves within {guard_minutes}"
                " minutes of the night or in it."
            ),
            source="Network Act art. 50(3), as it is kept",
            mark="M",
            countries=COUNTRIES,
            check=_last_of_batch(near),
            examples=_KR_07,
        ),
    )


def _at_night(night: DailyWindow) -> Check:
    dates = LocalDates(ZONE)

    def check(facts: Facts, now: int) -> Finding | None:
        until = night.until(now) if facts.channel != "email" else None
        if until is None or facts.consents is None:
            return None
        state = facts.consents.standing(ADS_AT_NIGHT, facts.channel)
        if state.status != "granted":
            return Finding("hold", "NIGHT_NO_CONSENT", f"{ADS_AT_NIGHT} on {facts.channel}: {state.status}", until)
        if is_current(state, dates.of(now)):
            return None
        return Finding("hold", "NIGHT_NOT_RECONFIRMED", "nobody asked in time about the night", until)

    return check


def _night_without_day(night: DailyWindow) -> Check:
    def check(facts: Facts, now: int) -> Finding | None:
        until = night.until(now) if facts.channel != "email" else None
        if until is None or facts.consents is None or facts.consents.standing(ADS, facts.channel).status == "granted":
            return None
        if not _is_granted_somewhere(facts):
            return None
        return Finding("hold", "NIGHT_WITHOUT_DAY", "there is a consent for the night and none for the day", until)

    return check


def _last_of_batch(near: DailyWindow) -> Check:
    def check(facts: Facts, now: int) -> Finding | None:
        batch = facts.batch
        if batch is None or facts.consents is None or facts.channel == "email":
            return None
        left_s = min(max(batch.left, 0) / batch.per_second, _DAY_S) if batch.per_second > 0 else 0
        until = near.until(now + int(left_s * SECOND))
        if until is None or facts.consents.standing(ADS_AT_NIGHT, facts.channel).status == "granted":
            return None
        return Finding("hold", "BATCH_INTO_NIGHT", "those after it would leave in the night", until)

    return check


def _is_granted_somewhere(facts: Facts) -> bool:
    """Whether some fragment consented to the night on this channel, effective or not."""
    return facts.consents is not None and any(
        purpose == ADS_AT_NIGHT and channel == facts.channel and state.status == "granted"
        for states in facts.consents.states.values()
        for (_, purpose, channel), state in states.items()
    )
