"""A shop served by several: each role by one, from one folder or from two over the same data."""

from __future__ import annotations

import json
import urllib.request

import psutil
import pytest
from tests.fixtures_shop import run
from tests.integration.cli.test_importing import SHOPS, visits
from tests.integration.cli.test_serving import accepted, roles, send, until, visit

from itda.engine import setting_up

pytestmark = pytest.mark.server


def test_two_serve_different_roles_of_one_shop_and_what_comes_in_is_processed(shop, itda, serve):
    key = itda("keys", "--json").json["web"]
    doors = serve(shop, "--role", "doors")
    rest = serve(shop, "--role", "pipeline,compactor")
    assert rest.login is None
    assert [len(roles(doors.process.pid, role)) for role in ("doors", "pipeline", "compactor")] == [1, 0, 0]
    assert [len(roles(rest.process.pid, role)) for role in ("doors", "pipeline", "compactor")] == [0, 1, 1]
    send(doors.url, key, visit(1))
    until(lambda: accepted(itda) == 1)
    told = itda("status").out
    assert f"process {doors.process.pid}" in told
    assert f"process {rest.process.pid}" in told
    (port,) = [check for check in itda("doctor", "--json").json["checks"] if check["name"] == "port"]
    assert port["what"].endswith(
        f"by process {doors.process.pid}: doors; by process {rest.process.pid}: pipeline, compactor"
    )


def test_a_role_that_is_served_already_is_refused_by_name_and_another_is_not(shop, itda, serve):
    first = serve(shop, "--role", "pipeline")
    for again in (("--role", "pipeline"), ("--role", "doors,pipeline"), ()):
        said = itda("serve", "--port", "0", *again)
        assert (said.code, said.out, len(said.err.splitlines())) == (1, "", 1)
        assert f"the pipeline of this workspace: already served by process {first.process.pid}" in said.err
    assert serve(shop, "--role", "doors").process.poll() is None


def test_roles_are_kept_apart_over_the_same_data_from_another_folder_too(shop, serve, tmp_path):
    other = tmp_path / "other"
    setting_up.make(other, name="Corner Shop")
    (other / "itda.yaml").write_bytes((shop / "itda.yaml").read_bytes())
    (other / ".itda" / "workspace.key").write_bytes((shop / ".itda" / "workspace.key").read_bytes())
    first = serve(shop, "--role", "pipeline,compactor")
    said = run("-w", other, "serve", "--port", "0", "--role", "compactor", cwd=tmp_path)
    assert said.code == 1
    assert f"process {first.process.pid}" in said.err
    assert serve(other, "--role", "doors").process.poll() is None


def test_while_only_the_doors_are_served_a_command_processes_what_it_waits_for(shop, itda, serve):
    (shop / "sources" / "door.yaml").write_text(SHOPS, encoding="utf-8")
    key = itda("keys", "--json").json["web"]
    served = serve(shop, "--role", "doors")
    send(served.url, key, visit(1))
    assert accepted(itda) == 0
    said = itda("import", "door", visits(shop / "v.csv", 3))
    assert (said.code, accepted(itda)) == (0, 4)
    refused = itda("replay", "--yes")
    assert refused.code == 1
    assert f"process {served.process.pid}" in refused.err
    assert "(doors)" in refused.err


def test_one_of_two_that_is_killed_leaves_the_other_serving_and_its_roles_free(shop, itda, serve):
    doors = serve(shop, "--role", "doors")
    rest = serve(shop, "--role", "pipeline,compactor")
    family = psutil.Process(rest.process.pid).children(recursive=True)
    rest.process.kill()
    rest.process.wait(10)
    assert psutil.wait_procs(family, 20)[1] == []
    with urllib.request.urlopen(f"{doors.url}/health", timeout=10) as answer:
        assert json.load(answer) == {"ready": True}
    assert serve(shop, "--role", "pipeline,compactor").process.poll() is None


@pytest.mark.parametrize("wrong", ["piepline", "doors,", "doors,sender"])
def test_an_unknown_role_is_wrong_use(shop, itda, wrong):
    said = itda("serve", "--role", wrong)
    assert (said.code, said.out, len(said.err.splitlines())) == (2, "", 1)
    assert "they are doors, pipeline, decider, compactor" in said.err
