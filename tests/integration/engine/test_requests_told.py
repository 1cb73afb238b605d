"""Who else has to know of a request is told until they know it, and nothing of it is kept after that."""

from __future__ import annotations

import contextlib
import hmac
import json
import threading
from base64 import b64decode, b64encode
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from tests.fixtures_shop import typed
from tests.integration.engine.test_requests import MINJI, erased, known, told, traces

import itda
from itda.base.errors import Refused
from itda.base.instant import DAY, HOUR
from itda.engine.requests.telling import tell_due

pytestmark = pytest.mark.server


@contextlib.contextmanager
def processor(answers: list[int]) -> Iterator[tuple[str, list[tuple[dict[str, str], bytes]]]]:
    """A processor's door: its address, and what it heard; it answers so, the last answer again and again."""
    heard: list[tuple[dict[str, str], bytes]] = []

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # the name that the library calls
            body = self.rfile.read(int(self.headers["content-length"]))
            heard.append(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(answers.pop(0) if len(answers) > 1 else answers[0])
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Nothing is printed."""

    server = HTTPServer(("127.0.0.1", 0), Door)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/erasures", heard
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_processors_are_told_until_they_know_and_a_person_does_the_rest(shop: Path) -> None:
    with processor([500, 204]) as (url, heard):
        (shop / "processors.yaml").write_text(
            f"mailer: {{tell: webhook, url: '{url}', kinds: [email]}}\n"
            "partner: {tell: person, how: delete them in the partner's own console, kinds: [phone]}\n"
        )
        with (shop / "itda.yaml").open("a") as file:
            file.write("\ndoors: {internal: [127.0.0.0/8]}\n")
        with itda.open(shop) as opened:
            told(opened, *known(MINJI))
            request = erased(opened, "email:" + MINJI["email"])
            assert (request.state, request.told) == ("done", {"mailer": None, "partner": None})
            assert traces(opened, MINJI) - {str(shop / "processors.yaml")} == set()
            later = opened.app.clock() + HOUR
            opened.app.clock = lambda: later  # type: ignore[method-assign]
            assert tell_due(opened, opened.actor, later) == 1
            assert tell_due(opened, opened.actor, later + DAY) == 0
            (_, first), (headers, again) = heard
            said = json.loads(again)
            assert (first, said["type"], said["request"]) == (again, "erase", request.id)
            assert said["identifiers"] == [{"kind": "email", "value": MINJI["email"]}]
            secret = b64decode(opened.requests.secrets()["mailer"].removeprefix("whsec_"))
            signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + again
            digest = b64encode(hmac.digest(secret, signed, "sha256")).decode()
            assert headers["webhook-signature"] == f"v1,{digest}"

            to_do = opened.requests.to_tell(request.id, "partner")
            assert to_do["identifiers"] == [{"kind": "phone", "value": MINJI["phone"]}]
            with pytest.raises(Refused):
                opened.requests.told(request.id, "nobody", proof="x")
        assert typed("request", "told", request.id[:10], "partner", "--proof", "ticket 114", cwd=shop).code == 0
        with itda.open(shop) as opened:
            assert None not in opened.requests.show(request.id).told.values()
            with pytest.raises(Refused):
                opened.requests.to_tell(request.id, "partner")
            with opened.db.connection() as connection:
                assert connection.execute("select count(*) from keyring").fetchone() == (0,)
                assert connection.execute("select count(*) from duty where done_at is null").fetchone() == (0,)


def test_what_is_wrong_with_processors_is_said_with_its_place(shop: Path) -> None:
    (shop / "processors.yaml").write_text(
        "mailer: {tell: webhook, kinds: [emial]}\nother: {kinds: [email]}\nthird: 1\n"
        "'': {tell: person, how: x, kinds: [email]}\nfifth: {tell: webhook, url: 'https://[::1', kinds: [email]}\n"
    )
    said = typed("check", cwd=shop)
    assert said.code == 1
    for words in (
        "did you mean email?",
        "is no address to be called",
        "says not what is to be done",
        "must be a mapping",
        "is no name",
    ):
        assert words in said.out + said.err
    assert (said.out + said.err).count("is no address to be called") == 2
