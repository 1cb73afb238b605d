"""What the large mailbox providers ask of whoever mails many people: one click is enough to be left alone.

RFC 8058; Gmail's and Yahoo's rules for senders since 2024.
"""

from __future__ import annotations

from urllib.parse import urlsplit

import msgspec

from itda.consent.definition import Change, Finding
from itda.consent.facts import Facts
from itda.consent.rule import PackKind, Rule

_HERE = frozenset({"localhost", "127.0.0.1", "::1"})


class Mailbox(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Values of the pack `mailbox`."""

    token_letters: int = 16
    """Letters that the token in a link must have at least: fewer could be guessed. 16 or more."""


def _rules(values: Mailbox) -> tuple[Rule, ...]:
    def opaque(facts: Facts, _now: int) -> Finding | None:
        if facts.channel != "email":
            return None
        link = facts.optout_link or ""
        token = urlsplit(link).path.rpartition("/")[2]
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
        ),
    )


def _one_click(facts: Facts, _now: int) -> Finding | None:
    if facts.channel != "email":
        return None
    link = facts.optout_link or ""
    parts = urlsplit(link)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _HERE):
        return Finding("block", "NO_ONE_CLICK", "there is no https address to unsubscribe at")
    headers = (
        Change("header", f"<{link}>", name="List-Unsubscribe"),
        Change("header", "List-Unsubscribe=One-Click", name="List-Unsubscribe-Post"),
    )
    return Finding("transform", "ONE_CLICK", changes=headers)


def _looser(values: Mailbox) -> tuple[str, ...]:
    return () if values.token_letters >= 16 else ("token_letters must be 16 or more",)  # noqa: PLR2004 - the rule's own


PACK = PackKind(
    name="mailbox",
    version="2026.11.1",
    layer="provider",
    title_ko="메일 서비스 공급자",
    title_en="Mailbox providers",
    parameters=Mailbox,
    rules=_rules,
    looser=_looser,
)
