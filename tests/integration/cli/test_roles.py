"""A shop served by several: each role by one, from one folder or from two over the same data."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path

import psutil
import pytest
from tests.fixtures_shop import typed
from tests.integration.cli.seen import DOOR, accepted, roles, send, until, visit, visits

from itda.engine import setting_up

pytestmark = pytest.mark.server
THREE = ("doors", "pipeline", "compactor")


@pytest.fixture
def other(shop: Path, tmp_path: Path) -> Path:
    """Another folder over the same data."""
    folder = tmp_path / "other"
    setting_up.make(folder, name="Corner Shop")
    (folder / "itda.yaml").write_bytes((shop / "itda.yaml").read_bytes())
    (folder / ".itda" / "workspace.key").write_bytes((shop / ".itda" / "workspace.key").read_bytes())
    return folder


def test_several_serve_one_shop_each_role_once_from_two_folders_and_one_that_is_killed_leaves_the_others(
    shop, other, itda, serve
):
    (shop / "sources" / "door.yaml").write_text(DOOR, encoding="utf-8")
    key = itda("keys", "--json").json["web"]
    doors = serve(shop, "--role", "doors")
    send(doors.url, key, visit(1))
    assert accepted(itda) == 0
    said = itda("import", "door", visits(shop / "v.csv", 3))
    assert (said.code, accepted(itda)) == (0, 4), "a command processes what it waits for"
    refused = itda("replay", "--yes")
    assert refused.code == 1
    assert f"process {doors.process.pid}" in refused.err
    assert "(doors)" in refused.err

    rest = serve(shop, "--role", "pipeline,compactor")
    assert rest.login is None
    assert [len(roles(doors.process.pid, role)) for role in THREE] == [1, 0, 0]
    assert [len(roles(rest.process.pid, role)) for role in THREE] == [0, 1, 1]
    send(doors.url, key, visit(2))
    until(lambda: accepted(itda) == 5)
    told = itda("status").out
    assert f"process {doors.process.pid}" in told
    assert f"process {rest.process.pid}" in told
    (port,) = [check for check in itda("doctor", "--json").json["checks"] if check["name"] == "port"]
    assert port["what"].endswith(
        f"by process {doors.process.pid}: doors; by process {rest.process.pid}: pipeline, compactor"
    )

    for folder in (shop, other):
        for again, role in (("pipeline", "pipeline"), ("decider,pipeline", "pipeline"), ("compactor", "compactor")):
            said = typed("serve", "--port", "0", "--role", again, cwd=folder)
            assert (said.code, said.out, len(said.err.splitlines())) == (1, "", 1)
            assert f"the {role} of this workspace: already served by process {rest.process.pid}" in said.err
        said = typed("serve", "--port", "0", cwd=folder)
        assert (said.code, said.out, len(said.err.splitlines())) == (1, "", 1)
        assert "of this workspace: already served by process" in said.err

    family = psutil.Process(rest.process.pid).children(recursive=True)
    rest.process.kill()
    rest.process.wait(10)
    assert psutil.wait_procs(family, 20)[1] == []
    with urllib.request.urlopen(f"{doors.url}/health", timeout=10) as answer:
        assert json.load(answer) == {"ready": True}
    assert serve(other, "--role", "compactor").process.poll() is None, "its roles are free, from another folder too"


@pytest.mark.parametrize("wrong", ["piepline", "doors,", "doors,sender"])
def test_an_unknown_role_is_wrong_use(shop, itda, wrong):
    said = itda("serve", "--role", wrong)
    assert (said.code, said.out, len(said.err.splitlines())) == (2, "", 1)
    assert "they are doors, pipeline, decider, compactor" in said.err
