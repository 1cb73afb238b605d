"""What may not come in: numbers of residents in files, and children for whom no guardian consented."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.fixtures_shop import typed

import itda
from itda.base.errors import Refused
from itda.base.instant import DAY, text
from itda.engine import guardians
from itda.engine.questions.quarantine import QuarantineBody
from itda.engine.shop import Shop
from itda.store.ports import Record

pytestmark = pytest.mark.server
HYPHENED, PLAIN = "900131-1123452", "9001311123452"
MAPPING = """
kind: file
channel: crm
mapping:
  type: identify
  occurred_at: at
  identifiers: {email: email}
  properties: {name: name, memo: memo, member: member}
"""


@pytest.fixture
def opened(shop: Path) -> Iterator[Shop]:
    (shop / "sources" / "people.yaml").write_text(MAPPING, encoding="utf-8")
    (shop / "sources" / "server.yaml").write_text("kind: tracking\nchannel: web\nkey: secret\n", encoding="utf-8")
    with itda.open(shop) as one:
        yield one


def known(shop: Shop, name: str) -> bool:
    """Whether there is such a customer."""
    try:
        return bool(shop.customer(f"email:{name}@shop.example"))
    except Refused:
        return False


def body(shop: Shop, position: int) -> str:
    """What is kept of a refused event."""
    return str(shop.ask(QuarantineBody(position), "a look"))


def test_t21_rows_with_a_residents_number_are_refused_one_by_one_and_nobody_can_read_it(
    opened: Shop, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    rows = ["at,email,name,memo,member", "2026-11-01,a@shop.example,Kim,hello,1",
            f"2026-11-01,b@shop.example,Lee,her number is {HYPHENED},2",
            f"2026-11-01,c@shop.example,Park,bye,{PLAIN}", "2026-11-01,d@shop.example,Choi,bye,4"]  # fmt: skip
    (tmp_path / "people.csv").write_text("\n".join(rows), encoding="utf-8")
    said = typed("-w", opened.path, "import", "people", tmp_path / "people.csv", cwd=tmp_path)
    opened.settle()
    assert known(opened, "a")
    assert not known(opened, "b")
    told = opened.quarantine()
    assert told.by_reason == {"forbidden": 2}, said
    lines = [body(opened, line.position) for line in told.lines]
    for secret in (HYPHENED, PLAIN, "1123452"):
        assert not any(secret in str(line) for line in lines)
        assert secret not in caplog.text + said.out + said.err


def test_t20_of_a_child_nothing_is_kept_and_of_the_guardian_five_days(opened: Shop) -> None:
    now = opened.app.clock()
    child = {
        "birthday": text(now - 13 * 365 * DAY)[:10],
        "name": "Minji",
        "guardian_name": "Kim",
        "guardian_phone": "010-1",
    }

    def told(who: str, **traits: Any) -> dict[str, Any]:
        return {"identifiers": {"email": who}, "timestamp": text(now - DAY), "type": "identify", "traits": traits}

    opened.intake.append([Record("server", "batch", msgspec.json.encode({"batch": [
        told("child@shop.example", **child), told("vouched@shop.example", **child, guardian_consent=True),
        told("grown@shop.example", birthday="1990-01-31"),
    ]}))], now)  # fmt: skip
    opened.settle()
    assert [known(opened, who) for who in ("child", "vouched", "grown")] == [False, True, True]
    (line,) = [line for line in opened.quarantine().lines if line.reason == "child"]
    kept = body(opened, line.position)
    assert "Kim" in kept
    assert "010-1" in kept
    assert "Minji" not in kept
    assert "child@" not in kept
    assert guardians.forget(opened.db, opened.vault, now + 4 * DAY) == 0
    assert guardians.forget(opened.db, opened.vault, now + 6 * DAY) == 1
    assert "Kim" not in body(opened, line.position)
    assert guardians.forget(opened.db, opened.vault, now + 6 * DAY) == 0
