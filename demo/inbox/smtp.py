"""The mail server: takes mail for everybody, but says 550 for some addresses and sends the mail of a few back."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

from demo.inbox.kept import Kept
from demo.inbox.returned import returned

HOST = "127.0.0.1"
TAKEN = "250 2.0.0 kept"
NOBODY = "550 5.1.1 nobody has this address"
_LARGEST = 5_000_000


class Doorman:
    """Answers the dialogue of RFC 5321."""

    def __init__(self, kept: Kept, nobodys: Collection[str], gone: Collection[str]) -> None:
        """`nobodys`: addresses that are refused. `gone`: those whose mail is taken and comes back."""
        self._kept = kept
        self._nobodys = frozenset(nobodys)
        self._gone = frozenset(gone)

    async def handle_RCPT(  # noqa: N802 - aiosmtpd calls it by this name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """A recipient is named."""
        if address.lower() in self._nobodys:
            self._kept.take(_sender(envelope), address, b"", NOBODY)
            return NOBODY
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 ok"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """The mail is here: it is kept before it is answered."""
        data: Any = envelope.original_content
        sender = _sender(envelope)
        for to in envelope.rcpt_tos:
            self._kept.take(sender, to, data, TAKEN)
            if to.lower() in self._gone and sender:  # a report is never reported on (RFC 5321 §6.1)
                self._kept.take("", sender, returned(data, to), TAKEN)
        return TAKEN


def _sender(envelope: Envelope) -> str:
    """Where reports go; empty for `<>`, of whom none are wanted."""
    return (envelope.mail_from or "").removeprefix("<").removesuffix(">")


async def listen(doorman: Doorman, port: int) -> asyncio.Server:
    """The server, listening; port 0 takes a free one."""
    loop = asyncio.get_running_loop()
    return await loop.create_server(
        lambda: SMTP(doorman, hostname="inbox.example", data_size_limit=_LARGEST, ident="demo inbox", loop=loop),
        HOST, port,
    )  # fmt: skip
