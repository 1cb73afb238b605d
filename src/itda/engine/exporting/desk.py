"""`shop.export`: customers as a file or as a frame."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

from itda.base.errors import Fault, Refused
from itda.consent.platforms import PLATFORMS
from itda.engine.app import Command, Question
from itda.engine.exporting import files
from itda.engine.exporting.audience import Audience, GiveAudience, Members
from itda.engine.exporting.columns import Column
from itda.engine.exporting.question import Export, Page, Wanted
from itda.engine.exporting.second import NeedsSecond, ProposeExport
from itda.engine.questions.views import AudienceView, ExportView

if TYPE_CHECKING:
    import polars as pl

Result = TypeVar("Result")
Progress = Callable[[int, int | None], None]


class Asked(Protocol):
    """A shop that answers."""

    def ask(self, question: Question[Result], reason: str = "") -> Result:
        """The answer's value."""
        ...

    def act(self, command: Command[Result], reason: str) -> Result:
        """What was done."""
        ...


def _silent(_done: int, _total: int | None) -> None:
    pass


class Exports:
    """Every customer, or those of a segment, with all that is known of them.

    Personal values come whole where a `reason` is given and the role may see them, else masked; the access log keeps
    the reason and how many customers were told of, in the transaction that reads them. `columns` are names
    (`identifier.email`) or groups of them (`trait`); none are all. `Misused` where a segment or column is none.
    """

    def __init__(self, shop: Asked) -> None:
        self._shop = shop

    def profiles(
        self, to: Path | str, *, segment: str = "", columns: Sequence[str] = (), reason: str = "",
        force: bool = False, progress: Progress = _silent, purpose: str = "", channel: str = "",
    ) -> ExportView:  # fmt: skip
        """Write a file, CSV or Parquet by its name, which is there when it is whole. `Refused` where there is one.

        With a `purpose` and `channel` each customer is put to the law and to their consent to that first.
        """
        path, sinks = Path(to), list[files.Sink]()
        files.check_suffix(path)
        with files.placed(path, may_replace=force) as file:

            def into(found: list[Column], page: Page, done: int, total: int) -> None:
                if not sinks:
                    sinks.append(files.sink(path, file, found))
                if done:
                    sinks[0].take(page)
                progress(done, total)

            told = self._asked(Export(Wanted(segment, tuple(columns), purpose, channel), into), reason)
            sinks[0].end()
        return told

    def audience(
        self, to: Path | str, *, platform: str, segment: str = "", reason: str = "", force: bool = False,
    ) -> AudienceView:  # fmt: skip
        """Write the members of a segment in an advertising platform's form, as CSV.

        Each is put to the law first, and whoever may not go is left out whole and counted by the reason. `Misused`
        where the platform or the segment is none.
        """
        path = Path(to)
        with files.placed(path, may_replace=force) as file:
            text = io.TextIOWrapper(file, "utf-8", newline="")
            writer = csv.writer(text)
            writer.writerow(PLATFORMS[platform].columns if platform in PLATFORMS else ())
            members = Members(platform, segment)
            told = self._asked(Audience(members, lambda rows, _looked: writer.writerows(rows)), reason)
            text.flush()
            text.detach()
            self._shop.act(GiveAudience(members, told.customers, told.known), reason)
        return told

    def frame(
        self, *, segment: str = "", columns: Sequence[str] = (), reason: str = "", purpose: str = "", channel: str = ""
    ) -> pl.DataFrame:
        """The same in memory: lists are lists, times are UTC datetimes."""
        import polars as pl  # noqa: PLC0415 - costs 60 MB, and a file needs none
        import pyarrow as pa  # noqa: PLC0415 - the same

        tables: list[pa.Table] = []

        def into(found: list[Column], page: Page, _done: int, _total: int) -> None:
            tables.append(files.table(page, files.schema(found)))

        self._asked(Export(Wanted(segment, tuple(columns), purpose, channel), into), reason)
        made = pl.from_arrow(pa.concat_tables(tables))
        return made if isinstance(made, pl.DataFrame) else made.to_frame()

    def _asked(self, question: Question[Result], reason: str) -> Result:
        """The answer; where it takes a second person, they are asked for, and `Refused` says by what."""
        try:
            return self._shop.ask(question, reason)
        except NeedsSecond as needed:
            made = self._shop.act(ProposeExport(needed.digest, needed.note), reason)
            cure = f"somebody else says so first: itda approvals approve {made}; then the same once more"
            raise Refused(Fault(what=needed.faults[0].what, cure=cure)) from None
