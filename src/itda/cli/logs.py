"""Logs as JSON lines under `.itda/logs`, one file per process, kept small.

No personal value reaches them: of an unexpected error only its class and the places it came through are written, its
message only where Itda wrote the message itself.
"""

from __future__ import annotations

import logging
import logging.handlers
import time
import traceback
from pathlib import Path

import msgspec

from itda.base import instant
from itda.base.errors import ItdaError


class JsonLines(logging.Formatter):
    """One JSON object a line: at, level, process, what, and for errors their class and places."""

    def __init__(self, process: str) -> None:
        self._process = process
        super().__init__()

    def format(self, record: logging.LogRecord) -> str:
        """Write one record."""
        line: dict[str, object] = {
            "at": instant.text(int(record.created * instant.SECOND)),
            "level": record.levelname.lower(),
            "process": self._process,
            "what": record.getMessage() if record.name.startswith("itda") else f"{record.name}: {record.msg}",
        }
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            line["error"] = type(error).__name__
            if isinstance(error, ItdaError):
                line["message"] = str(error)
            line["places"] = [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}"
                              for frame in traceback.extract_tb(error.__traceback__)[-12:]]  # fmt: skip
        return msgspec.json.encode(line).decode()


def start(folder: Path, process: str) -> logging.Logger:
    """Send every log record of this process to `folder/process.jsonl` (5 MB, three old ones kept)."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    handler = logging.handlers.RotatingFileHandler(
        folder / f"{process}.jsonl", maxBytes=5_000_000, backupCount=3, encoding="utf-8"
    )
    handler.setFormatter(JsonLines(process))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    logging.Formatter.converter = time.gmtime
    return logging.getLogger(f"itda.{process}")
