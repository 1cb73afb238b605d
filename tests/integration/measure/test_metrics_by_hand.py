"""Every metric over a real piece of data is the number that SQL written by hand finds in the source files, exactly."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from itertools import groupby
from typing import NamedTuple

import duckdb
import msgspec
import pytest

from itda.base import instant
from itda.base.errors import Misused
from itda.base.instant import DAY
from itda.engine import phrasing
from itda.engine.questions import facts, orders
from itda.engine.questions.facts import Period
from itda.engine.questions.metric import Measure
from itda.engine.shop import Shop
from itda.measure.definition import By, Parameters, Row
from itda.measure.interval import wilson
from itda.measure.metrics import METRICS
from itda.store import migrate

from . import real_shop

pytestmark = [pytest.mark.server, pytest.mark.timeout(400)]
TIMES = {"day": "strftime({at}, '%Y-%m-%d')", "week": "strftime(date_trunc('week', {at}), '%Y-%m-%d')",
         "month": "strftime({at}, '%Y-%m')",
         "source": "['people', 'campaigns', 'coupons', 'web_visits', 'itda', 'tills'][source + 1]"}  # fmt: skip


class World(NamedTuple):
    shop: Shop
    hand: duckdb.DuckDBPyConnection


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, database_url: str) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("measure") / "shop"
    with real_shop.source() as hand:
        shop = real_shop.make(folder, hand, database_url, "test_measure")
        yield World(shop, hand)
        migrate.drop(shop.db)
        shop.close()


def told(rows: list[Row]) -> dict[tuple[str, str], tuple[int, int | None]]:
    return {(row.series, row.part): (row.n, row.d) for row in rows}


def by_hand(world: World, question: str) -> dict[tuple[str, str], tuple[int, int | None]]:
    """(series, part) → (n, d) of a question with the columns series, part, n, d."""
    return {(series, where): (n, d) for series, where, n, d in world.hand.execute(question).fetchall()}


def part(by: str, at: str = "happened") -> str:
    return TIMES[by].format(at=at) if by in TIMES else f"coalesce({by}, '')" if by else "''"


def test_a_process_of_its_own_puts_a_metric_into_the_same_words() -> None:
    told = phrasing.Wanted("revenue", Parameters(window=7 * DAY))
    done = subprocess.run(
        [sys.executable, "-m", phrasing.__name__], input=msgspec.json.encode(told), capture_output=True, check=True
    )
    apart, here = msgspec.json.decode(done.stdout, type=phrasing.Questions), phrasing.put(told)
    assert {by: one.tables for by, one in apart.items()} == {by: one.tables for by, one in here.items()}
    assert [apart[by].sql for by in ("", "day", "store")] == [here[by].sql for by in ("", "day", "store")]


@pytest.mark.parametrize("by", ["", "day", "week", "month", "channel", "store"])
def test_customers_are_those_of_the_source(world: World, by: By) -> None:
    expected = by_hand(world, f"select '', {part(by)}, count(distinct who), null from told group by 2")
    assert told(world.shop.report("customers", by=by).rows) == expected
    assert world.shop.report("customers", by=by).whole[0].n == world.shop.status().customers


@pytest.mark.parametrize("by", ["", "month", "channel", "source"])
def test_the_linked_share_is_that_of_interactions_with_a_known_identifier(world: World, by: By) -> None:
    expected = by_hand(
        world, f"select '', {part(by)}, count(*) filter (who not like 'stranger%'), count(*) from told group by 2"
    )
    assert told(world.shop.report("linked_share", by=by).rows) == expected


@pytest.mark.parametrize("of", ["source", "channel"])
def test_the_linked_share_of_each_source_and_channel_is_told_over_time(world: World, of: By) -> None:
    expected = by_hand(
        world,
        f"select {part(of)}, {part('month')}, count(*) filter (who not like 'stranger%'), count(*) from told group by 1, 2",
    )
    report = world.shop.report(f"linked_share_by_{of}")
    assert (report.by, told(report.rows)) == ("month", expected)
    assert {row.series: (row.n, row.d) for row in report.whole} == {
        row.part: (row.n, row.d) for row in world.shop.report("linked_share", by=of).rows
    }


RUN = (
    "insert into match_run (at, version, people, pairs, duplicates, linked, waiting, decided, decided_same, checked, "
    "checked_right, is_calibrated, weights) values (%s, '', %s, 0, %s, 0, 0, 0, 0, %s, %s, false, '')"
)


def test_duplicates_and_precision_are_those_of_the_last_matching_of_each_period(world: World) -> None:
    before = [world.shop.report(name).whole[0] for name in ("duplicates", "match_precision")]
    assert [(row.n, row.d, row.value) for row in before] == [(0, 0, None)] * 2, "nothing was matched"
    days = [("2017-03-02T00:10:00Z", 900, 12.4, 0, 0), ("2017-03-30T00:10:00Z", 1000, 20.6, 20, 19),
            ("2017-04-05T00:10:00Z", 1100, 15.2, 50, 49)]  # fmt: skip
    with world.shop.db.connection() as connection:
        for at, people, duplicates, checked, right in days:
            connection.execute(RUN, [instant.parse(at), people, duplicates, checked, right])
    try:
        months = told(world.shop.report("duplicates", by="month").rows)
        assert months == {("", "2017-03"): (21, 1000), ("", "2017-04"): (15, 1100)}
        precise = world.shop.report("match_precision", by="month")
        assert told(precise.rows) == {("", "2017-03"): (19, 20), ("", "2017-04"): (49, 50)}
        assert told(precise.whole) == {("", ""): (49, 50)}
        assert [(row.low, row.high) for row in precise.whole] == [wilson(49, 50)]
        march = world.shop.report("match_precision", since="2017-03-01", until="2017-03-28").rows
        assert [(row.d, row.value, row.low) for row in march] == [(0, None, None)]
    finally:
        with world.shop.db.connection() as connection:
            connection.execute("delete from match_run")


@pytest.mark.parametrize("by", ["", "week", "month"])
def test_people_met_on_several_channels_are_those_of_the_source(world: World, by: By) -> None:
    expected = by_hand(
        world,
        f"""select '', part, count(*) filter (channels > 1), count(*) from (
              select {part(by)} as part, who, count(distinct channel) as channels from told where is_touch group by 1, 2)
            group by 2""",
    )
    assert told(world.shop.report("several_channels_share", by=by).rows) == expected


@pytest.mark.parametrize("by", ["", "day", "week", "month", "store"])
def test_orders_and_revenue_are_those_of_the_till(world: World, by: By) -> None:
    orders = by_hand(world, f"select '', {part(by)}, count(*), null from baskets group by 2")
    revenue = by_hand(world, f"select '', {part(by)}, sum(cents)::bigint, null from baskets group by 2")
    assert told(world.shop.report("orders", by=by).rows) == orders
    assert told(world.shop.report("revenue", by=by).rows) == revenue
    overview = world.shop.overview()
    assert world.shop.report("orders", by=by).whole[0].n == overview.orders
    assert world.shop.report("revenue", by=by).whole[0].n == overview.revenue_minor


def test_a_period_holds_both_of_its_days_and_no_others(world: World) -> None:
    report = world.shop.report("revenue", since="2017-03-31", until="2017-05-01")
    expected = by_hand(
        world,
        "select '', '', sum(cents)::bigint, null from baskets where happened::date between '2017-03-31' and '2017-05-01'",
    )
    assert told(report.rows) == expected


@pytest.mark.parametrize("by", ["", "day", "month", "channel"])
def test_conversion_is_that_of_the_source(world: World, by: By) -> None:
    ordered = part(by) if by != "channel" else "'store'"
    expected = by_hand(
        world,
        f"""select '', part, count(*) filter (bought), count(*) from (
              select t.part, t.who, exists (from (select {ordered} as part, who from baskets) b
                                            where b.part = t.part and b.who = t.who) as bought
              from (select distinct {part(by)} as part, who from told where is_touch) t)
            group by 2""",
    )
    assert told(world.shop.report("conversion", by=by).rows) == expected


@pytest.mark.parametrize(("by", "days"), [("", 30), ("month", 30), ("store", 7), ("week", 90)])
def test_cross_channel_conversion_and_path_length_are_those_of_the_source(world: World, by: By, days: int) -> None:
    paths = f"""
        select {part(by, "b.happened")} as part, b.basket, count(t.happened) as length,
          count(distinct t.channel) as channels
        from (select * from baskets) b left join told t
          on t.is_touch and t.who = b.who and t.happened < b.happened and t.happened >= b.happened - to_days({days})
        group by all
    """.replace("coalesce(store", "coalesce(b.store")
    cross = by_hand(world, f"select '', part, count(*) filter (channels > 1), count(*) from ({paths}) group by part")
    length = by_hand(world, f"select '', part, sum(length)::bigint, count(*) from ({paths}) group by part")
    assert sum(n for n, _ in cross.values()) > 0
    assert told(world.shop.report("cross_channel_conversion", by=by, window=days).rows) == cross
    assert told(world.shop.report("path_length", by=by, window=days).rows) == length


@pytest.mark.parametrize(("by", "days"), [("", 30), ("month", 30), ("channel", 1)])
def test_online_to_store_conversion_is_that_of_the_source(world: World, by: By, days: int) -> None:
    expected = by_hand(
        world,
        f"""select '', part, count(*) filter (went), count(*) from (
              select {part(by)} as part, who, bool_or(exists (
                from baskets b where b.who = t.who and b.happened > t.happened
                  and b.happened <= t.happened + to_days({days}))) as went
              from told t where is_touch and channel in ('web', 'email') group by 1, 2)
            group by 2""",
    )
    assert any(0 < n < (d or 0) for n, d in expected.values())
    assert told(world.shop.report("online_to_store_conversion", by=by, window=days).rows) == expected


def test_what_is_online_and_how_long_a_touch_counts_is_as_the_shops_file_says(world: World) -> None:
    app, read = world.shop.app, world.shop.app.workspace
    expected = by_hand(
        world,
        """select '', '', count(*) filter (went), count(*) from (
              select who, bool_or(exists (
                from baskets b where b.who = t.who and b.happened > t.happened
                  and b.happened <= t.happened + to_days(7))) as went
              from told t where is_touch and channel = 'email' group by 1)""",
    )
    app.workspace = msgspec.structs.replace(read, measured=Parameters(window=7 * DAY, online=("email",)))
    try:
        report = world.shop.report("online_to_store_conversion")
    finally:
        app.workspace = read
    assert told(report.rows) == expected
    assert (report.window_days, report.online) == (7, ("email",))
    assert "an online touch (email)" in report.metric.meaning_en
    assert told(world.shop.report("online_to_store_conversion").rows) != expected


def paths(world: World, days: int, point: str = "channel") -> list[tuple[int, list[str]]]:
    """(cents, points of the touches in their order) of every basket, gathered one by one."""
    is_touch = "is_touch" if point == "channel" else "message <> ''"
    found = world.hand.execute(
        f"""select b.basket, b.cents, t.{point} from baskets b left join (
              select *, row_number() over (order by source, {point}) as n from told where {is_touch}) t
              on t.who = b.who and t.happened < b.happened and t.happened >= b.happened - to_days({days})
            order by b.basket, t.happened, t.source, t.n"""
    ).fetchall()
    return [
        (rows[0][1], [row[2] for row in rows if row[2] is not None])
        for rows in (list(group) for _, group in groupby(found, key=lambda row: row[0]))
    ]


def shared(amount: int, path: list[str], model: str) -> list[tuple[str, int]]:
    if not path:
        return [("", amount)]
    if model == "linear":
        even, over = divmod(amount, len(path))
        return [(point, even + (place < over)) for place, point in enumerate(path)]
    return [(path[0 if model == "first" else -1], amount)]


@pytest.mark.parametrize(("point", "days"), [("channel", 30), ("channel", 3), ("message", 30)])
def test_orders_and_revenue_are_attributed_as_by_hand(world: World, point: By, days: int) -> None:
    for name, scale in (("attributed_revenue", 0), ("attributed_orders", 1_000_000)):
        expected: dict[tuple[str, str], int] = {}
        for cents, path in paths(world, days, point):
            for model in ("first", "last", "linear"):
                for one, credit in shared(scale or cents, path, model):
                    expected[model, one] = expected.get((model, one), 0) + credit
        report = world.shop.report(name, by=point, window=days)
        assert {key: n for key, (n, _) in told(report.rows).items() if n} == {k: n for k, n in expected.items() if n}
        whole = world.shop.report("orders" if scale else "revenue").whole[0].n * (scale or 1)
        assert {row.n for row in report.whole} == {whole}


def test_assists_are_the_channels_that_were_not_the_last(world: World) -> None:
    expected: dict[str, int] = {}
    for _, path in paths(world, 30):
        for channel in set(path) - set(path[-1:]):
            expected[channel] = expected.get(channel, 0) + 1
    report = world.shop.report("assists", by="channel")
    assert {row.part: row.n for row in report.rows if row.n} == expected
    assert report.whole[0].n == sum(row.n for row in world.shop.report("assists", by="month").rows)


@pytest.mark.parametrize("by", ["", "month"])
def test_stages_are_reached_in_the_order_of_time(world: World, by: By) -> None:
    stages = ["Product Viewed", "Product Added", "Checkout Started", "Order Completed"]
    reached: dict[str, dict[str, int]] = {}
    rows = world.hand.execute(
        f"select {part(by)}, who, happened, event from told where event in {tuple(stages)} order by all"
    ).fetchall()
    for (where, _who), group in groupby(rows, key=lambda row: row[:2]):
        stage = 0
        moments = sorted((row[2], stages.index(row[3])) for row in group)
        for _, did in moments:
            stage += stage < len(stages) and did == stage
        for name in stages[:stage]:
            reached.setdefault(where, {}).setdefault(name, 0)
            reached[where][name] += 1
    expected = {
        (name, where): (count - there.get(onward, 0) if onward else 0, count)
        for where, there in reached.items()
        for name, onward in zip(stages, [*stages[1:], ""], strict=True)
        if (count := there.get(name, 0))
    }
    assert told(world.shop.report("stage_drop_off", by=by).rows) == expected


@pytest.mark.parametrize("by", ["", "message", "journey", "month"])
def test_the_message_funnel_is_that_of_the_source(world: World, by: By) -> None:
    expected = by_hand(
        world,
        f"""with sent as (select *, {part(by)} as part from mails where event = 'Message Sent'),
              became as (select s.part, s.message_id, s.happened, regexp_extract(s.mail, 'h(\\d+)@', 1) as who,
                list(m.event) as events from sent s join mails m using (message_id) group by all)
            select 'sent' as series, part, count(*), null from became group by 2
            union all select 'delivered', part, count(*), null from became where len(events) > 1 group by 2
            union all select 'opened', part, count(*), null from became
              where list_has_any(events, ['Message Opened', 'Message Clicked']) group by 2
            union all select 'clicked', part, count(*), null from became
              where list_contains(events, 'Message Clicked') group by 2
            union all select 'ordered', part, count(*), null from became where exists (from baskets b
              where b.who = became.who and b.happened > became.happened
                and b.happened <= became.happened + to_days(30)) group by 2""",
    )
    assert told(world.shop.report("message_funnel", by=by).rows) == expected


def test_segments_split_by_who_is_in_them(world: World) -> None:
    big = f"select who from baskets group by 1 having sum(cents) >= {real_shop.BIG}"
    bought = "select who from baskets"
    for name, question in (
        ("customers", "select 'PART', count(distinct who) from told where who in (MEMBERS)"),
        ("orders", "select 'PART', count(*) from baskets where who in (MEMBERS)"),
        ("revenue", "select 'PART', sum(cents)::bigint from baskets where who in (MEMBERS)"),
    ):
        expected = dict(
            world.hand.execute(question.replace("PART", segment).replace("MEMBERS", members)).fetchone() or ()
            for segment, members in (("big", big), ("bought", bought))
        )
        rows = {row.part: row.n for row in world.shop.report(name, by="segment").rows}
        assert {segment: rows.get(segment) for segment in expected} == expected


def test_parts_add_up_to_the_whole_wherever_a_metric_says_so(world: World) -> None:
    for metric in METRICS.values():
        if not metric.has_whole:
            continue
        whole = {row.series: (row.n, row.d) for row in world.shop.report(metric.name).rows}
        for by in metric.adds_up:
            rows = world.shop.report(metric.name, by=by).rows
            for series, (n, d) in whole.items():
                mine = [row for row in rows if row.series == series]
                assert sum(row.n for row in mine) == n, (metric.name, by)
                assert d is None or sum(row.d or 0 for row in mine) == d, (metric.name, by)


def test_reports_that_share_a_number_agree(world: World) -> None:
    shop = world.shop
    orders, customers = shop.report("orders").whole[0].n, shop.report("customers").whole[0].n
    assert shop.report("cross_channel_conversion").whole[0].d == orders
    assert shop.report("path_length").whole[0].d == orders
    assert {row.n for row in shop.report("attributed_orders").whole} == {orders * 1_000_000}
    assert {row.n for row in shop.report("attributed_revenue").whole} == {shop.report("revenue").whole[0].n}
    assert customers == shop.status().customers
    met = shop.report("conversion").whole[0]
    assert met.d == shop.report("several_channels_share").whole[0].d
    ordered = {row.part: row.n for row in shop.report("conversion", by="channel").rows}
    assert ordered["store"] == met.n


def test_a_report_is_told_again_from_memory_and_counted_anew_when_the_log_moves(world: World) -> None:
    shop = world.shop
    before = shop.report("customers", by="channel")
    assert shop.report("customers", by="channel") is before
    assert shop.report("customers", by="channel", since="2017-02-01") is not before


def test_a_frame_holds_the_rows(world: World) -> None:
    frame = world.shop.metric("revenue", by="month", since="2017-01-01", until="2017-12-31")
    assert frame.columns == ["series", "part", "value", "n", "d", "low", "high"]
    assert frame["n"].sum() == world.shop.report("revenue", since="2017-01-01", until="2017-12-31").whole[0].n
    assert frame["part"].to_list() == sorted(frame["part"].to_list())


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"name": "revenu"}, "did you mean revenue"),
        ({"name": "revenue", "by": "message"}, "not split by message"),
        ({"name": "revenue", "since": "yesterday"}, "is no day"),
        ({"name": "revenue", "since": "2017-02-02", "until": "2017-02-01"}, "ends before it begins"),
        ({"name": "revenue", "window": 0}, "are no window"),
    ],
)
def test_what_cannot_be_asked_is_said_plainly(world: World, asked: dict[str, object], said: str) -> None:
    with pytest.raises(Misused) as refused:
        world.shop.ask(Measure(**asked))
    assert said in str(refused.value)


def test_orders_are_folded_once_for_a_position_and_are_those_folded_in_place(world: World) -> None:
    shop = world.shop
    period = Period(instant.date_to_day(date(2017, 2, 1)), None)
    with shop.db.connection() as connection, connection.transaction():
        connection.execute("set transaction isolation level repeatable read")
        snapshot = shop.lake.within(connection)
        folded = orders.kept(shop.lake, snapshot, shop.workspace)
        assert folded is orders.kept(shop.lake, snapshot, shop.workspace)
        found = []
        for at_hand in (folded, None):
            with facts.prepared(
                snapshot, connection, shop.workspace, frozenset({"orders"}), period, 0, with_store=True, folded=at_hand
            ) as duck:
                columns = "customer, happened_at, day, is_asked, channel, store, net_minor, is_own_currency"
                found.append(sorted(duck.execute(f"select {columns} from orders").fetchall()))
    assert found[0] == found[1]
    assert len({row[3] for row in found[0]}) == 2
