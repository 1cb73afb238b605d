"""Other rules on a real store: a writer killed on the way is followed by one that goes on from there."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

import itda
from itda.engine.applying.command import Apply
from itda.engine.replay import replay
from itda.workspace.kept import kept

pytestmark = pytest.mark.server

WRITER = Path(__file__).with_name("reconsidering_writer.py")


def in_force(shop) -> tuple[bytes, int | None]:
    with shop.db.connection() as connection:
        row = connection.execute(
            "select reached, settled_at from policy_version where kind = 'identity' order by position desc"
        ).fetchone()
    return bytes(row[0]), row[1]


def test_a_writer_killed_among_other_rules_is_followed_from_where_it_was(lively, shop: Path) -> None:
    rules = shop / "identity.yaml"
    told = "\nblocked:\n  values: [mail3@shop.example, user-2, device-1-0]\nlargest_customer: 3\n"
    rules.write_text(rules.read_text(encoding="utf-8") + told, encoding="utf-8")
    with itda.open(shop) as one:
        one.app.act(Apply(kept(one.written), one.applied_at), one.actor, "shared things")
    reached = [b""]
    for portions in (1, 2):
        gone = subprocess.run([sys.executable, str(WRITER), str(shop), str(portions)], check=False, timeout=120)
        assert gone.returncode == -signal.SIGKILL
        now, settled_at = in_force(lively)
        assert now > reached[-1]
        assert settled_at is None
        reached.append(now)
    with itda.open(shop) as after:
        assert after.status().reconsidered_share > 0
        after.drain()
        assert after.status().reconsidered_share is None
        assert in_force(after)[1] is not None
        report = replay(after)
        assert report.differences == []
        assert after.history("email:mail3@shop.example").entries[-1].cause in {"policy", "decision", "observed"}
        with after.db.connection() as connection:
            blocked = connection.execute("select count(*) from identifier where is_blocked").fetchone()
            news = connection.execute("select count(*) from resolution_log where cause = 'policy'").fetchone()
        assert blocked[0] >= 2
        assert news[0] >= 1
