"""`make demo`: a shop on real purchases, ready to look at.

Writes a workspace in `demo-shop/`, opens its doors and an inbox beside them, brings The Complete Journey's purchases,
campaigns and coupons in with an invented CRM and invented consents, sends web visits through the real Segment client,
lets its people read the mails that follow, and stays until Ctrl-C. With ONCE=1 it waits until everything is processed,
prints one line of JSON as its last and stops. DEMO_HOUSEHOLDS=50 makes a small one.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

from demo import carrying
from demo.aside import aside
from demo.carrying import free_port
from demo.inbox.running import Inbox
from demo.serving import Served
from demo.telling import Where, login, tell
from itda.base.errors import ItdaError
from itda.cli import terminal


def main() -> int:
    """Run the demo and give the exit code."""
    given = _arguments()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return _run(given)
    except ItdaError as error:
        return terminal.explain(error)
    except KeyboardInterrupt:
        terminal.note("\nStopped.")
        return 0 if not given.once else terminal.INTERRUPTED


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m demo", description="A shop on real purchases.")
    environment = os.environ
    households = int(environment["DEMO_HOUSEHOLDS"]) if environment.get("DEMO_HOUSEHOLDS") else None
    parser.add_argument("--folder", type=Path, default=Path("demo-shop"), help="where the workspace goes")
    parser.add_argument("--households", type=int, default=households, help="only so many households (default: all)")
    parser.add_argument("--port", type=int, default=int(environment.get("DEMO_PORT", "8400")))
    parser.add_argument("--once", action="store_true", default=environment.get("ONCE", "") not in ("", "0"),
                        help="print a JSON summary and stop when everything is processed")  # fmt: skip
    return parser.parse_args()


def _run(given: argparse.Namespace) -> int:
    began = time.monotonic()
    folder: Path = given.folder.resolve()
    aside("demo.sources", folder, given.households or 0)
    port = given.port or free_port()
    with Inbox(folder, given.port) as inbox:
        carrying.write(folder, inbox.smtp_port, port)
        with Served(folder, port) as served:
            terminal.note(f"Serving on {served.url}, mails on {inbox.url}")
            aside("demo.story", folder, served.url)
            aside("demo.reactions", folder, served.url)
            where = Where(served.url, inbox.url, login(folder, served), folder)
            if not given.once:
                tell(_summary(folder, began), where)
                terminal.note("Stop with Ctrl-C.")
                served.wait()
                return 0
    summary = _summary(folder, began)  # with nothing else in memory
    tell(summary, where)
    sys.stdout.write(json.dumps(summary) + "\n")
    sys.stdout.flush()
    return 0


def _summary(folder: Path, began: float) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(aside("demo.outcome", folder))
    return told | {"seconds": round(time.monotonic() - began, 1)}


if __name__ == "__main__":
    sys.exit(main())
