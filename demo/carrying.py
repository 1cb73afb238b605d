"""channels.yaml of the demo's shop: mails go to the inbox beside it, wherever that listens this time."""

from __future__ import annotations

import socket
from pathlib import Path

_WRITTEN = """\
# Written anew at each start of the demo: its inbox takes every mail, and none leaves this machine.
email:
  host: 127.0.0.1
  port: {smtp}
  tls: none
  from: news@itda-market.example
  bounces: bounces@itda-market.example
  public_url: http://127.0.0.1:{doors}
"""


def write(folder: Path, smtp_port: int, doors_port: int) -> None:
    """Say where mails go, and where their links lead."""
    (folder / "channels.yaml").write_text(_WRITTEN.format(smtp=smtp_port, doors=doors_port), encoding="utf-8")


def free_port() -> int:
    """A port that nobody listens at now."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])
