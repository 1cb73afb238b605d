"""The link of an invitation goes to whoever is invited by mail, where the shop has a sender: nobody else sees it then.

The address is used once and kept nowhere. The mail goes past the outbox: it is to staff, not to a customer.
"""

from __future__ import annotations

import asyncio
import logging
from html import escape
from zoneinfo import ZoneInfo

from itda.base.errors import Fault, Refused
from itda.base.instant import to_datetime
from itda.channels.definition import Outcome
from itda.channels.email import Mailing, Marks, message_id, prepare
from itda.engine.commands.staff import Invited
from itda.events.normalise import reader
from itda.messages.definition import Rendered
from itda.workspace.definition import Workspace

_TAG = "invitation"
_WORDS = {
    "ko": (
        "{shop} 콘솔에 초대되었습니다",
        "{shop} 콘솔의 로그인 {login} 이(가) 만들어졌습니다. 아래 링크를 열어 비밀번호를 정해 주세요.",
        "링크는 {until}까지 한 번만 쓸 수 있습니다. 모르는 초대라면 이 메일을 무시해 주세요.",
    ),
    "en": (
        "You are invited to the console of {shop}",
        "There is a login {login} for you on the console of {shop}. Open this link and choose your password.",
        "The link works once, until {until}. If you know of no invitation, leave this mail alone.",
    ),
}
_log = logging.getLogger(__name__)


def address(workspace: Workspace, written: str) -> str:
    """The address that somebody wrote; empty where none was. `Refused` where it is none, or nothing can be mailed."""
    if not written.strip():
        return ""
    found = reader("email", workspace.country)(written)
    if not isinstance(found, str):
        raise Refused(Fault(what="that is no e-mail address", cure="leave it out: the link is shown then"))
    if workspace.email is None:
        raise Refused(Fault(what="this shop sends no e-mail", cure="leave the address out: the link is shown then"))
    return found


def _moment(at: int, zone: str) -> str:
    return f"{to_datetime(at).astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M} ({zone})"


def mail(workspace: Workspace, invited: Invited, to: str, origin: str, language: str, now: int) -> bool:
    """Mail the link; whether the server took it. Where it did not, the link has to be shown to who invites.

    `origin` is where the console is reached, without a slash at its end; empty: where the shop's mails lead.
    """
    channel = workspace.email
    if channel is None:
        return False
    own = language if language in _WORDS else next((one for one in workspace.languages if one in _WORDS), "ko")
    subject, lead, after = (
        line.format(shop=workspace.name, login=invited.login, until=_moment(invited.expires_at, workspace.zone))
        for line in _WORDS[own]
    )
    link = f"{origin or channel.base_url}{invited.path}"
    body = f'<p>{escape(lead)}</p><p><a href="{escape(link)}">{escape(link)}</a></p><p>{escape(after)}</p>'
    rendered = Rendered(
        subject=subject, html=f'<!doctype html><html lang="{own}"><body>{body}</body></html>',
        text=f"{lead}\n\n{link}\n\n{after}\n", language=own,
    )  # fmt: skip
    marks = Marks(message_id=message_id(f"{_TAG}.{now}", channel.address.rpartition("@")[2]), token=_TAG, at=now)
    mailing = Mailing(address=channel.address, bounces="", reply_to=channel.reply_to)
    made = prepare(rendered, workspace.consent.sender, mailing, to, marks)

    async def deliver() -> Outcome:
        from itda.engine.sending.smtp import SmtpPool  # noqa: PLC0415 - few have anything to send here

        pool = SmtpPool(channel)
        try:
            return await pool.deliver(made)
        finally:
            await pool.close()

    outcome = asyncio.run(deliver())
    if outcome.result != "sent":
        _log.warning("an invitation did not go: %s", outcome.code)
    return outcome.result == "sent"
