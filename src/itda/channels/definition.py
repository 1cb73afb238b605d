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
    """Nothing was wrong with this message: others will fare no better until the server is back."""


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


class Login(msgspec.Struct, frozen=True):
    """Who we are to a server. Never shown."""

    username: str
    password: str

    def __repr__(self) -> str:
        return "Login(…)"


class EmailChannel(msgspec.Struct, frozen=True, kw_only=True):
    """How this workspace sends e-mail."""

    host: str
    port: int
    tls: Literal["starttls", "implicit", "none"]
    """`starttls` and `implicit` send nothing before the connection is sealed and the server's name proven."""
    ca_file: str = ""
    """Certificates to trust beside the system's, a full path; empty: none."""
    needs_login: bool = False
    login: Login | None = None
    """None: the environment does not say."""
    address: str
    """Of the From header."""
    reply_to: str = ""
    bounces: str = ""
    """Where bounces go: `bounces@…` becomes bounces+TOKEN@…; empty: to `address`."""
    dkim: str = ""
    """The selector of the key that the server signs by; empty: not known."""
    is_here: bool = False
    """The server is on this machine."""
    connections: int = 4
    """Open at once, at most."""
    per_connection: int = 100
    """Mails over one connection before it is renewed."""
    rate: float = 0.0
    """Mails a second, at most; 0: as fast as it goes."""
    timeout_s: float = 30.0
    """For each answer of the server but the last."""
    body_timeout_s: float = 120.0
    """For the answer to the whole mail: giving up on it leaves the mail uncertain."""
    base_url: str
    """Where this shop's own doors are reached by whoever opens a mail, without a slash at its end."""
    tracks: bool = True
    """Openings and clicks are seen where the person lets us."""
