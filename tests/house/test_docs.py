"""Docs are held to the code: every link leads somewhere, every command, kind and event has its heading."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from itda.cli.main import itda

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]

NO_COMMANDS = {"itda doors", "itda pipeline"}
"""Names of processes."""


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8")):
        if not re.match(r"[a-z]+:", target):
            assert (page.parent / target).exists(), f"{page}: {target}"


def commands(text: str) -> Iterator[str]:
    """What a page has people type: in fenced and indented blocks, and in the midst of a line."""
    for block in re.findall(r"^```\w*\n(.*?)^```", text, re.DOTALL | re.MULTILINE):
        yield from re.findall(r"^(?:\$ |\.venv/bin/)?(itda .*)$", block.replace("\\\n", " "), re.MULTILINE)
    yield from re.findall(r"`(itda [^`\n]+)`", text)
    yield from re.findall(r"^ {4}(?:\.venv/bin/)?(itda .*)$", text, re.MULTILINE)


def unknown(typed: str) -> list[str]:
    """Words of a command that stand where a command or an option must, and are none."""
    here: click.Command = itda
    found, options = list[str](), {"-h", "--help"}
    words = iter(shlex.split(typed, comments=True)[1:])
    for word in words:
        options.update(*([*one.opts, *one.secondary_opts] for one in here.params))
        if word.startswith("-"):
            found += [] if word.partition("=")[0] in options else [word]
            if word in {"-w", "--workspace"}:
                next(words)
        elif isinstance(here, click.Group):
            named = here.get_command(click.Context(here), word) if re.fullmatch("[a-z-]+", word) else None
            if named is None:
                return [*found, word] if re.fullmatch("[a-z-]+", word) else found
            here = named
    return found


def test_every_command_that_the_docs_have_people_type_is_there_with_its_options() -> None:
    pages = [page for page in PAGES if page.name != "CHANGELOG.md" and page.parent.name != "reference"]
    typed = {(page.name, one) for page in pages for one in commands(page.read_text(encoding="utf-8"))}
    assert len(typed) > 150
    wrong = {(page, one): words for page, one in typed if one not in NO_COMMANDS and (words := unknown(one))}
    assert wrong == {}
    assert unknown("itda -w x request erase email:a --yes --sure") == ["--sure"]
    assert unknown("itda requests list") == ["requests"]


def test_the_reference_is_what_the_code_says() -> None:
    from reference import pages

    for name, text in pages().items():
        written = (ROOT / "docs" / "reference" / name).read_text(encoding="utf-8")
        assert written == text, f"docs/reference/{name} is old: run `.venv/bin/python scripts/reference.py`"


def test_the_readme_names_the_two_commands() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "make demo" in readme
    assert "make test" in readme


def test_of_every_table_it_is_told_what_becomes_of_an_erased_persons_rows() -> None:
    schema = "\n".join(file.read_text(encoding="utf-8") for file in (ROOT / "src/itda/store/sql/schema").glob("*.sql"))
    made = re.findall(r"^create (?:unlogged )?table (\w+)", schema, re.MULTILINE)
    page = (ROOT / "docs/concepts/erasure.md").read_text(encoding="utf-8")
    told = page.partition("## Every table\n")[2].partition("\n\n**")[0]
    words = [*re.findall(r"^\| ([^|]+) \|", told, re.MULTILINE), *re.findall(r"`(\w+)`", told)]
    named = re.compile("|".join(one.replace("*", r"\w+") for one in re.findall(r"[a-z_]+\*?", " ".join(words))))
    assert len(made) > 60
    assert [table for table in made if not named.fullmatch(table)] == []
