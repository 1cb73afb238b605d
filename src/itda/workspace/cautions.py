"""What is in order and may still do harm: whom anybody can speak for, by a key that stands in a page or a kept call."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import PurePosixPath

from itda.base.errors import Fault
from itda.channels.proof import domain_of, is_anybodys
from itda.consent.waiver import AT, named
from itda.journeys.definition import Journey
from itda.journeys.steps.send import Send
from itda.profiles.events import cares, words
from itda.sources.definition import SourceDef
from itda.sources.hook import HEADER
from itda.sources.origins import WebhookOrigin
from itda.workspace.definition import Workspace
from itda.workspace.files import SUFFIXES, document


def cautions(workspace: Workspace) -> list[Fault]:
    """Every caution, by file and line. They keep nothing from holding."""
    public = [source for source in workspace.sources.values() if source.is_public]
    found = [
        *_granting(workspace, public),
        *_ticked(workspace),
        *_started(workspace, public),
        *_replayed(workspace),
        *_unknown(workspace),
        *_unsigned(workspace),
    ]
    return sorted(found, key=lambda one: (one.file or "", one.line or 0))


def waivers(workspace: Workspace, now: int) -> list[Fault]:
    """Waivers that have no effect any more at `now` (microseconds UTC): they only look as if they had.

    One is over, or one of its messages says something else than when it was agreed to.
    """
    cure = "take it out, or agree on another one: itda packs propose"
    words = {name: message.words for name, message in workspace.messages.items()}
    found = []
    for one in workspace.consent.waivers:
        if now >= one.ends_at:
            what = f"the waiver of {one.rule} ended on {one.until} and has no effect"
            found.append(Fault(what=what, cure=cure, file="consent.yaml"))
            continue
        for stale in one.stale(words):
            name = stale.partition(AT)[0]
            what = f"the waiver of {one.rule} is not for what the message {name} says now, and has no effect on it"
            instead = f"two people agree on {named(name, words[name])}: itda packs propose" if name in words else cure
            found.append(Fault(what=what, cure=instead, file="consent.yaml"))
    return found


def _granting(workspace: Workspace, public: list[SourceDef]) -> Iterator[Fault]:
    for source in public:
        if source.grants:
            what = "anybody who reads the key in a page can consent in anybody's name"
            cure = "consent: request, or key: secret where the key is on servers alone"
            yield _at(workspace, "sources", source.name, "consent", what, cure)


def _ticked(workspace: Workspace) -> Iterator[Fault]:
    """Forms whose ticks count at once: nobody proves to a form whose address they type."""
    for form in workspace.consent.forms.values():
        source = workspace.sources.get(form.source)
        if source is not None and source.grants and not source.is_public:
            what = f"anybody can tick {form.name} in anybody's name: a consent through {source.name} counts at once"
            cure = "name a source whose key is public, and set double_opt_in"
            yield document("consent.yaml", workspace.texts["consent.yaml"]).fault(f"forms.{form.name}", what, cure)


def _started(workspace: Workspace, public: list[SourceDef]) -> Iterator[Fault]:
    """Journeys that anybody can start in anybody's name, and that say something no consent is needed for."""
    for journey in workspace.journeys:
        said = [name for name in _says(journey) if workspace.messages[name].message_class == "informational"]
        doors = [source.name for source in public if _begins(journey, source)]
        if said and doors:
            keys = f"the key of {doors[0]} is" if len(doors) == 1 else f"the keys of {', '.join(doors)} are"
            what = f"{keys} public: anybody can have {', '.join(said)} sent to anybody, which takes no consent"
            cure = "name the source that may start it (source: …), one whose key is secret"
            yield _at(workspace, "journeys", journey.name, "enter.event", what, cure)


def _replayed(workspace: Workspace) -> Iterator[Fault]:
    """Webhooks whose calls are told apart by a header that nobody signed: whoever kept one can change it."""
    for source in workspace.sources.values():
        if isinstance(source.origin, WebhookOrigin) and source.mapping is not None:
            signed = {"webhook-id"} if source.origin.scheme == "standard" else {source.origin.timestamp}
            headers = [name.removeprefix(HEADER) for name in source.mapping.key if name.startswith(HEADER)]
            unsigned = [name for name in headers if name.lower() not in signed]
            if unsigned and len(headers) == len(source.mapping.key):
                what = f"nobody signs {', '.join(unsigned)}: a call that somebody kept counts again under another one"
                yield _at(workspace, "sources", source.name, "mapping.key", what, "key: a field of the body, its id")


def _unknown(workspace: Workspace) -> Iterator[Fault]:
    """Sources that the identity policy names and that are not there: a slip of the pen leaves one trusted."""
    for name, _word in workspace.policy.sources:
        if name not in workspace.sources:
            near = get_close_matches(name, workspace.sources, 1)
            cure = f"did you mean {near[0]}?" if near else f"known here: {', '.join(workspace.sources)}"
            yield _at(workspace, ".", "identity", f"sources.{name}", f"there is no source {name!r}", cure)


def _unsigned(workspace: Workspace) -> Iterator[Fault]:
    """Mails of which nobody can look up whether they are signed (CH-04)."""
    channel = workspace.email
    if channel is not None and not channel.dkim and not channel.is_here and is_anybodys(domain_of(channel.address)):
        what = "whether mails are signed (DKIM) cannot be looked up: large providers take no bulk mail without"
        yield _at(workspace, ".", "channels", "email", what, "dkim: the selector that your server signs by")


def _says(journey: Journey) -> list[str]:
    return sorted({step.does.message for step in journey.steps if isinstance(step.does, Send)})


def _begins(journey: Journey, source: SourceDef) -> bool:
    event = journey.enter.event
    return event is not None and any(cares(event, name, source.channel, source.name) for name in words(event.name))


def _at(workspace: Workspace, folder: str, name: str, path: str, what: str, cure: str) -> Fault:
    """The caution at its line."""
    for file, text in workspace.texts.items():
        place = PurePosixPath(file)
        if (place.parent.as_posix(), place.stem) == (folder, name) and place.suffix in SUFFIXES:
            return document(file, text).fault(path, what, cure)
    return Fault(what=what, cure=cure, file=f"{folder}/{name}", field=path)
