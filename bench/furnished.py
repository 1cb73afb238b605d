"""A shop that has much to decide: the 50 segments and 10 journeys of bench/shop, and mail that goes to a port here."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from bench.traffic import text

SHOP = Path(__file__).parent / "shop"
CHANNELS = """\
email:
  host: 127.0.0.1
  port: %d
  tls: none
  from: news@shop.example
  bounces: bounces@shop.example
  public_url: http://127.0.0.1:1
  connections: %d
  timeout_s: %d
  body_timeout_s: %d
"""
_WAITS = re.compile(r"(wait: |wait_for: .*within: )[^}]+")
_TEXTS = (("ad_receive", "ads-email@1/ko"), ("ad_receive_night", "night-email@1/ko"))


def furnish(folder: Path, port: int, *, connections: int = 8, timeout_s: int = 30, hurries: bool = False) -> None:
    """Put the definitions into a fresh workspace. `hurries`: every wait of a journey takes two seconds."""
    for name in ("segments", "journeys", "messages"):
        shutil.rmtree(folder / name)
    shutil.copytree(SHOP, folder, dirs_exist_ok=True)
    (folder / "channels.yaml").write_text(CHANNELS % (port, connections, timeout_s, timeout_s), encoding="utf-8")
    if hurries:
        for path in (folder / "journeys").iterdir():
            path.write_text(_WAITS.sub(r"\g<1>2 seconds", path.read_text(encoding="utf-8")), encoding="utf-8")


def consents(customers: int, size: int) -> Iterator[bytes]:
    """Six of ten consent to advertising by e-mail, half of them at night too: as bodies of batch calls."""
    now = text(datetime.now(UTC))
    acts = [
        (person, purpose, shown)
        for person in range(customers)
        for purpose, shown in _TEXTS[: (person % 10 < 6) * (1 + person % 2)]
    ]
    for first in range(0, len(acts), size):
        events = ",".join(
            f'{{"type":"track","event":"Consent Changed","messageId":"k{person}-{purpose}","userId":"u{person}",'
            f'"identifiers":{{"email":"u{person}@shop.example"}},"timestamp":"{now}","properties":{{'
            f'"purpose":"{purpose}","channel":"email","is_given":true,"text_version":"{shown}","collector":"web"}}}}'
            for person, purpose, shown in acts[first : first + size]
        )
        yield f'{{"batch":[{events}],"sentAt":"{now}"}}'.encode()
