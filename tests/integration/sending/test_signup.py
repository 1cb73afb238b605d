"""A form on a brand's page: empty boxes, an act for each that is ticked, and a mail whose link makes a consent of it."""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from tests.integration.sending.test_letters import a_round, app_of, mails
from tests.integration.sending.world import CONSENT, Sending, sending
from tests.mail_server import Inbox, serving

from itda.centre.app import centre
from itda.engine.obliging.round import Carried
from itda.engine.sending.seen import Seen
from itda.workspace.load import check

pytestmark = pytest.mark.server
FORMS = """
double_opt_in: true
forms:
  signup: {source: site, asks: [ads-email, ads-sms]}
"""
SMS = """\
  ads-sms:
    purpose: ad_receive
    channel: sms
    languages: {ko: 문자로 소식을 받겠습니다., en: I want to receive news by text message.}
"""


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
def world(shop: Path, inbox: Inbox) -> Iterator[Sending]:
    (shop / "sources" / "site.yaml").write_text("kind: tracking\nchannel: web\n", encoding="utf-8")
    with serving(inbox) as port, sending(shop, port, CONSENT + SMS + FORMS) as made:
        yield made


@pytest.fixture
def door(world: Sending) -> Iterator[TestClient]:
    shop = world.shop
    seen = Seen(shop.db, shop.workspace, shop.vault, shop.lake, shop.intake, lambda: world.at)
    with TestClient(centre(app_of(world), seen), base_url="http://127.0.0.1:1") as client:
        yield client


def acts(world: Sending) -> list[tuple]:
    return world.rows("select action, ground, channel, text_id, source from consent_event order by seq")


def test_who_signs_up_by_a_form_has_agreed_once_they_confirm_it_and_not_before(
    world: Sending, inbox: Inbox, door: TestClient
):
    page = door.get("/f/signup?lang=ko")
    assert page.status_code == 200
    assert page.text.count('type="checkbox"') == 2
    assert "checked" not in page.text
    fields = {"email": "Mina@Example.com", "phone": "010-8264-5937", "given": "ads-email@1/ko", "page": "/join"}
    told = door.post("/f/signup?lang=ko", data=fields, headers={"accept": "application/json"})
    assert (told.status_code, told.json()["ok"]) == (200, True)
    assert told.headers["access-control-allow-origin"] == "*"
    world.decide()
    assert acts(world) == [("request", "unvouched", "email", "ads-email@1/ko", "form:signup")]
    ((body,),) = world.rows("select body from consent_text where channel = 'form'")
    assert "ads-sms@1/ko" in body, "the form is kept as it was shown, with the box that was left empty"

    assert a_round(world) == Carried(letters=1)
    assert "아직 동의로 처리되지 않았습니다" in mails(inbox)[-1]
    assert a_round(world) == Carried(settled=1)
    link = re.search(r"http://127\.0\.0\.1:1(/k/[a-z2-7]+)", mails(inbox)[-1])
    assert link is not None
    assert door.get(link[1]).status_code == 200
    assert door.head(link[1]).status_code == 200
    assert len(acts(world)) == 1, "a look, also a scanner's, confirms nothing"
    assert "동의로 처리되었습니다" in door.post(link[1], data={"answer": "yes"}).text
    assert acts(world)[1:] == [("grant", "consent", "email", "ads-email@1/ko", "email:letter")]
    assert world.rows("select status from consent_state") == [("granted",)]
    door.post(link[1], data={"answer": "no"})
    assert len(acts(world)) == 2, "a link answers once"

    world.decide()
    for _ in range(3):  # whoever asks again in their name makes no second mail within a day
        door.post("/f/signup?lang=ko", data=fields)
    world.decide()
    sent = len(inbox.mails)
    a_round(world)
    a_round(world)
    later = [email.message_from_bytes(one[2], policy=email.policy.default)["subject"] for one in inbox.mails[sent:]]
    assert not [one for one in later if "확인 요청" in one]


def test_a_form_that_is_none_an_address_that_is_none_and_no_box_change_nothing(world: Sending, door: TestClient):
    json = {"accept": "application/json"}
    assert door.post("/f/other", data={}, headers=json).status_code == 404
    bad = {"email": "no address", "phone": "010-8264-5937", "given": "ads-email@1/ko"}
    assert door.post("/f/signup", data=bad, headers=json).status_code == 400
    none = {"email": "mina@example.com", "phone": "010-8264-5937"}
    assert door.post("/f/signup", data=none, headers=json).json()["ok"] is True
    foreign = none | {"given": "night@1/ko"}
    assert door.post("/f/signup", data=foreign, headers=json).json()["ok"] is True
    world.decide()
    assert acts(world) == []
    assert door.get("/f/form.js").headers["content-type"].startswith("text/javascript")


