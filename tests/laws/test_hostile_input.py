"""Whatever somebody hands over, a file or a definition, is read, or refused in words; it never breaks what reads it."""

from __future__ import annotations

import io
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import example, given
from hypothesis import strategies as st
from tests.laws.identity_world import budget

from itda.base.errors import Fault, Refused
from itda.engine.matching import reading
from itda.sources import hook
from itda.sources.csv_file import CsvFile
from itda.sources.jsonl_file import JsonLines
from itda.sources.parquet_file import ParquetFile
from itda.sources.rows import RefusedRow, Row
from itda.workspace.load import check

HERE = Path(__file__).parents[2]
CSV = 'id,name,phone\n1,김민수,010-1234-5678\n2,"Lee, Min",\n3,x\n'.encode()
LINES = b'{"id":1,"name":"Kim","tags":["a",{"b":2}]}\n{"id":2}\n\n{"id":3,"name":null}\n'
PIECES = (
    b'"', b"'", b",", b";", b"\n", b"\r", b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"{", b"}", b"[", b"]", b":", b"null", b"\\u0000", b"1e99999999999999999999",
    b"1e999", b"-", b"\xed\xa0\x80", b"=cmd|' /C calc'!A0", b"9" * 400, b"[" * 3_000, b"\xb1\xe8",
)  # fmt: skip
OPENERS = {"csv": CsvFile, "jsonl": JsonLines, "parquet": ParquetFile}


def parquet() -> bytes:
    written = io.BytesIO()
    pq.write_table(pa.table({"id": [1, 2], "name": ["Kim", None]}), written)
    return written.getvalue()


SOUND = {"csv": CSV, "jsonl": LINES, "parquet": parquet()}
cuts = st.lists(st.tuples(st.integers(0, 600), st.integers(0, 6), st.sampled_from(PIECES)), max_size=4)


def spoilt(sound: bytes, changes: list[tuple[int, int, bytes]]) -> bytes:
    """Sound bytes with some of them taken out and others put in."""
    for place, length, piece in changes:
        at = place % (len(sound) + 1)
        sound = sound[:at] + piece + sound[at + length :]
    return sound


files = st.sampled_from(sorted(OPENERS)).flatmap(
    lambda form: st.tuples(
        st.just(form), st.binary(max_size=300) | cuts.map(lambda changes: spoilt(SOUND[form], changes))
    )
)


@budget(150)
@given(files)
def test_a_file_is_read_row_by_row_or_refused(handed):
    form, data = handed
    with suppress(Refused):
        opened = OPENERS[form](io.BytesIO(data), f"customers.{form}")
        wanted = opened.columns[:3]
        for row in opened.read(wanted):
            assert isinstance(row, Row | RefusedRow)
            if isinstance(row, Row):
                assert len(row.values) == len(wanted)


@budget(60)
@given(files, st.sampled_from(["csv", "jsonl", "json", "parquet"]))
def test_a_file_to_be_matched_is_a_table_or_refused(handed, suffix):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"records.{suffix}"
        path.write_bytes(handed[1])
        with suppress(Refused):
            table = reading.table(path)
            assert len(set(table.columns)) == len(table.columns)


@budget(150)
@given(
    st.binary(max_size=200) | cuts.map(lambda changes: spoilt(LINES, changes)), st.sampled_from(["", "a", "a.b", "."])
)
def test_a_call_has_events_or_is_refused(body, path):
    with suppress(ValueError):
        assert isinstance(hook.items(body, path), list)


WORDS = (
    "", "&a [*a]", "*a", "!!python/object/apply:os.system ['true']", "{", "- - - -", "\t", "yes", "null", "~", "0x10", "1e400", "2026-13-45",
    "[[[[[[[[[[]]]]]]]]]]", "customer.events.count", "((((((((", "not not not", "{{ x }}", "../../etc/passwd", "🙂", "a: b: c", "? : ?",
    "-1", "'", '"', "#", "|", ">", "%", "@", "`",
)  # fmt: skip
edits = st.lists(
    st.tuples(
        st.integers(0, 10_000), st.sampled_from(["line", "value", "twice", "indent"]), st.sampled_from(WORDS) | st.text(max_size=12)
    ),
    min_size=1,
    max_size=3,
)  # fmt: skip


def edited(text: str, changes: list[tuple[int, str, str]]) -> str:
    """A definition after somebody's careless hand."""
    lines = text.splitlines()
    for place, how, word in changes:
        at = place % max(1, len(lines))
        key, colon, _ = lines[at].partition(":")
        match how:
            case "line":
                lines[at] = word
            case "value":
                lines[at] = f"{key}{colon} {word}"
            case "twice":
                lines.insert(at, lines[at])
            case "indent":
                lines[at] = f"   {lines[at]}"
    return "\n".join(lines)


def shop() -> Path:
    """A workspace with definitions of every kind."""
    folder = Path(tempfile.mkdtemp())
    shutil.copytree(HERE / "src" / "itda" / "workspace" / "box", folder, dirs_exist_ok=True)
    shutil.copytree(HERE / "bench" / "shop", folder, dirs_exist_ok=True)
    return folder


@budget(40, nightly=3_000)
@example(0, [(0, "line", "{a: b}: c")])
@given(st.integers(0, 1_000), edits)
def test_a_definition_is_in_order_or_its_faults_are_named_by_file_and_cure(place, changes):
    folder = shop()
    try:
        written = sorted(path for path in folder.rglob("*.yaml"))
        path = written[place % len(written)]
        path.write_text(edited(path.read_text("utf-8"), changes), "utf-8", errors="replace")
        for fault in check(folder, {}):
            assert isinstance(fault, Fault)
            assert fault.what
            assert fault.file
    finally:
        shutil.rmtree(folder)
