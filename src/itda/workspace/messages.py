"""Reads messages/NAME/: message.yaml and one body for each language, held to all there is to name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import msgspec

from itda.base.errors import Fault
from itda.consent import definition as consents
from itda.consent import labels
from itda.consent.facts import Sender
from itda.events.contracts import Contracts
from itda.messages import own, shapes
from itda.messages.amiss import Amiss
from itda.messages.definition import Content, Message
from itda.profiles.definition import TraitDef
from itda.workspace import shape
from itda.workspace.files import Document, Text, amiss
from itda.workspace.written import WrittenLabel, WrittenMail, WrittenMessage

if TYPE_CHECKING:
    from itda.messages.typed import Found

FILE = "message.yaml"
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_BODY = re.compile(r"email\.(?P<language>[A-Za-z-]+)\.(?P<kind>mjml|txt)")
_UNSUBSCRIBE = re.compile(r"""href\s*=\s*["']\s*\{\{-?\s*links\.unsubscribe\s*-?\}\}\s*["']""")
_SENDER = ("name", "email", "phone", "address")


class Known(msgspec.Struct, frozen=True):
    """What a message may name."""

    languages: tuple[str, ...]
    traits: tuple[TraitDef, ...]
    contracts: Contracts
    sender: Sender
    purposes: tuple[str, ...]


def read_message(document: Document, files: Iterable[Text], known: Known, faults: list[Fault]) -> Message | None:
    """The message of a folder; None when it has faults."""
    name = PurePosixPath(document.name).parent.name
    found = shape.faults(document, document.data, WrittenMessage) if isinstance(document.data, dict) else None
    if found is None:
        found = [document.fault("", "must be a mapping", "class: advertising, email: {subject: {…}}")]
    if not _NAME.fullmatch(name):
        cure = "small letters, digits, - and _, beginning with a letter"
        found.append(document.fault("", f"{name!r} is no name of a message", cure))
    if name in own.OWN:
        found.append(document.fault("", f"{name!r} is the name of a mail of our own", "give yours another name"))
    if found:
        faults += found
        return None
    reading = _Reading(document, known, msgspec.convert(document.data, WrittenMessage))
    message = reading.message(name, {PurePosixPath(file.name).name: file for file in files})
    faults += reading.faults
    return None if reading.faults else message


class _Reading:
    """One message being read."""

    def __init__(self, document: Document, known: Known, written: WrittenMessage) -> None:
        self.faults: list[Fault] = []
        self._document = document
        self._known = known
        self._written = written
        self._uses: set[str] = set()

    def message(self, name: str, files: Mapping[str, Text]) -> Message:
        written = self._written
        is_ad = written.message_class == "advertising"
        self._of_class()
        label = written.label
        both = WrittenLabel(ko=label, en=label) if isinstance(label, str) else label
        mails = self._mails(written.email, files) if written.email is not None else {}
        if written.email is None:
            self.fault("", "it has no channel", "email: {subject: {ko: …, en: …}}")
        return Message(
            name=name,
            label_ko=both.ko,
            label_en=both.en,
            message_class=written.message_class,
            ground=written.ground or None,
            purpose=written.purpose or (consents.ADS if is_ad else ""),
            category=written.category,
            priority=written.priority,
            events=written.events,
            contents={"email": mails},
            uses=frozenset(self._uses),
        )

    def fault(self, path: str, what: str, cure: str = "") -> None:
        self.faults.append(self._document.fault(path, what, cure))

    def _of_class(self) -> None:
        written = self._written
        if written.message_class == "informational" and not written.ground:
            self.fault("class", "an informational message says why it may be sent", "ground: contract, law or request")
        if written.message_class == "advertising" and written.ground:
            self.fault("ground", "advertising is sent by consent, on no other ground", "leave ground out")
        if written.purpose and written.purpose not in self._known.purposes:
            cure = shape.nearest(written.purpose, self._known.purposes)
            self.fault("purpose", f"consent.yaml has no purpose {written.purpose!r}", cure)
        missing = [part for part in _SENDER if not getattr(self._known.sender, part)]
        if written.message_class == "advertising" and missing:
            what = f"advertising shows who sends it, and the sender has no {', '.join(missing)}"
            self.fault("class", what, "add it to `sender` in consent.yaml")

    def _mails(self, written: WrittenMail, files: Mapping[str, Text]) -> dict[str, Content]:
        variables = self._variables()
        for name, file in files.items():
            match = _BODY.fullmatch(name)
            if match is None:
                cure = shape.nearest(name, [f"email.{one}.mjml" for one in self._known.languages])
                self.faults.append(Fault(what="is no part of a message and is not read", cure=cure, file=file.name))
            elif match["language"] not in self._known.languages:
                what = f"{match['language']!r} is no language of this workspace"
                cure = shape.nearest(match["language"], self._known.languages)
                self.faults.append(Fault(what=what, cure=cure, file=file.name))
        for part in ("subject", "preheader"):
            for language in getattr(written, part):
                if language not in self._known.languages:
                    cure = shape.nearest(language, self._known.languages)
                    self.fault(f"email.{part}.{language}", f"{language!r} is no language of this workspace", cure)
        found = {language: self._mail(written, language, files, variables) for language in self._known.languages}
        return {language: content for language, content in found.items() if content is not None}

    def _mail(
        self, written: WrittenMail, language: str, files: Mapping[str, Text], variables: shapes.Shape
    ) -> Content | None:
        body, text = files.get(f"email.{language}.mjml"), files.get(f"email.{language}.txt")
        subject, preheader = written.subject.get(language, ""), written.preheader.get(language, "")
        if not subject.strip():
            self.fault("email.subject", f"has no version in {language!r}", f"{language}: …")
        if written.preheader and not preheader.strip():
            self.fault("email.preheader", f"has no version in {language!r}", f"{language}: …")
        if body is None:
            self.fault("email", f"there is no body in {language!r}", f"put it into email.{language}.mjml")
        if not subject.strip() or body is None:
            return None
        for part, source in (("subject", subject), ("preheader", preheader)):
            self._typed(source, variables, self._document.name, self._document.line(f"email.{part}.{language}"))
        if labels.is_badly_labelled(subject):
            what = "the label of advertising is (광고), written so and put there by itself"
            self.fault(f"email.subject.{language}", what, "leave it out of the subject")
        self._body(body, variables, has_preheader=bool(preheader))
        if text is not None:
            self._typed(text.text, variables, text.name, None)
        return Content(subject=subject, preheader=preheader, body=body.text, text=text.text if text else "")

    def _body(self, body: Text, variables: shapes.Shape, *, has_preheader: bool) -> None:
        from itda.messages import markup  # noqa: PLC0415 - a shop without messages loads no MJML

        looked = markup.look(body.text)
        found = self._typed(body.text, variables, body.name, None, looked.faults)
        if has_preheader and looked.has_preview:
            self._in(body.name, Amiss(1, "<mj-preview> and preheader say the same", "keep preheader"))
        for address in looked.addresses:
            root, *path = address.path.split(".")
            part = variables.fields.get(root)
            for step in path:
                part = part.fields.get(step) if part is not None else None
            if root in found.personal or (part is not None and part.is_personal):
                what = f"{address.path} names a person, and an address of a link is seen by many"
                self._in(body.name, Amiss(address.line, what, "name a code or an id instead"))
        if self._written.message_class == "advertising" and not (
            "links.unsubscribe" in found.always and _UNSUBSCRIBE.search(body.text)
        ):
            cure = '<a href="{{ links.unsubscribe }}">…</a>, outside every if and for'
            self._in(body.name, Amiss(1, "advertising has a link to unsubscribe for everybody", cure))

    def _typed(
        self,
        source: str,
        variables: shapes.Shape,
        file: str,
        line: int | None,
        before: Iterable[Amiss] = (),
    ) -> Found:
        """Hold a template to the variables; `line` is where all of it stands, None for a file of its own."""
        from itda.messages import typed  # noqa: PLC0415 - and no Liquid

        found = typed.examine(source, variables, is_html=file.endswith(".mjml"))
        self._uses |= found.uses
        for fault in (*before, *found.faults):
            self._in(file, fault if line is None else fault._replace(line=line))
        return found

    def _in(self, file: str, found: Amiss) -> None:
        cure = shape.nearest(found.word, found.known) if found.known else found.cure
        fault = Fault(what=found.what, cure=cure, file=file, line=found.line)
        if fault not in self.faults:
            self.faults.append(fault)

    def _variables(self) -> shapes.Shape:
        contracts = self._known.contracts
        events = []
        for index, name in enumerate(self._written.events):
            contract = contracts.get(name)
            if contract is None:
                cure = shape.nearest(name, [one.event for one in contracts], "the box's names are in the docs")
                self.fault(f"events.{index}", f"no contract knows the event {name!r}", cure)
            else:
                events.append(contract)
        customer = shapes.of_customer(self._known.traits, contracts.get("Customer Identified"))
        return shapes.variables(customer, shapes.of_events(events))


def places(root: Path, faults: list[Fault]) -> list[Path]:
    """The folder of each message, by name; whatever else stands in messages/ is told."""
    above = root / "messages"
    if not above.is_dir():
        fault = amiss(root, above)
        faults += [fault] if fault is not None else []
        return []
    found = []
    for path in sorted(above.iterdir()):
        if path.name.startswith("."):
            continue
        if not path.is_dir():
            name = path.relative_to(root).as_posix()
            what = "is no message: each has a folder of its own"
            faults.append(Fault(what=what, cure=f"messages/{path.stem}/{FILE}", file=name))
        elif not (path / FILE).is_file():
            name = path.relative_to(root).as_posix()
            faults.append(Fault(what=f"has no {FILE}", cure="class: advertising, email: {subject: {…}}", file=name))
        else:
            found.append(path)
    return found
