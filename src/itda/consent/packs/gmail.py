"""What the large mailbox providers ask of whoever mails many people: one click is enough to be left alone.

RFC 8058; Gmail's and Yahoo's rules for senders since 2024.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Annotated
from urllib.parse import urlsplit

import msgspec

from itda.base.instant import HOUR, MINUTE
from itda.consent.definition import Change, Finding
from itda.consent.facts import Carrier, Facts
from itda.consent.rule import Check, Example, PackKind, Rule

_AT_ONCE = MINUTE
_LOOKED_AT = HOUR
"""So long a mail of an unproven domain waits to be looked at again: what is wrong is in the DNS, not in the mail."""
_HERE = frozenset({"localhost", "127.0.0.1", "::1"})
_POST = Change("header", "List-Unsubscribe=One-Click", name="List-Unsubscribe-Post")


class Gmail(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Values of the pack `gmail`."""

    token_letters: int = 16
    """Letters that the token in a link must have at least: fewer could be guessed. 16 or more."""
    warn_at: Annotated[float, msgspec.Meta(gt=0, le=0.001)] = 0.001
    """Share of mails called spam from which on every mail that advertises warns."""
    slow_at: Annotated[float, msgspec.Meta(gt=0, le=0.002)] = 0.002
    """The same from which on they wait."""
    slow_by_h: Annotated[int, msgspec.Meta(ge=1)] = 1
    """Hours that they wait."""
    stop_at: Annotated[float, msgspec.Meta(gt=0, le=0.003)] = 0.003
    """The same from which on none leaves."""


_CH_01 = (
    Example("a mail", {"channel": "email"}, says="transform", code="ONE_CLICK"),
    Example(
        "a mail without a way out",
        {"channel": "email", "optout_link": None},
        says="block",
        code="NO_ONE_CLICK",
    ),
    Example("a push"),
)
_CH_02 = (
    Example("a mail", {"channel": "email"}),
    Example(
        "a link that tells who",
        {"channel": "email", "optout_link": "https://a.example/u/kim@b.example"},
        says="block",
        code="OPTOUT_NOT_OPAQUE",
    ),
)
_CH_03 = (
    Example("read as it leaves", {"channel": "email"}),
    Example(
        "read two minutes before",
        {"channel": "email", "consents_read_at": 0},
        says="block",
        code="OPTOUT_LATE",
    ),
)
_CH_04 = (
    Example("in order", {"channel": "email", "carrier": Carrier(is_authenticated=True)}),
    Example(
        "not in order",
        {"channel": "email", "carrier": Carrier(is_authenticated=False)},
        at="2026-11-23 12:00",
        says="hold",
        code="DOMAIN_NOT_AUTHENTICATED",
        until="2026-11-23 13:00",
    ),
)
_CH_05 = (
    Example("1 in 2,000", {"channel": "email", "carrier": Carrier(spam_rate=0.0005)}),
    Example("1 in 1,000", {"channel": "email", "carrier": Carrier(spam_rate=0.001)}, says="warn"),
    Example("1 in 500", {"channel": "email", "carrier": Carrier(spam_rate=0.002)}, says="hold"),
    Example("3 in 1,000", {"channel": "email", "carrier": Carrier(spam_rate=0.003)}, says="block"),
)


def _rules(values: Gmail) -> tuple[Rule, ...]:
    def opaque(facts: Facts, _now: int) -> Finding | None:
        if facts.channel != "email":
            return None
        link = facts.optout_link or ""
        path = link.partition("#")[0].partition("?")[0].partition("://")[2].partition("/")[2]
        token = path.rpartition("/")[2]
        if "@" in link or "%40" in link.lower() or len(token) < values.token_letters:
            return Finding("block", "OPTOUT_NOT_OPAQUE", "its way out does not end in a token that says nothing")
        return None

    return (
        Rule(
            id="CH-01",
            sentence="A mail that advertises carries the headers of one-click unsubscription, with an https address.",
            source="RFC 8058; Gmail sender guidelines",
            mark="S",
            stages=("departure",),
            check=_one_click,
            examples=_CH_01,
        ),
        Rule(
            id="CH-02",
            sentence=(
                "The link that unsubscribes holds one opaque token of one recipient: no cookie, no login, no address."
            ),
            source="RFC 8058 §3",
            mark="M",
            stages=("departure",),
            check=opaque,
            examples=_CH_02,
        ),
        *_trusted(values),
    )


