"""Retention, whole: what has had its time is gone from lake and profiles, and a rebuild does not bring it back."""

from __future__ import annotations

import contextlib
import threading
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.fixtures_shop import typed

import itda
from itda.base.errors import Refused, Unavailable
from itda.base.instant import DAY, LocalDates, text
from itda.consent.retention import Rule, Term
from itda.engine import duties
from itda.engine.compactor import Cadence, Compactor
from itda.engine.keyring import event_label
from itda.engine.requests.upkeep import keep_up as carry_on
from itda.engine.retaining.looking import inactive
from itda.engine.retaining.running import AskRetention, NoteRetention, keep_up
from itda.engine.shop import Shop
from itda.engine.upkeep import Upkeep
from itda.store import duties as stored
from itda.store import retention
from itda.store.lake.files import first_of_month, on_disk
from itda.store.ports import Record

pytestmark = pytest.mark.server

RULES = """
browsing:
  of: events
  names: [Product Viewed]
  keep: 13 months
  purpose: what to recommend
  leaves: [category]
searches:
  of: field
  field: query
  names: [Products Searched]
  keep: 90 days
  purpose: what is looked for
birthdays:
  of: trait
  field: birth_date
  keep: 2 years
  purpose: a coupon on the day
"""


def told(shop: Shop, *items: dict[str, Any]) -> None:
    read(shop, *items)
    shop.settle()


def read(shop: Shop, *items: dict[str, Any]) -> None:
    """Tell the log, and have it read: nobody decided anything by it yet."""
    shop.intake.append([Record("web", "batch", msgspec.json.encode({"batch": items}))], shop.app.clock())
    with contextlib.closing(shop.pipeline()) as pipeline:
        pipeline.drain()


def happened(shop: Shop, who: dict[str, Any], name: str, days_ago: int, /, **said: Any) -> dict[str, Any]:
    at = text(shop.app.clock() - days_ago * DAY)
    what = {"type": "identify", "traits": said} if name == "identify" else {
        "type": "track", "event": name, "properties": said,
    }  # fmt: skip
    return {**what, "timestamp": at, "messageId": f"{name}-{days_ago}-{who}", **who}


def rows_of(shop: Shop) -> list[dict[str, Any]]:
    with shop.lake.snapshot() as snapshot:
        return snapshot.table().sort_by("position").to_pylist()


def opened(shop: Shop, rows: list[dict[str, Any]]) -> bytes:
    """What all these rows say to whoever holds every key."""
    with shop.db.connection() as connection:
        wrapped = {bytes(f): bytes(w) for f, w in connection.execute("select fragment, wrapped_key from keyring")}
    said = b""
    for row in rows:
        said += row["properties"].encode()
        if row["sealed"] is not None:
            cipher = shop.vault.unwrap(row["fragment"], wrapped[row["fragment"]])
            said += cipher.open(row["fragment"], event_label(row["position"]), row["sealed"])
    return said


def owed(shop: Shop) -> list[str]:
    """What the duties to destroy that are open are about."""
    with shop.db.connection() as connection:
        return sorted(one.about for one in duties.open_ones(connection, "destroy"))


def members(shop: Shop) -> int:
    with shop.db.connection() as connection:
        (n,) = connection.execute("select count(*) from segment_member where segment = 'lookers'").fetchone() or (0,)
    return int(n)


