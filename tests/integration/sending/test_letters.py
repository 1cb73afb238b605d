"""Duties that do themselves: the notice of fourteen days, the confirmation of two years, silence and what comes back."""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from starlette.testclient import TestClient
from tests.integration.sending.world import Sending, cart, consent, sending
from tests.mail_server import Inbox, serving

from itda.base.instant import DAY, HOUR, parse
from itda.centre.app import centre
from itda.consent.ledger import Reconfirm
from itda.engine.app import App
from itda.engine.obliging import letters
from itda.engine.obliging.alerting import alert
from itda.engine.obliging.round import Carried, CarryOutDuties
from itda.engine.sending.seen import Seen

pytestmark = pytest.mark.server


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
def world(shop: Path, inbox: Inbox) -> Iterator[Sending]:
    with serving(inbox) as port, sending(shop, port) as made:
        made.person("mina")
        made.decide()
        yield made


def app_of(world: Sending) -> App:
    shop = world.shop
    return App(shop.db, shop.workspace, shop.vault, shop.lake, lambda: world.at)


def a_round(world: Sending) -> Carried:
    """One round at the world's own time, and what it put into the outbox sent."""
    done = app_of(world).act(CarryOutDuties(), world.shop.actor, "a round").value
    world.send()
    return done


def duties(world: Sending) -> list[tuple]:
    return world.rows("select kind, done_at is not null, lacking from duty order by kind, due_at")


def standing(world: Sending) -> list[tuple]:
    return world.rows("select status from consent_state where purpose = 'ad_receive'")


def mails(inbox: Inbox) -> list[str]:
    parsed = [email.message_from_bytes(one[2], policy=email.policy.default) for one in inbox.mails]
    return [f"{one['subject']}\n{one.get_body(('plain',)).get_content()}" for one in parsed]


def passes(world: Sending, moment: str) -> None:
    world.at = parse(moment)
    world.tell({"type": "track", "event": "Page Viewed", "userId": "bora", "properties": {}})
    world.decide()


def asked(world: Sending) -> None:
    """The notice is sent, and the letter of the second year, ten days before its last day."""
    a_round(world)
    a_round(world)
    passes(world, "2028-10-22T12:00+09:00")
    assert a_round(world) == Carried(letters=1)
    assert a_round(world) == Carried(settled=1)


def ad_at(world: Sending, moment: str) -> tuple[str, str]:
    """What becomes of an advertisement at that moment, and why."""
    passes(world, moment)
    world.tell(cart("mina", cart_id=moment))
    world.send()
    return world.rows("select status, reasons from outbox where message = 'cart' order by created_at desc")[0]


def test_what_became_of_a_consent_is_told_once_and_the_mail_is_the_proof(world: Sending, inbox: Inbox):
    assert duties(world) == [("notice", False, "")]
    assert a_round(world) == Carried(letters=1)
    assert a_round(world) == Carried(settled=1)
    assert a_round(world) == Carried()
    (mail,) = mails(inbox)
    for said in ("이음", "동의", "광고성 정보 수신 · 이메일", "2026년 11월 2일", "수신동의로 처리되었습니다"):
        assert said in mail
    assert "(광고)" not in mail
    ((proof, message_id),) = world.rows("select proof, a.message_id from duty d join attempt a on a.outbox = d.message")
    assert message_id in proof
    assert world.rows("select verdict from send_decision where stage = 'departure'") == [("send",)]


def test_acts_of_one_moment_are_told_in_one_mail(world: Sending, inbox: Inbox):
    world.tell(consent("mina", is_given=False))
    world.decide()
    assert a_round(world) == Carried(letters=1)
    assert a_round(world) == Carried(settled=2)
    (mail,) = mails(inbox)
    assert "철회" in mail


def test_a_shop_that_cannot_send_keeps_its_duties_open_and_says_what_is_missing(world: Sending, inbox: Inbox):
    channel = world.shop.workspace.email
    world.shop.workspace = msgspec.structs.replace(world.shop.workspace, email=None)
    assert app_of(world).act(CarryOutDuties(), world.shop.actor, "a round").value == Carried()
    assert duties(world) == [("notice", False, letters.NO_CHANNEL)]
    world.shop.workspace = msgspec.structs.replace(world.shop.workspace, email=channel)
    a_round(world)
    a_round(world)
    assert duties(world) == [("notice", True, "")]
    assert len(inbox.mails) == 1


def test_a_notice_that_comes_back_leaves_its_duty_open(world: Sending, inbox: Inbox):
    inbox.answers["rcpt"] = ["550 5.1.1 no such user"]
    a_round(world)
    assert a_round(world) == Carried(failed=1)
    assert a_round(world) == Carried()
    assert duties(world)[0][1] is False
    assert "came back" in duties(world)[0][2]


