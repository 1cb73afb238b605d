"""A mail's HTML as text, for whoever reads without it. The HTML is our own compiler's, so a tag is a tag."""

from __future__ import annotations

import html
import re

HIDDEN = "<!--hidden-->"
"""Stands at both ends of what no reader is to see."""
_UNSEEN = re.compile(
    rf"{HIDDEN}.*?{HIDDEN}|<!--.*?-->|<![^>]*>|<(head|style|script|title)\b.*?</\1\s*>", re.DOTALL | re.IGNORECASE
)
_TAG = re.compile(r"<(/?)([a-z][a-z0-9]*)([^>]*)>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"""\b(href|alt)\s*=\s*("[^"]*"|'[^']*')""", re.IGNORECASE)
_BLOCKS = frozenset({
    "p", "div", "table", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "section", "hr",
    "br",
})  # fmt: skip


def text_of(page: str) -> str:
    """The text of a page: a line for each block, and behind each link its address."""
    seen = _UNSEEN.sub("", page)
    parts: list[str] = []
    link, since, at = "", 0, 0
    for tag in _TAG.finditer(seen):
        if tag.start() > at:
            parts.append(" ".join(seen[at : tag.start()].split("\n")))
        at = tag.end()
        name, is_end = tag[2].lower(), bool(tag[1])
        if name in _BLOCKS:
            parts.append("\n")
        elif name == "td":
            parts.append(" ")
        elif name == "a" and not is_end:
            link, since = _attribute(tag[3], "href"), len(parts)
        elif name == "a" and link:
            if link not in "".join(parts[since:]):
                parts.append(f" ( {link} ) ")
            link = ""
        elif name == "img":
            parts.append(f" {_attribute(tag[3], 'alt')} ")
    parts.append(seen[at:])
    lines = (" ".join(line.split()) for line in html.unescape("".join(parts)).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip() + "\n"


def _attribute(written: str, name: str) -> str:
    for found in _ATTRIBUTE.finditer(written):
        if found[1].lower() == name:
            return found[2][1:-1]
    return ""
