"""Whether a served shop is ready: told by its doors, and waited for by `serve`; and that it mends its own database."""

from __future__ import annotations

import json
import os
import signal
import urllib.error
import urllib.request
from functools import partial

import pytest
from tests.fixtures_shop import typed
from tests.integration.cli.seen import accepted, send, until, visit

from itda.engine import setting_up
from itda.store import embedded

pytestmark = pytest.mark.server


def health(url: str) -> tuple[int, dict[str, object]]:
    try:
        with urllib.request.urlopen(f"{url}/health", timeout=10) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def test_with_an_embedded_database_all_is_well_and_when_it_is_killed_it_is_started_again_and_nothing_is_lost(
    tmp_path, serve
):
    folder = tmp_path / "alone"
    setting_up.make(folder, name="Alone")
    itda = partial(typed, cwd=folder)
    key = itda("keys", "--json").json["web"]
    served = serve(folder, "--role", "doors,pipeline")
    send(served.url, key, visit(1))
    doctor = itda("doctor", "--json")
    assert [check for check in doctor.json["checks"] if not check["ok"]] == []
    assert doctor.code == 0
    assert health(served.url) == (200, {"ready": True})
    server = embedded.running(folder / ".itda" / "pg")
    os.kill(served.process.pid, signal.SIGSTOP)  # who would start the database again
    try:
        os.kill(server.pid, signal.SIGKILL)
        status, said = until(lambda: (found := health(served.url))[0] != 200 and found)
        assert (status, said["ready"]) == (503, False)
        assert said["error"]
    finally:
        os.kill(served.process.pid, signal.SIGCONT)

    def is_taken_again() -> bool:
        try:
            send(served.url, key, visit(2))
        except OSError:
            return False
        return True

    until(is_taken_again, 60)
    until(lambda: health(served.url) == (200, {"ready": True}))
    until(lambda: accepted(itda) == 2)
    assert served.stop(40) == 0
    assert embedded.running(folder / ".itda" / "pg") is None


def test_doors_that_cannot_open_end_serve_within_seconds_and_say_why(shop, itda):
    (shop / ".itda" / "logs" / "doors.jsonl").mkdir(parents=True)
    said = itda("serve", "--port", "0", "--role", "doors")
    assert (said.code, said.out, len(said.err.splitlines())) == (3, "", 1)
    assert "the doors do not open: IsADirectoryError" in said.err
    assert "doors.jsonl" in said.err
