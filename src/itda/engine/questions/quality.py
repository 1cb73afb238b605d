"""Data quality: what came from each source on each day of receipt, what became of it, and the imported files."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

import msgspec

from itda.base.instant import day_to_date
from itda.engine.app import Answer
from itda.engine.questions.standing import linked_share
from itda.engine.questions.views import ImportView, QualityLine, QualityView
from itda.engine.work import Work
from itda.events.places import LOCATION

_LINES = "select local_date, source, channel, measure, n from quality order by local_date desc, source, channel"
_TOTAL = "select 0, '', '', measure, sum(n)::bigint from quality group by measure"
_FILES = """
    select source, name, rows_total, rows_done, events, refused, started_at, finished_at
    from import_file order by started_at desc, source, name limit 1000
"""
_REFUSED = "quarantined:"
_UNREADABLE = "unreadable:"
_CONCEALED = "concealed:"

Row = tuple[int, str, str, str, int]
"""local_date, source, channel, measure, n."""


class Quality(msgspec.Struct, frozen=True):
    """How good the data is. `days` of receipt are listed; the totals are over all."""

    permission: ClassVar[str] = "quality.read"
    days: int = 400

    def answer(self, work: Work) -> Answer[QualityView]:
        """Newest day first."""
        rows: list[Row] = work.connection.execute(_LINES).fetchall()
        listed = set(sorted({row[0] for row in rows}, reverse=True)[: self.days])
        totals: list[Row] = work.connection.execute(_TOTAL).fetchall()
        view = QualityView(
            lines=_lines(row for row in rows if row[0] in listed),
            total=next(iter(_lines(totals)), _line((0, "", ""), {})),
            linked_share=linked_share(work, work.lake.within(work.connection)),
            files=[ImportView(*row) for row in work.connection.execute(_FILES).fetchall()],
        )
        return Answer(view, count=len(view.lines))


def _lines(rows: Iterable[Row]) -> list[QualityLine]:
    places: dict[tuple[int, str, str], dict[str, int]] = {}
    for day, source, channel, measure, n in rows:
        places.setdefault((day, source, channel), {})[measure] = n
    return [_line(place, measures) for place, measures in places.items()]


def _line(place: tuple[int, str, str], measures: dict[str, int]) -> QualityLine:
    day, source, channel = place
    return QualityLine(
        local_date=day_to_date(day).isoformat() if day else "",
        source=source,
        channel=channel,
        accepted=measures.get("accepted", 0),
        duplicate=measures.get("duplicate", 0),
        quarantined=_under(_REFUSED, measures),
        late=measures.get("late", 0),
        clamped=measures.get("clamped", 0),
        fields_missing=measures.get("fields_missing", 0),
        drift=measures.get("drift", 0),
        unreadable=_under(_UNREADABLE, measures),
        concealed=_under(_CONCEALED, measures),
        unplaced=measures.get(LOCATION, 0),
    )


def _under(prefix: str, measures: dict[str, int]) -> dict[str, int]:
    return {measure.removeprefix(prefix): n for measure, n in sorted(measures.items()) if measure.startswith(prefix)}
