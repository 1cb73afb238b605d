"""What each address of the doors for machines is for, in the words of its document. Types are those it is served by."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal

import msgspec

from itda.api.consents import ToldActs
from itda.api.machines import Lookup
from itda.api.profiles import Two
from itda.api.reviews import Answered, Undone
from itda.api.stewards import Decision, Taken
from itda.api.tracking import CALLS
from itda.engine.commands.consents import TellConsents
from itda.engine.commands.review import DecideReview, UndoReview
from itda.engine.questions.consent import ConsentOf
from itda.engine.questions.history import History
from itda.engine.questions.profile import Profile
from itda.engine.questions.review import MatchRuns, ReviewQueue, ReviewTask
from itda.engine.questions.segment_told import SegmentsOf
from itda.engine.questions.timeline import Timeline
from itda.engine.questions.why import Why

_TEXT: Mapping[str, Any] = MappingProxyType({"type": "string"})


class Parameter(msgspec.Struct, frozen=True):
    """One parameter of an address."""

    name: str
    place: Literal["path", "query"] = "query"
    meaning: str = ""
    schema: Mapping[str, Any] = _TEXT


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """One address and method."""

    summary: str
    body: Any = None
    asked: Any = None
    """The question or command it puts, whose answer it gives."""
    answer: Any = None
    """What it answers where that is no question's answer."""
    parameters: tuple[Parameter, ...] = ()
    status: int = 200
    done: str = "Done."
    missing: str = "No such customer."
    is_read: bool = False
    may_be_behind: bool = False
    is_open: bool = False
    is_for_people: bool = False
    """Its errors are read in a browser."""


class Event(msgspec.Struct):
    """An event as the Segment spec writes it; further fields are taken too."""

    messageId: str | None = None  # noqa: N815 - the wire's own names
    userId: str | None = None  # noqa: N815
    anonymousId: str | None = None  # noqa: N815
    event: str | None = None
    properties: dict[str, Any] | None = None
    traits: dict[str, Any] | None = None
    context: dict[str, Any] | None = None


class Batch(msgspec.Struct):
    """Many events."""

    batch: list[dict[str, Any]]


class Success(msgspec.Struct):
    """It is durable."""

    success: bool


class Ready(msgspec.Struct):
    """Whether the doors are ready."""

    ready: bool


_AT_LEAST = Parameter(
    "at_least", meaning="Wait, a second at most, until the log is processed up to this position.",
    schema={"type": "integer", "minimum": 0},
)  # fmt: skip
_PAST = (
    Parameter("at", meaning="What the customer was at this time (ISO 8601), by today's knowledge."),
    Parameter("as_known", meaning="What was known of the customer at this time (ISO 8601)."),
)
_PAGE = (
    Parameter("before", meaning="`next` of the page before."),
    Parameter("limit", schema={"type": "integer", "minimum": 1, "maximum": 500}),
    Parameter("channel", meaning="Only events of this channel."),
)


def _of_customer(name: str, summary: str, asked: Any, *more: Parameter) -> dict[str, Operation]:
    """The two ways to ask one thing: by an identifier in the body, by a customer's id in the address."""
    parameters = (_AT_LEAST, *more)
    path = f"/{name}" if name else ""
    posted, got = (
        Operation(
            summary=f"{summary}, {way}",
            asked=asked,
            body=body,
            parameters=parameters,
            is_read=True,
            may_be_behind=True,
            done="What is known.",
        )
        for way, body in (("by an identifier", Lookup), ("by customer id", None))
    )
    return {f"POST /v1/profiles/{name or 'lookup'}": posted, f"GET /v1/profiles/{{customer}}{path}": got}


def _tracked(summary: str, body: Any = Event) -> Operation:
    return Operation(summary=summary, body=body, answer=Success, done="Durable in the log; X-Itda-Position says where.")


def _decided(summary: str) -> Operation:
    return Operation(summary=summary, body=Decision, answer=Taken, may_be_behind=True, done="Decided.")


TOLD: dict[str, Operation] = {
    "GET /health": Operation(summary="Whether the doors are ready", answer=Ready, is_open=True, done="They are."),
    "GET /v1/openapi.json": Operation(summary="This document", answer=dict[str, Any], is_open=True, done="It."),
    "GET /q/{code}": Operation(
        summary="A code of ours was scanned", status=302, is_open=True, is_for_people=True, is_read=True,
        missing="No code of ours.",
        done="On to where the code leads.",
    ),
    "POST /v1/hooks/{name}": Operation(
        summary="A call of another system, signed by it", body=dict[str, Any], answer=Success, is_read=True,
        missing="No source of that name is called.", done="Durable in the log.",
    ),
    **_of_customer("", "A customer's profile", Profile, *_PAST),
    **_of_customer("segments", "The segments a customer is in", SegmentsOf),
    **_of_customer("consent", "What a customer agreed to and refused", ConsentOf),
    **_of_customer("events", "A customer's events, the latest first", Timeline, *_PAGE),
    **_of_customer("history", "How a customer came to be joined as they are", History),
    "POST /v1/profiles/why": Operation(
        summary="Why two identifiers are one customer, or are not", body=Two, asked=Why, parameters=(_AT_LEAST,),
        is_read=True, may_be_behind=True, done="The evidence.",
    ),
    "POST /v1/identity/join": _decided("A steward joins two"),
    "POST /v1/identity/cut": _decided("A steward parts two"),
    "POST /v1/identity/undo": _decided("A steward takes a decision back"),
    "GET /v1/review": Operation(
        summary="The steward's queue", asked=ReviewQueue, done="What waits, those most worth a decision first.",
        parameters=(Parameter("kind", schema={"enum": ["", "pair", "check", "limit", "hub"]}), _PAGE[1]),
    ),
    "GET /v1/review/runs": Operation(summary="Runs of the matching", asked=MatchRuns, done="The latest first."),
    "GET /v1/review/{task}": Operation(
        summary="One task of the queue", asked=ReviewTask, is_read=True, missing="No task asks this any more.",
    ),
    "POST /v1/review/{task}": Operation(
        summary="A steward answers a task", body=Answered, asked=DecideReview, may_be_behind=True,
    ),
    "POST /v1/review/undo": Operation(
        summary="A steward takes an answer back", body=Undone, asked=UndoReview, may_be_behind=True,
    ),
    "POST /v1/consents": Operation(summary="Acts of consent are written down", body=ToldActs, asked=TellConsents),
    **{f"TRACK {call}": _tracked(f"Take a call of {call}") for call in CALLS},
    "TRACK batch": _tracked("Take many calls", Batch),
    "TRACK item": _tracked("Take a call of Jitsu's clients", dict[str, Any]),
    "TRACK posthog": _tracked("Take calls of PostHog's clients", dict[str, Any]),
}  # fmt: skip
"""METHOD PATH → what it is; TRACK CALL → what every path of that tracking call is."""
