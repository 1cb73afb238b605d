"""Letters are put into the outbox: one for all that is owed to one address, with what it says sealed beside it.

They go the way of every message, through the gate, as information with its legal ground. A letter's id follows from the
duties that it does, so that none is written twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from babel.dates import format_date

from itda.base import ids
from itda.base.instant import DAY, LocalDates, day_to_date
from itda.consent.acts import CONTACT_KINDS
from itda.consent.definition import ANY_CHANNEL, Action, ConsentKey
from itda.consent.purposes import Purpose
from itda.engine.gate import values_label
from itda.engine.questions.person import Member
from itda.engine.sending.effects import CHANNEL
from itda.engine.work import Work
from itda.messages import letters
from itda.messages.links import SEED as LINKS
from itda.messages.links import Links
from itda.store import duties
from itda.store.engagement_rows import OutboxRow
from itda.store.engagement_sql import outbox

WRITTEN_IN = letters.LANGUAGES
KEPT = 14 * DAY
"""A letter that has not left so long after it was written is out of date; what it was to do is open again."""
NO_CHANNEL, NO_SENDER, NO_ADDRESS = "no e-mail server: channels.yaml", "no sender: consent.yaml", "no e-mail address"
_CHANNELS = {
    "email": ("이메일", "e-mail"), "sms": ("문자", "text message"), "lms": ("문자", "text message"),
    "mms": ("문자", "text message"), "push": ("앱 푸시", "app push"), "kakao": ("카카오톡", "KakaoTalk"),
    "call": ("전화", "phone call"), "voice": ("전화", "phone call"), "post": ("우편", "post"),
    ANY_CHANNEL: ("모든 수단", "every channel"),
}  # fmt: skip
_ACTS: Mapping[str, tuple[str, str]] = {
    "grant": ("동의", "You agreed"), "confirm": ("동의 유지", "You confirmed"), "refuse": ("거부", "You refused"),
    "withdraw": ("철회", "You withdrew"), "import": ("동의", "You agreed"), "request": ("동의 신청", "You asked for"),
}  # fmt: skip
_RESULTS: Mapping[str, tuple[str, str]] = {
    "grant": ("수신동의로 처리되었습니다.", "Recorded: you will receive it from now on."),
    "import": ("수신동의로 처리되었습니다.", "Recorded: you will receive it from now on."),
    "refuse": ("수신거부로 처리되었습니다. 보내지 않습니다.", "Recorded: nothing of the kind is sent."),
    "withdraw": ("동의가 철회되었습니다. 더 이상 보내지 않습니다.", "Recorded: nothing of the kind is sent any more."),
}  # fmt: skip


class Item(msgspec.Struct, frozen=True):
    """One line of a letter: an act of consent that it speaks of."""

    action: Action
    purpose: str
    channel: str
    at: int
    """When it was done, in microseconds UTC."""


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """What is owed to one address. `fragment` is whose, `contact` the e-mail address it goes to."""

    message: str
    fragment: bytes
    contact: bytes
    language: str
    items: Sequence[Item]
    duties: Sequence[bytes]
    last_day: int = 0
    """The last local day on which an answer counts."""
    is_kept: bool = True
    """Whether silence keeps the consent."""


def lacking(work: Work) -> str:
    """What keeps every letter of this workspace from going; empty: nothing."""
    if work.workspace.email is None:
        return NO_CHANNEL
    return "" if work.workspace.consent.sender.name else NO_SENDER


def put(work: Work, some: Sequence[Letter]) -> list[bytes]:
    """Write letters into the outbox, and beside each duty which letter does it; their ids."""
    rows = []
    for letter in some:
        row = _row(work, letter)
        if row is None:
            duties.lack(work.connection, dict.fromkeys(letter.duties, NO_ADDRESS))
            continue
        rows.append(row)
        duties.carry(work.connection, letter.duties, row.id)
    for statement, columns in outbox(rows):
        work.connection.execute(statement, columns)
    return [row.id for row in rows]


def address_of(members: Sequence[Member], contact: bytes | None, last_at: Mapping[bytes, int]) -> Member | None:
    """Where somebody is written to: the e-mail address that an act was about, else the one used last."""
    kind = CONTACT_KINDS[CHANNEL]
    own = [
        one
        for one in members
        if one.kind == kind and one.key is not None and not one.is_blocked and one.hub != "confirmed"
    ]
    about = next((one for one in own if one.fragment == contact), None)
    return about or max(own, key=lambda one: (last_at.get(one.fragment, 0), one.fragment), default=None)


def channel_name(channel: str, language: str) -> str:
    """What a channel is called."""
    ko, en = _CHANNELS.get(channel, (channel, channel))
    return ko if language == "ko" else en


def purpose_name(purposes: Mapping[str, Purpose], key: ConsentKey | Item, language: str) -> str:
    """What a purpose is called."""
    named = purposes.get(key.purpose)
    if named is None:
        return key.purpose
    return named.label_ko if language == "ko" else named.label_en


def day_text(day: int, language: str) -> str:
    """A local day as it is written in a letter."""
    return format_date(day_to_date(day), "long", locale=language)


def _row(work: Work, letter: Letter) -> OutboxRow | None:
    """The letter's row; None where the key of whose it is is gone."""
    cipher = work.ciphers([letter.fragment]).get(letter.fragment)
    email = work.workspace.email
    if cipher is None or email is None:
        return None
    made = ids.keyed(b"letter", letter.message, *sorted(letter.duties))
    message = letters.ALL[letter.message]
    links = Links(base=email.base_url, outbox=made, secret=work.vault.seed(LINKS))
    sealed = cipher.seal(letter.fragment, values_label(made), msgspec.json.encode(_values(work, letter, links)))
    return OutboxRow(
        id=made, message=message.name, message_version=message.version, channel=CHANNEL,
        message_class=message.message_class, purpose=message.purpose, language=letter.language,
        fragment=letter.fragment, contact=letter.contact, values_sealed=sealed, status="queued", not_before=work.now,
        created_at=work.now, expires_at=work.now + KEPT, is_told=True,
    )  # fmt: skip


def _values(work: Work, letter: Letter, links: Links) -> dict[str, Any]:
    policy, language = work.workspace.consent, letter.language
    dates = LocalDates(policy.reconfirm.zone)
    place = 0 if language == "ko" else 1
    is_notice = letter.message == letters.NOTICE
    return {
        "items": [
            {
                "what": _ACTS.get(one.action, (one.action, one.action))[place],
                "about": f"{purpose_name(policy.purposes, one, language)} · {channel_name(one.channel, language)}",
                "date": day_text(dates.of(one.at), language),
                "result": _RESULTS.get(one.action, ("", ""))[place] if is_notice else "",
            }
            for one in letter.items
        ],
        "link": links.confirm,
        "last_day": day_text(letter.last_day, language) if letter.last_day else "",
        "is_kept": letter.is_kept,
    }