def test_what_had_its_time_is_gone_everywhere_and_a_rebuild_does_not_bring_it_back(shop: Path) -> None:
    (shop / "retention.yaml").write_text(RULES)
    (shop / "traits" / "looks.yaml").write_text("looks: {kind: count, events: {name: Product Viewed}}")
    (shop / "segments" / "lookers.yaml").write_text("lookers: {trait: looks, at_least: 3}")
    with itda.open(shop) as here:
        known = {"userId": "minji", "anonymousId": "cookie-1"}
        told(
            here,
            happened(here, {"anonymousId": "cookie-1"}, "Product Viewed", 900, product_id="old-0", category="shoes"),
            happened(here, known, "Product Viewed", 800, product_id="old-1", category="shoes", note="for my mother"),
            happened(here, known, "Product Viewed", 799, product_id="old-2", category="bags"),
            happened(here, known, "Products Searched", 200, query="engagement ring"),
            happened(here, known, "identify", 900, birth_date="1990-02-03", name="Minji"),
            happened(here, known, "Product Viewed", 30, product_id="new-1", category="hats"),
            happened(here, known, "Products Searched", 20, query="winter coat"),
        )
        before = here.customer("user_id:minji")
        assert before is not None
        assert before.events == 7
        assert [(one.name, one.due) for one in here.retention.report().rules] == [
            ("browsing", 3), ("searches", 1), ("birthdays", 1),
        ]  # fmt: skip
        assert members(here) == 1
        run = here.retention.run("the officer asks for it")
        assert members(here) == 0
        assert run.counts == {"browsing": 3, "searches": 1, "birthdays": 1}
        rows = rows_of(here)
        assert [row["name"] for row in rows].count("Retention Applied") == 1, "one person of many files is told of once"
        said = opened(here, rows)
        for gone in (b"old-0", b"old-1", b"old-2", b"mother", b"engagement", b"1990", b"02-03"):
            assert gone not in said
        for kept in (b"new-1", b"winter coat", b"Minji", b"shoes", b"bags"):
            assert kept in said
        left = [
            row for row in rows if row["name"] == "Product Viewed" and row["occurred_at"] < before.last_at - 90 * DAY
        ]
        assert len(left) == 3
        assert not {row["fragment"] for row in left} & {row["fragment"] for row in rows if row not in left}
        after = here.customer("user_id:minji")
        assert after is not None
        assert after.events == 4
        assert after.id == before.id
        assert after.first_at == before.first_at
        assert "birth_date" not in {trait.name for trait in after.traits}
        report = here.replay(verify=True)
        assert report.differences == []
        assert [one.due for one in here.retention.report().rules] == [0, 0, 0]
    again = typed("retention", "run", "--yes", cwd=shop)
    assert (again.code, again.out) == (0, "nothing was due.\n")
    told_of = typed("retention", cwd=shop)
    assert told_of.code == 0
    assert "Last run" in told_of.out
    assert "browsing" in told_of.out


PEOPLE = """
quiet: {of: persons, keep: 2 years, purpose: membership}
cookies: {of: identifiers, kinds: [anonymous_id], keep: 13 months, purpose: recognising a browser}
everything: {of: events, keep: 1 year, purpose: analysis}
disputed: {of: events, names: [Products Searched], keep: 30 days, purpose: search,
           held: {until: 2999-01-01, because: a dispute}}
"""


def test_a_daily_run_tells_of_new_rules_first_and_spares_what_a_law_keeps(shop: Path) -> None:
    (shop / "retention.yaml").write_text(PEOPLE)
    with itda.open(shop) as here:
        away, back = {"userId": "away", "anonymousId": "old-cookie"}, {"userId": "back", "anonymousId": "lost-cookie"}
        order = {"order_id": "o-1", "revenue": 30000, "currency": "KRW"}
        told(
            here,
            happened(here, away, "Order Completed", 900, **order),
            happened(here, away, "Product Viewed", 901, product_id="p"),
            happened(here, back, "Order Completed", 900, **(order | {"order_id": "o-2"})),
            happened(here, back, "Product Viewed", 901, product_id="p"),
            happened(here, {"userId": "back"}, "Product Viewed", 3, product_id="p"),
            happened(here, back, "Products Searched", 60, query="ring"),
        )
        first, second = here.app.clock(), here.app.clock() + DAY
        compactor = Compactor(here.db, here.workspace.lake_dir)
        announced = keep_up(here, compactor, first, is_daily=True)
        assert announced is not None
        assert msgspec.json.decode(announced.told) == {
            "counts": {}, "announced": ["quiet", "cookies", "everything", "disputed"], "left": {},
        }  # fmt: skip
        assert keep_up(here, compactor, first, is_daily=True) is None
        assert owed(here) == ["rule:cookies", "rule:everything", "rule:quiet"], "by the one that is held nothing is due"
        run = keep_up(here, compactor, second, is_daily=True)
        assert run is not None
        assert msgspec.json.decode(run.told)["counts"] == {"everything": 2, "quiet": 1}
        assert owed(here) == []
        (erasing,) = here.requests.all("open")
        assert (erasing.law, erasing.due_at) == ("KR-43", erasing.opened_at + 5 * DAY)
        left = NoteRetention(run.id, {}, (), {"quiet": 3}, (), ("quiet",))
        for _ in range(2):
            here.act(left, "more than one run can do")
            assert owed(here) == ["rule:quiet"]
        here.act(NoteRetention(run.id, {"quiet": 3}, (), {}, ()), "the last of them")
        with here.db.connection() as connection:
            done = [one for one in stored.done(connection) if one.about == "rule:quiet"]
        assert [msgspec.json.decode(one.proof)["counts"] for one in done] == [
            {"quiet": 3},
            {"everything": 2, "quiet": 1},
        ]
        here.settle()
        carry_on(here, here.app.clock())
        here.settle()
        carry_on(here, here.app.clock())
        with pytest.raises(Refused, match="no customer has"):
            here.customer("user_id:away")
        (held,) = here.requests.holds()
        assert held.what == "orders"
        with here.db.connection() as connection:
            assert connection.execute("select distinct cause from erased").fetchall() == [("retention",)]
        kept = here.customer("user_id:back")
        assert kept is not None
        assert {one.name: one.value for one in kept.traits}.get("revenue") == 30000
        assert b"ring" in opened(here, rows_of(here))
        assert here.replay(verify=True).differences == []


