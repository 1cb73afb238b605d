"""The real clients, as published, against a real door."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import segment.analytics
from npm import node_command
from rudderstack.analytics.client import Client as RudderClient
from tests.integration.doors.conftest import RealDoor

NODE = Path(__file__).parents[2] / "node"
CALLS = ["Alias Created", "Customer Identified", "Group Joined", "Order Completed", "Page Viewed", "Screen Viewed"]

pytestmark = pytest.mark.server


def make_calls(client: Any) -> None:
    """The same calls for the same person, by a Python client."""
    order = {"order_id": "py-1", "revenue": 12.5, "currency": "KRW", "products": [{"sku": "x", "quantity": 2}]}
    traits = {"email": "minji@shop.example", "name": "Kim Minji"}
    if isinstance(client, RudderClient):
        client.identify("user-1", traits=traits)
    else:
        client.identify("user-1", traits)
    client.track("user-1", "Order Completed", order)
    client.page("user-1", "Docs", "Home", {"url": "http://x/y"})
    client.screen("user-1", "App", "Main")
    client.group("user-1", "org-9", {"industry": "retail"})
    client.alias("anonymous-1", "user-1")
    client.flush()
    client.join()


@pytest.mark.parametrize("gzip", [False, True])
def test_segments_python_client(door: RealDoor, gzip: bool) -> None:
    lost: list[object] = []
    client = segment.analytics.Client(
        door.key, host=door.url, gzip=gzip, on_error=lambda error, _: lost.append(error), upload_interval=0.1
    )
    make_calls(client)
    assert lost == []
    assert sorted(event.name for event in door.events) == CALLS


@pytest.mark.parametrize("gzip", [False, True])
def test_rudderstacks_python_client(door: RealDoor, gzip: bool) -> None:
    lost: list[object] = []
    client = RudderClient(
        door.key, host=door.url, gzip=gzip, on_error=lambda error, _: lost.append(error), upload_interval=0.1
    )
    make_calls(client)
    assert lost == []
    assert sorted(event.name for event in door.events) == CALLS


@pytest.mark.node
@pytest.mark.parametrize(
    ("client", "names"),
    [
        ("segment", CALLS),
        ("rudder", CALLS),
        ("jitsu", ["Customer Identified", "Group Joined", "Order Completed", "Page Viewed"]),
        ("posthog", ["Alias Created", "Customer Identified", "Order Completed"]),
    ],
)
def test_nodes_clients(door: RealDoor, client: str, names: list[str]) -> None:
    assert (NODE / "node_modules").is_dir(), "the packages of tests/node are missing: make setup installs them"
    node = shutil.which("node", path=node_command()[1])
    assert node is not None
    ran = subprocess.run(
        [node, "clients.mjs", client, door.url, door.key],
        cwd=NODE,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    events = door.events
    assert sorted(event.name for event in events) == names
    order = next(event for event in events if event.name == "Order Completed")
    assert order.properties["order_id"] == f"{client}-1"
    assert ("user_id", "user-1") in order.identifiers
    person = next(event for event in events if event.name == "Customer Identified")
    assert ("email", "minji@shop.example") in person.identifiers
    assert all(event.has_own_id and not event.is_late and not event.is_clamped for event in events)
