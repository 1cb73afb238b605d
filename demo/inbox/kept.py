"""What the inbox was given: each mail byte for byte in a file of its own, and one line in an index."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple


class Entry(NamedTuple):
    """One line of the index."""

    number: int
    at: float
    """Seconds since 1970."""
    sender: str
    """Of the envelope: where bounces go."""
    to: str
    size: int
    answer: str
    """What the server said: 250 where it took the mail; nothing is kept of others."""

    @property
    def is_taken(self) -> bool:
        """Whether there is a mail to read."""
        return self.answer.startswith("250")


class Kept:
    """The folder of one inbox. One process writes; any may read."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._index = folder / "index.jsonl"
        self._lock = threading.Lock()
        folder.mkdir(parents=True, exist_ok=True)
        self._next = 1 + max((int(path.stem) for path in folder.glob("*.eml")), default=0)
        self._next = max(self._next, 1 + max((entry.number for entry in self.entries()), default=0))

    def take(self, sender: str, to: str, data: bytes, answer: str) -> int:
        """Keep a mail (or only that it was refused) before the server answers; its number."""
        with self._lock:
            number, self._next = self._next, self._next + 1
            entry = Entry(number, time.time(), sender, to, len(data), answer)
            if entry.is_taken:
                part = self._folder / f"{number}.part"
                part.write_bytes(data)
                part.rename(self._file(number))
            with self._index.open("a", encoding="utf-8") as index:
                index.write(json.dumps(entry) + "\n")
        return number

    def entries(self) -> Iterator[Entry]:
        """All of the index, oldest first."""
        if not self._index.exists():
            return
        with self._index.open(encoding="utf-8") as index:
            for line in index:
                if line.endswith("\n"):
                    yield Entry(*json.loads(line))

    def mail(self, number: int) -> bytes | None:
        """The bytes of a mail; None where there is none of this number."""
        file = self._file(number)
        return file.read_bytes() if file.exists() else None

    def _file(self, number: int) -> Path:
        return self._folder / f"{number}.eml"
