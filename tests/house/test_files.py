"""The house keeps itself small: lengths of files and functions, and names that say nothing."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
LINES = 400
TEST_LINES = 600
FUNCTION_LINES = 60
NAMELESS = {"utils", "util", "common", "helpers", "helper", "core", "service", "services", "manager", "misc", "lib"}


def tracked(*suffixes: str) -> list[Path]:
    names = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.splitlines()
    return [path for name in names if (path := ROOT / name).suffix in suffixes and path.is_file()]


SOURCES = tracked(".py", ".sql", ".js", ".css", ".html")


def test_there_is_code_to_look_at() -> None:
    assert len(SOURCES) > 50


def test_every_file_fits_in_the_head() -> None:
    def limit(path: Path) -> int:
        return TEST_LINES if "tests" in path.relative_to(ROOT).parts else LINES

    assert [str(p) for p in SOURCES if len(p.read_text(encoding="utf-8").splitlines()) > limit(p)] == []


def test_every_function_fits_on_a_screen() -> None:
    long = [
        (str(path), node.name, node.end_lineno - node.lineno + 1)
        for path in SOURCES
        if path.suffix == ".py" and "src" in path.parts
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno - node.lineno + 1 > FUNCTION_LINES
    ]
    assert long == []


def test_every_name_says_what_is_inside() -> None:
    assert [str(p) for p in SOURCES if p.stem in NAMELESS or NAMELESS & set(p.relative_to(ROOT).parts[:-1])] == []


def test_nothing_is_left_for_later() -> None:
    marks = re.compile(r"\b(?:TO" + "DO|FIX" + "ME|XX" + "X|NotImplemented" + r"Error)\b")
    left = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in SOURCES
        if path.suffix == ".py"
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if marks.search(line)
    ]
    assert left == []


def test_no_lock_file_names_a_host() -> None:
    locks = [
        *ROOT.glob("locks/*.lock"),
        *(p for p in ROOT.glob("**/package-lock.json") if "node_modules" not in p.parts),
    ]
    assert locks
    for path in locks:
        text = path.read_text(encoding="utf-8")
        assert '"resolved"' not in text, path
        assert "--index-url" not in text
        assert "--find-links" not in text
        # npm keeps the authors' funding pages; nothing is fetched from those
        assert "://" not in "\n".join(line for line in text.splitlines() if '"url":' not in line), path


def test_dependencies_are_pinned_with_hashes() -> None:
    for path in ROOT.glob("locks/*.lock"):
        blocks = [
            block for block in path.read_text(encoding="utf-8").split("\n") if block and not block.startswith(" ")
        ]
        assert blocks
        assert all(block.endswith("\\") and "==" in block for block in blocks), path
