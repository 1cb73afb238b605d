"""What belongs into which file, and which files are worth merging: pure decisions about days and row counts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from itda.store.lake.files import DAY_LEVEL, MONTH_LEVEL, LakeFile, first_of_month

OPEN_DAYS = 7
"""A month takes day files until so many days after its end."""

TODAY_FILES = 32
DAY_FILES = 8
MONTH_FILES = 4
"""So many files of today, of another day or of a month, and some of them are merged: today is still coming in."""

FULL_ROWS = 8_000_000
"""A file of so many rows is merged no more."""


def open_from(today: int) -> int:
    """The first day whose rows go into day files; earlier ones go into month files. `today` is a day of log time."""
    return first_of_month(today - OPEN_DAYS)


def partition(days: npt.NDArray[np.int64], first_open: int) -> npt.NDArray[np.int64]:
    """For each row's local day the first day of the file it belongs into."""
    distinct, places = np.unique(days, return_inverse=True)
    homes = np.array([day if day >= first_open else first_of_month(int(day)) for day in distinct], dtype=np.int64)
    return homes[places]


def level_of(home: int, first_open: int) -> int:
    """Whether a partition is a day or a month."""
    return DAY_LEVEL if home >= first_open else MONTH_LEVEL


def to_merge(files: Sequence[LakeFile], today: int) -> tuple[int, list[LakeFile]] | None:
    """The next merge, as (home, files), or None when the lake is tidy. Oldest first. `today` is a day of log time.

    A closed month's day files become one month file. Otherwise the smallest files of a full home merge, as long as
    each is at most twice as large as those before it together: so a row is rewritten a logarithm of times.
    """
    first_open = open_from(today)
    homes: dict[int, list[LakeFile]] = {}
    for file in files:
        home = file.first_day if file.first_day >= first_open else first_of_month(file.first_day)
        homes.setdefault(home, []).append(file)
    for home, here in sorted(homes.items()):
        is_closed = home < first_open
        most = MONTH_FILES if is_closed else TODAY_FILES if home >= today else DAY_FILES
        chosen = _chosen(here, most, is_closed=is_closed)
        if chosen:
            return home, chosen
    return None


def _chosen(here: list[LakeFile], most: int, *, is_closed: bool) -> list[LakeFile]:
    days = [file for file in here if file.level == DAY_LEVEL] if is_closed else []
    small = sorted((file for file in here if file.rows < FULL_ROWS), key=lambda file: (file.rows, file.path))
    if len(days) > 1:
        return days
    if len(small) < most:
        return []
    chosen, total = small[:2], small[0].rows + small[1].rows
    for file in small[2:]:
        if file.rows > 2 * total:
            break
        chosen.append(file)
        total += file.rows
    return chosen
