"""Reads what mail servers send back about a mail: delivery reports (RFC 3464) and complaints (RFC 5965).

Which message is meant is told by our token in the address the report came to or in our returned headers, else by the
returned Message-ID. Whether the token is ours is for the reader to prove. An automatic answer is no report.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.errors import MessageError
from email.message import Message

from itda.channels.definition import CallbackEvent
from itda.channels.email import OUR_HEADER

LARGEST = 2_000_000
"""Bytes of a report that are read."""
_POLICY = policy.compat32
_TOKEN = re.compile(r"\+([a-z2-7]{20,60})@")
_STATUS = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
_CODE = re.compile(r"\b([45]\d\d)[ -]")
_RECIPIENT_HEADERS = ("X-Original-To", "Delivered-To", "Envelope-To", "To")
_COMPLAINTS = frozenset({"abuse", "fraud", "virus", "other", "opt-out", "opt-out-list", "miscategorized"})
_PERMANENT = "5"
_FULL_OR_POLICY = ("5.2.2", "5.7.")
"""Refusals that say nothing of the address for good: a full mailbox, a policy."""


def read_callback(raw: bytes, to: str = "") -> CallbackEvent | None:
    """What a mail to our bounce address says; None where it reports nothing. `to` is its envelope's recipient."""
    try:
        mail = message_from_bytes(raw[:LARGEST], policy=_POLICY)
        parts = list(_parts(mail))
    except (MessageError, ValueError, LookupError):
        return None
    token, message_id = _named(mail, parts, to)
    for part in parts:
        kind = part.get_content_type()
        if kind == "message/feedback-report":
            return _complaint(part, token, message_id)
        if kind == "message/delivery-status":
            return _delivery(part, token, message_id)
    return _spoken(mail, parts, token, message_id)


def _parts(mail: Message) -> Iterator[Message]:
    """The parts of a report, without looking into the mail it returns."""
    yield mail
    if mail.get_content_type() in ("message/rfc822", "text/rfc822-headers", "message/delivery-status"):
        return
    payload = mail.get_payload()
    if isinstance(payload, list):
        for part in payload:
            if isinstance(part, Message):
                yield from _parts(part)


def _named(mail: Message, parts: list[Message], to: str) -> tuple[str, str]:
    token, message_id = "", ""
    for part in parts:
        returned = _returned(part)
        if returned is not None:
            token = str(returned.get(OUR_HEADER, "")).strip()
            message_id = str(returned.get("Message-ID", "")).strip()
    for address in (to, *(str(mail.get(name, "")) for name in _RECIPIENT_HEADERS)):
        found = _TOKEN.search(address.lower())
        if found is not None:
            return found[1], message_id
    return (token if re.fullmatch(r"[a-z2-7]{20,60}", token) else ""), message_id


def _returned(part: Message) -> Message | None:
    """The headers of our own mail, where a report returns them."""
    kind = part.get_content_type()
    payload = part.get_payload()
    if kind == "message/rfc822" and isinstance(payload, list) and payload:
        return payload[0] if isinstance(payload[0], Message) else None
    if kind in ("text/rfc822-headers", "message/rfc822-headers"):
        return message_from_bytes(_text(part).encode(), policy=_POLICY)
    return None


def _text(part: Message) -> str:
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return ""
    charset = part.get_content_charset("utf-8")
    try:
        return payload.decode(charset, "replace")
    except LookupError:
        return payload.decode("utf-8", "replace")


def _delivery(part: Message, token: str, message_id: str) -> CallbackEvent | None:
    """A delivery report: its first block is about the mail, each further one about a recipient."""
    payload = part.get_payload()
    blocks = [block for block in payload if isinstance(block, Message)] if isinstance(payload, list) else []
    told = {str(block.get("Action", "")).strip().lower(): block for block in reversed(blocks) if block.get("Action")}
    block = told.get("failed")
    if block is None:
        delivered = told.get("delivered")
        if delivered is None:  # delayed, relayed, expanded: nothing is settled
            return None
        code = _status(str(delivered.get("Status", "")))
        return CallbackEvent(name="Message Delivered", token=token, message_id=message_id, code=code)
    diagnosis = " ".join(str(block.get("Diagnostic-Code", "")).split())
    code = _status(str(block.get("Status", ""))) or _status(diagnosis)
    precise = _status(diagnosis)
    if precise and code.endswith(".0.0"):  # many servers give 5.0.0 and the truth in words only
        code = precise
    return _bounce(code, diagnosis, token, message_id)


def _complaint(part: Message, token: str, message_id: str) -> CallbackEvent | None:
    payload = part.get_payload()
    fields: Message | None
    if isinstance(payload, list):
        fields = payload[0] if payload and isinstance(payload[0], Message) else None
    else:
        fields = message_from_bytes(_text(part).encode(), policy=_POLICY)
    kind = str(fields.get("Feedback-Type", "")).strip().lower() if fields is not None else ""
    if kind not in _COMPLAINTS:
        return None
    return CallbackEvent(name="Message Complained", token=token, message_id=message_id, is_permanent=True, code=kind)


def _spoken(mail: Message, parts: list[Message], token: str, message_id: str) -> CallbackEvent | None:
    """A report in words only, as older servers send it: from a mailer, and with a code in its first text."""
    sender = f"{mail.get('From', '')} {mail.get('Return-Path', '')}".lower()
    is_mailer = "mailer-daemon" in sender or "postmaster" in sender or str(mail.get("Return-Path", "")).strip() == "<>"
    if not is_mailer or not (token or message_id):
        return None
    words = next((_text(part) for part in parts if part.get_content_type() == "text/plain"), "")[:10_000]
    code, basic = _status(words), _CODE.search(words)
    if not code and basic is not None:
        code = f"{basic[1][0]}.0.0"
    if code[:1] not in ("4", "5"):
        return None
    return _bounce(code, next((line for line in words.splitlines() if code in line), ""), token, message_id)


def _bounce(code: str, words: str, token: str, message_id: str) -> CallbackEvent:
    is_permanent = code.startswith(_PERMANENT) and not code.startswith(_FULL_OR_POLICY)
    detail = re.sub(r"<?[^\s<>@;]+@[^\s<>@]+>?", "<…>", words)[:300]
    return CallbackEvent(
        name="Message Bounced",
        token=token,
        message_id=message_id,
        is_permanent=is_permanent,
        code=code,
        detail=detail,
    )


def _status(text: str) -> str:
    found = _STATUS.search(text)
    return found[1] if found is not None else ""