def _trusted(values: Gmail) -> tuple[Rule, ...]:
    """CH-03 to CH-05: what providers count."""
    return (
        Rule(
            id="CH-03",
            sentence="Who clicked once is left alone within two days: no mail leaves on consents older than a minute.",
            source="Gmail sender guidelines FAQ (two days); the minute is ours",
            mark="S",
            stages=("departure",),
            needs=("consents_read_at",),
            check=_read_late,
            examples=_CH_03,
        ),
        Rule(
            id="CH-04",
            sentence=(
                "A domain whose SPF, DKIM and DMARC are not in order, or not aligned with From, sends no mail until"
                " they are."
            ),
            source="Gmail sender guidelines",
            mark="S",
            stages=("departure",),
            about="every",
            check=_authenticated,
            examples=_CH_04,
        ),
        Rule(
            id="CH-05",
            sentence=(
                f"Where readers call {values.warn_at:.1%} of mails spam advertising warns, from {values.slow_at:.1%} it"
                f" waits, from {values.stop_at:.1%} it stops."
            ),
            source="Gmail sender guidelines (0.1 % and 0.3 %); the step between is ours",
            mark="S",
            check=_spam(values),
            examples=_CH_05,
        ),
    )


def _one_click(facts: Facts, _now: int) -> Finding | None:
    if facts.channel != "email":
        return None
    link = facts.optout_link or ""
    if not _is_reached(link.rpartition("/")[0]):
        return Finding("block", "NO_ONE_CLICK", "there is no https address to unsubscribe at")
    return Finding("transform", "ONE_CLICK", changes=(Change("header", f"<{link}>", name="List-Unsubscribe"), _POST))


@lru_cache(maxsize=64)
def _is_reached(begin: str) -> bool:
    """Whether one click can be posted to addresses that begin so: all but the token that is each recipient's own."""
    parts = urlsplit(begin)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _HERE)


def _read_late(facts: Facts, now: int) -> Finding | None:
    if facts.channel != "email" or facts.consents_read_at is None or now - facts.consents_read_at <= _AT_ONCE:
        return None
    return Finding("block", "OPTOUT_LATE", "one click may have come since consents were read")


def _authenticated(facts: Facts, now: int) -> Finding | None:
    if facts.channel != "email" or facts.carrier is None or facts.carrier.is_authenticated is not False:
        return None
    told = "SPF, DKIM or DMARC of the sending domain is not in order"
    return Finding("hold", "DOMAIN_NOT_AUTHENTICATED", told, now + _LOOKED_AT)


def _spam(values: Gmail) -> Check:
    def check(facts: Facts, now: int) -> Finding | None:
        rate = facts.carrier.spam_rate if facts.carrier is not None and facts.channel == "email" else None
        if rate is None or rate < values.warn_at:
            return None
        told = f"{rate:.2%} of mails are called spam"
        if rate >= values.stop_at:
            return Finding("block", "SPAM_RATE", told)
        if rate >= values.slow_at:
            return Finding("hold", "SPAM_RATE", told, now + values.slow_by_h * HOUR)
        return Finding("warn", "SPAM_RATE", told)

    return check


def _looser(values: Gmail) -> tuple[str, ...]:
    return () if values.token_letters >= 16 else ("token_letters must be 16 or more",)  # noqa: PLR2004 - the rule's own


PACK = PackKind(
    name="gmail",
    version="2026.11.2",
    since="2026-11-23",
    layer="provider",
    title_ko="메일 서비스 공급자",
    title_en="Mailbox providers",
    parameters=Gmail,
    rules=_rules,
    looser=_looser,
)


def _refused(facts: Facts, now: int) -> Finding | None:
    found = _authenticated(facts, now)
    return None if found is None else Finding("block", found.code, found.detail)


def _first(values: Gmail) -> tuple[Rule, ...]:
    """CH-04 let no mail wait. Nobody looked a domain up then, so that it never had anything to say."""
    ch_04 = {
        "sentence": "A domain whose SPF, DKIM and DMARC are not in order, or not aligned with From, sends no mail.",
        "check": _refused,
        "examples": (
            _CH_04[0],
            msgspec.structs.replace(_CH_04[1], says="block", until=""),
        ),
    }
    return tuple(msgspec.structs.replace(rule, **ch_04) if rule.id == "CH-04" else rule for rule in _rules(values))


FIRST = msgspec.structs.replace(PACK, version="2026.11.1", since="2026-11-01", rules=_first)
