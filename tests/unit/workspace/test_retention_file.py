"""retention.yaml: what it says, and what `itda check` says of what it must not."""

from __future__ import annotations

from pathlib import Path

import pytest

from itda.consent.retention import Term, in_words, parse_term
from itda.workspace.load import check, load
from itda.workspace.retention import laws_of
from itda.workspace.start import init


def shop(tmp_path: Path, written: str, zone: str = "Asia/Seoul") -> Path:
    init(tmp_path / "shop", "Corner", zone)
    (tmp_path / "shop" / "retention.yaml").write_text(written)
    return tmp_path / "shop"


def faults(tmp_path: Path, written: str) -> list[str]:
    return [str(fault) for fault in check(shop(tmp_path, written), {})]


def test_a_term_that_is_shorter_than_the_law_is_refused_in_one_line(tmp_path: Path) -> None:
    (said,) = faults(tmp_path, "o: {of: events, names: [Order Completed], keep: 3 years, purpose: p}")
    assert said.startswith("retention.yaml:1: o.keep: 3 years is shorter than the law keeps orders: 5 years")
    assert "KR-45 E-Commerce Act decree art. 6(1)2" in said


@pytest.mark.parametrize(
    ("name", "keep", "is_kept"),
    [
        ("Complaint Received", "35 months", False), ("Complaint Received", "3 years", True),
        ("Message Sent", "5 months", False), ("Message Sent", "6 months", True),
        ("Order Completed", "1825 days", False), ("Order Completed", "61 months", True),
    ],
)  # fmt: skip
def test_each_law_has_its_own_least(tmp_path: Path, name: str, keep: str, is_kept: bool) -> None:
    assert bool(faults(tmp_path, f"o: {{of: events, names: [{name}], keep: {keep}, purpose: p}}")) != is_kept


def test_a_rule_that_names_nothing_gives_way_to_the_law_and_says_so(tmp_path: Path) -> None:
    workspace = load(shop(tmp_path, "all: {of: events, keep: 1 year, purpose: analysis}"), {})
    said = in_words(workspace.retention[0], laws_of(workspace.country))
    assert said.startswith("all: all events are kept 1 year, then they are nobody's; orders as long as the law keeps")
    assert said.endswith("for: analysis")


def test_no_law_of_korea_holds_elsewhere(tmp_path: Path) -> None:
    written = "o: {of: events, names: [Order Completed], keep: 3 years, purpose: p}"
    assert check(shop(tmp_path, written, "Europe/Berlin"), {}) == []


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("a: {of: events, keep: 3 yers, purpose: p}", "no term"),
        ("a: {of: events, keep: 3 days, purpose: p}", "too short"),
        ("a: {of: events, keep: 1 year, purpose: ' '}", "what it is kept for"),
        ("a: {of: field, keep: 1 year, purpose: p}", "does not say which"),
        ("a: {of: persons, names: [X], keep: 1 year, purpose: p}", "has no names"),
        ("a: {of: identifiers, kinds: [emial], keep: 1 year, purpose: p}", "did you mean email?"),
        ("a: {of: events, sources: [wbe], keep: 1 year, purpose: p}", "did you mean web?"),
        ("a: {of: events, keep: 1 year, purpose: p, held: {until: soon, because: x}}", "no day"),
        ("a: {of: people, keep: 1 year, purpose: p}", "a.of"),
    ],
)
def test_what_cannot_be_meant_is_said_with_its_place(tmp_path: Path, written: str, said: str) -> None:
    (found,) = faults(tmp_path, written)
    assert found.startswith("retention.yaml:1:")
    assert said in found


def test_terms_are_read_as_people_write_them() -> None:
    assert parse_term("90 days") == Term(days=90)
    assert parse_term(" 1 week ") == Term(days=7)
    assert parse_term("13 Months") == Term(months=13)
    assert parse_term("3 years") == Term(months=36)


def test_the_file_of_a_new_workspace_keeps_all_and_is_right_when_it_is_uncommented(tmp_path: Path) -> None:
    init(tmp_path / "shop")
    file = tmp_path / "shop" / "retention.yaml"
    assert load(tmp_path / "shop", {}).retention == ()
    lines = file.read_text(encoding="utf-8").splitlines()
    file.write_text("\n".join(line.removeprefix("# ") for line in lines[3:]), encoding="utf-8")
    assert check(tmp_path / "shop", {}) == []
    rules = load(tmp_path / "shop", {}).retention
    assert [(rule.name, rule.of) for rule in rules] == [
        ("browsing", "events"), ("searches", "field"), ("browsers", "identifiers"), ("inactive", "persons"),
    ]  # fmt: skip
