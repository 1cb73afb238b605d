"""A mail's HTML as text, for whoever reads without it."""

from __future__ import annotations

import re
from html.parser import HTMLParser

_BLOCKS = frozenset({
    "p", "div", "table", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "section", "hr",
})  # fmt: skip
_SILENT = frozenset({"head", "style", "script", "title"})


def text_of(html: str) -> str:
    """The text of a page: a line for each block, and behind each link its address."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    lines = (" ".join(line.split()) for line in "".join(reader.parts).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip() + "\n"


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._silent = 0
        self._links: list[tuple[str, int]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = dict(attrs)
        if tag in _SILENT or "data-hidden" in known or (self._silent and tag == "div"):
            self._silent += 1
        elif tag == "br" or tag in _BLOCKS:
            self.parts.append("\n")
        elif tag == "td":
            self.parts.append(" ")
        elif tag == "img" and known.get("alt"):
            self.parts.append(f" {known['alt']} ")
        elif tag == "a":
            self._links.append((known.get("href") or "", len(self.parts)))

    def handle_endtag(self, tag: str) -> None:
        if self._silent and (tag in _SILENT or tag == "div"):
            self._silent -= 1
        elif tag in _BLOCKS:
            self.parts.append("\n")
        elif tag == "a" and self._links:
            address, since = self._links.pop()
            said = " ".join("".join(self.parts[since:]).split())
            if address and address not in said:
                self.parts.append(f" ( {address} ) ")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.parts.append(data.replace("\n", " "))
