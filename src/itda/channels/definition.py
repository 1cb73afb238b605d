"""What goes to a provider, what comes back, and what either means. Pure values; the engine does the sending."""

from __future__ import annotations

from typing import Literal

import msgspec

Stage = Literal["connect", "login", "sender", "recipient", "data", "body"]
"""How far a delivery had come. `body`: the message was being given, or given and not yet answered."""
Result = Literal["sent", "retry", "refused", "uncertain"]


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """One message as it is handed to an SMTP server."""

    message_id: str
    """With its angle brackets, as in the header."""
    envelope_from: str
    """Where bounces come back to (RFC 5321 MAIL FROM)."""
    to: str
    """The one recipient."""
    data: bytes
    """The message of RFC 5322, lines ended by CR LF."""


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """What happened at the wire: an answer of the server, or none."""

    stage: Stage
    code: int | None = None
    """SMTP's three digits; None: the connection broke, was refused or timed out."""
    text: str = ""


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one attempt.

    `sent`: the server has taken it. `retry`: it has not, try later. `refused`: it never will.
    `uncertain`: it may have; nobody can tell from here.
    """

    result: Result
    code: int | None = None
    detail: str = ""
    """The server's words without addresses, or what broke."""
    is_address_dead: bool = False
    """The refusal is about the recipient's address, for good."""
    is_server_down: bool = False
    """Nothing was wrong with this message: others will fare no better for now."""


class CallbackEvent(msgspec.Struct, frozen=True, kw_only=True):
    """What a provider told later about a message."""

    name: Literal["Message Bounced", "Message Delivered", "Message Complained"]
    token: str = ""
    """Names the message by our own signed token; empty where the report shows none."""
    message_id: str = ""
    """Names the message by its Message-ID header; empty where the report shows none."""
    is_permanent: bool = False
    """A bounce for good: the address is dead."""
    code: str = ""
    """The enhanced status code (RFC 3463), such as 5.1.1, or the kind of a complaint."""
    detail: str = ""
