"""What the sender owes a person after an act of consent."""

from __future__ import annotations

from itda.base.instant import DAY
from itda.consent.definition import ADS, ADS_AT_NIGHT, ConsentEvent, Task
from itda.consent.ledger import JOINED
from itda.consent.packs.kr_network.permission import COUNTRIES
from itda.consent.rule import Example, Rule

NOTICE = "notice"
_ACTS = ("grant", "refuse", "withdraw")


def rules(notice_days: int) -> tuple[Rule, ...]:
    """KR-14."""

    def notice(event: ConsentEvent) -> Task | None:
        due_at = event.occurred_at + notice_days * DAY
        is_act = event.action in _ACTS and event.ground != JOINED and event.key.purpose in (ADS, ADS_AT_NIGHT)
        # What was done so long ago was told by whoever took it: no notice of ours could come in time.
        return Task(NOTICE, event.id, due_at) if is_act and event.recorded_at <= due_at else None

    return (
        Rule(
            id="KR-14",
            sentence=(
                f"Within {notice_days} days of a consent, refusal or withdrawal the recipient is told the sender's"
                " name, the act, its date and what became of it."
            ),
            source="Network Act art. 50(7); decree art. 62-2",
            mark="P",
            stages=("record",),
            countries=COUNTRIES,
            task=notice,
            examples=(
                Example(
                    "a consent of 5 January",
                    after="grant ad_receive push 2026-01-05T10:00",
                    owes="notice",
                    due="2026-01-19 10:00",
                ),
                Example("to personal offers", after="grant personalise any 2026-01-05"),
            ),
        ),
    )
