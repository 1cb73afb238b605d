"""`python -m demo.inbox FOLDER NOBODYS.json SMTP_PORT PAGE_PORT`: the inbox, until it is told to stop or left alone.

It writes one line of JSON, where it listens. Port 0, and one that is taken, means a free one. It imports little: all
that it needs of memory is some 15 MB.
"""

from __future__ import annotations

import asyncio
import json
import signal
import sys
import threading
from pathlib import Path

from demo.inbox import smtp
from demo.inbox.door import Door
from demo.inbox.kept import Kept


async def _stay(kept: Kept, addresses: dict[str, list[str]], smtp_port: int, page_port: int) -> None:
    doorman = smtp.Doorman(kept, addresses["nobodys"], addresses["gone"])
    try:
        mails = await smtp.listen(doorman, smtp_port)
    except OSError:
        mails = await smtp.listen(doorman, 0)
    door = _door(kept, page_port)
    threading.Thread(target=door.serve_forever, name="pages", daemon=True).start()
    where = {"smtp": mails.sockets[0].getsockname()[1], "pages": door.server_port}
    sys.stdout.write(json.dumps(where) + "\n")
    sys.stdout.flush()
    over = asyncio.Event()
    loop = asyncio.get_running_loop()
    for sign in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(sign, over.set)
    threading.Thread(target=_left_alone, args=(loop, over), name="left alone", daemon=True).start()
    await over.wait()
    mails.close()


def _door(kept: Kept, port: int) -> Door:
    try:
        return Door(kept, port)
    except OSError:
        return Door(kept, 0)


def _left_alone(loop: asyncio.AbstractEventLoop, over: asyncio.Event) -> None:
    """Whoever started it holds the other end of standard input: when that closes, however it ends, it is over."""
    sys.stdin.read()
    loop.call_soon_threadsafe(over.set)


if __name__ == "__main__":
    folder, listed, *ports = sys.argv[1:]
    asyncio.run(
        _stay(Kept(Path(folder)), json.loads(Path(listed).read_text(encoding="utf-8")), int(ports[0]), int(ports[1]))
    )
