"""A mail server in a process of its own that keeps every mail it was given: `python -m bench.inbox FOLDER [SEED]`.

It listens on a free port of 127.0.0.1, told on standard output. A mail is written to FOLDER/mails, one line of JSON
each with every byte, before its answer goes out. With a seed it has the habits that servers have: it hangs up at once,
refuses at first and then for good, stops answering, and hangs up or falls silent after the final dot.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import zlib
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

import uvloop

_DOT = b"\r\n.\r\n"
_LINE = b"\r\n"
_SHARE_OF_FIVE = 0.3
"""Of recipients that are refused temporarily, those that are refused for good the next time."""
AT_CONNECT = {"421": 0.01, "hang up": 0.01}
AT_RECIPIENT = {"450": 0.01, "silence": 0.003, "hang up": 0.005}
AT_THE_DOT = {"451": 0.01, "hang up": 0.01, "silence": 0.003}


class Kept:
    """What was given, and what was said to it; `answered` is 250, 451, `hang up` or `silence`."""

    def __init__(self, file: BinaryIO, seed: int | None) -> None:
        self._file = file
        self._draw = random.Random(seed) if seed is not None else None
        self._refused: set[bytes] = set()
        self.count = 0

    def habit(self, habits: dict[str, float]) -> str:
        """What a server does this time instead of answering well; empty mostly."""
        if self._draw is None:
            return ""
        chance = self._draw.random()
        for habit, share in habits.items():
            if chance < share:
                return habit
            chance -= share
        return ""

    def recipient(self, to: bytes) -> str:
        """What is said to a recipient: some are refused temporarily, and of these some for good the next time."""
        if to in self._refused:
            self._refused.discard(to)
            is_for_good = zlib.crc32(to) % 100 < _SHARE_OF_FIVE * 100
            return "550" if is_for_good else ""
        habit = self.habit(AT_RECIPIENT)
        if habit == "450":
            self._refused.add(to)
        return habit

    def keep(self, to: bytes, data: bytes, answered: str) -> None:
        """Write a mail down."""
        head = data[: data.find(b"\r\n\r\n")].lower()
        start = head.index(b"message-id:") + 11
        message_id = data[start : data.index(_LINE, start)].strip().decode()
        told = {"id": message_id, "to": to.decode(), "answered": answered, "bytes": data.decode("latin-1")}
        self._file.write(json.dumps(told).encode() + b"\n")
        self.count += 1


class Session(asyncio.Protocol):
    """One connection."""

    def __init__(self, kept: Kept) -> None:
        self._kept = kept
        self._transport: Any = None
        self._heard = bytearray()
        self._to = b""
        self._is_data = self._is_silent = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet, or do not."""
        self._transport = transport
        habit = self._kept.habit(AT_CONNECT)
        if habit:
            self._do(habit)
        else:
            self._say("220 here")

    def data_received(self, data: bytes) -> None:
        """Take lines, or a mail up to its final dot."""
        self._heard += data
        while not self._is_silent:
            end = self._heard.find(_DOT if self._is_data else _LINE)
            if end < 0:
                return
            part = bytes(self._heard[:end])
            del self._heard[: end + (len(_DOT) if self._is_data else len(_LINE))]
            self._mail(part) if self._is_data else self._command(part)

    def _command(self, line: bytes) -> None:
        word = line[:4].upper()
        if word == b"RCPT":
            self._to = line[line.find(b"<") + 1 : line.rfind(b">")]
            self._do(self._kept.recipient(self._to) or "250")
        elif word == b"DATA":
            self._is_data = True
            self._say("354 go on")
        elif word == b"QUIT":
            self._say("221 goodbye")
            self._transport.close()
        else:
            self._say("250 ok")

    def _mail(self, data: bytes) -> None:
        self._is_data = False
        habit = self._kept.habit(AT_THE_DOT) or "250"
        self._kept.keep(self._to, data, habit)
        self._do(habit)

    def _do(self, habit: str) -> None:
        if habit == "hang up":
            self._is_silent = True
            self._transport.abort()
        elif habit == "silence":
            self._is_silent = True
        else:
            self._say(f"{habit} as you hear")

    def _say(self, answer: str) -> None:
        self._transport.write(answer.encode() + _LINE)


async def serve(folder: Path, seed: int | None) -> None:
    """Take mail until the process ends."""
    with (folder / "mails").open("ab", buffering=0) as file:
        kept = Kept(file, seed)
        server = await asyncio.get_running_loop().create_server(lambda: Session(kept), "127.0.0.1", 0)
        print(server.sockets[0].getsockname()[1], flush=True)
        await server.serve_forever()


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        uvloop.run(serve(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else None))
