"""The console's desk over a real shop: an erasure is taken there, carried on and told to a processor by a person."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.integration.engine.test_requests import MINJI, known, told

import itda
from itda.access.actor import Actor
from itda.console.request_desk import RequestEngineDesk, Wish
from itda.console.requesting import COUNTS, DEADLINES, HELD, LACKING, steps
from itda.engine.app import Forbidden

pytestmark = pytest.mark.server


def test_an_erasure_taken_in_the_console_goes_to_its_end_there(shop: Path) -> None:
    (shop / "processors.yaml").write_text("partner: {tell: person, how: delete them there, kinds: [phone]}\n")
    officer = Actor(name="sora", role="privacy_officer", system="console")
    agent = Actor(name="minji", role="agent", system="console")
    with itda.open(shop) as opened:
        told(opened, *known(MINJI, at="2026-11-01T10:00:00Z", order="R-1"))
        desk = RequestEngineDesk(opened.app)
        assert [desk.meant(agent, f"email:{one}") for one in (MINJI["email"], "doyun@shop.example")] == [3, 0]
        taken = desk.take_request(agent, Wish("erase", "email:" + MINJI["email"], "letter"))
        assert (taken.via, taken.opened_by, taken.step) == ("console", "minji", "stopped")
        with pytest.raises(Forbidden):
            desk.requests(agent, None)
        assert desk.said(officer, taken.id).reason == "letter"
        waits = desk.carry_on(officer, taken.id, wait_s=0)
        assert waits.step == "destroying"
        assert waits.lacking in LACKING
        opened.settle()
        done = desk.carry_on(officer, taken.id)
        assert (done.state, desk.requests(officer, "open")) == ("done", [])
        assert done.law in DEADLINES
        assert set(done.counts) <= set(COUNTS)
        assert all(step.is_done for step in steps(done))
        assert [one["what"] for one in (done.certificate or {})["held"]] == [*HELD][:1]
        assert desk.to_tell(officer, taken.id, "partner")["identifiers"][0]["value"] == MINJI["phone"]
        desk.note_told(officer, taken.id, "partner", "ticket 114")
        assert desk.request(officer, taken.id).told["partner"] is not None
