"""The examples that rules ship with: their short form, and whether a rule says of each what it should.

What an example leaves out is the usual case: an advertisement of brand A by push, from Korea to a customer in Korea who
agreed to nothing, as it leaves at noon. In short form are

- `consents`: acts, each `ACTION PURPOSE CHANNEL DAY[THH:MM]`, such as `grant ad_receive push 2026-01-05`; they are of
  the address written to, or with ` wide` behind them of the person, with ` other` of another address, with ` joined` of
  another identifier of the same customer, with ` unproven` without the text that was shown; None: not known,
- `transactions`: purchases, each `CATEGORY DAY[THH:MM]`, with ` partner` behind it where a partner collected the
  address,
- `sender`: what differs from brand A, field → value,
- `sent`: messages, each `CLASS CHANNEL DAY[THH:MM]`,
- `consents_read_at`: a time.

Everything else is written as `Facts` takes it. Times without an offset are Seoul's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast, get_args

import msgspec

from itda.base import instant
from itda.base.ids import keyed
from itda.consent.definition import SUBJECT_WIDE, Action, ConsentEvent, ConsentKey
from itda.consent.facts import Facts, MessageClass, Sender, Sent, Transaction
from itda.consent.judge import judge
from itda.consent.ledger import fold
from itda.consent.rule import Example, Rule
from itda.consent.standing import Consents

BRAND = Sender(
    name="브랜드A",
    email="hello@a.example",
    phone="02-123-4567",
    address="서울시 중구 세종대로 1",
    country="KR",
    optouts={"sms": "080-123-4567", "kakao": "080-123-4567", "email": "https://a.example/u", "push": "설정 > 알림"},
)
LINK = "https://a.example/u/kJ3n8Qp0ZxW1rT5vYb7d"
_PERSON, _JOINED, _ADDRESS, _OTHER = (bytes([number]) * 16 for number in (1, 2, 3, 4))
_CONTACTS = {"": _ADDRESS, "joined": _ADDRESS, "other": _OTHER, "wide": SUBJECT_WIDE}
_USUAL: Mapping[str, Any] = {
    "channel": "push",
    "message_class": "advertising",
    "opening": "새 소식",
    "countries": ("KR",),
    "zones": ("Asia/Seoul",),
    "transactions": (),
    "consents": (),
    "optout_link": LINK,
    "decision": b"row",
    "sent": (),
}


def moment(text: str) -> int:
    """Microseconds UTC of `2026-11-22 22:30`, in Seoul where no offset is written; a day alone is its noon."""
    told = text.strip().replace(" ", "T", 1)
    told = told if "T" in told else f"{told}T12:00"
    has_offset = told.endswith("Z") or "+" in told or "-" in told.partition("T")[2]
    return instant.parse(told if has_offset else f"{told}+09:00")


def act(text: str) -> ConsentEvent:
    """An act in short form."""
    action, purpose, channel, when, *more = text.split()
    is_proven = "unproven" not in more
    whose = next((word for word in more if word != "unproven"), "")
    if action not in get_args(Action) or whose not in _CONTACTS:
        raise ValueError(f"{text!r} is no act of consent")
    key = ConsentKey("brand", _JOINED if whose == "joined" else _PERSON, _CONTACTS[whose], purpose, channel)
    return ConsentEvent(
        id=keyed(b"example", text),
        key=key,
        action=cast("Action", action),
        occurred_at=moment(when),
        recorded_at=moment(when),
        text_id="ads@1/ko" if action in ("grant", "import") and is_proven else "",
    )


def facts(rule: Rule, example: Example) -> Facts:
    """All that the example says, and of everything else the usual."""
    given = {**_USUAL, "stage": _stage(rule), "consents_read_at": moment(example.at), **example.given}
    if given["consents"] is not None:
        given["consents"] = Consents(fold(act(one) for one in given["consents"]), _ADDRESS)
    if given["transactions"] is not None:
        given["transactions"] = tuple(_purchase(one) for one in given["transactions"])
    if isinstance(given["consents_read_at"], str):
        given["consents_read_at"] = moment(given["consents_read_at"])
    if given["sent"] is not None:
        given["sent"] = tuple(_sent(one) for one in given["sent"])
    if "sender" not in given or isinstance(given["sender"], Mapping):
        given["sender"] = msgspec.structs.replace(BRAND, **given.get("sender", {}))
    return Facts(**given)


def fault(rule: Rule, example: Example) -> str:
    """What is wrong with what the rule says of the example; empty where it says what it should."""
    now = moment(example.at)
    if example.after:
        return _fault_of_task(rule, example)
    verdict = judge(facts(rule, example), [rule], now)
    said = verdict.reasons[0] if verdict.reasons else None
    told = (said.action, said.code) if said is not None else (None, "")
    wanted = (example.says, example.code or (told[1] if example.says is not None else ""))
    if told != wanted:
        return f"says {_text(*told)}, not {_text(*wanted)}"
    until = moment(example.until) if example.until else None
    if example.until and verdict.hold_until != until:
        return f"holds until {_when(verdict.hold_until)}, not until {example.until}"
    added = {change.value for change in verdict.changes}
    if example.adds and added != set(example.adds):
        return f"adds {_list(sorted(added))}, not {_list(example.adds)}"
    return ""


def _fault_of_task(rule: Rule, example: Example) -> str:
    task = rule.task(act(example.after)) if rule.task is not None else None
    kind = task.kind if task is not None else ""
    if kind != example.owes:
        return f"owes {kind or 'nothing'}, not {example.owes or 'nothing'}"
    if task is not None and example.due and task.due_at != moment(example.due):
        return f"is due at {_when(task.due_at)}, not at {example.due}"
    return ""


def _stage(rule: Rule) -> str:
    return "departure" if "departure" in rule.stages else rule.stages[-1]


def _purchase(text: str) -> Transaction:
    category, when, *more = text.split()
    return Transaction(id="O-1", ended_at=moment(when), categories=frozenset({category}), is_direct=more != ["partner"])


def _sent(text: str) -> Sent:
    kind, channel, when = text.split()
    return Sent(moment(when), channel, cast("MessageClass", kind))


def _text(action: str | None, code: str) -> str:
    return "nothing" if action is None else f"{action} {code}".strip()


def _when(at: int | None) -> str:
    return "nothing" if at is None else instant.text(at)


def _list(values: Sequence[str]) -> str:
    return ", ".join(repr(value) for value in values) or "nothing"
