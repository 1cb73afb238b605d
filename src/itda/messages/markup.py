"""Looks at a mail's MJML with the Liquid inside it: nothing that a person's values choose can break it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

import mrml

from itda.messages.amiss import Amiss

ELEMENTS = (
    "mjml", "mj-head", "mj-body", "mj-attributes", "mj-all", "mj-class", "mj-breakpoint", "mj-font", "mj-preview",
    "mj-style", "mj-title", "mj-accordion", "mj-accordion-element", "mj-accordion-text", "mj-accordion-title",
    "mj-button", "mj-carousel", "mj-carousel-image", "mj-column", "mj-divider", "mj-group", "mj-hero", "mj-image",
    "mj-navbar", "mj-navbar-link", "mj-raw", "mj-section", "mj-social", "mj-social-element", "mj-spacer", "mj-table",
    "mj-text", "mj-wrapper",
)  # fmt: skip
"""The elements of MJML 4 that we take; `mj-include` reads files and is not one of them."""
_VOID = frozenset({"area", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"})
_OPENING = frozenset({"if", "unless", "case", "for", "comment"})
_BETWEEN = frozenset({"else", "elsif", "when"})
_LIQUID = re.compile(r"\{%-?\s*comment\s*-?%\}.*?\{%-?\s*endcomment\s*-?%\}|\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_TAG = re.compile(r"\{%-?\s*([a-z#]+)")
_XML = re.compile(r"<!--.*?-->|<(?P<end>/?)(?P<name>[A-Za-z][\w:-]*)(?P<rest>[^<>]*?)(?P<closed>/?)>", re.DOTALL)
_MARK = re.compile("[\ue000-\uf8ff]")
_ATTRIBUTE = re.compile(r"""([\w:-]+)\s*=\s*("[^"]*"|'[^']*')""", re.DOTALL)
_URLS = frozenset({"href", "src", "action", "background-url", "srcset"})
_MOST = 0xF8FF - 0xE000


class Address(NamedTuple):
    """A variable inside the address of a link or an image."""

    line: int
    path: str
    is_whole: bool
    """The address is the variable and nothing else."""


class Looked(NamedTuple):
    """What a look at MJML found."""

    faults: list[Amiss]
    addresses: list[Address]
    has_preview: bool


def look(source: str) -> Looked:
    """Every fault of the MJML, and the variables inside its addresses."""
    pieces = [match.group() for match in _LIQUID.finditer(source)]
    if len(pieces) > _MOST:
        return Looked([Amiss(1, f"has more than {_MOST:,} Liquid parts", "split it")], [], has_preview=False)
    marks = iter(range(len(pieces)))
    # Each Liquid part becomes one letter that XML does not mind, with the line ends it held.
    marked = _LIQUID.sub(lambda match: chr(0xE000 + next(marks)) + "\n" * match.group().count("\n"), source)
    faults = list(_names(marked)) + list(_nesting(marked, pieces))
    if not faults:
        faults = list(_compiled(marked, pieces))
    return Looked(faults, list(_addresses(marked, pieces)), has_preview="<mj-preview" in marked)


def _line(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1


def _names(marked: str) -> Iterator[Amiss]:
    first = next((match for match in _XML.finditer(marked) if match["name"]), None)
    if first is None or first["name"] != "mjml":
        yield Amiss(1, "is no MJML", "begin with <mjml><mj-body>")
    elif "<mj-body" not in marked:
        yield Amiss(1, "has no <mj-body>", "<mjml><mj-body>…</mj-body></mjml>")
    for match in _XML.finditer(marked):
        name = match["name"] or ""
        if name.startswith("mj") and name not in ELEMENTS and not match["end"]:
            yield Amiss(_line(marked, match.start()), f"<{name}> is no element of MJML", "", name, ELEMENTS)


def _nesting(marked: str, pieces: list[str]) -> Iterator[Amiss]:
    """Elements and Liquid blocks lie in one another, so that every branch is whole by itself."""
    stack: list[tuple[str, int]] = []
    for kind, name, at in _events(marked, pieces):
        if kind == "open":
            stack.append((name, at))
            continue
        is_in_place = bool(stack) and (stack[-1][0].startswith("{") if kind == "between" else stack[-1][0] == name)
        if not is_in_place:
            inner = f"{stack[-1][0]} of line {_line(marked, stack[-1][1])} is open" if stack else "nothing is open"
            shown = name if kind == "between" else _closing(name)
            yield Amiss(_line(marked, at), f"{shown} where {inner}", "close what was opened last, within its branch")
            return
        if kind == "close":
            stack.pop()
    for name, at in stack[-1:]:
        yield Amiss(_line(marked, at), f"{name} is never closed", _closing(name))


def _closing(name: str) -> str:
    return name.replace("<", "</") if name.startswith("<") else name.replace("{% ", "{% end")


def _events(marked: str, pieces: list[str]) -> Iterator[tuple[str, str, int]]:
    """(open, between or close; its name; where), in order."""
    at = 0
    for match in _XML.finditer(marked):
        yield from _blocks(marked[at : match.start()], at, pieces)
        at = match.end()
        if match["name"] is None:
            continue
        # A block inside one tag must end inside it.
        yield from _blocks(match["rest"], match.start("rest"), pieces)
        name = match["name"]
        if match["end"]:
            yield "close", f"<{name}>", match.start()
        elif not match["closed"] and name.lower() not in _VOID:
            yield "open", f"<{name}>", match.start()
    yield from _blocks(marked[at:], at, pieces)


def _blocks(text: str, offset: int, pieces: list[str]) -> Iterator[tuple[str, str, int]]:
    for mark in _MARK.finditer(text):
        piece = pieces[ord(mark.group()) - 0xE000]
        tag = _TAG.match(piece)
        if tag is None or piece.startswith("{{") or "endcomment" in piece:
            continue
        name, at = tag[1], offset + mark.start()
        if name in _OPENING:
            yield "open", f"{{% {name} %}}", at
        elif name in _BETWEEN:
            yield "between", f"{{% {name} %}}", at
        elif name.startswith("end"):
            yield "close", f"{{% {name[3:]} %}}", at


def _compiled(marked: str, pieces: list[str]) -> Iterator[Amiss]:
    """What the compiler says of it with every branch taken, and with none of the tags."""
    text = _MARK.sub(lambda mark: "x" if pieces[ord(mark.group()) - 0xE000].startswith("{{") else "", marked)
    try:
        mrml.to_html(text)
    except OSError as error:
        found = re.search(r"at position (\d+)", str(error))
        line = _line(text, int(found[1])) if found else 1
        yield Amiss(line, f"is no MJML: {error}", "see that each element is closed and its attributes are quoted")


def _addresses(marked: str, pieces: list[str]) -> Iterator[Address]:
    for match in _XML.finditer(marked):
        for attribute in _ATTRIBUTE.finditer(match["rest"] or ""):
            value = attribute[2][1:-1].strip()
            if attribute[1].lower() not in _URLS:
                continue
            for mark in _MARK.finditer(value):
                piece = pieces[ord(mark.group()) - 0xE000]
                path = re.match(r"\{\{-?\s*([\w.-]+?)\s*(?:[|}]|-\})", piece)
                if path is not None:
                    yield Address(_line(marked, match.start()), path[1], is_whole=value == mark.group())