def test_a_run_that_is_killed_while_it_writes_changed_nothing_and_the_next_one_does_it(shop: Path) -> None:
    (shop / "retention.yaml").write_text(RULES)
    with itda.open(shop) as here:
        viewed = ("Product Viewed", "old-1", "shoes")
        for days in (800, 700):
            told(here, happened(here, {"userId": "minji"}, viewed[0], days, product_id=viewed[1], category=viewed[2]))
        has_begun = False

        def killed(point: str) -> None:
            if point == "swapping" and (not has_begun or so_far()):
                raise KeyboardInterrupt

        def so_far() -> str:
            with here.db.connection() as connection:
                return str(connection.execute("select told from retention_run").fetchone()[0])

        def looked() -> int:
            found = here.customer("user_id:minji")
            return 0 if found is None else found.events

        here.drain()
        Compactor(here.db, here.workspace.lake_dir).settle()
        before = rows_of(here)
        here.act(AskRetention(), "")
        with pytest.raises(KeyboardInterrupt):
            keep_up(here, Compactor(here.db, here.workspace.lake_dir, heard=killed), here.app.clock())
        assert rows_of(here) == before
        has_begun = True
        with pytest.raises(KeyboardInterrupt):
            keep_up(here, Compactor(here.db, here.workspace.lake_dir, heard=killed), here.app.clock())
        assert msgspec.json.decode(so_far())["counts"] == {"browsing": 1}
        here.drain()
        with pytest.raises(Refused, match="being taken out of profiles"):
            here.replay(verify=True)
        assert looked() == 2, "the profile is folded anew when the run goes on"
        assert len(opened(here, rows_of(here)).split(b"old-1")) == 2, "one of the two is gone"
        assert here.retention.run().counts == {"browsing": 2}, "what went before it was killed is counted too"
        assert b"old-1" not in opened(here, rows_of(here))
        assert looked() == 0
        with here.lake.snapshot() as snapshot:
            named = {file.path for file in snapshot.files}
        Compactor(here.db, here.workspace.lake_dir).step()
        assert set(on_disk(here.workspace.lake_dir)) == named
        assert here.replay(verify=True).differences == []


def test_what_is_typed_tells_what_is_due_and_takes_identifiers_that_were_not_seen_from_who_stays(shop: Path) -> None:
    (shop / "retention.yaml").write_text(
        "cookies: {of: identifiers, kinds: [anonymous_id], keep: 13 months, purpose: to know a browser again}"
    )
    with itda.open(shop) as here:
        told(
            here,
            happened(here, {"userId": "minji", "anonymousId": "lost"}, "Product Viewed", 500, product_id="p"),
            happened(here, {"userId": "minji", "anonymousId": "kept"}, "Product Viewed", 300, product_id="p"),
        )
        for more in (["--dry-run"], []):
            said = typed("retention", *(["run", *more] if more else []), "--json", cwd=shop).json
            assert [(one["name"], one["of"], one["due"], one["is_new"]) for one in said["rules"]] == [
                ("cookies", "identifiers", 1, True)
            ]
            assert (said["runs"], said["is_under_way"]) == ([], False)
        table = typed("retention", "run", "--dry-run", cwd=shop).out
        assert "cookies Identifiers not seen: anonymous_id 13 months 1" in " ".join(table.split())
        before = here.customer("anonymous_id:lost")
        assert before is not None
        done = typed("retention", "run", "--json", "--reason", "asked for", cwd=shop).json
        assert (done["counts"], done["left"], done["announced"]) == ({"cookies": 1}, {}, [])
        with pytest.raises(Refused, match="no customer has"):
            here.customer("anonymous_id:lost")
        after = here.customer("user_id:minji")
        assert after is not None
        assert {(one.kind, one.value) for one in after.identifiers} == {("user_id", "minji"), ("anonymous_id", "kept")}
        with here.db.connection() as connection:
            (payload,) = connection.execute(
                "select payload from audit_event where command = 'NoteRetention'"
            ).fetchone() or ("",)
        assert '"cookies":1' in str(payload).replace(" ", "").replace("'", '"')


