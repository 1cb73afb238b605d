"""E-mail: a rendered message as bytes (RFC 5322), and what a server's answer means (RFC 5321, RFC 3463)."""

from __future__ import annotations

import re
from email.utils import format_datetime

import msgspec

from itda.base import instant
from itda.base.errors import Fault, Refused
from itda.channels import mime
from itda.channels.definition import Outcome, Reply, Request
from itda.consent.facts import Sender
from itda.messages.definition import Rendered

OUR_HEADER = "X-Itda-Message"
"""Carries the message's token, by which a report that returns our headers names it."""
_TOKEN = re.compile(r"[a-z2-7]{1,60}")
_MESSAGE_ID = re.compile(r"<[A-Za-z0-9._-]{1,120}@[A-Za-z0-9.-]{1,120}>")
_FEEDBACK = re.compile(r"[^A-Za-z0-9_.-]+")
_CLOSING, _OUT_OF_STEP = 421, 503
"""Answers about the connection (RFC 5321 §3.8, §4.2.4): like a refused greeting or login they say nothing of a mail."""
_OURS = frozenset({
    "from", "to", "subject", "date", "message-id", "reply-to", "mime-version", "content-type", "sender", "bcc", "cc",
    "content-transfer-encoding", "return-path", "feedback-id", "x-itda-message",
})  # fmt: skip
"""Headers that no change may touch."""


class Marks(msgspec.Struct, frozen=True, kw_only=True):
    """By what a mail is known again."""

    message_id: str
    """With its angle brackets; the same at every try."""
    token: str
    """Names the message where a report comes back: `Links.token("bounce")`."""
    at: int
    """When it is sent, in microseconds UTC: the Date header."""
    campaign: str = ""
    message: str = ""
    journey: str = ""


class Mailing(msgspec.Struct, frozen=True, kw_only=True):
    """From where mails are sent."""

    address: str
    """Of the From header."""
    bounces: str = ""
    """Where bounces go: `bounces@mail.shop.example` becomes bounces+TOKEN@…; empty: to `address`, without a token."""
    reply_to: str = ""


def message_id(token: str, domain: str) -> str:
    """The Message-ID of a mail whose token is this, at a domain of the sender's."""
    return f"<{token}@{domain}>"


def prepare(rendered: Rendered, sender: Sender, mailing: Mailing, to: str, marks: Marks) -> Request:
    """The mail, ready for the wire. The same arguments give the same bytes; `Refused` where an address is none."""
    if not _MESSAGE_ID.fullmatch(marks.message_id) or not _TOKEN.fullmatch(marks.token):
        raise Refused(Fault(what="is no Message-ID or token", field="message_id"))
    foreign = [name for name in rendered.headers if name.lower() in _OURS]
    if foreign:
        raise Refused(Fault(what=f"{foreign[0]!r} is no header that may be added"))
    recipient = mime.address(to, "to")
    replies = mailing.reply_to or sender.email
    feedback = (_FEEDBACK.sub("-", part)[:60] for part in (marks.campaign, marks.journey, marks.message, "itda"))
    headers = {
        "From": mime.mailbox(mime.address(mailing.address, "from"), sender.name),
        "To": recipient,
        "Subject": mime.words(rendered.subject),
        "Date": format_datetime(instant.to_datetime(marks.at)),
        "Message-ID": marks.message_id,
        **({"Reply-To": mime.address(replies, "reply_to")} if replies else {}),
        "Feedback-ID": ":".join(feedback),
        OUR_HEADER: marks.token,
        **rendered.headers,
    }
    data = mime.alternative(
        (mime.header(name, value) for name, value in headers.items()),
        rendered.text,
        rendered.html,
        f"=_itda_{marks.token}",
    )
    envelope = _return_path(mailing, marks.token)
    return Request(message_id=marks.message_id, envelope_from=envelope, to=recipient, data=data)


def interpret(reply: Reply) -> Outcome:
    """What became of the mail, by how far it had come and what the server said last."""
    detail = _without_addresses(reply.text)
    if reply.code is None:
        if reply.stage == "body":
            return Outcome(result="uncertain", detail=detail or "the connection was lost after the mail was given")
        is_down = reply.stage in ("connect", "login")
        return Outcome(result="retry", detail=detail or "the connection was lost", is_server_down=is_down)
    kind = reply.code // 100
    if kind == 2 and reply.stage == "body":  # noqa: PLR2004 - SMTP's classes of answers
        return Outcome(result="sent", code=reply.code, detail=detail)
    if kind == 5 and reply.stage not in ("connect", "login") and reply.code != _OUT_OF_STEP:  # noqa: PLR2004
        is_dead = reply.stage == "recipient" and _enhanced(reply.text)[:4] not in ("5.7.", "5.2.")
        return Outcome(result="refused", code=reply.code, detail=detail, is_address_dead=is_dead)
    is_down = reply.stage in ("connect", "login") or reply.code in (_CLOSING, _OUT_OF_STEP)
    return Outcome(result="retry", code=reply.code, detail=detail, is_server_down=is_down)


def _return_path(mailing: Mailing, token: str) -> str:
    if not mailing.bounces:
        return mailing.address
    local, _, domain = mailing.bounces.partition("@")
    return f"{local}+{token}@{domain}"


def _enhanced(text: str) -> str:
    found = re.search(r"\b([245]\.\d{1,3}\.\d{1,3})\b", text)
    return found[1] if found else ""


def _without_addresses(text: str) -> str:
    """A server's words as they may be kept: bounded, and without anybody's address."""
    return re.sub(r"<?[^\s<>@]+@[^\s<>@]+>?", "<…>", " ".join(text.split()))[:300]
