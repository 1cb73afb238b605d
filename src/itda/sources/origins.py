"""Where a source that is fetched, or that calls, has its rows: what its YAML says of it, checked.

Secrets are named, never held: `*_from` is the name of a variable of the environment.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from itda.sources.marks import Overlap


class DatabaseOrigin(msgspec.Struct, frozen=True, kw_only=True):
    """A table or a query that is read in the order of one column."""

    dialect: Literal["sqlite", "postgresql", "mysql"]
    url: str
    """Without a password; of SQLite the path of the file."""
    password_from: str = ""
    table: str = ""
    query: str = ""
    """One of the two; a query is read as a table is."""
    cursor: str
    """The column that goes up with every row that is new or has changed."""
    since: str = ""
    """The first value that is read; empty: all of them."""
    overlap: Overlap = Overlap()


Origin = DatabaseOrigin
