"""What an advertisement must show: that it is one, who sends it, and the way out that costs nothing."""

from __future__ import annotations

from functools import lru_cache

from itda.consent import labels
from itda.consent.definition import Change, Finding
from itda.consent.facts import Facts, Sender
from itda.consent.packs.kr_network.permission import COUNTRIES
from itda.consent.rule import Example, Rule

_LABELLED = frozenset({"sms", "lms", "mms", "push", "kakao"})
_TEXTS = frozenset({"sms", "lms", "mms"})
_PROFILE = ("name", "email", "phone", "address")
_WAY_OUT_KO = "메일 수신을 원하지 않으시면 수신거부를 눌러 주세요 (무료)."
_WAY_OUT_EN = "To stop receiving these e-mails, unsubscribe here (free of charge)."


def classified() -> tuple[Rule, ...]:
    """KR-01."""
    return (
        Rule(
            id="KR-01",
            sentence=(
                "Every message is advertising or informational; one without class, without a ground, or with a word of "
                "promotion in it is treated as advertising, and its author is warned."
            ),
            source="Kakao help 1073199206, after the guide of KISA",
            mark="S",
            about="every",
            countries=COUNTRIES,
            check=_classified,
            examples=(
                Example("an advertisement"),
                Example(
                    "news of an order that speaks of a coupon",
                    {"message_class": "informational", "ground": "contract", "markers": ("쿠폰",)},
                    says="warn",
                    code="RECLASSIFIED",
                ),
            ),
        ),
    )


_KR_08 = (
    Example("a push", says="transform", code="LABEL", adds=("(광고)",)),
    Example("what looks like the label", {"opening": "[광고]세일"}, says="block", code="BAD_LABEL"),
    Example("a mail, of which KR-09 speaks", {"channel": "email"}),
)
_KR_09 = (
    Example("a mail", {"channel": "email"}, says="transform", code="LABEL"),
    Example(
        "a mail of a sender without a postal address",
        {"channel": "email", "sender": {"address": ""}},
        says="block",
        code="MISSING_PROFILE",
    ),
)
_KR_11 = (
    Example("a push", says="transform", code="CONTACT", adds=("문의 02-123-4567",)),
    Example("a text from the sender's own number", {"channel": "sms", "caller": "02-123-4567"}),
    Example(
        "nobody to be reached",
        {"sender": {"phone": "", "email": ""}},
        says="block",
        code="NO_CONTACT",
    ),
)
_KR_12 = (
    Example("a push", says="transform", code="WAY_OUT", adds=("수신거부: 설정 > 알림",)),
    Example(
        "a text without a number that costs nothing",
        {"channel": "sms", "sender": {"optouts": {}}},
        says="block",
        code="NO_FREE_OPTOUT",
    ),
)


def rules() -> tuple[Rule, ...]:
    """KR-08, KR-09, KR-11 and KR-12."""
    return (
        Rule(
            id="KR-08",
            sentence="Texts, push and Kakao advertisements begin with exactly (광고) and the sender's name, as text.",
            source="Decree annex 6; prosms.co.kr",
            mark="S",
            countries=COUNTRIES,
            needs=("sender",),
            check=_labelled,
            examples=_KR_08,
        ),
        Rule(
            id="KR-09",
            sentence=(
                "The subject of an e-mail advertisement begins with (광고); its body shows the sender's name, e-mail, "
                "phone and postal address, and the way out in Korean and English."
            ),
            source="Network Act art. 50(4); decree art. 61(3)",
            mark="P",
            countries=COUNTRIES,
            needs=("sender",),
            check=_mailed,
            examples=_KR_09,
        ),
        Rule(
            id="KR-11",
            sentence="Every advertisement shows how to reach the sender; a text message may leave that to its number.",
            source="Network Act art. 50(4)1",
            mark="P",
            countries=COUNTRIES,
            needs=("sender",),
            check=_reachable,
            examples=_KR_11,
        ),
        Rule(
            id="KR-12",
            sentence="Every advertisement ends with a way out that works, costs the recipient nothing and says so.",
            source="Network Act art. 50(4)2, 50(6); decree art. 62",
            mark="P",
            countries=COUNTRIES,
            needs=("sender",),
            check=_way_out,
            examples=_KR_12,
        ),
    )  # fmt: skip


