"""Numbers with the word they count, for lines in English: `1 event`, `2,000 events`."""

from __future__ import annotations


def counted(number: int, one: str, many: str = "") -> str:
    """The number and its word. `many` is for words that take more than an s."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
