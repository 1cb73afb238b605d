"""Whether a served shop is ready: told by its doors, and waited for by `serve`."""

from __future__ import annotations

import json
import os
import signal
import urllib.error
import urllib.request

import pytest
from tests.fixtures_shop import run
from tests.integration.cli.test_serving import until

from itda.engine import setting_up
from itda.store import embedded

pytestmark = pytest.mark.server


def health(url: str) -> tuple[int, dict[str, object]]:
    try:
        with urllib.request.urlopen(f"{url}/health", timeout=10) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def test_a_served_shop_is_ready_only_while_its_database_answers(tmp_path, serve):
    folder = tmp_path / "alone"
    setting_up.make(folder, name="Alone")
    served = serve(folder)
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
    until(lambda: health(served.url) == (200, {"ready": True}))


def test_a_stranger_learns_nothing_else_from_the_health_route(serve):
    served = serve()
    request = urllib.request.Request(f"{served.url}/health", b"{}", method="POST")
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=10)
    assert refused.value.code == 405
    refused.value.close()


def test_doors_that_cannot_open_end_serve_within_seconds_and_say_why(shop):
    (shop / ".itda" / "logs" / "doors.jsonl").mkdir(parents=True)
    said = run("serve", "--port", "0", cwd=shop, timeout=100)
    assert (said.code, said.out, len(said.err.splitlines())) == (3, "", 1)
    assert "the doors do not open: IsADirectoryError" in said.err
    assert "doors.jsonl" in said.err
