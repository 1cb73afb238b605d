"""Mails over pooled SMTP connections, each answer told with how far the delivery had come.

Nothing is tried twice here but one thing: a pooled connection that the server closed while it was idle is replaced,
which is safe, as the server has then been given nothing of the mail.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import ssl
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable

from aiosmtplib import SMTP, SMTPException, SMTPResponseException

from itda.channels.definition import EmailChannel, Outcome, Reply, Request, Stage
from itda.channels.email import interpret

IDLE_S = 20.0
"""A connection unused for longer is not used again: servers close them without a word."""
_GIVE = 354
_TAKEN = range(200, 300)
_CLOSING = 421
_DOT = re.compile(rb"(?m)^\.")
_HELO = "localhost"
_PARTING_S = 0.05
"""What the loop is given to close the sockets that it was told to close."""


WhyNot = Callable[[], Awaitable[str]]
"""Asked once the server is ready to be given a mail: why it is not to have it any more; nothing: it may have it."""


class _Open:
    """One connection, logged in."""

    def __init__(self, client: SMTP) -> None:
        self.client = client
        self.given = 0
        self.used_at = 0.0


class _Failed(Exception):
    def __init__(self, reply: Reply, *, is_usable: bool = False) -> None:
        super().__init__(reply.text)
        self.reply = reply
        self.is_usable = is_usable


class SmtpPool:
    """Connections to one server, for one event loop. `deliver` may be called by many at once."""

    def __init__(self, channel: EmailChannel) -> None:
        self._channel = channel
        self._slots = asyncio.Semaphore(channel.connections)
        self._idle: deque[_Open] = deque()
        self._next_at = 0.0
        self._tls = _tls(channel) if channel.tls != "none" else None

    async def deliver(self, request: Request, why_not: WhyNot | None = None) -> Outcome:
        """Hand one mail to the server: what became of it. It raises nothing that a server can cause.

        A mail that there is a reason against by the time the server asks for it is not given, and may be tried again.

        Cancelled while the mail was being given, its outcome is uncertain and nobody is told: count on what the
        outbox says.
        """
        async with self._slots:
            await self._turn()
            held = self._reusable()
            if held is not None:
                reply, is_stale = await self._over(held, request, why_not)
                if not is_stale:
                    return interpret(reply)
            try:
                fresh = await self._connected()
            except _Failed as failed:
                return interpret(failed.reply)
            reply, _ = await self._over(fresh, request, why_not)
            return interpret(reply)

    async def close(self) -> None:
        """Say goodbye on every idle connection."""
        while self._idle:
            await self._goodbye(self._idle.popleft())
        await asyncio.sleep(_PARTING_S)

    async def _turn(self) -> None:
        """Wait until the rate lets another mail go."""
        if not self._channel.rate:
            return
        now = asyncio.get_running_loop().time()
        at = max(self._next_at, now)
        self._next_at = at + 1.0 / self._channel.rate
        await asyncio.sleep(at - now)

    def _reusable(self) -> _Open | None:
        now = asyncio.get_running_loop().time()
        while self._idle:
            held = self._idle.pop()  # the one used last is the likeliest to live
            if held.client.is_connected and now - held.used_at < IDLE_S:
                return held
            held.client.close()
        return None

    async def _connected(self) -> _Open:
        channel = self._channel
        if channel.needs_login and channel.login is None:
            raise _Failed(Reply(stage="login", text="ITDA_SMTP_USER and ITDA_SMTP_PASSWORD are not set"))
        client = SMTP(
            hostname=channel.host,
            port=channel.port,
            local_hostname=_HELO,
            use_tls=channel.tls == "implicit",
            start_tls=channel.tls == "starttls",
            tls_context=self._tls,
            timeout=channel.timeout_s,
        )
        async with _told("connect", client):
            await client.connect()
            if client.is_ehlo_or_helo_needed:
                await client.ehlo()
        if channel.login is not None:
            async with _told("login", client):
                await client.login(channel.login.username, channel.login.password)
                if client.is_ehlo_or_helo_needed:
                    await client.ehlo()
        return _Open(client)

    async def _over(self, held: _Open, request: Request, why_not: WhyNot | None) -> tuple[Reply, bool]:
        """The server's last word on a mail, and whether the connection had died before any of it was given."""
        before = held.given
        held.given += 1
        try:
            reply = await self._transaction(held.client, request, why_not)
        except _Failed as failed:
            if failed.is_usable and await self._reset(held.client):
                await self._back(held)
            else:
                held.client.close()
            is_stale = before > 0 and failed.reply.stage == "sender" and failed.reply.code in (None, _CLOSING)
            return failed.reply, is_stale
        except BaseException:
            held.client.close()
            raise
        await self._back(held)
        return reply, False

    async def _transaction(self, client: SMTP, request: Request, why_not: WhyNot | None) -> Reply:
        await self._command("sender", client, b"MAIL", b"FROM:<%s>" % request.envelope_from.encode())
        await self._command("recipient", client, b"RCPT", b"TO:<%s>" % request.to.encode())
        if why_not is not None and (why := await why_not()):
            raise _Failed(Reply(stage="recipient", text=why), is_usable=True)
        await self._command("data", client, b"DATA", wanted=range(_GIVE, _GIVE + 1))
        async with _told("body", client):
            protocol = client.protocol
            if protocol is None:
                return Reply(stage="data", text="the connection was lost")
            protocol.write(_DOT.sub(b"..", request.data) + b".\r\n")
            answer = await protocol.read_response(timeout=self._channel.body_timeout_s)
        reply = Reply(stage="body", code=answer.code, text=answer.message)
        if answer.code not in _TAKEN:
            raise _Failed(reply, is_usable=answer.code != _CLOSING)
        return reply

    async def _command(self, stage: Stage, client: SMTP, *words: bytes, wanted: range = _TAKEN) -> None:
        async with _told(stage, client):
            answer = await client.execute_command(*words)
        if answer.code not in wanted:
            reply = Reply(stage=stage, code=answer.code, text=answer.message)
            raise _Failed(reply, is_usable=answer.code != _CLOSING)

    async def _reset(self, client: SMTP) -> bool:
        try:
            await client.rset()
        except (SMTPException, OSError, ValueError):
            return False
        return client.is_connected

    async def _back(self, held: _Open) -> None:
        held.used_at = asyncio.get_running_loop().time()
        if held.given < self._channel.per_connection and held.client.is_connected:
            self._idle.append(held)
        else:
            await self._goodbye(held)

    async def _goodbye(self, held: _Open) -> None:
        with contextlib.suppress(SMTPException, OSError, ValueError):
            await held.client.quit(timeout=1.0)
        held.client.close()


@contextlib.asynccontextmanager
async def _told(stage: Stage, client: SMTP) -> AsyncIterator[None]:
    """Tell whatever goes wrong in here as an answer at this stage, and end a connection that is out of step."""
    try:
        yield
    except SMTPResponseException as error:
        is_answer = error.code > 0  # aiosmtplib gives -1 to what is no answer of SMTP
        client.close()
        raise _Failed(Reply(stage=stage, code=error.code if is_answer else None, text=error.message)) from error
    except (SMTPException, OSError, ValueError) as error:
        client.close()
        raise _Failed(Reply(stage=stage, text=_words(error))) from error


def _words(error: Exception) -> str:
    return f"{type(error).__name__.removeprefix('SMTP')}: {error}"


def _tls(channel: EmailChannel) -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if channel.ca_file:
        context.load_verify_locations(cafile=channel.ca_file)
    return context
