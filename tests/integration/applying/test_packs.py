"""Packs and waivers change by two people: rehearsed on past decisions, proposed, activated, signed, and only then applied."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.fixtures_shop import typed
from tests.integration.deciding.world import DAY, START
from tests.integration.sending.world import CONSENT, Sending, cart, consent, sending
from tests.mail_server import Inbox, serving

from itda.access.actor import Actor
from itda.base.errors import Refused
from itda.engine.app import App
from itda.engine.applying.command import Apply
from itda.engine.commands.packs import ActivatePacks, ProposePacks
from itda.engine.commands.staff import AddStaff
from itda.engine.enacting.looking import PackDiff, Packs
from itda.engine.questions.consent import WouldSend
from itda.messages.letters import NOTICE
from itda.messages.own import OWN
from itda.store import releases

pytestmark = pytest.mark.server
MINJI, JISU = (Actor(name=name, role="admin", system="console") for name in ("minji", "jisu"))
PM = Actor(name="sora", role="pm", system="console")
LATER = START + 400 * DAY
STRICTER = {"consent.yaml": CONSENT + "packs: {kr_network: {reconfirm_years: 1}}\n"}
PLAIN = {"consent.yaml": CONSENT}


@pytest.fixture
def world(shop: Path) -> Iterator[Sending]:
    with serving(Inbox()) as port, sending(shop, port) as made:
        yield made


def app_of(world: Sending) -> App:
    shop = world.shop
    return App(shop.db, shop.workspace, shop.vault, shop.lake, lambda: world.at)


def apply(world: Sending, texts: dict[str, str], who: Actor = MINJI) -> None:
    """Apply these files, and go by them."""
    app = app_of(world)
    with world.shop.db.connection() as connection:
        known = releases.position(connection)
    app.act(Apply({**world.shop.workspace.texts, **texts}, known), who, "a test")
    world.shop.renew()


def decided(world: Sending) -> None:
    """Two people are advertised to, the second more than a year after both agreed."""
    for name in ("a", "b"):
        world.person(name, country="KR")
    world.tell(cart("a"))
    world.send()
    world.at = LATER
    world.tell(cart("b"))
    world.send()
    assert world.statuses() == ["sent", "sent"]


def test_a_shop_that_decided_on_nothing_sets_its_packs_up_alone_and_signs_them(world: Sending) -> None:
    assert app_of(world).ask(Packs(), MINJI).verified.state == "unsigned"
    apply(world, PLAIN)
    apply(world, STRICTER)
    view = app_of(world).ask(Packs(), MINJI)
    assert (view.verified.state, view.activated[0].activated_by, view.activated[0].rehearsal) == (
        "signed",
        "minji",
        None,
    )
    assert next(one for one in view.packs if one.name == "kr_network").values == {"reconfirm_years": 1}
    apply(world, {"consent.yaml": f"{STRICTER['consent.yaml']}four_eyes: true\n"})
    with pytest.raises(Refused, match="packs or waivers differ"):
        apply(world, PLAIN)


def test_our_own_letters_are_no_decision_that_takes_two_but_any_message_of_the_shop_is(world: Sending) -> None:
    decided(world)
    with pytest.raises(Refused, match="packs or waivers differ"):
        apply(world, STRICTER)
    with world.shop.db.connection() as connection:
        connection.execute("update outbox set message = %s", [NOTICE])
    apply(world, STRICTER)
    with world.shop.db.connection() as connection:
        connection.execute("truncate outbox cascade")
    with pytest.raises(Refused, match="packs or waivers differ"):
        apply(world, PLAIN)


def test_no_message_of_our_own_is_advertising() -> None:
    assert {one.message_class for one in OWN.values()} == {"informational"}


def test_the_page_of_rules_knows_who_does_not_count_as_the_second_person(world: Sending, shop: Path) -> None:
    app = app_of(world)
    app.act(AddStaff("jisu", "admin"), MINJI)
    made = app.act(ProposePacks({**world.shop.workspace.texts, **STRICTER}), MINJI, "a shorter time").value
    tied = {who.name: app.ask(Packs(), who).waiting[0].tied_by for who in (MINJI, JISU, PM)}
    assert tied == {"minji": "", "jisu": "minji", "sora": ""}
    with pytest.raises(Refused, match="two people"):
        app.act(ActivatePacks(made.id), JISU, "")
    told = typed("packs", "verify", "-w", str(shop), cwd=shop)
    assert f"a proposal waits: itda packs activate {made.id}" in told.out


def test_a_choice_is_judged_again_by_what_was_known_where_it_was_made(world: Sending) -> None:
    """Where a message is chosen no phone is opened: who says by theirs alone where they live is held to their law later."""
    world.at = LATER  # when mails have a law in the United States
    world.person("a", phone="+1 212 555 2368")
    world.tell(cart("a"))
    world.send()
    stages = dict(world.rows("select stage, reasons from send_decision order by seq"))
    assert not any(reason.startswith("US-") for reason in stages["choice"])
    assert any(reason.startswith("US-") for reason in stages["departure"])
    rehearsal = app_of(world).ask(PackDiff(world.shop.workspace.texts), MINJI).rehearsal
    assert rehearsal.decisions == rehearsal.alike == 2


def test_a_change_is_rehearsed_proposed_activated_by_another_and_then_applied(world: Sending) -> None:
    decided(world)
    app = app_of(world)
    texts = {**world.shop.workspace.texts, **STRICTER}

    found = app.ask(PackDiff(texts), MINJI)
    rehearsal = found.rehearsal
    assert found.differs == ["values"]
    assert (rehearsal.messages, rehearsal.blocked_more, rehearsal.held_more, rehearsal.let_through_more) == (1, 1, 0, 0)
    assert rehearsal.decisions == rehearsal.judged == rehearsal.alike == 2, "as it was chosen, and as it left"
    (effect,) = rehearsal.rules
    assert (effect.rule, effect.effect, effect.messages, effect.examples[0].why) == (
        "KR-15", "block", 1, "block NOT_RECONFIRMED",
    )  # fmt: skip
    assert effect.examples[0].message == "cart"
    assert app.ask(PackDiff(texts, 500), MINJI).rehearsal.messages == 2

    with pytest.raises(Refused, match="differ from what was activated"):
        apply(world, STRICTER)
    with pytest.raises(Refused, match="nothing differs"):
        app.act(ProposePacks(world.shop.workspace.texts), MINJI, "nothing")
    assert app.ask(Packs(), JISU).waiting == [], "and nothing waits"
    change = app.act(ProposePacks(texts), MINJI, "a shorter time").value
    assert change.rehearsal == rehearsal
    assert [(one.name, one.was, one.now) for one in change.changes] == [("kr_network.reconfirm_years", "", "1")]
    assert app.ask(Packs(), JISU).waiting[0].changes == change.changes == found.changes, "the other one reads the same"
    for actor, why in ((MINJI, "proposed it"), (PM, "packs.activate")):
        with pytest.raises(Refused, match=why):
            app.act(ActivatePacks(change.id), actor, "")
    with pytest.raises(Refused, match="differ from what was activated"):
        apply(world, STRICTER)
    app.act(ActivatePacks(change.id), JISU, "looked at it")
    with pytest.raises(Refused, match="activated already"):
        app.act(ActivatePacks(change.id), JISU, "")
    assert app.ask(Packs(), MINJI).verified.state == "altered", "activated, and not in force yet"
    apply(world, STRICTER)
    view = app_of(world).ask(Packs(), MINJI)
    assert (view.verified.state, view.verified.differs) == ("signed", [])
    assert [(one.proposed_by, one.activated_by) for one in view.activated] == [("minji", "jisu")]
    assert json.loads(view.verified.body)["values"] == {"kr_network": {"reconfirm_years": 1}}
    with world.shop.db.connection() as connection:
        connection.execute("delete from send_decision")
    with pytest.raises(Refused, match="differ from what was activated"):
        apply(world, PLAIN)


def test_what_was_signed_cannot_be_changed_unseen(world: Sending) -> None:
    apply(world, PLAIN)
    apply(world, STRICTER)
    with world.shop.db.connection() as connection:
        connection.execute(
            "update pack_change set body = replace(body, '\"reconfirm_years\":1', '\"reconfirm_years\":2')"
        )
    assert app_of(world).ask(Packs(), MINJI).verified.state == "forged"


def test_a_moment_of_the_past_is_decided_by_the_values_of_then(world: Sending) -> None:
    apply(world, PLAIN)
    world.person("a", country="KR")
    world.decide()
    world.at = LATER
    apply(world, STRICTER)
    world.at = LATER + DAY

    def packs_at(at: int | None) -> str:
        asked = WouldSend(who=("email", "a@example.com"), channel="email", message_class="advertising", at=at)
        told = app_of(world).ask(asked, MINJI)
        assert told is not None
        return str(json.loads(told.packs)["kr_network@2026.10.1"])

    assert packs_at(None) == '{"reconfirm_years":1}'
    assert packs_at(LATER - DAY) == ""
    assert packs_at(LATER + 1) == '{"reconfirm_years":1}'
    assert packs_at(START - DAY) == "", "before anything was applied by what was applied first"


def test_a_push_at_night_waits_for_eight_by_the_packs_of_korea(shop: Path) -> None:
    way_out = CONSENT.replace("address:", "optouts: {push: 설정 > 알림}, address:")
    with serving(Inbox()) as port, sending(shop, port, way_out) as world:
        world.person("a", country="KR")
        agreed = consent("a", is_given=True)
        agreed["properties"]["channel"] = "push"
        world.tell(agreed)
        world.decide()
    asked = ("--at", "2026-11-22T22:30+09:00", "--channel", "push", "--customer", "email:a@example.com")
    told = typed("decide", "-w", shop, "--pack", "kr", *asked, cwd=shop)
    assert told.code == 0, told.err
    assert told.out.startswith("Has to wait · until 2026-11-23 08:00 (Asia/Seoul) · It is night")
    assert "KR-05" in told.out
    assert "EU-" not in told.out
    assert typed("decide", "-w", shop, "--pack", "jp", *asked, cwd=shop).code == 1
