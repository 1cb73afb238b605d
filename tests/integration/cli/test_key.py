"""`itda key`: where the workspace key is, and its rotation, from a terminal."""

import http.server
import os
import threading

import pytest
from tests.integration.store.test_kms import Transit

from itda.store import workspace_key

pytestmark = pytest.mark.server


@pytest.fixture
def transit():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Transit)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    before = dict(os.environ)
    os.environ.update({"VAULT_ADDR": f"http://127.0.0.1:{server.server_port}", "VAULT_TOKEN": "right"})
    yield
    os.environ.clear()
    os.environ.update(before)
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_key_goes_under_a_kms_is_rotated_there_and_comes_back(itda, shop, transit):
    assert itda("key", "status", "--json").json["kms"] == ""
    root = workspace_key.found(shop / ".itda").root.hex()
    assert itda("key", "wrap", "vault:itda", "--reason", "moving").code == 0
    assert root not in (shop / ".itda" / "workspace.key").read_text()
    told = itda("key", "status", "--json").json
    assert (told["kept"], told["kms"], told["newest"]) == ("file", "vault:itda", 1)
    assert itda("keys").code == 0
    done = itda("key", "rotate", "--destroy-old", "--yes", "--json").json
    assert (done["version"], done["is_whole"], done["destroyed"]) == (2, True, [1])
    assert "itda: vault opens" not in itda("doctor").out
    assert "vault:itda opens it" in itda("doctor").out
    os.environ["VAULT_TOKEN"] = "wrong"
    workspace_key._opened.clear()
    refused = itda("status")
    assert refused.code == 1
    assert refused.err.strip().splitlines() == [
        "itda: Vault refuses to decrypt with transit/itda (403) (a token whose policy allows update there)"
    ]
    os.environ["VAULT_TOKEN"] = "right"
    assert itda("key", "wrap", "file").code == 0
    assert root in (shop / ".itda" / "workspace.key").read_text()


def test_a_key_in_the_environment_is_told_and_not_rotated_from_here(itda, shop):
    os.environ[workspace_key.VARIABLE] = (shop / ".itda" / "workspace.key").read_text()
    try:
        assert itda("key", "--json").json["kept"] == "environment"
        refused = itda("key", "rotate")
        assert refused.code == 1
        assert "the key is in the environment" in refused.err
    finally:
        os.environ[workspace_key.VARIABLE] = ""
        workspace_key.given()


def test_what_is_no_kms_is_refused_with_what_is(itda):
    assert itda("key", "wrap", "nowhere").code == 2
    assert "aws:KEY" in itda("key", "wrap", "gcp:x").err
