"""A file as it was when an import began, however it grows meanwhile: what is hashed, counted and read is the same."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import TYPE_CHECKING

from itda.base.errors import Fault, Refused

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


class Steady(io.RawIOBase):
    """The bytes a file had when it was opened. `Refused` where some of them are gone before they are read."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = path.open("rb", buffering=0)
        self.size = os.fstat(self._file.fileno()).st_size

    def readable(self) -> bool:
        """Yes."""
        return True

    def seekable(self) -> bool:
        """Yes."""
        return True

    def tell(self) -> int:
        """Where it reads next."""
        return self._file.tell()

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to another place; the end is where it was."""
        if whence == os.SEEK_END:
            offset, whence = self.size + offset, os.SEEK_SET
        return self._file.seek(offset, whence)

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Read on, up to the end as it was."""
        wanted = memoryview(buffer).cast("B")[: max(0, self.size - self._file.tell())]
        read = self._file.readinto(wanted) or 0
        if len(wanted) and not read:
            cure = "import it again when nobody writes to it"
            raise Refused(Fault(what="became shorter while it was imported", cure=cure, file=str(self._path)))
        return read

    def close(self) -> None:
        """Close the file."""
        self._file.close()
        super().close()
