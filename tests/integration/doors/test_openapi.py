"""The document of the doors is true: every address is in it, and whatever it allows is answered as it says."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import schemathesis
import uvloop
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks
from starlette.routing import Route
from tests.integration.engine.test_steward import seen, track

import itda
from itda.access.scopes import GRANTS
from itda.api.app import build
from itda.api.openapi_document import document
from itda.api.openapi_told import TOLD
from itda.api.server import server
from itda.api.tracking import PATHS

pytestmark = pytest.mark.server
EXAMPLES = 600 if os.environ.get("ITDA_HYPOTHESIS") == "nightly" else 12
CHECKED = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
]


@pytest.fixture
def doors(shop: Path) -> Iterator[tuple[str, str]]:
    """The address of all doors of a shop with somebody in it, and a key that may ask and do everything."""
    words = ", ".join(GRANTS)
    (shop / "sources" / "all.yaml").write_text(f"kind: tracking\nchannel: crm\nkey: secret\nprofiles: [{words}]\n")
    settings_file = shop / "itda.yaml"
    settings_file.write_text(settings_file.read_text() + "\ndoors: {calls_per_second: 100000}\n")
    with itda.open(shop) as opened:
        track(opened, seen(membership="m1"), seen(membership="m1", email="kim@mail.kr"))
        made = build(opened.app, opened.intake, lambda: time.time_ns() // 1000)
        listening = socket.socket()
        listening.bind(("127.0.0.1", 0))
        running = server(made, made.tracking)
        thread = threading.Thread(target=lambda: uvloop.run(running._serve(sockets=[listening])))
        thread.start()
        try:
            address = f"http://127.0.0.1:{listening.getsockname()[1]}"
            until = time.monotonic() + 20
            while time.monotonic() < until:
                if running.started and httpx.get(f"{address}/health").status_code == 200:
                    break
                time.sleep(0.02)
            yield address, opened.keys()["all"]
        finally:
            running.should_exit = True
            thread.join()


def test_whatever_the_document_allows_is_answered_as_it_says_and_never_by_a_fault_of_ours(doors):
    address, key = doors
    told = httpx.get(f"{address}/v1/openapi.json").json()
    assert set(told["paths"]) == {*PATHS, *(place.split()[1] for place in TOLD if not place.startswith("TRACK"))}
    asked = set()
    for found in schemathesis.openapi.from_dict(told).get_all_operations():
        operation = found.ok()
        if operation.path in PATHS and operation.path not in ("/v1/track", "/v1/batch", "/api/s/event", "/capture"):
            continue  # another way to the same call

        asked |= statuses(operation, address, key)
    assert {200, 400, 404} <= asked


def statuses(operation, address: str, key: str) -> set[int]:
    """Call an operation in ways that its document allows; each answer is held to it."""
    asked = set()

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.data())
    def answered(data):
        case = data.draw(operation.as_strategy())
        answer = case.call(base_url=address, headers={"Authorization": f"Bearer {key}"}, allow_redirects=False)
        case.validate_response(answer, checks=CHECKED)
        asked.add(answer.status_code)

    answered()
    return asked


def test_a_route_that_nobody_described_is_an_error():
    with pytest.raises(KeyError, match="GET /v1/forgotten"):
        document([Route("/v1/forgotten", lambda _: None, methods=["GET"])])
