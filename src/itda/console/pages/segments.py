"""Segments: which there are, how large and how fresh; what one means, who is in it, and why somebody is."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.responses import Response

from itda.console import meaning
from itda.console.visit import Visit
from itda.engine.questions.segment_told import LineView
from itda.engine.questions.segments import SegmentView


def show(visit: Visit) -> Response:
    """All of them, the largest first."""
    found = sorted(visit.house.desk.segments(visit.actor), key=lambda one: (-one.members, one.name))
    most = max((one.members for one in found), default=0)
    return visit.render("segments.html", segments=found, most=most, held=visit.house.desk.definitions(visit.actor))


def one(visit: Visit) -> Response:
    """One segment; its members only for those who may see people."""
    name = str(visit.request.path_params["segment"])
    told = visit.house.desk.segment(visit.actor, name)
    every = visit.house.desk.segments(visit.actor)
    segment = next((one for one in every if one.name == name), None)
    if told is None or segment is None:
        raise HTTPException(404, "segment")
    after = visit.query("after")
    members = visit.house.desk.members(visit.actor, name, after) if visit.may("customer.search") else None
    return visit.render(
        "segment.html",
        segment=segment,
        lines=[(line, said(visit, line)) for line in told.lines],
        resting=[one for one in every if one.name in told.segments],
        journeys=told.journeys,
        members=members,
        after=after,
    )


def why(visit: Visit) -> Response:
    """Why one customer is in a segment, or is not: each test with what it found."""
    name, customer = str(visit.request.path_params["segment"]), str(visit.request.path_params["customer"])
    answer = visit.house.desk.membership(visit.actor, name, customer)
    told = visit.house.desk.segment(visit.actor, name)
    if answer is None or told is None:
        raise HTTPException(404, "segment")
    lines = list(zip(told.lines, answer.tests, strict=True))
    return visit.render(
        "segment_why.html",
        segment=named(visit, name),
        answer=answer,
        lines=[(line, said(visit, line), test, found(visit, test.found)) for line, test in lines],
    )


def named(visit: Visit, name: str) -> SegmentView:
    """A segment that is there."""
    return next(one for one in visit.house.desk.segments(visit.actor) if one.name == name)


def said(visit: Visit, line: LineView) -> str:
    """A line of a definition in the visit's language."""
    return meaning.line(line, visit.language, visit.formats, visit.say)


def found(visit: Visit, value: object) -> str:
    """What a test found, as a text; empty where it looked at nothing."""
    return "" if value is None else meaning.found(value, visit.formats, visit.say)
