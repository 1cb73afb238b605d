"""Data quality: how each source stands, what came from it on each day, and what became of that."""

from __future__ import annotations

from starlette.responses import Response

from itda.console.visit import Visit


def show(visit: Visit) -> Response:
    """The page; `?source` narrows it to one source."""
    view = visit.house.desk.quality(visit.actor)
    chosen = visit.query("source")
    sources = sorted({line.source for line in view.lines})
    lines = [line for line in view.lines if not chosen or line.source == chosen]
    refused = sum(view.total.quarantined.values())
    return visit.render(
        "quality.html", view=view, lines=lines, sources=sources, chosen=chosen, refused=refused,
        every_source=visit.house.desk.sources(visit.actor),
    )  # fmt: skip
