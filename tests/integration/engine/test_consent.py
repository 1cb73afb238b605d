"""The ledger of consent in PostgreSQL: only ever added to, told once, and the truth that every state follows from."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

import itda
from itda.base import instant
from itda.base.errors import Refused
from itda.consent.definition import ADS, ADS_AT_NIGHT
from itda.engine import setting_up
from itda.engine.commands.consent import RecordConsent, Recorded
from itda.engine.examination import examine
from itda.engine.questions.consent import ConsentOf, ConsentView, WouldSend
from itda.engine.questions.definitions import Definitions
from itda.engine.shop import Shop
from itda.store import consents
from itda.store.ports import Record
from itda.workspace.load import load

pytestmark = pytest.mark.server

WORDS = """
sender: {name: 브랜드A, email: hello@a.example, phone: 02-123-4567, address: 서울, optouts: {sms: 080-1, push: 설정, email: "https://a.example/u"}}
texts:
  ads:
    purpose: ad_receive
    channel: email
    languages: {ko: 이메일 광고를 받겠습니다, en: Send me offers by e-mail}
"""
MAIL, CARD = ("email", "kim@mail.kr"), ("membership", "M1")
NIGHT = instant.parse("2025-03-20T22:30+09:00")


@pytest.fixture
def opened(shop: Path) -> Iterator[Shop]:
    (shop / "consent.yaml").write_text(WORDS, encoding="utf-8")
    with itda.open(shop) as one:
        seen(one, membership="m1", email="kim@mail.kr")
        yield one


def seen(
    shop: Shop, properties: dict[str, Any] | None = None, event: str = "Product Viewed", at: str = "", **who: str
) -> None:
    """One event of a person with these identifiers, processed."""
    item = {
        **({"timestamp": at} if at else {}),
        "type": "track",
        "event": event,
        "properties": properties or {"product_id": "p1"},
        "userId": who.pop("userId", None),
        "context": {"traits": who},
    }
    shop.intake.append([Record("web", "track", json.dumps(item).encode())], shop.app.clock())
    shop.settle()


def told(shop: Shop, action: str, **more: Any) -> Recorded:
    given = {"who": MAIL, "channel": "email", "text": "ads@1/ko" if action == "grant" else ""}
    return shop.act(RecordConsent(action=action, **(given | more)), "told on the phone")


def view(shop: Shop, who: tuple[str, str] = CARD) -> ConsentView:
    found = shop.ask(ConsentOf(who))
    assert found is not None
    return found


def status(shop: Shop, purpose: str = ADS, channel: str = "email") -> str:
    return next(one.status for one in view(shop).standings if (one.purpose, one.channel) == (purpose, channel))


def test_an_act_is_in_ledger_state_tasks_and_log_at_once(opened: Shop) -> None:
    assert told(opened, "grant", evidence="paper 12 in the cellar").is_new
    found = view(opened)
    (standing,) = found.standings
    assert (standing.purpose, standing.channel, standing.contact, standing.status) == (
        ADS,
        "email",
        "email:kim@mail.kr",
        "granted",
    )
    (act,) = found.acts
    assert (act.action, act.who, act.text, act.is_copy) == ("grant", "email:kim@mail.kr", "ads@1/ko", False)
    (task,) = found.tasks
    assert (task.kind, task.due_at - task.occurred_at) == ("notice", 14 * instant.DAY)
    latest = opened.timeline("membership:m1").row(0, named=True)
    assert (latest["name"], latest["source"]) == ("Consent Changed", "itda")
    with opened.db.connection() as connection:
        kept = connection.execute("select id, locale, body from consent_text order by id").fetchall()
        sealed = connection.execute("select evidence_sealed, has_evidence from consent_event").fetchone()
    assert kept[1] == ("ads@1/ko", "ko", "이메일 광고를 받겠습니다")
    assert sealed is not None
    assert sealed[1]
    assert b"paper" not in bytes(sealed[0])


def test_an_act_told_twice_is_written_once(opened: Shop) -> None:
    first = told(opened, "grant", key="form-7", occurred_at=NIGHT - instant.DAY)
    again = told(opened, "grant", key="form-7", occurred_at=NIGHT - instant.DAY)
    assert (first.is_new, again.is_new) == (True, False)
    assert len(view(opened).acts) == 1
    names = opened.timeline("membership:m1").get_column("name").to_list()
    assert names.count("Consent Changed") == 1


def test_what_anybody_says_again_fills_no_ledger_and_a_page_shows_so_much_of_it(opened: Shop) -> None:
    for given, day in ((True, 1), (False, 4), (False, 2), (True, 3), (False, 4), (True, 5), (False, 5)):
        properties = {"is_given": given, "purpose": ADS, "channel": "email"}
        seen(opened, properties, "Consent Changed", email="kim@mail.kr", at=f"2026-03-0{day}T10:00:00Z")
    acts = view(opened).acts
    own = [(act.action, act.occurred_at) for act in acts if not act.is_copy]
    assert own == [
        ("request", instant.parse("2026-03-01T10:00Z")),
        ("withdraw", instant.parse("2026-03-04T10:00Z")),
        ("request", instant.parse("2026-03-03T10:00Z")),
        ("withdraw", instant.parse("2026-03-05T10:00Z")),
    ]
    short = opened.ask(ConsentOf(CARD, limit=2))
    assert short is not None
    assert short.acts == acts[-2:]
    assert short.left_off == len(acts) - 2 + len(view(opened).tasks) - len(short.tasks)


@pytest.mark.parametrize(
    "change", ["update consent_event set action = 'grant'", "delete from consent_event", "truncate consent_event"]
)
def test_the_ledger_refuses_every_change(opened: Shop, change: str) -> None:
    told(opened, "withdraw")
    with pytest.raises(psycopg.errors.RaiseException, match="only ever added to"), opened.db.connection() as connection:
        connection.execute(change.encode())
    assert status(opened) == "withdrawn"


def test_a_withdrawal_reaches_everyone_joined_and_a_new_consent_ends_that(opened: Shop) -> None:
    told(opened, "grant", occurred_at=NIGHT - 9 * instant.DAY)
    told(opened, "withdraw", occurred_at=NIGHT - 5 * instant.DAY)
    acts = view(opened).acts
    assert [(act.action, act.who, act.is_copy) for act in acts if act.action == "withdraw"] == [
        ("withdraw", "email:kim@mail.kr", False),
        ("withdraw", "membership:M1", True),
    ]
    opened.cut("membership:m1", "email:kim@mail.kr", reason="a neighbour's card")
    for who in (CARD, MAIL):
        assert [one.status for one in view(opened, who).standings] == ["withdrawn"], who
    opened.take_back("membership:m1", "email:kim@mail.kr", reason="it was hers")
    told(opened, "grant", occurred_at=NIGHT - instant.DAY)
    assert status(opened) == "granted"


def test_a_join_takes_the_least_permissive_and_a_cut_gives_each_its_own(opened: Shop) -> None:
    seen(opened, userId="u2", phone="010-2222-3333")
    phone = ("phone", "010-2222-3333")

    def sms(who: tuple[str, str]) -> str:
        return {(one.purpose, one.channel): one.status for one in view(opened, who).standings}[ADS, "sms"]

    told(opened, "grant", who=phone, channel="sms", text="", evidence="call 7", occurred_at=NIGHT)
    told(opened, "withdraw", who=CARD, channel="sms", occurred_at=NIGHT - instant.DAY)
    assert (sms(CARD), sms(phone)) == ("withdrawn", "granted")
    opened.join("membership:m1", "user_id:u2", reason="one person")
    assert opened.customer("membership:m1").id == opened.customer("user_id:u2").id
    asked = WouldSend(who=phone, channel="sms", message_class="advertising", at=NIGHT - 4 * instant.HOUR)
    decision = opened.ask(asked)
    assert decision is not None
    assert {"OPTED_OUT", "NO_CONSENT"} <= {reason.code for reason in decision.reasons}
    opened.cut("membership:m1", "user_id:u2", reason="two people after all")
    assert (sms(CARD), sms(phone)) == ("withdrawn", "granted")


def test_the_states_made_anew_from_the_ledger_are_the_states_that_were(opened: Shop) -> None:
    seen(opened, membership="m1", phone="010-2222-3333")
    day = NIGHT - 40 * instant.DAY
    for number, action in enumerate(("grant", "withdraw", "grant", "confirm", "refuse", "grant")):
        told(opened, action, occurred_at=day + number * instant.DAY)
        told(opened, action, channel="any", text="", evidence="x", who=CARD, occurred_at=day - number * instant.DAY)
        told(opened, action, channel="sms", text="", evidence="x", purpose=ADS_AT_NIGHT, who=CARD, occurred_at=day)
    rows = "select s::text from consent_state s order by 1"
    with opened.db.connection() as connection:
        before = connection.execute(rows).fetchall()
        assert consents.rebuild(connection, opened.workspace.consent.reconfirm, at_once=1) > 1
        assert connection.execute(rows).fetchall() == before
        connection.execute("update consent_state set status = 'expired'")
        consents.rebuild(connection, opened.workspace.consent.reconfirm)
        assert connection.execute(rows).fetchall() == before
    assert len(before) >= 4


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"channel": "e-mail"}, "'e-mail' is no channel"),
        ({"text": ""}, "a consent that nothing shows is none"),
        ({"text": "ads@2/ko"}, "is no text that is shown"),
        ({"channel": "sms", "who": CARD}, "not for ad_receive on sms"),
        ({"purpose": "ad_recieve"}, "is no purpose"),
        ({"occurred_at": 1 << 60}, "cannot lie in the future"),
        ({"who": ("email", "nobody@mail.kr")}, "no customer has"),
        ({"channel": "sms", "who": CARD, "text": "", "evidence": "x"}, "has no phone"),
    ],
)
def test_what_is_wrong_with_an_act_is_said_and_nothing_written(opened: Shop, wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(Refused, match=said):
        told(opened, "grant", **wrong)
    assert view(opened).acts == []


def test_words_that_were_shown_are_not_changed_under_their_name(opened: Shop, shop: Path) -> None:
    told(opened, "grant")
    (shop / "consent.yaml").write_text(WORDS.replace("받겠습니다", "꼭 받겠습니다"), encoding="utf-8")
    with itda.open(shop) as again, pytest.raises(Refused, match="other words than were shown"):
        again.apply(again.diff(), reason="better words")


def test_the_gate_is_asked_about_a_real_customer(opened: Shop) -> None:
    def asked(channel: str, at: int = NIGHT, message_class: str = "advertising") -> Any:
        found = opened.ask(WouldSend(who=CARD, channel=channel, message_class=message_class, at=at))
        assert found is not None
        return found

    assert (asked("email").decision, asked("email").why) == ("drop", "NO_CONSENT")
    assert asked("sms").why == "NO_CONTACT"
    told(opened, "grant", occurred_at=NIGHT - instant.DAY)
    sent = asked("email")
    assert sent.decision == "send"
    assert "(광고)" in [change.value for change in sent.changes]
    seen(
        opened, {"purpose": ADS, "channel": "push", "is_given": True, "text_version": "x"}, "Consent Changed",
        membership="m1",
    )  # fmt: skip
    told(opened, "grant", who=CARD, channel="push", text="", evidence="screen 4", occurred_at=NIGHT - instant.DAY)
    held = asked("push")
    assert (held.decision, held.why, held.until) == (
        "hold",
        "NIGHT_NO_CONSENT",
        instant.parse("2025-03-21T08:00+09:00"),
    )
    assert asked("push", message_class="informational").decision == "send"
    told(opened, "withdraw", occurred_at=NIGHT - instant.HOUR)
    assert {reason.code for reason in asked("email").reasons} >= {"OPTED_OUT", "NO_CONSENT"}


def test_the_terminal_shows_writes_and_decides(shop: Path, itda: Callable[..., Any]) -> None:
    (shop / "consent.yaml").write_text(WORDS, encoding="utf-8")
    from itda.engine.shop import open as open_shop

    with open_shop(shop) as one:
        seen(one, membership="m1", email="kim@mail.kr")
    assert itda("consent", "membership:m1").out == "Nothing was ever said.\n"
    wrote = itda("consent", "record", "email:kim@mail.kr", "--action", "grant", "--channel", "email", "--text", "ads@1/ko",
                 "--key", "form-7", "--at", "2025-03-01T10:00+09:00")  # fmt: skip
    assert wrote.code == 0, wrote
    assert "Written." in wrote.out
    shown = itda("consent", "membership:m1").out
    assert all(word in shown for word in ("Given", "Advertising", "ads@1/ko", "2027-02-28"))
    assert itda("consent", "record", "email:kim@mail.kr", "--action", "confirm", "--channel", "email").code == 0
    assert itda("consent", "record", "email:kim@mail.kr", "--action", "refuse", "--channel", "any").code == 0
    assert "Tell them what became of their act" in itda("consent", "membership:m1").out
    kept = itda("consent", "membership:m1", "--json").json["standings"]
    assert {one["channel"]: one["status"] for one in kept} == {"any": "refused", "email": "refused"}
    said = itda("decide", "--channel", "email", "--class", "advertising", "--at", "2025-03-20T22:30+09:00",
                "--customer", "membership:m1", "--json").json  # fmt: skip
    assert (said["decision"], said["why"]) == ("drop", "OPTED_OUT")
    plain = itda("decide", "--channel", "email", "--class", "advertising", "--customer", "email:kim@mail.kr").out
    assert "OPTED_OUT" in plain
    assert itda("decide", "--channel", "email", "--class", "advertising", "--customer", "membership:none").code == 1
    assert itda("decide", "--channel", "emial", "--class", "advertising", "--customer", "membership:m1").code == 1
    wrong = itda(
        "decide", "--channel", "email", "--class", "advertising", "--at", "noon", "--customer", "membership:m1"
    )
    assert wrong.code == 2


def test_what_was_shown_is_neither_changed_nor_taken_out(opened: Shop) -> None:
    told(opened, "grant", key="form-9", occurred_at=NIGHT - instant.DAY)
    for statement in (
        "update consent_text set body = 'other words'", "delete from consent_text", "truncate consent_text",
    ):  # fmt: skip
        with pytest.raises(psycopg.errors.RaiseException, match="stays as it was"), opened.db.connection() as one:
            one.execute(statement)


def test_check_doctor_and_console_name_a_text_whose_file_has_other_words_than_were_shown(opened: Shop) -> None:
    def looked() -> list[tuple[bool, str]]:
        return [(one.ok, one.what) for one in examine(opened.path, 1) if one.name == "texts"]

    told(opened, "grant", key="form-10", occurred_at=NIGHT - instant.DAY)
    assert looked()[0][0]
    assert setting_up.check(opened.path).faults == []
    assert opened.ask(Definitions()).other_words == []
    changed = WORDS.replace("이메일 광고를 받겠습니다", "이메일과 문자 광고를 받겠습니다")
    assert changed != WORDS
    (opened.path / "consent.yaml").write_text(changed, encoding="utf-8")
    ((ok, what),) = looked()
    assert (ok, "ads@1/ko" in what) == (False, True)
    (fault,) = setting_up.check(opened.path).faults
    line = next(n for n, one in enumerate(changed.splitlines(), 1) if "이메일과 문자 광고" in one)
    assert (fault.file, fault.line, fault.field) == ("consent.yaml", line, "texts.ads.languages.ko")
    assert "version: 2" in fault.cure
    opened._begin()  # what holds is what was applied, with the words of before
    held = opened.ask(Definitions())
    assert (held.other_words, held.unapplied, held.faults) == ([], ["consent.yaml"], 1)
    opened.workspace = opened.app.workspace = load(opened.path)  # as where it was applied before anybody saw it
    assert opened.ask(Definitions()).other_words == [str(fault)]
    with pytest.raises(Refused, match="other words than were shown"):
        told(opened, "confirm")
