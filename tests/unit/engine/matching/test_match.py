"""Files in, people out: without labels, settings or a shared key."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
from tests.unit.engine.matching.people import quality, records, written

import itda
from itda.base.errors import Refused
from itda.engine.matching import preparing
from itda.engine.matching.reading import table
from itda.engine.matching.run import Found, match
from itda.identity.match.single import score

LATEST = 2026


def run(*paths: Path | pl.DataFrame, key: str = "key", **settings: object) -> Found:
    return match(paths, key, latest=LATEST, **settings)  # type: ignore[arg-type]


def groups(found: Found) -> set[frozenset[str]]:
    return {frozenset(ids) for ids in found.frame.group_by("cluster").agg("id")["id"].to_list()}


@pytest.fixture(scope="module")
def people() -> pl.DataFrame:
    return records(300)


@pytest.fixture(scope="module")
def found(people: pl.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Found:
    return run(written(people, tmp_path_factory.mktemp("match") / "people.csv"))


def test_people_are_found_and_partners_on_one_phone_stay_two(people: pl.DataFrame, found: Found) -> None:
    precision, recall = quality(people, found.frame)
    assert precision > 0.99
    assert recall > 0.93
    assert found.summary.columns["first name"] == "given"
    assert abs(found.summary.precision - precision) < 0.03


def test_frames_are_matched_as_files_are(people: pl.DataFrame, found: Found) -> None:
    frame = itda.match(people.drop("who"), id="key")
    assert frame.columns == ["id", "cluster"]
    assert frame.sort("id").equals(found.frame.sort("id"))


def test_many_records_are_compared_in_part_and_found_all_the_same(tmp_path: Path) -> None:
    people = records(900)
    found = run(written(people, tmp_path / "people.csv"))
    precision, recall = quality(people, found.frame)
    assert found.summary.pairs_compared < len(people) * 60
    assert precision > 0.98
    assert recall > 0.93


def test_the_order_of_rows_changes_nothing(people: pl.DataFrame, found: Found, tmp_path: Path) -> None:
    shuffled = written(people.sample(fraction=1, shuffle=True, seed=3), tmp_path / "people.csv")
    assert groups(run(shuffled)) == groups(found)


def test_two_files_are_linked_and_their_ids_may_be_alike(people: pl.DataFrame, tmp_path: Path) -> None:
    half = len(people) // 2
    one = written(people[:half].with_columns(key=pl.int_range(half).cast(pl.String)), tmp_path / "a.csv")
    rest = len(people) - half
    two = written(people[half:].with_columns(key=pl.int_range(rest).cast(pl.String)), tmp_path / "b.csv")
    found = run(one, two).frame
    assert found.columns == ["id", "cluster", "file"]
    assert found.group_by("cluster").agg(pl.col("file").n_unique())["file"].max() == 2
    whole = found.with_columns(id=pl.when(pl.col("file") == "a.csv").then(pl.col("id")).otherwise((pl.col("id").cast(pl.Int64) + half).cast(pl.String)))  # fmt: skip
    precision, _ = quality(people.with_columns(key=pl.int_range(len(people)).cast(pl.String)), whole)
    assert precision > 0.98


def test_korean_names_meet_their_romanised_and_masked_spellings_in_cp949(tmp_path: Path) -> None:
    rows = ["번호,성명,생년월일,휴대폰"]
    family, given = (
        "김이박최정강조윤장임",
        ["민수", "영희", "지훈", "서연", "도현", "하은", "준호", "수빈", "예진", "태호"],
    )
    latin = {"민수": "Min Su", "영희": "Young-Hee", "지훈": "Ji Hoon", "서연": "Seo Yeon", "도현": "Do Hyun",
             "하은": "Ha Eun", "준호": "Jun Ho", "수빈": "Su Bin", "예진": "Ye Jin", "태호": "Tae Ho"}  # fmt: skip
    spelt = dict(zip(family, ["Kim", "Lee", "Park", "Choi", "Jung", "Kang", "Cho", "Yoon", "Jang", "Lim"], strict=True))
    for at in range(100):
        one, two = family[at % 10], given[at // 10]
        born, phone = (
            f"19{50 + at % 40}-0{1 + at % 9}-{10 + at % 18}",
            f"010-{1000 + at * 37 % 9000}-{1000 + at * 613 % 9000}",
        )
        rows.append(f"a{at},{one}{two},{born},{phone}")
        rows.append(f"b{at},{latin[two]} {spelt[one]},{born.replace('-', '')[2:]},+82 {phone[1:]}")
        rows.append(f"c{at},{one}*{two[1]},,{phone[-4:]}")
    path = tmp_path / "고객.csv"
    path.write_bytes("\n".join(rows).encode("cp949"))
    found = run(path, key="번호")
    assert found.summary.columns == {"성명": "name", "생년월일": "birth", "휴대폰": "phone"}
    right = sum({f"a{at}", f"b{at}"} <= group for at in range(100) for group in groups(found))
    assert right > 90
    assert all(len({name[1:] for name in group}) == 1 for group in groups(found))


def test_what_somebody_decided_holds(people: pl.DataFrame, found: Found, tmp_path: Path) -> None:
    path = written(people, tmp_path / "people.csv")
    one, other = sorted(next(group for group in groups(found) if len(group) == 2))
    alone = next(iter(next(group for group in groups(found) if len(group) == 1)))
    (tmp_path / "cannot.csv").write_text(f"a,b\n{one},{other}\n")
    (tmp_path / "must.csv").write_text(f"a,b\n{one},{alone}\n")
    again = run(path, must=tmp_path / "must.csv", cannot=tmp_path / "cannot.csv")
    mine = next(group for group in groups(again) if one in group)
    assert alone in mine
    assert other not in mine


def test_the_score_of_two_records_is_that_of_the_run_and_its_reasons_add_up(people: pl.DataFrame, found: Found) -> None:
    kinds = {name: kind for name, kind in found.summary.columns.items() if kind != "ignore"}
    forms = {column.label: column for column in preparing.columns(people.drop("key", "who"), kinds, LATEST)}

    def record(at: int) -> dict[str, str]:
        return {
            label: str(column.values.texts[column.codes[at]])
            for label, column in forms.items()
            if column.codes[at] >= 0
        }

    who = people["who"].to_list()
    same = next((a, b) for a in range(len(who)) for b in range(a) if who[a] == who[b])
    other = next(b for b in range(len(who)) if who[b] != who[same[0]])
    joined, apart = (
        score(record(same[0]), record(same[1]), found.weights),
        score(record(same[0]), record(other), found.weights),
    )
    assert joined.bits > 0 > apart.bits
    assert sum(reason.bits for reason in joined.reasons) == pytest.approx(joined.bits, abs=1e-3)
    assert joined.bits == pytest.approx(score(record(same[1]), record(same[0]), found.weights).bits, abs=1e-3)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"", "is empty"),
        (b"key,first name\n", "has no records"),
        (b"key,first name\n1,anna\n1,ben\n", "not unique"),
        (b"key,first name\n1,anna\n,ben\n", "have no id"),
        (b"id,first name\n1,anna\n", "has no column 'key'"),
        (b"key,amount\n1,10\n2,12\n3,10\n", "no usable column"),
        (b"key,first name\n1,anna\n", "has one record"),
        (b"key,a,a\n1,10,2\n", "two columns named 'a'"),
        (b"key,first name,sex\n1,anna,f\n2,anna,m\n3,,f\n", "every record says the same, or nothing, in first name"),
        (b"key,first name\n1,anna\n2,ben,x\n3,carl\n", r"bad.csv:3: the row's number of fields is 3, the header's 2"),
        (b"PK\x03\x04 a workbook", "is a spreadsheet or an archive"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x04", "is no text"),
        (b"key,first name\n1,\xff\xff\n", "bad.csv:2: first name: bytes that are no utf-8"),
        ("key,first name\n1,김민수\n2,".encode("cp949") + b"\xff\n", "bad.csv:3: first name: bytes that are no cp949"),
    ],
)
def test_a_bad_file_is_answered_in_one_clear_line(text: bytes, said: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.csv"
    path.write_bytes(text)
    with pytest.raises(Refused, match=said) as refused:
        run(path)
    assert len(str(refused.value).splitlines()) == 1


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "cp949", "utf-8-sig"])
@pytest.mark.parametrize("kind", ["csv", "jsonl", "json"])
def test_text_is_read_in_its_encoding(tmp_path: Path, encoding: str, kind: str) -> None:
    rows = [{"key": str(at), "이름": name} for at, name in enumerate(("김민수", "가가가", "이보라"))]
    texts = {
        "csv": "key,이름\n" + "".join(f"{row['key']},{row['이름']}\n" for row in rows),
        "jsonl": "\n".join(json.dumps(row, ensure_ascii=False) for row in rows),
        "json": json.dumps(rows, ensure_ascii=False),
    }
    path = tmp_path / f"people.{kind}"
    path.write_text(texts[kind], encoding=encoding)
    if (kind, encoding) in {("jsonl", "cp949"), ("json", "cp949")}:  # JSON is Unicode: RFC 8259, section 8.1
        with pytest.raises(Refused, match="cannot be read"):
            table(path)
    else:
        assert table(path).to_dicts() == rows


def test_a_hundred_and_forty_files_are_each_their_own(tmp_path: Path) -> None:
    frames = [pl.DataFrame({"key": ["a"], "phone": [f"010-1111-{at:04}"]}) for at in range(140)]
    assert run(*frames).frame["file"].n_unique() == 140


def test_where_nothing_was_joined_no_share_of_it_is_right(tmp_path: Path) -> None:
    (tmp_path / "two.csv").write_text("key,name,phone\n1,kim minsu,010-1111-2222\n2,lee ho,010-4444-5555\n")
    summary = run(tmp_path / "two.csv").summary
    assert (summary.pairs_joined, summary.precision) == (0, None)


def test_names_are_known_by_the_addresses_that_are_made_of_them(people: pl.DataFrame, tmp_path: Path) -> None:
    bare = people.rename(
        {"first name": "a", "surname": "b", "birthday": "c", "email": "d", "mobile": "e", "street": "f"}
    )
    mails = bare.with_columns(d=pl.concat_str("a", "b", pl.lit("@example.com")))
    assert run(written(mails, tmp_path / "bare.csv")).summary.columns == {
        "a": "given", "b": "family", "c": "birth", "d": "email", "e": "phone", "f": "address",
    }  # fmt: skip


def test_even_three_records_are_told_apart(tmp_path: Path) -> None:
    rows = "1,kim minsu,010-1111-2222\n2,kim minsu,010-1111-2222\n3,lee ho,010-4444-5555\n"
    (tmp_path / "few.csv").write_text("key,name,phone\n" + rows)
    assert groups(run(tmp_path / "few.csv")) == {frozenset("12"), frozenset("3")}


def test_files_of_two_countries_are_refused(tmp_path: Path) -> None:
    for name, code in (("kr.csv", "+82 10-1234-5"), ("uk.csv", "+44 7911 123")):
        rows = [f"{at},person{at % 7},{code}{100 + at % 50}" for at in range(90)]
        (tmp_path / name).write_text("key,name,phone\n" + "\n".join(rows))
    with pytest.raises(Refused, match="different countries"):
        run(tmp_path / "kr.csv", tmp_path / "uk.csv")


def test_decisions_that_contradict_each_other_are_refused(people: pl.DataFrame, tmp_path: Path) -> None:
    path = written(people, tmp_path / "people.csv")
    (tmp_path / "must.csv").write_text("a,b\nr1,r2\nr2,r3\n")
    (tmp_path / "cannot.csv").write_text("a,b\nr1,r3\n")
    with pytest.raises(Refused, match="r1 and r3 must not be one person"):
        run(path, must=tmp_path / "must.csv", cannot=tmp_path / "cannot.csv")
    (tmp_path / "cannot.csv").write_text("a,b\nr4,r4\n")
    with pytest.raises(Refused, match="r4 is said not to be the same person as itself"):
        run(path, cannot=tmp_path / "cannot.csv")


def test_a_column_that_is_said_to_be_something_is_taken_for_it(people: pl.DataFrame, tmp_path: Path) -> None:
    path = written(
        people.rename({"email": "x"}).with_columns(x=pl.col("x").str.replace("@", " at ")), tmp_path / "p.csv"
    )
    assert run(path, said={"x": "code"}).summary.columns["x"] == "code"
    with pytest.raises(Refused, match="there is no column 'emial'"):
        run(path, said={"emial": "code"})
    with pytest.raises(Refused, match="no kind of column"):
        run(path, said={"x": "colour"})