def test_t17_silence_after_a_letter_that_arrived_keeps_the_consent(world: Sending, inbox: Inbox):
    asked(world)
    assert "별도의 의사표시가 없으면 동의가 유지됩니다" in mails(inbox)[-1]
    assert "2028년 11월 1일" in mails(inbox)[-1]
    passes(world, "2028-10-31T23:59+09:00")
    assert a_round(world) == Carried()
    passes(world, "2028-11-01T09:00+09:00")
    assert a_round(world) == Carried(silent=1)
    assert world.rows("select action, ground, actor from consent_event order by seq desc limit 1") == [
        ("confirm", "silence", "system")
    ]
    assert ad_at(world, "2028-11-02T12:00+09:00")[0] == "sent"
    assert a_round(world).silent == 0
    assert world.rows("select reconfirm_due from consent_state where purpose = 'ad_receive'") == [
        ((parse("2030-11-01T00:00Z") // 86_400_000_000),)
    ]


def test_t17_silence_keeps_nothing_where_the_letter_came_back(world: Sending, inbox: Inbox):
    a_round(world)
    a_round(world)
    passes(world, "2028-10-22T12:00+09:00")
    inbox.answers["rcpt"] = ["550 5.1.1 no such user"]
    a_round(world)
    assert a_round(world) == Carried(failed=1, suspended=1)
    assert standing(world) == [("suspended",)]
    assert a_round(world) == Carried()
    status, why = ad_at(world, "2028-11-02T12:00+09:00")
    assert status == "dropped"
    assert "suspended" in str(world.rows("select reasons from send_decision order by seq desc limit 1")) or why


def test_a_pack_may_say_that_silence_keeps_nothing(world: Sending, inbox: Inbox):
    policy = msgspec.structs.replace(world.shop.workspace.consent, reconfirm=Reconfirm(silence="suspend"))
    world.shop.workspace = msgspec.structs.replace(world.shop.workspace, consent=policy)
    asked(world)
    assert "의사표시가 없으면 광고성 정보를 보내지" in mails(inbox)[-1]
    passes(world, "2028-11-01T09:00+09:00")
    assert a_round(world) == Carried()
    assert ad_at(world, "2028-11-02T12:00+09:00")[0] == "dropped"
    assert a_round(world) == Carried(silent=1)
    assert standing(world) == [("suspended",)]


def link(inbox: Inbox) -> str:
    found = re.search(r"http://127\.0\.0\.1:1(/k/[a-z2-7]+)", mails(inbox)[-1])
    assert found is not None
    return found[1]


@pytest.mark.parametrize(("answer", "status"), [("yes", "granted"), ("no", "withdrawn")])
def test_who_follows_the_link_keeps_or_withdraws_by_a_button_and_a_look_changes_nothing(
    world: Sending, inbox: Inbox, answer: str, status: str
):
    asked(world)
    shop = world.shop
    seen = Seen(shop.db, shop.workspace, shop.vault, shop.lake, shop.intake, lambda: world.at)
    acts = "select action, source, has_evidence from consent_event order by seq"
    before = world.rows(acts)
    with TestClient(centre(app_of(world), seen), base_url="http://127.0.0.1:1") as door:
        page = door.get(link(inbox))
        assert page.status_code == 200
        assert "2026년 11월 2일에 동의" in page.text
        assert world.rows(acts) == before
        told = door.post(link(inbox), data={"answer": answer})
        assert told.status_code == 200
        assert 'role="status"' in told.text
        assert "지금 확인하실 동의가 없습니다" in door.post(link(inbox), data={"answer": answer}).text
        assert "지금 확인하실 동의가 없습니다" in door.get(link(inbox)).text
        other = "b" if link(inbox).endswith("a") else "a"
        assert door.get(link(inbox)[:-1] + other).status_code == 404
    assert {one for (one,) in standing(world)} == {status}
    action = "confirm" if answer == "yes" else "withdraw"
    written = world.rows(acts)
    assert [one for one in written[len(before) :] if one[2]] == [(action, "email:letter", True)]
    world.decide()
    assert world.rows(acts) == written, "the log tells the same act, once"


def test_whoever_looks_after_duties_is_told_once_a_day_what_is_overdue_and_of_nobody_by_name(
    world: Sending, inbox: Inbox
):
    shop = world.shop
    told = msgspec.structs.replace(shop.workspace, alerts=("dpo@shop.example",))
    assert alert(shop.db, shop.workspace, world.at) == 0, "nobody is named"
    assert alert(shop.db, told, world.at) == 0, "nothing is due soon"
    late = world.at + 20 * DAY
    assert alert(shop.db, told, late) == 1
    assert alert(shop.db, told, late + HOUR) == 0
    assert alert(shop.db, told, late + DAY) == 1
    assert inbox.mails[-1][1] == ["dpo@shop.example"]
    assert "기한이 지난 의무 1건" in mails(inbox)[-1]
    assert "처리 결과 알림: 미처리 1건, 기한 지남 1건" in mails(inbox)[-1]
    assert "mina" not in mails(inbox)[-1]
