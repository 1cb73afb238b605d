"""A shop begins to be served and is stopped: its login is told once, and it leaves nothing behind."""

from __future__ import annotations

import json
import signal
import socket
import ssl
import time
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import httpx
import psutil
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from tests.fixtures_shop import Serving
from tests.integration.cli.seen import accepted, below, send, until

pytestmark = pytest.mark.server


def stopped(served: Serving, shop: Path, number: int) -> None:
    """Ask it to stop while somebody is connected: it does within seconds and leaves nothing behind."""
    family = below(served.process.pid)
    with socket.create_connection(("127.0.0.1", int(served.url.rpartition(":")[2]))):
        began = time.monotonic()
        served.process.send_signal(number)
        assert served.process.wait(20) == 0
    assert time.monotonic() - began < 15
    assert not [process for process in family if process.is_running()]
    assert not (shop / ".itda" / "run" / "serve.json").exists()


def test_a_shop_is_served_stopped_killed_and_served_again_and_leaves_nothing_behind(shop, itda, serve):
    key = itda("keys", "--json").json["web"]
    first = serve()
    assert first.login == "admin"
    assert len(first.password) >= 16
    until(
        lambda: (
            len(below(first.process.pid)) == len(("nursery", "doors", "pipeline", "its reader", "decider", "compactor"))
        )
    )
    who = {"type": "identify", "messageId": "i-1", "userId": "u-1", "traits": {"email": "minji@shop.example"}}
    send(first.url, key, who)
    until(lambda: accepted(itda) == 1)
    stopped(first, shop, signal.SIGTERM)
    assert accepted(itda) == 1
    logs_are_json_lines_without(shop, "minji")

    second = serve()
    assert (second.login, second.password) == (None, None), "a login is told once"
    family = below(second.process.pid)
    second.process.kill()
    second.process.wait(10)
    _, left = psutil.wait_procs(family, 20)
    assert left == [], "its processes stop when the supervisor is gone"

    third = serve(shop, "--role", "doors")
    stopped(third, shop, signal.SIGINT)
    assert accepted(itda) == 1


def logs_are_json_lines_without(shop: Path, word: str) -> None:
    logs = sorted((shop / ".itda" / "logs").glob("*.jsonl"))
    assert [path.stem for path in logs] == ["compactor", "decider", "doors", "pipeline", "serve"]
    for path in logs:
        for line in path.read_text().splitlines():
            assert {"at", "level", "process", "what"} <= set(json.loads(line))
            assert word not in line


def test_a_taken_port_is_one_line_with_the_cure(itda):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        said = itda("serve", "--port", taken.getsockname()[1])
    assert said.code == 1
    assert len(said.err.splitlines()) == 1
    assert "--port" in said.err


def test_doctor_names_a_fault_and_its_cure_and_exits_1(shop: Path, itda):
    (shop / ".itda" / "workspace.key").chmod(0o644)
    said = itda("doctor")
    assert said.code == 1
    assert "chmod 600" in said.out


def test_a_shop_with_a_certificate_speaks_https_and_nothing_else(shop, serve, tmp_path):
    pair = certified(tmp_path)
    served = serve(shop, "--role", "doors", "--certificate", str(pair[0]), "--private-key", str(pair[1]))
    assert served.url.startswith("https://127.0.0.1:")
    with httpx.Client(verify=ssl.create_default_context(cafile=pair[0])) as client:
        page = client.get(f"{served.url}/login")
        assert page.status_code == 200
        assert page.headers["strict-transport-security"].startswith("max-age=")
        assert client.get(f"{served.url}/health").status_code == 200
    with pytest.raises(httpx.HTTPError):
        httpx.get(served.url.replace("https", "http") + "/health")
    stopped(served, shop, signal.SIGTERM)


def certified(folder: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name, now = x509.Name([]), datetime.now(UTC)
    here = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    made = x509.CertificateBuilder(name, name, key.public_key(), 7, now, now + timedelta(days=1))
    made = made.add_extension(here, critical=True).add_extension(x509.BasicConstraints(True, None), critical=True)
    files = folder / "cert.pem", folder / "key.pem"
    pem = serialization.Encoding.PEM
    files[0].write_bytes(made.sign(key, hashes.SHA256()).public_bytes(pem))
    files[1].write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    files[1].chmod(0o600)
    return files
