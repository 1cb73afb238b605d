"""Audiences for advertising platforms: whom the law lets go, hashed as each platform asks, and why the others stay."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.fixtures_shop import typed

import itda
from itda.base.errors import Misused, Refused
from itda.base.instant import DAY, text
from itda.engine import duties
from itda.engine.commands.consent import Given, RecordConsent
from itda.engine.exporting.audience import Audience, GiveAudience, Members
from itda.engine.shop import Shop
from itda.store.ports import Record

pytestmark = pytest.mark.server
GIVEN = ("provide_3p:google", "overseas:google", "behav_ads", "provide_3p:meta", "overseas:meta")
SIGNALS = ("ad_user_data", "ad_personalization")
PROCESSORS = "".join(
    f"{name}: {{country: US, kinds: [email, phone], how: take them out of the audience, mechanism: SCC 2021/914}}\n"
    for name in ("google", "meta")
)
KIM, HANS, LEE, CHILD = "Kim.Min@Gmail.com", "hans@example.de", "lee@shop.example", "child@shop.example"


@pytest.fixture
def opened(shop: Path) -> Iterator[Shop]:
    (shop / "sources" / "server.yaml").write_text("kind: tracking\nchannel: web\nkey: secret\n", encoding="utf-8")
    with (shop / "consent.yaml").open("a", encoding="utf-8") as file:
        file.write("\nsender: {name: Corner Shop, country: KR}\n")
    (shop / "processors.yaml").write_text(PROCESSORS, encoding="utf-8")
    with itda.open(shop) as one:
        yield one


def filled(shop: Shop) -> None:
    now = shop.app.clock()

    def told(who: str, **traits: Any) -> dict[str, Any]:
        return {"identifiers": {"email": who}, "timestamp": text(now - DAY), "type": "identify", "traits": traits}

    def said(who: str, purpose: str, *, is_given: bool) -> dict[str, Any]:
        act = {"purpose": purpose, "channel": "any", "is_given": is_given}
        return {"identifiers": {"email": who}, "timestamp": text(now - DAY), "type": "track", "event": "Consent Changed",
                "properties": act}  # fmt: skip

    tell = [
        told(KIM, phone="010-9999-5678", country="KR"), told(HANS, country="DE"), told(LEE, country="KR", ci="CIVALUE", tier="gold"),
        told(CHILD, country="KR", age_band="0-13", guardian_consent=True),
        *(said(who, purpose, is_given=True) for who in (KIM, HANS, CHILD) for purpose in GIVEN),
        said(HANS, SIGNALS[0], is_given=True), said(HANS, SIGNALS[1], is_given=False),
    ]  # fmt: skip
    shop.intake.append([Record("server", "batch", msgspec.json.encode({"batch": tell}))], now)
    shop.settle()


def test_t24_and_t25_only_who_consented_goes_and_each_in_the_platforms_form(opened: Shop, tmp_path: Path) -> None:
    filled(opened)
    done = opened.export.audience(tmp_path / "google.csv", platform="google", reason="autumn campaign")
    assert (done.customers, done.stayed) == (1, 3), done.why
    assert done.why == {"EU-13 NO_AD_CONSENT": 1, "KR-35 NO_CONSENT_TO_PROVIDE": 1, "KR-40 CHILD": 1}
    (row,) = csv.DictReader((tmp_path / "google.csv").read_text(encoding="utf-8").splitlines())
    assert row["Email"] == "da0d7fd2ac606d76a08e305b34f17d48fdbd2e4fe002e460b60d00605702dfc7"
    assert (len(row["Phone"]), row["ad_user_data"], row["ad_personalization"]) == (64, "GRANTED", "GRANTED")

    said = typed(
        "-w", opened.path, "export", "audience", "--for", "meta", "--to", tmp_path / "meta.csv",
        "--reason", "autumn campaign", "--json", cwd=tmp_path,
    )  # fmt: skip
    assert said.code == 0, said
    mails = {one["email"] for one in csv.DictReader((tmp_path / "meta.csv").read_text(encoding="utf-8").splitlines())}
    assert "0439364ad5896d4aaf6ab6d3abdf499f1a2263c879c9ff26c29c6667f6eeeb8d" in mails


def test_ch_09_who_takes_a_consent_back_is_owed_a_new_list_within_a_day_which_settles_it(
    opened: Shop, tmp_path: Path
) -> None:
    def owed() -> list[tuple[str, int]]:
        with opened.db.connection() as connection:
            return [(one.about, one.due_at) for one in duties.open_ones(connection, "audience")]

    def told(purpose: str, action: Given = "withdraw", channel: str = "any") -> None:
        act = RecordConsent(who=("email", KIM), purpose=purpose, action=action, channel=channel, evidence="call 7")
        opened.act(act, "told on the phone")

    filled(opened)
    told("behav_ads")
    told("behav_ads", "grant")
    assert owed() == [], "nobody has a list yet"
    assert opened.export.audience(tmp_path / "a.csv", platform="google", reason="autumn").customers == 1
    told("ad_receive", channel="sms")
    told("overseas:meta")
    assert owed() == [], "none of it is what Google's list rests on"
    before = opened.app.clock()
    told("provide_3p:google")
    told("behav_ads")
    ((about, due_at),) = owed()
    assert (about, before + DAY <= due_at <= opened.app.clock() + DAY) == ("google", True)
    assert opened.export.audience(tmp_path / "b.csv", platform="google", reason="autumn").customers == 0
    assert owed() == []
    with opened.db.connection() as connection:
        proofs = connection.execute("select proof from duty where kind = 'audience'").fetchall()
    assert len(proofs) == 1
    assert '"customers":0' in proofs[0][0]


def test_ch_09_who_withdraws_while_a_list_is_written_is_owed_it_anew_also_of_two_lists_at_once(
    opened: Shop, tmp_path: Path
) -> None:
    """A list knows the ledger of one moment; what is committed before the file is there is after that moment."""

    def duty(column: str) -> list[Any]:
        with opened.db.connection() as connection:
            return [
                one for (one,) in connection.execute(f"select {column} from duty where kind = 'audience'").fetchall()
            ]

    def told(action: Given) -> None:
        act = RecordConsent(who=("email", KIM), purpose="behav_ads", action=action, channel="any", evidence="call 7")
        opened.act(act, "told on the phone")

    def written(during: Callable[[], object]) -> int:
        """How many rows a list has during whose writing, as its first page is told, another connection commits."""
        pages: list[int] = []

        def into(rows: list[tuple[str, ...]], _looked: int) -> None:
            pages.append(len(rows))
            during()

        members = Members("google")
        made = opened.ask(Audience(members, into), "autumn")
        assert len(pages) == 1
        opened.act(GiveAudience(members, made.customers, made.known), "autumn")
        return pages[0]

    def taken_and_given() -> None:
        told("grant")
        told("withdraw")

    filled(opened)
    before = opened.app.clock()
    assert written(lambda: told("withdraw")) == 1
    assert (duty("status"), before + DAY <= duty("due_at")[0] <= opened.app.clock() + DAY) == (["open"], True)
    assert written(taken_and_given) == 0
    assert sorted(duty("status")) == ["done", "open"], "the list without them is not the one after their second act"
    assert written(lambda: opened.export.audience(tmp_path / "a.csv", platform="google", reason="autumn")) == 0
    assert duty("status") == ["done", "done"]
    told("grant")
    assert written(lambda: opened.export.audience(tmp_path / "b.csv", platform="google", reason="autumn")) == 1
    assert duty("status") == ["done", "done"]


def test_nobody_goes_without_a_reason_and_no_platform_is_guessed(opened: Shop, tmp_path: Path) -> None:
    filled(opened)
    with pytest.raises(Refused, match="needs a reason"):
        opened.export.audience(tmp_path / "a.csv", platform="google")
    assert not (tmp_path / "a.csv").exists()
    with pytest.raises(Misused, match="gogle"):
        opened.export.audience(tmp_path / "b.csv", platform="gogle", reason="x")
    assert not (tmp_path / "b.csv").exists()


def test_connecting_information_leaves_in_no_export(opened: Shop) -> None:
    filled(opened)
    told = str(opened.export.frame(reason="ticket 41").to_dicts())
    assert "gold" in told
    assert "CIVALUE" not in told
