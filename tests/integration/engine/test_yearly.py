"""The yearly notice of use: owed where very many people are known, once a year."""

from __future__ import annotations

from pathlib import Path

import pytest

import itda
from itda.base.instant import parse
from itda.engine import duties
from itda.engine.auditing.upkeep import AuditUpkeep
from itda.engine.obliging import yearly
from itda.engine.shop import Shop
from itda.store.database import Database

pytestmark = pytest.mark.server
SUMMER, WINTER, NEXT = (
    parse(day) for day in ("2026-07-01T00:00+09:00", "2026-12-31T23:00+09:00", "2027-01-01T00:30+09:00")
)


def test_kr_52_who_keeps_data_of_very_many_owes_them_a_notice_by_the_end_of_each_year(database: Database) -> None:
    with database.connection() as connection:

        def owed(now: int, many: int, country: str = "KR") -> bool:
            return yearly.owe(connection, country, "Asia/Seoul", now, many)

        def known() -> list[tuple[str, int]]:
            return [(one.about, one.due_at) for one in duties.open_ones(connection, yearly.KIND)]

        connection.execute(  # three people, one of them with two identifiers
            "insert into identifier (fragment, kind, first_at, component, customer)"
            " select one, 'email', 0, one, least(one, '\\x03') from unnest(array['\\x01', '\\x02', '\\x03', '\\x04']::bytea[]) one"
        )
        assert (owed(SUMMER, 4), owed(SUMMER, 3, "DE"), known()) == (False, False, [])
        assert (owed(SUMMER, 3), owed(WINTER, 3)) == (True, True)
        assert known() == [("2026", parse("2027-01-01T00:00+09:00"))]
        (made,) = duties.open_ones(connection, yearly.KIND)
        duties.settle(connection, made.id, "notice 2026, mailed on 12-01", WINTER)
        assert (owed(WINTER, 3), known()) == (True, [])
        assert owed(NEXT, 3)
        assert [year for year, _ in known()] == ["2027"]
        assert not owed(NEXT, 10), "four identifiers are no ten people"


def test_kr_52_the_upkeep_of_a_served_shop_asks_once_a_day(shop: Path) -> None:
    def about(opened: Shop) -> list[str]:
        with opened.db.connection() as connection:
            return [one.about for one in duties.open_ones(connection, yearly.KIND)]

    with itda.open(shop) as opened:
        with opened.db.connection() as connection:
            connection.execute(
                "insert into identifier (fragment, kind, first_at, component, customer)"
                " values ('\\x01', 'email', 0, '\\x01', '\\x01')"
            )
        AuditUpkeep(opened.db, opened.workspace, lambda: SUMMER, many=2).daily(SUMMER)
        assert about(opened) == []
        AuditUpkeep(opened.db, opened.workspace, lambda: NEXT, many=1).daily(NEXT)
        assert about(opened) == ["2027"]
