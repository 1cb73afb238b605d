"""Kill -9 of everything that serves a shop, its decider and sender too, while it mails an inbox with bad habits."""

from __future__ import annotations

import json
from pathlib import Path

from bench import accounts, letters
from bench.soak import soak


def test_five_kills_lose_no_event_and_double_no_mail(tmp_path: Path) -> None:
    found = soak(tmp_path, 5, 35, rate=300, customers=400)
    mails = found["mails"]
    assert found["is_sound"], json.dumps(found)
    assert sum(mails["answered"].values()) > 0
    assert found["killed"].keys() >= {"decider", "loader", "pipeline", "reader"}
    assert not letters.is_sound(mails | {"advertising_doubled": 1})
    assert not accounts.is_sound(found | {"lost": 1})
