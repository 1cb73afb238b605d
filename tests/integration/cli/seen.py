"""What is seen of a served shop from outside: its processes, its counts, and what a client sends it."""

from __future__ import annotations

import base64
import contextlib
import json
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import psutil

Found = TypeVar("Found")

DOOR = """
kind: file
channel: store
mapping:
  event: Store Entered
  occurred_at: at
  identifiers: {membership: card}
  properties: {store_id: store}
"""
"""A source that takes a file of who entered which store."""


def visits(path: Path, count: int) -> Path:
    """Such a file."""
    rows = (f"c{n % 97},s{n % 5},2026-03-01T10:{n % 60:02d}:00" for n in range(count))
    path.write_text("card,store,at\n" + "\n".join(rows) + "\n", encoding="utf-8")
    return path


def send(url: str, key: str, *events: dict[str, object]) -> dict[str, str]:
    """Send a batch as a client does; the answer's headers."""
    body = json.dumps({"batch": events}).encode()
    credentials = base64.b64encode(f"{key}:".encode()).decode()
    request = urllib.request.Request(
        f"{url}/v1/batch", body, {"authorization": f"Basic {credentials}", "content-type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=20) as answer:
        assert answer.status == 200
        return dict(answer.headers.items())


def visit(number: int) -> dict[str, object]:
    """One page view of somebody."""
    return {"type": "track", "event": "Product Viewed", "messageId": f"m-{number}", "anonymousId": f"a-{number}",
            "properties": {"product_id": str(number)}}  # fmt: skip


def until(holds: Callable[[], Found], seconds: float = 90.0) -> Found:
    """Wait until something holds, and give what it gave."""
    deadline = time.monotonic() + seconds
    while not (found := holds()):
        assert time.monotonic() < deadline, "it does not come to hold"
        time.sleep(0.1)
    return found


def below(pid: int) -> list[psutil.Process]:
    """The processes that a process started."""
    return psutil.Process(pid).children(recursive=True)


def roles(pid: int, name: str) -> list[psutil.Process]:
    """The living processes of one role."""
    found = []
    for process in below(pid):
        with contextlib.suppress(psutil.Error):
            if process.name() == f"itda {name}":
                found.append(process)
    return found


def accepted(itda: Callable[..., Any]) -> int:
    """How many events were processed."""
    return int(itda("status", "--json").json["events"]["accepted"])
