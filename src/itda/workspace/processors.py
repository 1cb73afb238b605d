"""Reads processors.yaml: who else holds data of our customers for us, and how they are told of a request.

Whoever processes for a brand has to erase with it (PIPA art. 26 and 36; GDPR art. 17(2), 19 and 28; EU-08), and an
audience on an advertising platform is such a place too (CH-09).
"""

from __future__ import annotations

import re
from typing import Literal
from urllib.parse import urlsplit

import msgspec

from itda.base.errors import Fault
from itda.workspace import shape
from itda.workspace.files import Document

FILE = "processors.yaml"
_EXAMPLE = "mailer: {tell: webhook, url: 'https://…', kinds: [email]}"


class Processor(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One of them, as processors.yaml says it."""

    tell: Literal["webhook", "person"] = "person"
    """webhook: a signed call is sent until it is answered with 2xx. person: one of us does it, and says so."""
    url: str = ""
    """Of a webhook."""
    how: str = ""
    """For a person: what is to be done there."""
    kinds: tuple[str, ...] = ()
    """Kinds of identifiers they know people by: of others they are told nothing."""
    does: dict[str, str] = {}
    """Language → what they process it for, as customers read it in the privacy centre."""
    country: str = ""
    """ISO 3166, where it is not the brand's own."""
    mechanism: str = ""
    """What a transfer there out of Europe rests on, by name, such as `SCC 2021/914, TIA 2026-03` (GDPR art. 46)."""
    requests: tuple[Literal["erase", "stop"], ...] = ("erase", "stop")
    """Which requests they are told of."""


_NAME = re.compile(r"[^\W_][\w-]{0,59}")
"""The person who asked is kept beside the processors under no name: whoever had none would take their answer."""


def read_processors(document: Document | None, kinds: tuple[str, ...], faults: list[Fault]) -> dict[str, Processor]:
    """The processors by name; `kinds` are those of the workspace's identifiers."""
    if document is None or document.data is None:
        return {}
    if not isinstance(document.data, dict):
        faults.append(document.fault("", "must be a mapping", _EXAMPLE))
        return {}
    found: dict[str, Processor] = {}
    for name, written in document.data.items():
        amiss = shape.faults(document, written, Processor, str(name)) if isinstance(written, dict) else [
            document.fault(str(name), "must be a mapping", _EXAMPLE)
        ]  # fmt: skip
        if not amiss:
            processor = msgspec.convert(written, Processor)
            amiss = _amiss(document, str(name), processor, kinds)
            found[str(name)] = processor
        faults += amiss
    return found


def _amiss(document: Document, name: str, processor: Processor, kinds: tuple[str, ...]) -> list[Fault]:
    found = [
        document.fault(f"{name}.kinds", f"{kind!r} is no kind of identifier", shape.nearest(kind, kinds))
        for kind in processor.kinds
        if kind not in kinds
    ]
    if not processor.kinds:
        found.append(document.fault(name, "says not by what they know people", f"kinds: [{', '.join(kinds[:2])}]"))
    if not _NAME.fullmatch(name):
        found.append(document.fault(name, f"{name!r} is no name", "letters, digits, - and _"))
    if processor.tell == "webhook" and not _is_address(processor.url):
        found.append(document.fault(f"{name}.url", "is no address to be called", "https://…"))
    if processor.tell == "person" and not processor.how:
        found.append(document.fault(name, "says not what is to be done", "how: delete them in …"))
    return found


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("https", "http") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