def test_who_was_there_late_in_a_month_is_not_quiet_from_its_first_day_once_its_events_are_nobodys(shop: Path) -> None:
    (shop / "retention.yaml").write_text("everything: {of: events, keep: 1 year, purpose: analysis}")
    quiet = Rule(name="quiet", of="persons", keep=Term(months=24), written="2 years", purpose="membership")
    with itda.open(shop) as here:
        today = LocalDates("UTC").of(here.app.clock())
        month = first_of_month(today - 800)
        ago = (today - month - 2, today - month - 25)
        told(here, *(happened(here, {"userId": "minji"}, "Product Viewed", days, product_id="p") for days in ago))
        assert here.retention.run().counts == {"everything": 2}

        def are_quiet(day: int) -> int:
            with here.lake.snapshot() as snapshot, here.db.connection() as connection:
                return len(inactive(connection, snapshot, here.workspace, day * DAY, quiet))

        due = quiet.keep.due_on(month + 25)
        assert (are_quiet(due - 10), are_quiet(due + 1)) == (0, 1)


def test_what_is_kept_from_being_destroyed_is_owed_within_five_days_until_it_is(shop: Path) -> None:
    (shop / "retention.yaml").write_text("old: {of: events, names: [Page Viewed], keep: 90 days, purpose: analysis}")
    with itda.open(shop) as here:
        told(here, happened(here, {"userId": "minji"}, "Page Viewed", 400))
        compactor = Compactor(here.db, here.workspace.lake_dir, Cadence(unread_bytes=0, rows=1, step_rows=300))
        compactor.settle()
        with here.lake.snapshot() as snapshot:
            (file,) = [here.workspace.lake_dir / one.path for one in snapshot.files]
        whole = file.read_bytes()
        file.write_bytes(b"damaged")
        with here.db.connection() as connection:
            run = retention.ask(connection, "kim", here.app.clock())
        for owed in (0, 1):
            with pytest.raises(Unavailable):
                keep_up(here, compactor, here.app.clock())
            with here.db.connection() as connection:
                found = duties.open_ones(connection, "destroy")
            assert len(found) == owed
        with here.db.connection() as connection:
            row = retention.one(connection, run)
        assert row is not None
        assert found[0].due_at == row.asked_at + 5 * DAY
        file.write_bytes(whole)
        keep_up(here, compactor, here.app.clock())
        with here.db.connection() as connection:
            assert duties.open_ones(connection, "destroy") == []


def test_what_the_decider_has_not_read_is_owed_until_a_run_after_that(shop: Path) -> None:
    (shop / "retention.yaml").write_text("old: {of: events, names: [Page Viewed], keep: 90 days, purpose: analysis}")
    with itda.open(shop) as here:
        first = here.app.clock()
        compactor = Compactor(here.db, here.workspace.lake_dir)
        assert keep_up(here, compactor, first, is_daily=True) is not None
        read(here, happened(here, {"userId": "minji"}, "Page Viewed", 400))
        for day, left in ((1, ["rule:old"]), (2, [])):
            run = keep_up(here, compactor, first + day * DAY, is_daily=True)
            assert run is not None
            assert (msgspec.json.decode(run.told)["counts"], owed(here)) == ({} if left else {"old": 1}, left)
            here.settle()


def test_what_retention_cannot_read_keeps_no_lake_waiting_and_is_asked_for_with_the_next_round(
    shop: Path,
) -> None:
    with itda.open(shop) as one:
        _stays_compacted(one)


class Looks(threading.Event):
    """So many looks of the upkeep, one right after the other."""

    def __init__(self, n: int) -> None:
        super().__init__()
        self._left = n
        self.waited: set[float | None] = set()

    def wait(self, timeout: float | None = None) -> bool:
        self.waited.add(timeout)
        self._left -= 1
        if self._left < 0:
            self.set()
        return self.is_set()


def _stays_compacted(shop: Shop) -> None:
    def in_files() -> int:
        with shop.lake.snapshot() as snapshot:
            return sum(one.rows for one in snapshot.files)

    told(shop, happened(shop, {"userId": "minji"}, "Page Viewed", 400))
    given, asked, rows = shop.upkeep(), list[bool](), list[int]()

    def broken(_compactor: Compactor, is_round: bool, _now: int) -> None:
        asked.append(is_round)
        rows.append(in_files())
        read(shop, happened(shop, {"userId": "jisu"}, "Page Viewed", 400))
        raise Unavailable("a file of the lake is damaged")

    upkeep = Upkeep(
        Compactor(shop.db, shop.workspace.lake_dir, Cadence(unread_bytes=0, rows=1, step_rows=300)),
        given._intake, given._months, shop.app.clock, given._audit, retain=broken,
    )  # fmt: skip
    looks = Looks(4)
    upkeep.run(looks)
    assert (asked, rows, in_files()) == ([True], [1], 2)
    assert len(looks.waited) == 1, "nothing is waited for but the next look"
