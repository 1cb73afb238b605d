"""In which language this run answers, and its words: one way for all commands.

`--lang` says which; left out it is the terminal's, by POSIX's order of variables: Korean where that begins with ko,
else English. The words are the console's and stand in its catalogues. The same in both are what a machine reads
(`--json`, the names of commands and options), and in English `--help` and what is wrong in files.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache
from gettext import GNUTranslations

import click

from itda.cli.options import Given
from itda.console import language as tongue
from itda.console import saying

_VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")


def code() -> str:
    """The language of this run: ko or en."""
    context = click.get_current_context(silent=True)
    asked = "" if context is None else context.find_root().ensure_object(Given).language
    return asked or terminals(os.environ)


def terminals(environment: Mapping[str, str]) -> str:
    """The language of a terminal: the first of its variables that says anything counts."""
    said = next((environment[name] for name in _VARIABLES if environment.get(name)), "")
    return "ko" if said.startswith("ko") else "en"


def spoken(text: str, **named: object) -> str:
    """A text of the catalogues in that language, with the values it names."""
    found = _catalogue(code()).gettext(text)
    return found % named if named else found


def several(one: str, many: str, count: int, **named: object) -> str:
    """The same of a text that counts: `%(num)s` is the number."""
    return ngettext(one, many, count) % {"num": f"{count:,}", **named}


def ngettext(one: str, many: str, count: int) -> str:
    """The one of both that a number takes."""
    return _catalogue(code()).ngettext(one, many, count)


def called(table: dict[str, str], word: str) -> str:
    """What a code is called, by the console's table of such codes; one that it does not know shows itself."""
    return saying.of(table, word, spoken)


def heads(columns: Mapping[str, str]) -> list[str]:
    """The columns of a table: what each is called → what it holds, as `terminal.table` marks it (`#`, `@`)."""
    return [f"{spoken(name)} {holds}".rstrip() for name, holds in columns.items()]


@cache
def _catalogue(language: str) -> GNUTranslations:
    return tongue.load(language)
