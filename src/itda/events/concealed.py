"""Personal values in what a contract calls plain: found, and taken over to the part that is sealed.

A contract says what a field holds by design; a person may write anything into a note or a search. Where a text of the
plain part holds a phone, an e-mail, a card, an account, papers or a name (`text/personal`), that text is sealed with
the event, as if its contract had said so; nothing else of the event changes. A list of texts goes whole.
"""

from __future__ import annotations

from typing import Any

from itda.events.classes import CODES, is_protected, join
from itda.text.personal import PersonalKind, kinds

_CODE_ENDS = ("id", "_no", "Id", "ID", "code", "Code", "sku", "barcode")


def conceal(plain: dict[str, Any], closed: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any], list[PersonalKind]]:
    """The two parts anew, and what was found, a kind for each text. The parts themselves where nothing was."""
    found: list[PersonalKind] = []
    clear, shut = _of_object(plain, found)
    return (clear, join(closed, shut), found) if found else (plain, closed, found)


def _of_object(value: dict[str, Any], found: list[PersonalKind]) -> tuple[dict[str, Any], dict[str, Any]]:
    clear: dict[str, Any] = {}
    shut: dict[str, Any] = {}
    for key, item in value.items():
        if is_protected(key):
            found.append("protected")
            shut[key] = item
        elif _holds(key, found, is_code=False):
            shut[key] = item
        elif isinstance(item, str):
            is_code = key in CODES or key.endswith(_CODE_ENDS)
            (shut if _holds(item, found, is_code=is_code) else clear)[key] = item
        elif isinstance(item, dict):
            clear[key], closed = _of_object(item, found)
            if closed:
                shut[key] = closed
        elif isinstance(item, list):
            open_items, closed_items = _of_list(item, found)
            if open_items is not None:
                clear[key] = open_items
            if closed_items is not None:
                shut[key] = closed_items
        else:
            clear[key] = item
    return clear, shut


def _of_list(items: list[Any], found: list[PersonalKind]) -> tuple[list[Any] | None, list[Any] | None]:
    """Objects one by one, in step; any other list whole, or not at all."""
    before = len(found)
    if all(isinstance(item, dict) for item in items):
        parts = [_of_object(item, found) for item in items]
        return [clear for clear, _ in parts], [shut for _, shut in parts] if len(found) > before else None
    _of_object({str(number): item for number, item in enumerate(items)}, found)
    return (None, items) if len(found) > before else (items, None)


def _holds(text: str, found: list[PersonalKind], *, is_code: bool) -> bool:
    of_it = kinds(text, is_code=is_code)
    found.extend(of_it[:1])
    return bool(of_it)