def test_what_is_wrong_in_a_form_is_said_at_its_field_and_what_was_typed_and_ticked_stays(
    world: Sending, door: TestClient
) -> None:
    ticked = {"email": 'mina"@example', "given": ["ads-email@1/ko"]}
    page = door.post("/f/signup?lang=ko", data=ticked)
    assert page.status_code == 400
    field = re.search(r'<input id="itda-signup-email"[^>]*>', page.text)
    assert field is not None
    assert 'value="mina&quot;@example" aria-invalid="true" aria-describedby="itda-signup-email-wrong"' in field[0]
    assert '<span class="wrong" id="itda-signup-email-wrong">이메일 주소를 확인해 주세요.' in page.text
    assert re.findall(r'value="([^"]+)"[^>]* checked>', page.text) == ["ads-email@1/ko"]
    lacking = {"email": "mina@example.com", "given": ["ads-sms@1/en"]}
    page = door.post("/f/signup?lang=en", data=lacking)
    assert 'id="itda-signup-phone-wrong">Please check the mobile number' in page.text
    assert 'value="mina@example.com"' in page.text
    told = door.post("/f/signup?lang=en", data=lacking, headers={"accept": "application/json"}).json()
    assert (told["ok"], told["field"]) == (False, "phone")
    empty = door.post("/f/signup?lang=en", data={"email": "mina@example.com"})
    assert '<p class="told told-note" role="status">Nothing was ticked' in empty.text
    assert 'value="mina@example.com"' in empty.text
    assert "aria-invalid" not in empty.text
    assert "checked" not in door.get("/f/signup?lang=en").text
    world.decide()
    assert acts(world) == []
    assert "mina" not in str(world.rows("select body from consent_text where channel = 'form'")), (
        "kept as it is shown first"
    )


def test_a_form_that_is_not_there_is_no_matter_of_waiting(door: TestClient) -> None:
    page = door.get("/f/other?lang=en")
    assert page.status_code == 404
    assert "Nothing can be done with this link" in page.text


def test_an_address_is_needed_by_its_ticked_box_alone_and_no_other_is_kept(world: Sending, door: TestClient):
    json = {"accept": "application/json"}
    assert "required" not in door.get("/f/signup?lang=en").text
    by_mail, by_sms = {"given": "ads-email@1/ko"}, {"given": "ads-sms@1/ko"}
    address, number = {"email": "sora@example.com"}, {"phone": "010-7351-9264"}
    ticks = "/f/signup?lang=ko"
    ((before,),) = world.rows("select count(*) from fragment")
    assert door.post(ticks, data=by_mail | number, headers=json).status_code == 400
    assert door.post(ticks, data=by_sms | address, headers=json).status_code == 400
    assert door.post(ticks, data=by_mail | address, headers=json).json()["ok"] is True
    assert door.post(ticks, data=by_mail | address | {"phone": "no number"}, headers=json).json()["ok"] is True
    assert door.post(ticks, data=by_mail | address | number, headers=json).json()["ok"] is True
    world.decide()
    assert {(action, channel) for action, _, channel, *_ in acts(world)} == {("request", "email")}
    assert world.rows("select count(*) from fragment") == [(before + 1,)], (
        "the number was not needed, so it is not kept"
    )


@pytest.mark.parametrize(
    ("asks", "why"),
    [
        ("[{text: ads-email, ticked: true}]", "never ticked beforehand"),
        ("[{text: ads-email, together_with: [terms]}]", "no consent to either"),
        ("[{text: ads-email, together_with: [ads-sms]}]", "no consent to either"),
        ("[{text: ads-email, required: true}]", "decides on nothing"),
        ("[ads-email, ads-email]", "asked for twice"),
        ("[ads-fax]", "is no text"),
    ],
)
def test_t18_a_form_with_a_ticked_or_a_bundled_box_is_not_published(shop: Path, asks: str, why: str):
    wrong = f"forms:\n  signup: {{source: web, asks: {asks}}}\n"
    (shop / "consent.yaml").write_text(CONSENT + SMS + wrong, encoding="utf-8")
    faults = check(shop, {})
    assert [fault for fault in faults if why in fault.what], [str(fault) for fault in faults]
