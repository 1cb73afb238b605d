"""What people say back, outside any form: they answer a text, or call the number that costs nothing.

A reply that says stop, and a call of the number, take away at once for that number on every channel. Whatever else a
reply says is for a person to read. What the banner of a page denies by machine is taken away, too.
"""

from __future__ import annotations

from collections.abc import Iterator

from itda.base.ids import keyed
from itda.consent import acts, signals
from itda.consent.acts import Said, idempotency
from itda.consent.definition import ADS, ANY_CHANNEL, SUBJECT_WIDE, ConsentEvent, ConsentKey

TEXT_RECEIVED = "Text Received"
"""A text that came back; its contract derives `text_wish` from its words."""
OPTOUT_CALLED = "Opt-out Called"
"""A call of the number that costs nothing (080)."""
SIGNALLED = "Consent Signalled"
"""What a page's consent banner says by machine."""
NAMES = frozenset({TEXT_RECEIVED, OPTOUT_CALLED, SIGNALLED})
TAKEN = acts.NAMES | NAMES
"""Every event that can be an act of consent."""
_WISH = "text_wish"
_COLLECTORS = {TEXT_RECEIVED: "sms:reply", OPTOUT_CALLED: "080"}


def read(said: Said, sender: str) -> list[tuple[str, ConsentEvent]]:
    """The withdrawals that it is, with their idempotency keys; none where it is for a person to read."""
    if said.name == SIGNALLED:
        return list(_signalled(said, sender))
    if said.name not in NAMES or is_to_be_read(said):
        return []
    key = idempotency(said.source, said.event_id)
    event = ConsentEvent(
        id=keyed(b"consent", key),
        key=ConsentKey(sender, said.fragment, said.identifiers.get("phone", SUBJECT_WIDE), ADS, ANY_CHANNEL),
        action="withdraw",
        occurred_at=said.occurred_at,
        recorded_at=said.received_at,
        source=_COLLECTORS[said.name],
    )
    return [(key, event)]


def _signalled(said: Said, sender: str) -> Iterator[tuple[str, ConsentEvent]]:
    """A withdrawal for the person as such of each purpose that is denied; what is granted gives nothing."""
    for purpose in signals.denied(said.properties):
        key = f"+{purpose}/{idempotency(said.source, said.event_id)}"
        event = ConsentEvent(
            id=keyed(b"consent", key),
            key=ConsentKey(sender, said.fragment, SUBJECT_WIDE, purpose, ANY_CHANNEL),
            action="withdraw",
            occurred_at=said.occurred_at,
            recorded_at=said.received_at,
            source="banner",
        )
        yield key, event


def is_to_be_read(said: Said) -> bool:
    """Whether it is a reply in words that nobody here knows."""
    return said.name == TEXT_RECEIVED and said.properties.get(_WISH) != "stop"
