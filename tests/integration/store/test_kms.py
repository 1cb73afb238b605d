"""The workspace key under a KMS, over the wire that the KMS speaks."""

import base64
import http.server
import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
import urllib.request

import pytest

from itda.base.errors import Refused, Unavailable
from itda.store import workspace_key
from itda.store.key_material import Enclosed, Material
from itda.store.kms import port
from itda.store.vault import Vault

AWS = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "eu-west-1"}  # fmt: skip


@pytest.fixture
def environment():
    """Sets variables, and takes them back."""
    before = dict(os.environ)
    yield os.environ.update
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture(scope="module")
def aws():
    """The address of a server that speaks as AWS does, and the id of a key in it."""
    boto3 = pytest.importorskip("boto3")
    pytest.importorskip("moto")
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        number = sock.getsockname()[1]
    url = f"http://127.0.0.1:{number}"
    server = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-p", str(number)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        until = time.monotonic() + 60
        while True:
            try:
                urllib.request.urlopen(f"{url}/moto-api/data.json", timeout=1).close()
                break
            except OSError:
                assert time.monotonic() < until
                assert server.poll() is None
                time.sleep(0.1)
        client = boto3.client(
            "kms", endpoint_url=url, region_name="eu-west-1", aws_access_key_id="a", aws_secret_access_key="b"
        )
        key = client.create_key()["KeyMetadata"]["KeyId"]
        client.create_alias(AliasName="alias/itda", TargetKeyId=key)
        yield url
    finally:
        server.terminate()
        server.wait(20)


def enclosed(folder, kms):
    """A workspace's key, put under a KMS; the vault of it as it was open."""
    path = workspace_key.make(folder)
    before = workspace_key.load(folder)
    material = workspace_key.found(folder)
    assert isinstance(material, Material)
    workspace_key.replace(folder, Enclosed(kms, port.named(kms).wrap(material.written().encode())))
    text = path.read_text()
    assert material.root.hex() not in text
    return before


def same(one: Vault, other: Vault) -> bool:
    return one.blind("a", "b") == other.blind("a", "b")


def test_a_key_under_aws_kms_is_opened_by_it(tmp_path, aws, environment):
    environment(AWS | {"AWS_ENDPOINT_URL_KMS": aws})
    before = enclosed(tmp_path, "aws:alias/itda")
    again = workspace_key.load(tmp_path)
    assert same(before, again)
    wrapped = before.wrap(bytes(16), b"k" * 32)
    assert again.unwrap(bytes(16), wrapped)


def test_aws_kms_that_refuses_is_one_clear_line(aws, environment):
    environment(AWS | {"AWS_ENDPOINT_URL_KMS": aws})
    with pytest.raises(Refused, match=r"^AWS KMS refuses Encrypt with alias/other: NotFoundException \("):
        port.named("aws:alias/other").wrap(b"x")
    with pytest.raises(Refused, match="AWS KMS refuses Decrypt"):
        port.named("aws:alias/itda").unwrap(b"nothing that it wrapped")


def test_aws_kms_that_is_away_is_one_clear_line(environment):
    environment(AWS | {"AWS_ENDPOINT_URL_KMS": "http://127.0.0.1:9"})
    with pytest.raises(Unavailable, match=r"^AWS KMS cannot be asked: EndpointConnectionError"):
        port.named("aws:alias/itda").wrap(b"x")


class Transit(http.server.BaseHTTPRequestHandler):
    """Vault's transit engine, as its HTTP API is written down: one key, `itda`, and the token `right`."""

    def do_POST(self):
        given = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        said = re.fullmatch(r"/v1/transit/(encrypt|decrypt)/itda", self.path)
        if self.headers["X-Vault-Token"] != "right":
            self.answer(403, {"errors": ["permission denied"]})
        elif said is None:
            self.answer(400, {"errors": ["encryption key not found"]})
        elif said[1] == "encrypt":
            turned = base64.b64encode(bytes(byte ^ 0x5A for byte in base64.b64decode(given["plaintext"]))).decode()
            self.answer(200, {"data": {"ciphertext": f"vault:v1:{turned}", "key_version": 1}})
        else:
            turned = base64.b64decode(given["ciphertext"].removeprefix("vault:v1:"))
            opened = base64.b64encode(bytes(byte ^ 0x5A for byte in turned)).decode()
            self.answer(200, {"data": {"plaintext": opened}})

    def answer(self, code, value):
        body = json.dumps(value).encode()
        self.send_response(code)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Nothing is printed."""


@pytest.fixture
def transit(environment):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Transit)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    environment({"VAULT_ADDR": f"http://127.0.0.1:{server.server_port}", "VAULT_TOKEN": "right"})
    yield environment
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_key_under_vault_transit_is_opened_by_it(tmp_path, transit):
    before = enclosed(tmp_path, "vault:itda")
    assert same(before, workspace_key.load(tmp_path))


def test_vault_that_refuses_or_is_away_is_one_clear_line(tmp_path, transit):
    enclosed(tmp_path, "vault:itda")
    with pytest.raises(Refused, match=r"^Vault refuses to encrypt with transit/other \(400\)"):
        port.named("vault:other").wrap(b"x")
    workspace_key._opened.clear()
    transit({"VAULT_TOKEN": "wrong"})
    with pytest.raises(Refused, match=r"Vault refuses to decrypt with transit/itda \(403\)") as told:
        workspace_key.load(tmp_path)
    assert "wrong" not in str(told.value)
    transit({"VAULT_ADDR": "http://127.0.0.1:9"})
    with pytest.raises(Unavailable, match=r"Vault at http://127.0.0.1:9 does not answer: ConnectError"):
        workspace_key.load(tmp_path)
    transit({"VAULT_ADDR": ""})
    with pytest.raises(Refused, match="VAULT_ADDR not in this environment"):
        workspace_key.load(tmp_path)


def test_a_process_that_was_handed_the_key_asks_no_kms(tmp_path, transit):
    before = enclosed(tmp_path, "vault:itda")
    told = workspace_key.handed(tmp_path)
    workspace_key._opened.clear()
    transit({"VAULT_ADDR": "http://127.0.0.1:9"})
    workspace_key.take(told)
    assert same(before, workspace_key.load(tmp_path))


def test_a_kms_that_nobody_knows_is_refused_with_those_that_are_known():
    with pytest.raises(Refused, match="aws:KEY"):
        port.named("gcp:key")