def _classified(facts: Facts, _now: int) -> Finding | None:
    if facts.message_class == "advertising":
        return None
    if facts.message_class is None:
        return Finding("warn", "UNCLASSIFIED", "it says no class and is treated as advertising")
    if facts.markers is None:
        return Finding("warn", "RECLASSIFIED", "its text is not known and it is treated as advertising")
    if facts.markers:
        return Finding("warn", "RECLASSIFIED", f"it says {', '.join(facts.markers)} and is treated as advertising")
    if not facts.ground:
        return Finding("warn", "NO_GROUND", "it names no legal ground and is treated as advertising")
    return None


def _bad_label(facts: Facts) -> Finding | None:
    if facts.opening is None:
        is_needed = facts.stage == "departure"
        return Finding("block", "NOT_KNOWN", "opening is not known") if is_needed else None
    if labels.is_badly_labelled(facts.opening):
        return Finding("block", "BAD_LABEL", f"it begins with something like {labels.LABEL} that is not it")
    return None


def _labelled(facts: Facts, _now: int) -> Finding | None:
    if facts.channel not in _LABELLED or facts.sender is None:
        return None
    bad = _bad_label(facts)
    if bad is not None:
        return bad
    if not facts.sender.name:
        return Finding("block", "MISSING_PROFILE", "the sender has no name")
    return Finding("transform", "LABEL", changes=(Change("prefix", labels.LABEL, name=facts.sender.name),))


def _mailed(facts: Facts, _now: int) -> Finding | None:
    if facts.channel != "email" or facts.sender is None:
        return None
    bad = _bad_label(facts)
    if bad is not None:
        return bad
    missing = [field for field in _PROFILE if not getattr(facts.sender, field)]
    if missing:
        return Finding("block", "MISSING_PROFILE", f"the sender has no {', '.join(missing)}")
    changes = (Change("prefix", labels.LABEL), _profile(facts.sender), *_ways_out(facts))
    return Finding("transform", "LABEL", changes=changes)


def _reachable(facts: Facts, _now: int) -> Finding | None:
    sender = facts.sender
    if sender is None or (facts.channel in _TEXTS and facts.caller and facts.caller == sender.phone):
        return None
    if not (sender.phone or sender.email):
        return Finding("block", "NO_CONTACT", "the sender has neither phone nor e-mail")
    line = _profile(sender) if facts.channel == "email" else Change("footer", f"문의 {sender.phone or sender.email}")
    return Finding("transform", "CONTACT", changes=(line,))


def _way_out(facts: Facts, _now: int) -> Finding | None:
    ways = _ways_out(facts)
    if not ways:
        return Finding("block", "NO_FREE_OPTOUT", f"there is no way out of {facts.channel} that costs nothing")
    return Finding("transform", "WAY_OUT", changes=ways)


def _ways_out(facts: Facts) -> tuple[Change, ...]:
    """The lines that name the way out; none where there is none."""
    ways = facts.sender.optouts if facts.sender is not None else {}
    way = ways.get("sms" if facts.channel in _TEXTS else facts.channel, "")
    if facts.channel != "email":
        word = "수신거부:" if facts.channel == "push" else "무료수신거부"
        return (Change("footer", f"{word} {way}"),) if way else ()
    link = facts.optout_link or (way if facts.stage == "choice" else "")
    return (Change("footer", _WAY_OUT_KO, link=link), Change("footer", _WAY_OUT_EN, link=link)) if link else ()


def _profile(sender: Sender) -> Change:
    return _line((sender.name, sender.address, sender.phone, sender.email))


@lru_cache(maxsize=64)
def _line(parts: tuple[str, ...]) -> Change:
    return Change("footer", " | ".join(part for part in parts if part))
