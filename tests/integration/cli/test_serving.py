"""A shop that is served: its doors, its one server, what it mends, and that it leaves nothing behind."""

import base64
import contextlib
import json
import os
import signal
import socket
import time
import urllib.request
from pathlib import Path

import psutil
import pytest
from tests.fixtures_shop import run

from itda.engine import setting_up
from itda.store import embedded

pytestmark = pytest.mark.server


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
    return {"type": "track", "event": "Product Viewed", "messageId": f"m-{number}", "anonymousId": f"a-{number}",
            "properties": {"product_id": str(number)}}  # fmt: skip


def until(holds, seconds: float = 90.0):
    """Wait until something holds, and give what it gave."""
    deadline = time.monotonic() + seconds
    while not (found := holds()):
        assert time.monotonic() < deadline, "it does not come to hold"
        time.sleep(0.1)
    return found


def below(pid: int) -> list[psutil.Process]:
    return psutil.Process(pid).children(recursive=True)


def roles(pid: int, name: str) -> list[psutil.Process]:
    """The living processes of one role."""
    found = []
    for process in below(pid):
        with contextlib.suppress(psutil.Error):
            if {name, "itda.cli.child"} <= set(process.cmdline()):
                found.append(process)
    return found


def accepted(itda) -> int:
    return itda("status", "--json").json["events"]["accepted"]


def test_what_comes_in_by_the_door_is_counted_while_served_and_after(itda, serve):
    key = itda("keys", "--json").json["web"]
    served = serve()
    send(served.url, key, *(visit(number) for number in range(5)))
    until(lambda: accepted(itda) == 5)
    assert "served by" in itda("status").out
    assert served.stop() == 0
    assert accepted(itda) == 5


def test_the_first_start_tells_a_login_once_and_the_console_takes_it(serve):
    first = serve()
    assert first.login == "admin"
    assert len(first.password) >= 16
    with urllib.request.urlopen(f"{first.url}/login", timeout=20) as page:
        assert page.status == 200
    first.stop()
    second = serve()
    assert second.login is None
    assert second.password is None


def test_a_second_serve_of_the_same_folder_is_refused_and_names_the_first(shop, serve, itda):
    first = serve()
    said = itda("serve", "--port", "0")
    assert said.code == 1
    assert said.out == ""
    assert len(said.err.splitlines()) == 1
    assert f"process {first.process.pid}" in said.err
    assert first.process.poll() is None


def test_a_second_serve_of_the_same_data_from_another_folder_is_refused_too(shop, serve, tmp_path):
    first = serve()
    other = tmp_path / "other"
    setting_up.make(other, name="Corner Shop")
    (other / "itda.yaml").write_bytes((shop / "itda.yaml").read_bytes())
    (other / ".itda" / "workspace.key").write_bytes((shop / ".itda" / "workspace.key").read_bytes())
    said = run("-w", other, "serve", "--port", "0", cwd=tmp_path)
    assert said.code == 1
    assert f"process {first.process.pid}" in said.err


def test_a_taken_port_is_one_line_with_the_cure(itda):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        said = itda("serve", "--port", taken.getsockname()[1])
    assert said.code == 1
    assert len(said.err.splitlines()) == 1
    assert "--port" in said.err


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_asked_to_stop_it_stops_within_seconds_and_leaves_no_process_behind(shop, serve, number):
    served = serve()
    until(lambda: len(below(served.process.pid)) == len(("doors", "pipeline", "its reader", "decider", "compactor")))
    family = below(served.process.pid)
    with socket.create_connection(("127.0.0.1", int(served.url.rpartition(":")[2]))):
        began = time.monotonic()
        served.process.send_signal(number)
        assert served.process.wait(20) == 0
    assert time.monotonic() - began < 15
    assert not [process for process in family if process.is_running()]
    assert not (shop / ".itda" / "run" / "serve.json").exists()


@pytest.mark.parametrize("name", ["doors", "pipeline", "decider", "compactor"])
def test_a_process_that_is_killed_is_started_again_and_nothing_is_lost(itda, serve, name):
    key = itda("keys", "--json").json["web"]
    served = serve()
    send(served.url, key, visit(1))
    (victim,) = roles(served.process.pid, name)
    victim.kill()
    until(lambda: [process for process in roles(served.process.pid, name) if process.pid != victim.pid])
    send(served.url, key, visit(2))
    until(lambda: accepted(itda) == 2)
    assert itda("status", "--json").json["events"] == {"accepted": 2, "duplicate": 0, "quarantined": 0}


def test_when_the_supervisor_is_killed_its_processes_stop_and_it_can_be_served_again(serve):
    served = serve()
    family = below(served.process.pid)
    served.process.kill()
    served.process.wait(10)
    _, left = psutil.wait_procs(family, 20)
    assert left == []
    assert serve().process.poll() is None


def test_an_embedded_database_that_is_killed_is_started_again_and_nothing_is_lost(tmp_path, serve):
    folder = tmp_path / "alone"
    setting_up.make(folder, name="Alone")
    key = run("-w", folder, "keys", "--json", cwd=tmp_path).json["web"]
    served = serve(folder)
    send(served.url, key, visit(1))
    server = embedded.running(folder / ".itda" / "pg")
    os.kill(server.pid, signal.SIGKILL)

    def is_taken_again() -> bool:
        try:
            send(served.url, key, visit(2))
        except OSError:
            return False
        return True

    until(is_taken_again, 60)
    until(lambda: run("-w", folder, "status", "--json", cwd=tmp_path).json["events"]["accepted"] == 2)
    assert served.stop(40) == 0
    assert embedded.running(folder / ".itda" / "pg") is None


def test_the_logs_are_json_lines_without_what_was_sent(shop, itda, serve):
    key = itda("keys", "--json").json["web"]
    served = serve()
    who = {"type": "identify", "messageId": "i-1", "userId": "u-1", "traits": {"email": "minji@shop.example"}}
    send(served.url, key, who)
    until(lambda: accepted(itda) == 1)
    served.stop()
    logs = sorted((shop / ".itda" / "logs").glob("*.jsonl"))
    assert [path.stem for path in logs] == ["compactor", "decider", "doors", "pipeline", "serve"]
    for path in logs:
        for line in path.read_text().splitlines():
            assert {"at", "level", "process", "what"} <= set(json.loads(line))
            assert "minji" not in line


def test_doctor_says_that_all_is_well_while_served(itda, serve):
    serve()
    said = itda("doctor", "--json")
    assert [check for check in said.json["checks"] if not check["ok"]] == []
    assert said.code == 0


def test_doctor_names_a_fault_and_its_cure_and_exits_1(shop: Path, itda):
    (shop / ".itda" / "workspace.key").chmod(0o644)
    said = itda("doctor")
    assert said.code == 1
    assert "chmod 600" in said.out
