"""The console's two languages: catalogues read from their .po files at start, and which one a visit gets.

Order: `?lang` in the address, then the cookie, then the user's setting, then what the browser accepts, then the
workspace's first language.
"""

from __future__ import annotations

import gettext
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

from babel.core import negotiate_locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

LANGUAGES = ("ko", "en")
COOKIE = "itda_language"
CATALOGUES = Path(__file__).parent / "catalogue"


def mark(text: str) -> str:
    """Mark a text for the catalogues; it is translated where it is shown."""
    return text


def load(language: str, folder: Path = CATALOGUES) -> gettext.GNUTranslations:
    """The translations of one language, compiled in memory."""
    with (folder / f"{language}.po").open("rb") as file:
        catalogue = read_po(file, locale=language)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def choose(asked: str, cookie: str, setting: str, accepted: str, offered: Sequence[str]) -> str:
    """The language of a visit; each argument is empty where nothing was said. `accepted` is Accept-Language."""
    usable = [language for language in offered if language in LANGUAGES] or list(LANGUAGES)
    for wish in (asked, cookie, setting):
        if wish in LANGUAGES:
            return wish
    return negotiate_locale(_preferred(accepted), usable, sep="-") or usable[0]


def _preferred(header: str) -> list[str]:
    """Languages of an Accept-Language header, the most wanted first (RFC 9110, section 12.5.4)."""
    weighted: list[tuple[float, int, str]] = []
    for index, part in enumerate(header.split(",")[:20]):
        name, _, parameter = part.strip().partition(";")
        try:
            weight = float(parameter.strip().removeprefix("q=")) if parameter else 1.0
        except ValueError:
            continue
        if name and weight > 0:
            weighted.append((-weight, index, name.strip()))
    return [name for _, _, name in sorted(weighted)]
