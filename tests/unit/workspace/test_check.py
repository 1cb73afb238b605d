"""A workspace with faults: every one at once, with file, line and cure."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from itda.base.errors import Fault, Refused
from itda.base.instant import DAY
from itda.measure.definition import Parameters
from itda.workspace import check, init, load

GOOD_FILE = """
kind: file
channel: store
mapping:
  event: Order Completed
  identifiers: {membership: card}
  properties: {order_id: receipt}
"""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    init(tmp_path / "shop", name="가게: no. 1 #tea")
    return tmp_path / "shop"


def write(shop: Path, name: str, text: str) -> list[Fault]:
    (shop / name).write_text(text, encoding="utf-8")
    return check(shop, {})


def one(faults: list[Fault]) -> Fault:
    assert len(faults) == 1, faults
    return faults[0]


def test_a_new_workspace_is_in_order_and_says_what_was_asked(shop: Path) -> None:
    assert check(shop, {}) == []
    workspace = load(shop, {})
    assert (workspace.name, workspace.zone, workspace.currency, workspace.country) == (
        "가게: no. 1 #tea",
        "Asia/Seoul",
        "KRW",
        "KR",
    )
    assert {source.name: source.kind for source in workspace.sources.values()} == {"web": "tracking", "app": "tracking"}
    assert {trait.name for trait in workspace.traits} >= {"orders", "revenue", "name"}
    assert (workspace.database_url, workspace.schema, workspace.lake_dir) == (
        None,
        "itda",
        shop.resolve() / ".itda" / "lake",
    )
    assert workspace.order_scopes == {"web": "shop", "app": "shop"}
    assert workspace.fold().traits == tuple(workspace.traits)


def test_what_a_new_workspace_explains_in_comments_is_in_order_too(shop: Path) -> None:
    for path in [*shop.rglob("*.yaml")]:
        lines = path.read_text(encoding="utf-8").splitlines()
        begins = next((n for n, line in enumerate(lines) if not line.strip()), 0)
        told = [line[2:] if n > begins and line.startswith("# ") and path.parent.name in ("sources", "contracts") else line
                for n, line in enumerate(lines)]  # fmt: skip
        path.write_text("\n".join(told) + "\n", encoding="utf-8")
    assert check(shop, {}) == []
    workspace = load(shop, {})
    assert set(workspace.sources) == {"web", "app", "till", "crm"}
    assert workspace.contracts.get("Tasting Attended") is not None


def test_nothing_that_exists_is_overwritten(shop: Path) -> None:
    with pytest.raises(Refused, match="is a workspace already"):
        init(shop)
    half = shop.parent / "half"
    (half / "traits").mkdir(parents=True)
    (half / "traits" / "shopping.yaml").write_text("mine: {kind: count}\n", encoding="utf-8")
    assert "traits/shopping.yaml" not in init(half)
    assert [trait.name for trait in load(half, {}).traits if trait.kind != "declared"] == ["mine"]


@pytest.mark.parametrize(
    "name", ["sources/x.yaml", "contracts/x.yml", "traits/x.yaml", "identity.yaml", "itda.yaml", "sources"]
)
def test_a_link_to_nowhere_is_named_with_where_it_leads(shop: Path, name: str) -> None:
    place = shop / name
    if place.exists():
        place.rename(shop / ".away")
    place.symlink_to("/nowhere/it.yaml")
    fault = one(check(shop, {}))
    assert fault.file == name
    assert fault.what == "is a link to /nowhere/it.yaml, which is not there"
    assert fault.cure


@pytest.mark.parametrize("room", ["sources", "contracts", "traits"])
def test_what_stands_in_a_room_and_is_no_file_is_named_with_its_cure(shop: Path, room: str) -> None:
    (shop / room / "more").mkdir()
    (shop / room / "more" / "x.yaml").write_text("kind: tracking\nchannel: web\n", encoding="utf-8")
    (shop / room / "folder.yaml").mkdir()
    os.mkfifo(shop / room / "pipe.yaml")
    (shop / room / "ring.yaml").symlink_to("ring.yaml")
    (shop / room / ".git").mkdir()
    faults = check(shop, {})
    assert [fault.file for fault in faults] == [
        f"{room}/{name}" for name in ("folder.yaml", "more", "pipe.yaml", "ring.yaml")
    ]
    words = ("is a folder", "is a folder", "is no file", "cannot be read: Too many levels")
    assert all(word in fault.what and fault.cure for word, fault in zip(words, faults, strict=True))


def test_a_room_that_is_a_file_is_named(shop: Path) -> None:
    (shop / "contracts").rename(shop / ".away")
    (shop / "contracts").write_text("", encoding="utf-8")
    assert (
        str(one(check(shop, {})))
        == "contracts: cannot be read: Not a directory (it must be a folder: move the file away)"
    )


def test_what_the_user_may_not_read_is_named_with_its_cure(shop: Path) -> None:
    (shop / "traits" / "mine.yaml").write_text("a: {kind: count}\n", encoding="utf-8")
    (shop / "traits" / "mine.yaml").chmod(0)
    (shop / "contracts").chmod(0)
    with nobody(shop):
        told = [str(fault) for fault in check(shop, {})]
    (shop / "contracts").chmod(0o755)
    assert told == [
        "contracts: cannot be read: Permission denied (let the user that Itda runs as read it: chmod u+rX contracts)",
        "traits/mine.yaml: cannot be read: Permission denied (let the user that Itda runs as read it: chmod u+rX traits/mine.yaml)",
    ]


@contextlib.contextmanager
def nobody(shop: Path) -> Iterator[None]:
    """Not root, who may read everything."""
    if os.geteuid() != 0:
        yield
        return
    for folder in (shop, *shop.parents):
        if not folder.stat().st_mode & 0o001:
            folder.chmod(folder.stat().st_mode | 0o001)
    shop.chmod(0o755)
    groups = os.getgroups()
    os.setgroups([])
    os.setegid(65534)
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)
        os.setgroups(groups)


def test_a_wrong_zone_or_currency_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="did you mean Asia/Seoul"):
        init(tmp_path / "shop", zone="Asia/Soul")
    assert list(tmp_path.iterdir()) == []
    kept = tmp_path / "kept" / "sources" / "notes.txt"
    kept.parent.mkdir(parents=True)
    kept.write_text("mine", encoding="utf-8")
    with pytest.raises(Refused):
        init(tmp_path / "kept", zone="Asia/Soul")
    assert [path for path in (tmp_path / "kept").rglob("*") if path.is_file()] == [kept]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[" * 500 + "]" * 500, "nested too deep"),
        ("a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 9)), "parts"),
    ],
)  # fmt: skip
def test_yaml_that_would_never_end_is_one_fault(shop: Path, text: str, words: str) -> None:
    fault = one(write(shop, "traits/endless.yaml", text))
    assert fault.file == "traits/endless.yaml"
    assert words in fault.what


def test_five_faults_are_named_at_once_each_with_its_line_and_cure(shop: Path) -> None:
    (shop / "itda.yaml").write_text("name: x\nzone: Asia/Soul\ncurrency: KRW\nlangauges: [ko]\n", encoding="utf-8")
    (shop / "sources" / "web.yaml").write_text("kind: tracking\nchannel: wbe\n", encoding="utf-8")
    (shop / "traits" / "mine.yaml").write_text(
        "a: {kind: cuont}\nb:\n  kind: count\n  window: 2 weeks\n", encoding="utf-8"
    )
    (shop / "identity.yaml").write_text("kinds:\n  user_id: {uniqe: true}\n", encoding="utf-8")
    (shop / "contracts" / "own.yaml").write_text("event: Tea Tasted\nschema: {type: objekt}\n", encoding="utf-8")
    told = [str(fault) for fault in check(shop, {})]
    for place, words in (
        ("itda.yaml:4", "did you mean languages?"), ("sources/web.yaml:2", "did you mean web?"),
        ("traits/mine.yaml:1", "did you mean count?"), ("traits/mine.yaml:4", "no window"), ("identity.yaml:2", "did you mean unique?"),
        ("contracts/own.yaml:2", "JSON Schema"),
    ):  # fmt: skip
        assert any(line.startswith(place) and words in line for line in told), (place, told)


@pytest.mark.parametrize(
    ("name", "text", "line", "words"),
    [
        ("itda.yaml", "zone: UTC\ncurrency: KRW\n", 1, "'name' is missing"),
        ("itda.yaml", "name: x\nzone: Asia/Soul\ncurrency: KRW\n", 2, "did you mean Asia/Seoul?"),
        ("itda.yaml", "name: x\nzone: UTC\ncurrency: KRX\n", 3, "is no currency"),
        ("itda.yaml", "name: x\nzone: UTC\ncurrency: KRW\nlanguages: [ko, klingon]\n", 4, "is no language"),
        ("itda.yaml", "name: x\nzone: UTC\ncurrency: KRW\nlanguages: ko\n", 4, "write [ko]"),
        ("itda.yaml", "name: 7\nzone: UTC\ncurrency: KRW\n", 1, "put it in quotes"),
        ("itda.yaml", "name: x\nzone: UTC\ncurrency: KRW\nname: y\n", 4, "duplicate key"),
        ("itda.yaml", "name: x\n\tzone: UTC\n", 2, "spaces"),
        ("itda.yaml", "- name\n", 1, "must be a mapping"),
        ("itda.yaml", "name: x\nzone: UTC\ncurrency: KRW\ncountry: Korea\n", 4, "is no country"),
        ("itda.yaml", "name: x\nzone: UTC\ncurrency: KRW\ndatabase: {schema: Pg-1}\n", 4, "is no schema"),
        ("itda.yaml", "name: x\nzone: UTC\ncurrency: KRW\ndatabase:\n  url: mysql://x\n", 5, "PostgreSQL"),
        ("sources/x.yaml", "kind: trakcing\nchannel: web\n", 1, "did you mean tracking?"),
        ("sources/X.yaml", "kind: tracking\nchannel: web\n", 1, "no name of a source"),
        ("sources/x.yaml", "kind: file\nchannel: web\n", 1, "has a mapping"),
        ("sources/x.yaml", "kind: tracking\nchannel: web\nlate_after: soon\n", 3, "no window"),
        ("sources/x.yaml", GOOD_FILE.replace("membership", "membershp"), 6, "did you mean membership?"),
        ("sources/x.yaml", GOOD_FILE.replace("Order Completed", "Order Complete"), 5, "did you mean Order Completed?"),
        ("sources/x.yaml", GOOD_FILE + "  group_by: receipt\n  type: identify\n", 5, "no event name"),
        ("sources/x.yaml", GOOD_FILE + "  lines: {fields: {sku: sku}}\n", 8, "lines belong to a group"),
        ("sources/x.yaml", GOOD_FILE.replace("receipt}", "{sum: amount}}"), 7, "only in a group"),
        ("sources/x.yaml", GOOD_FILE.replace("receipt}", "{column: a, value: b}}"), 7, "not exactly one origin"),
        ("sources/x.yaml", GOOD_FILE.replace("receipt}", "{column: a, type: mony}}"), 7, "did you mean money?"),
        ("sources/x.yaml", GOOD_FILE + "  occurred_at: {column: t, format: isoo}\n", 8, "did you mean iso?"),
        ("sources/x.yaml", GOOD_FILE + "  occurred_at: {column: t, zone: Mars}\n", 8, "no time zone"),
        ("traits/x.yaml", "a: {kind: count}\nb: {kind: count, evnts: {}}\n", 2, "did you mean events?"),
        ("traits/x.yaml", "orders: {kind: count}\n", None, "is defined in"),
        ("traits/x.yaml", "a: {kind: sum}\n", 1, "'value' is missing"),
        ("traits/x.yaml", "a: {kind: distinct}\n", 1, "'value' is missing"),
        ("traits/x.yaml", "a: {kind: top, of: orders, value: x}\n", 1, "does not work on orders"),
        ("traits/x.yaml", "a: {kind: top, value: x, most: 0}\n", 1, "at least 1"),
        ("traits/x.yaml", "a: {kind: recency, window: 3 days}\n", 1, "'window' is not known"),
        ("traits/x.yaml", "a: {kind: count, events: {name: Page View}}\n", 1, "did you mean Page Viewed?"),
        ("traits/x.yaml", "a: {kind: count, events: {source: wb}}\n", 1, "did you mean web?"),
        ("traits/x.yaml", "a: {kind: count, events: {channel: [web, sotre]}}\n", 1, "did you mean store?"),
        ("traits/x.yaml", "a: {kind: last, events: {name: Page Viewed}, value: url}\n", 1, "personal and sealed"),
        ("contracts/x.yaml", "- event: A\n  schema: {}\n- event: A\n  schema: {}\n", 3, "two contracts"),
        ("contracts/x.yaml", "event: A\nschema:\n  properties: {x: {class: plane}}\n", None, "plane"),
        ("identity.yaml", "kinds:\n  email:\n    limits:\n    - {most: none}\n", 4, "whole number"),
        ("identity.yaml", "- email\n", 1, "must be a mapping"),
        ("segments.yaml", "a: 1\n", None, "is no part of a workspace"),
        ("calendar.yaml", "a: 1\n", None, "no room for it yet"),
        ("brand.yaml", "name: 이음\ncolours: {accent: '#9ab'}\n", 2, "is no colour"),
        ("brand.yaml", "colours: {accent: '#ff8800'}\n", 1, "a contrast of 2.06 to 1"),
        ("brand.yaml", "logo: logo.svg\n", 1, "logo.svg is not there"),
        ("brand.yaml", "logo: ../logo.svg\n", 1, "is outside the workspace"),
        ("brand.yaml", "centre: {public_url: 'http://my.shop.example'}\n", 1, "over https only"),
    ],
)  # fmt: skip
def test_a_fault_is_named_with_its_line_and_its_cure(
    shop: Path, name: str, text: str, line: int | None, words: str
) -> None:
    faults = write(shop, name, text)
    found = [fault for fault in faults if fault.file == name or name.startswith("traits/")]
    assert found, faults
    told = [str(fault) for fault in found]
    assert any(words in each for each in told), told
    if line is not None:
        assert any(fault.line == line and words in str(fault) for fault in found), told


def test_a_folder_of_a_later_room_is_said_not_to_be_read(shop: Path) -> None:
    (shop / "maps").mkdir()
    (shop / "trait").mkdir()
    (shop / "notes").mkdir()
    told = {fault.file: str(fault) for fault in check(shop, {})}
    assert "no room for it yet" in told["maps"]
    assert "did you mean traits?" in told["trait"]
    assert "notes" not in told


def test_bytes_that_are_no_text_are_named_with_their_line(shop: Path) -> None:
    (shop / "sources" / "web.yaml").write_bytes("kind: tracking\nchannel: web # 웹\n".encode("cp949"))
    fault = one(check(shop, {}))
    assert (fault.file, fault.line, "UTF-8" in fault.what) == ("sources/web.yaml", 2, True)


def test_a_folder_that_is_no_workspace_says_how_to_make_one(tmp_path: Path) -> None:
    fault = one(check(tmp_path, {}))
    assert "itda init" in fault.cure
    with pytest.raises(Refused, match=r"has no itda\.yaml"):
        load(tmp_path, {})


def test_the_environments_database_goes_before_the_files(shop: Path) -> None:
    with (shop / "itda.yaml").open("a", encoding="utf-8") as file:
        file.write("database: {url: 'postgresql://a/b', schema: two}\n")
    assert load(shop, {}).database_url == "postgresql://a/b"
    assert load(shop, {"ITDA_DATABASE": "postgresql://c/d"}).database_url == "postgresql://c/d"
    assert load(shop, {}).schema == "two"


def test_a_file_source_is_read_whole(shop: Path) -> None:
    assert (
        write(
            shop,
            "sources/till.yaml",
            GOOD_FILE + "  key: receipt\n  occurred_at: sold\nlate_after: 3 days\norders: shop\n",
        )
        == []
    )
    source = load(shop, {}).sources["till"]
    assert (source.late_after_s, source.order_scope) == (259_200, "shop")
    assert source.mapping is not None
    assert (source.mapping.key, source.mapping.occurred_at.column if source.mapping.occurred_at else "") == (
        ("receipt",),
        "sold",
    )


def test_what_metrics_go_by_is_named_in_the_shops_file(shop: Path) -> None:
    written = (shop / "itda.yaml").read_text()
    assert load(shop, {}).measured == Parameters()
    told = "measures: {window: 14 days, online: [web, app], in_store: [store, stall]}\nchannels: [stall]\n"
    assert write(shop, "itda.yaml", written + told) == []
    assert load(shop, {}).measured == Parameters(window=14 * DAY, online=("web", "app"), in_store=("store", "stall"))


@pytest.mark.parametrize(
    ("told", "place", "what", "cure"),
    [
        ("online: [web, kakoa]", "measures.online.1", "'kakoa' is not known", "did you mean kakao?"),
        ("in_store: [store, web]", "measures.in_store.1", "'web' is online and a shop at once", "in one of the two"),
        ("in_store: []", "measures.in_store", "names no channel", "leave it out"),
        ("window: 36 hours", "measures.window", "takes whole days only", "30 days"),
        ("window: soon", "measures.window", "'soon' is no length of time", "30 days"),
        ("windows: 3 days", "measures.windows", "'windows' is not known", "did you mean window?"),
    ],
)
def test_a_fault_in_what_metrics_go_by_is_told_with_its_line(
    shop: Path, told: str, place: str, what: str, cure: str
) -> None:
    written = (shop / "itda.yaml").read_text()
    fault = one(write(shop, "itda.yaml", f"{written}measures:\n  {told}\n"))
    assert (fault.file, fault.field, fault.line) == ("itda.yaml", place, len(written.splitlines()) + 2)
    assert what in fault.what
    assert cure in fault.cure
