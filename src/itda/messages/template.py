"""Fills a message for one person: Liquid, then MJML, then its links. Bounded in time and size by what `check` takes."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import mrml
import msgspec
from babel import Locale
from liquid.exceptions import LiquidError, ResourceLimitError

from itda.consent import labels
from itda.consent.definition import Change
from itda.messages import html
from itda.messages.definition import Content, Message, Rendered, Unrenderable, View
from itda.messages.dialect import compiled
from itda.messages.filters import MANNER, Manner, TooLargeError
from itda.messages.links import Links
from itda.messages.plain import text_of

SUBJECT_LETTERS = 400
"""What of a subject is sent; readers show some 80."""
_RENDERING = mrml.RenderOptions(fonts={})
"""No letters from another host: a mail tells nobody that it was opened but by our own pixel."""
_UNWRITABLE = re.compile("[^\\t\\n\\r\\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What no XML may hold (XML 1.0 §2.2), wherever a person's value came from."""
_DIRECTING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def render(
    message: Message, channel: str, language: str, view: View, links: Links, *, is_tracked: bool
) -> Rendered | Unrenderable:
    """The message for one person. `is_tracked` False: no opening is seen and no click counted."""
    content = message.contents[channel][language]
    try:
        return _filled(content, language, view, links, is_tracked=is_tracked)
    except (ResourceLimitError, TooLargeError):
        return Unrenderable(reason="too_large", detail=message.name)
    except LiquidError as error:
        return Unrenderable(reason="broken", detail=f"{message.name}: {type(error).__name__}")
    except OSError:  # how mrml says that it is no MJML
        return Unrenderable(reason="broken", detail=f"{message.name}: MJML")


def changed(rendered: Rendered, changes: Iterable[Change]) -> Rendered:
    """The message with what the law asks for. Asking twice adds nothing."""
    asked = tuple(changes)
    page, text = rendered.html, rendered.text
    for line in labels.footers(asked, text):
        page = html.with_line(page, line.value, line.link)
        text += f"\n{line.value}\n" + (f"{line.link}\n" if line.link else "")
    return msgspec.structs.replace(
        rendered,
        subject=labels.opening(asked, rendered.subject),
        html=page,
        text=text,
        headers={**rendered.headers, **labels.headers(asked)},
    )


def tree(values: Mapping[str, Any]) -> dict[str, Any]:
    """Dotted names as the tree that templates walk: {"address.city": "서울"} → {"address": {"city": "서울"}}."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        *above, last = name.split(".")
        node = found
        for part in above:
            inner = node.get(part)
            if not isinstance(inner, dict):
                inner = node[part] = {}
            node = inner
        if not isinstance(node.get(last), dict) or isinstance(value, dict):
            node[last] = value
    return found


def _filled(content: Content, language: str, view: View, links: Links, *, is_tracked: bool) -> Rendered:
    values = _values(language, view, links)
    source = _UNWRITABLE.sub("", compiled(content.body, is_html=True).render(values))
    page = mrml.to_html(source, render_options=_RENDERING).content
    page = page.replace('lang="und"', f'lang="{language}"', 1)
    page = html.with_links(page, links, is_tracked=is_tracked)
    page = html.with_preheader(page, _line(content.preheader, values))
    own = _UNWRITABLE.sub("", compiled(content.text, is_html=False).render(values)) if content.text else ""
    text = own or text_of(page)
    if is_tracked:
        page = html.with_pixel(page, links)
    return Rendered(subject=_line(content.subject, values), html=page, text=text, language=language)


def _values(language: str, view: View, links: Links) -> dict[str, Any]:
    sender = view.sender
    return {
        "customer": tree(view.customer),
        "event": view.event,
        "sender": {"name": sender.name, "email": sender.email, "phone": sender.phone, "address": sender.address},
        "links": {"unsubscribe": links.unsubscribe, "preferences": links.preferences},
        MANNER: Manner(_locale(language), _zone(view.zone), view.currency),
    }


def _line(source: str, values: Mapping[str, Any]) -> str:
    """One line of text: no control letters, none that turn the reading direction, no more than is read."""
    filled = compiled(source, is_html=False).render(values)
    kept = "".join(
        " " if unicodedata.category(letter) in ("Cc", "Zl", "Zp") else letter
        for letter in filled
        if letter not in _DIRECTING
    )
    return " ".join(kept.split())[:SUBJECT_LETTERS]


@lru_cache(maxsize=32)
def _locale(language: str) -> Locale:
    return Locale.parse(language, sep="-")


@lru_cache(maxsize=32)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)
