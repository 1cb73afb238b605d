"""What fields are for, as contracts say it, held to what segments ask of them (PIPA art. 15, 18, 23; GDPR art. 5)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from itda.base.errors import Fault
from itda.consent import uses
from itda.events.contract import Contract
from itda.events.contracts import Contracts
from itda.events.names import STANDARD_NAMES
from itda.journeys.definition import Journey
from itda.journeys.steps.send import Send
from itda.messages.definition import Message
from itda.profiles.definition import DECLARED, TraitDef
from itda.profiles.events import AROUND, HOUR, OF_THE_EVENT, Events, words
from itda.segments.definition import Expression, Group, Segment, tests
from itda.segments.operators.consent import ConsentTest
from itda.segments.operators.events import EventsTest
from itda.segments.operators.in_segment import InSegment
from itda.segments.operators.trait import TraitTest
from itda.workspace import shape
from itda.workspace.files import Document

_SAYS = f"say what for: purposes: {{'{uses.EVERY_FIELD}': {uses.SERVICE}}}"


class Known(msgspec.Struct, frozen=True):
    """What fields are asked through, and what they may be for."""

    traits: Mapping[str, TraitDef]
    contracts: Contracts
    purposes: tuple[str, ...]


def of_contract(document: Document, prefix: str, contract: Contract, purposes: Sequence[str]) -> Iterator[Fault]:
    """Fields that a contract leaves without a purpose, and purposes that nobody knows."""
    said = contract.purposes
    paths = [path for path, node in contract.root.walk() if not node.fields and node.item is None]
    for path in uses.unmapped(paths, said) if said else ():
        yield document.fault(f"{prefix}purposes", f"{path!r} is for no purpose, so it may not be kept", _SAYS)
    for path, named in said.items():
        place = f"{prefix}purposes.{path}"
        if path != uses.EVERY_FIELD and path not in {known for known, _ in contract.root.walk()}:
            yield document.fault(place, f"the schema has no field {path!r}", shape.nearest(path, paths))
        for purpose in named:
            if purpose not in purposes:
                yield document.fault(place, f"{purpose!r} is no purpose", shape.nearest(purpose, purposes))


def of_segments(found: Mapping[str, tuple[Document, Segment]], known: Known) -> Iterator[Fault]:
    """Fields that segments ask and that are not for what the segment is for."""
    segments = {name: segment for name, (_, segment) in found.items()}
    for name, (document, segment) in found.items():
        for event, path in sorted(set(_fields(segment.where, known, segments))):
            what = _amiss(segment, event, path, known)
            if what:
                yield document.fault(name, what, "leave it out, or say what the segment is for: purpose: …")
        if segment.purpose == uses.SENSITIVE and not _asks_consent(segment.where):
            cure = f"all: [{{consent: {uses.SENSITIVE}, channel: any}}, …]"
            yield document.fault(name, "whoever is asked about such things must have consented to it", cure)


def of_journey(
    document: Document, journey: Journey, messages: Mapping[str, Message], segments: Mapping[str, Segment], known: Known
) -> Iterator[Fault]:
    """Messages to whom a segment chose, that are for something else than what chose them."""
    chosen = segments.get(journey.enter.segment)
    if chosen is None:
        return
    fields = sorted(set(_fields(chosen.where, known, segments)))
    for step in journey.steps:
        message = messages.get(step.does.message) if isinstance(step.does, Send) else None
        if message is None or not message.purpose:
            continue
        serving = msgspec.structs.replace(chosen, purpose=message.purpose)
        for event, path in fields:
            what = _amiss(serving, event, path, known)
            if what:
                cure = f"begin it otherwise, or leave that out of {chosen.name}"
                yield document.fault("enter.segment", f"{message.name}: {what}", cure)


def _amiss(segment: Segment, event: str, path: str, known: Known) -> str:
    if uses.is_connecting(path):
        return f"{path!r} is connecting information (CI), which chooses nobody"
    contract = known.contracts.get(event)
    said = contract.purposes if contract is not None else {}
    purposes = uses.of_field(_base(contract, path), said) if said else uses.EVERYDAY
    why = uses.mismatch(segment.purpose, purposes)
    return f"{path or 'that it happened'!r} of {event!r}: {why}" if why else ""


def _base(contract: Contract | None, path: str) -> str:
    """The field of a contract that a path is, or is the clear derivative of."""
    for name, node in contract.root.walk() if contract is not None else ():
        if path in {f"{name}{suffix}" for suffix, _ in node.derive}:
            return name
    return path


def _fields(where: Expression, known: Known, segments: Mapping[str, Segment]) -> Iterator[tuple[str, str]]:
    """(event, path) of all that is asked, of the segments that are named too; the empty path is the event itself."""
    for test in tests(where):
        if isinstance(test, EventsTest):
            yield from _of_events(test.events)
        elif isinstance(test, TraitTest):
            trait = known.traits.get(test.trait)
            if trait is None or trait.kind == DECLARED or trait.arguments is None:
                yield STANDARD_NAMES["identify"], test.trait
            elif trait.arguments.events is not None:
                yield from _of_events(trait.arguments.events, getattr(trait.arguments, "value", ""))
        elif isinstance(test, InSegment) and test.segment in segments:
            others = {name: one for name, one in segments.items() if name != test.segment}
            yield from _fields(segments[test.segment].where, known, others)


def _of_events(events: Events, *more: str) -> Iterator[tuple[str, str]]:
    paths = ["", *(path for path in (*events.where, *more) if path and path != HOUR and path not in OF_THE_EVENT)]
    for name in words(events.name):
        yield from ((name, path) for path in paths if not path.startswith(AROUND))


def _asks_consent(where: Group) -> bool:
    return any(isinstance(test, ConsentTest) and test.purpose == uses.SENSITIVE for test in where.all)
