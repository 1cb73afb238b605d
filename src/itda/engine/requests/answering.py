"""The answer to a person: that what they asked for is done, by e-mail where the shop has a sender (PIPA art. 36(2)).

It is written while their address can be read, and sent once everything is done; it advertises nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from itda.base.errors import Refused, Unavailable
from itda.base.instant import parse, to_datetime
from itda.channels.definition import Outcome
from itda.channels.email import Mailing, Marks, message_id, prepare
from itda.engine.work import Work
from itda.messages.definition import Rendered
from itda.store.requests import RequestRow
from itda.workspace.definition import Workspace

_ERASED_KO = """\
요청하신 개인정보를 삭제했습니다.
법이 보관하도록 정한 기록(거래, 불만과 분쟁)이 있으면 다른 정보와 나누어 그 기간 동안만 보관합니다.
접수 {opened}, 번호 {id}. 이의가 있으시면 이 메일에 답장해 주세요.
"""
_ERASED_EN = """\
We have erased your personal data as you asked. Records that a law has us keep, where there are any (of purchases, of
complaints and disputes), are kept apart, for as long as it says. Received {opened}, number {id}. To object, answer
this mail.
"""
_STOPPED_KO = """\
요청하신 대로 개인정보 이용을 멈췄습니다. 접수 {opened}, 번호 {id}. 문의는 이 메일에 답장해 주세요.
"""
_STOPPED_EN = """\
We stopped using your personal data as you asked. Received {opened}, number {id}. With questions, answer this mail.
"""
_NOTHING_KO = """\
요청하신 대로 확인했습니다. 적어 주신 연락처로 보관하고 있는 개인정보가 없습니다.
접수 {opened}, 번호 {id}. 이의가 있으시면 이 메일에 답장해 주세요.
"""
_NOTHING_EN = """\
We looked as you asked: we hold no personal data under this address. Received {opened}, number {id}. To object, answer
this mail.
"""
_KEPT_KO = """\
요청하신 대로 확인했습니다. 법이 보관하도록 정한 기록 말고는 적어 주신 연락처로 보관하고 있는 개인정보가 없습니다.
그 기록은 다른 정보와 나누어 {until}까지만 보관합니다. 접수 {opened}, 번호 {id}. 이의가 있으시면 이 메일로 알려 주세요.
"""
_KEPT_EN = """\
We looked as you asked: but for records that the law requires, we hold no personal data under this address. Those are
kept apart from everything else, until {until}. Received {opened}, number {id}. To object, answer this mail.
"""
_NOTHING = {"ko": ("보관하고 있는 개인정보가 없습니다", _NOTHING_KO), "en": ("We hold no data of yours", _NOTHING_EN)}
_KEPT = {
    "ko": ("법이 정한 기록만 보관하고 있습니다", _KEPT_KO),
    "en": ("We hold only what the law requires", _KEPT_EN),
}
_WORDS = {
    "erase": {"ko": ("개인정보를 삭제했습니다", _ERASED_KO), "en": ("Your data was erased", _ERASED_EN)},
    "stop": {"ko": ("개인정보 이용을 멈췄습니다", _STOPPED_KO), "en": ("We stopped using your data", _STOPPED_EN)},
}


class Letter(msgspec.Struct, frozen=True):
    """What is sent, and where to."""

    to: str
    language: str
    subject: str
    text: str


def letter(
    work: Work, row: RequestRow, known: Sequence[tuple[str, str]], kept: Sequence[Mapping[str, Any]] | None = None
) -> bytes | None:
    """The answer to a request; None where nobody can be written to.

    `kept` is what laws keep of somebody of whom nothing else is held; None: something is, or was.
    """
    to = next((value for kind, value in known if kind == "email"), None)
    words = _WORDS.get(row.kind) if kept is None else _KEPT if kept else _NOTHING
    if to is None or words is None or work.workspace.email is None:
        return None
    language = "en" if work.workspace.languages and work.workspace.languages[0] == "en" else "ko"
    subject, body = words[language]
    zone = ZoneInfo(work.workspace.zone)
    until = max((_day(parse(one["until"]), zone) for one in kept or ()), default="")
    said = body.format(opened=_day(row.opened_at, zone), until=until, id=row.id.hex()[:12])
    return msgspec.json.encode(Letter(to, language, subject, said))


def _day(at: int, zone: ZoneInfo) -> str:
    return to_datetime(at).astimezone(zone).date().isoformat()


def send(workspace: Workspace, request: bytes, body: bytes, now: int) -> str:
    """Send it; what proves it. `Unavailable` where it may be tried again."""
    channel, said = workspace.email, msgspec.json.decode(body, type=Letter)
    if channel is None or workspace.consent.sender is None:
        raise Unavailable("the shop sends no e-mail", 3600.0)
    token = "r" + "".join("abcdefghijklmnop"[byte & 15] for byte in request)
    html = f'<!doctype html><html lang="{said.language}"><body><p>{escape(said.text)}</p></body></html>'
    made = prepare(
        Rendered(subject=said.subject, html=html, text=said.text, language=said.language),
        workspace.consent.sender,
        Mailing(address=channel.address, bounces=channel.bounces, reply_to=channel.reply_to),
        said.to,
        Marks(message_id=message_id(token, channel.address.rpartition("@")[2]), token=token, at=now),
    )

    async def deliver() -> Outcome:
        from itda.engine.sending.smtp import SmtpPool  # noqa: PLC0415 - few have anything to send here

        pool = SmtpPool(channel)
        try:
            return await pool.deliver(made)
        finally:
            await pool.close()

    outcome = asyncio.run(deliver())
    if outcome.result == "sent":
        return f"sent {outcome.code}"
    if outcome.result == "refused":
        raise Refused(f"the address was refused: {outcome.code}")
    raise Unavailable(outcome.detail or outcome.result, 60.0)
