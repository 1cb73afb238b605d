"""Reads a workspace's folder: either the workspace, or every fault in it at once."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from itda.base.errors import Fault, Refused
from itda.channels.definition import EmailChannel
from itda.consent.retention import Rule
from itda.decisions.policy import Policy
from itda.events.contract import Contract
from itda.events.contracts import Contracts, boxed, read_contract
from itda.identity.policy import IdentityPolicy
from itda.journeys.definition import Journey
from itda.messages.definition import Message
from itda.segments.definition import Segment
from itda.sources.definition import OWN, SourceDef
from itda.workspace import brand, consent, processors, retention, selectors, shop, sources, staffing, traits, uses
from itda.workspace import channels as carriers
from itda.workspace import journeys as travels
from itda.workspace import messages as said
from itda.workspace import segments as belonging
from itda.workspace.definition import Workspace
from itda.workspace.files import SUFFIXES, Document, Text, amiss, folder, read, text
from itda.workspace.shape import nearest
from itda.workspace.written import WrittenShop

SHOP_FILE = "itda.yaml"
FOLDERS = ("sources", "contracts", "traits", "segments", "journeys", "messages")
FILES = (SHOP_FILE, "identity.yaml", "channels.yaml", "consent.yaml", brand.FILE, processors.FILE, retention.FILE)
LATER = (
    "maps", "metrics", "experiments",
    "roles.yaml", "calendar.yaml",
)  # fmt: skip
"""Parts of a workspace that this version has no room for."""


def load(path: Path | str, environment: Mapping[str, str] = os.environ) -> Workspace:
    """The workspace in this folder; `Refused` carries every fault with file, line and cure."""
    workspace, faults = examine(Path(path), environment)
    if workspace is None or faults:
        raise Refused(*faults)
    return workspace


def check(path: Path | str, environment: Mapping[str, str] = os.environ) -> list[Fault]:
    """Every fault of the workspace in this folder, by file and line; empty when it is in order."""
    return examine(Path(path), environment)[1]


def examine(path: Path, environment: Mapping[str, str]) -> tuple[Workspace | None, list[Fault]]:
    """The workspace, where there is enough of it to be one, and every fault."""
    root = path.expanduser().resolve()
    fault = amiss(root, root / SHOP_FILE)
    if fault is not None:
        return None, [fault]
    if not (root / SHOP_FILE).exists():
        cure = f"make one with `itda init {path}`, or name another folder with -w"
        return None, [Fault(what=f"{root} is no workspace: it has no {SHOP_FILE}", cure=cure)]
    reading = _Reading(root)
    workspace = reading.workspace(environment)
    faults = sorted(reading.faults, key=lambda fault: (fault.file or "", fault.line or 0))
    return (workspace if not faults else None), faults


class _Reading:
    """One reading of a folder, gathering its faults."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.faults: list[Fault] = []
        self.texts: dict[str, str] = {}
        self.own: list[tuple[Document, str, Contract]] = []
        """The workspace's own contracts, each with its place."""

    def workspace(self, environment: Mapping[str, str]) -> Workspace | None:
        self.strangers()
        written = self.shop()
        policy = self.policy()
        contracts = self.contracts()
        channels = shop.channels(written)
        found = self.sources(self.known(channels, policy, contracts, written))
        # A broken source file is still a source: a trait that names it is not at fault.
        named = {path.stem for path in (self.root / "sources").glob("*") if path.suffix in SUFFIXES}
        words = selectors.Known(channels=channels, sources=tuple(sorted(named)), contracts=contracts)
        definitions = traits.read_traits(list(self.documents("traits")), words, self.faults)
        if written is None:
            return None
        live = tuple(name for name in sorted(named) if name not in found or found[name].kind == "tracking")
        allowed = self.consent(channels, written, live)
        groups = list(self.documents("segments"))
        known_to_segments = belonging.Known(
            events=words, traits=tuple(definitions), purposes=tuple(allowed.purposes), segments=belonging.names(groups)
        )
        messages = self.messages(said.Known(
            languages=written.languages, traits=tuple(definitions), contracts=contracts, sender=allowed.sender,
            purposes=tuple(allowed.purposes),
        ))  # fmt: skip
        email = self.email(environment)
        segments = belonging.read_segments(groups, known_to_segments, self.faults)
        return Workspace(
            path=self.root,
            name=written.name,
            zone=written.zone,
            languages=written.languages,
            currency=written.currency,
            country=written.country or shop.country_of(written.zone),
            channels=channels,
            database_url=environment.get("ITDA_DATABASE") or written.database.url or None,
            schema=written.database.schema,
            lake_dir=self.root / Path(written.lake.folder).expanduser(),
            anchors_dir=self.root / Path(written.audit.anchors).expanduser(),
            bucket=shop.bucket(written),
            alerts=written.alerts,
            staff=staffing.rules(written.staff),
            calls_per_second=written.doors.calls_per_second,
            internal=written.doors.internal,
            sources=found,
            contracts=contracts,
            policy=policy,
            traits=definitions,
            segments=segments,
            journeys=self.journeys(known_to_segments, messages, {one.name: one for one in segments}, written.zone),
            messages=messages,
            email=email,
            consent=allowed if email is None else allowed.letting_out("email", email.base_url),
            measured=shop.measured(written),
            brand=brand.read_brand(self.file(brand.FILE), self.root, self.faults),
            processors=processors.read_processors(self.file(processors.FILE), tuple(policy.by_name), self.faults),
            retention=self.retention(written, policy, (*sorted(named), OWN.name)),
            notice={language: line for language, line in msgspec.structs.asdict(written.notice).items() if line},
            texts=self.texts,
        )

    def known(
        self, channels: tuple[str, ...], policy: IdentityPolicy, contracts: Contracts, written: WrittenShop | None
    ) -> sources.Known:
        return sources.Known(
            channels=channels,
            kinds=tuple(policy.by_name),
            events=tuple(contract.event for contract in contracts),
            zone=written.zone if written else "UTC",
            root=self.root,
        )

    def sources(self, known: sources.Known) -> dict[str, SourceDef]:
        found = {}
        for document in self.documents("sources"):
            source = sources.read_source(document, known, self.faults)
            if source is None:
                continue
            if source.name == OWN.name:
                self.faults.append(document.fault("", f"{OWN.name!r} is our own source", "give the file another name"))
            if source.name in found:
                self.faults.append(document.fault("", f"the source {source.name!r} is there twice", "keep one file"))
            found[source.name] = source
        return found

    def journeys(
        self, segments: belonging.Known, messages: Mapping[str, Message], named: Mapping[str, Segment], zone: str
    ) -> list[Journey]:
        known = travels.Known(
            events=segments.events,
            segments=segments.segments,
            messages=messages,
            broken=frozenset(place.name for place in said.places(self.root, [])) - messages.keys(),
            zone=zone,
            branch=partial(belonging.expression_faults, known=segments),
        )
        used = uses.Known({one.name: one for one in segments.traits}, segments.events.contracts, segments.purposes)
        found = []
        for document in self.documents("journeys"):
            journey = travels.read_journey(document, known, self.faults)
            if journey is not None:
                self.faults += uses.of_journey(document, journey, messages, named, used)
                found.append(journey)
        return found

    def messages(self, known: said.Known) -> dict[str, Message]:
        found = {}
        for place in said.places(self.root, self.faults):
            document = self.document(place / said.FILE)
            beside = [self.text(path) for path in sorted(place.iterdir()) if path.name != said.FILE]
            if document is None:
                continue
            message = said.read_message(document, [file for file in beside if file is not None], known, self.faults)
            if message is not None:
                found[message.name] = message
        return found

    def email(self, environment: Mapping[str, str]) -> EmailChannel | None:
        document = self.file("channels.yaml")
        if document is None or document.data is None:
            return None
        return carriers.read_channels(document, self.root, environment, self.faults)

    def retention(self, written: WrittenShop, policy: IdentityPolicy, named: tuple[str, ...]) -> tuple[Rule, ...]:
        country = written.country or shop.country_of(written.zone)
        known = retention.Known(named, tuple(policy.by_name), retention.laws_of(country))
        return retention.read_retention(self.file(retention.FILE), known, self.faults)

    def text(self, path: Path) -> Text | None:
        fault = amiss(self.root, path)
        found, faults = text(self.root, path) if fault is None and not path.name.startswith(".") else (None, [])
        self.faults += faults if fault is None else [fault]
        if found is not None:
            self.texts[found.name] = found.text
        return found

    def document(self, path: Path) -> Document | None:
        document, faults = read(self.root, path)
        self.faults += faults
        if document is not None:
            self.texts[document.name] = document.text
        return document

    def documents(self, name: str) -> list[Document]:
        """The documents of a folder that hold something; an empty or commented file says nothing."""
        paths, faults = folder(self.root, name)
        self.faults += faults
        found = (self.document(path) for path in paths)
        return [document for document in found if document is not None and document.data is not None]

    def shop(self) -> Any:
        document = self.document(self.root / SHOP_FILE)
        return shop.read_shop(document, self.faults) if document is not None else None

    def file(self, name: str) -> Document | None:
        """The document of a file that may be left out."""
        path = self.root / name
        fault = amiss(self.root, path)
        if fault is not None:
            self.faults.append(fault)
        return self.document(path) if fault is None and path.exists() else None

    def consent(self, channels: tuple[str, ...], written: WrittenShop | None, live: tuple[str, ...] = ()) -> Policy:
        zone, languages = (written.zone, written.languages) if written is not None else ("UTC", ())
        country = written.country or shop.country_of(zone) if written is not None else ""
        known = consent.Known(channels=channels, languages=languages, country=country, zone=zone, live=live)
        allowed = consent.read_consent(self.file("consent.yaml"), known, self.faults)
        for document, prefix, contract in self.own:
            self.faults += uses.of_contract(document, prefix, contract, tuple(allowed.purposes))
        return allowed

    def policy(self) -> IdentityPolicy:
        document = self.file("identity.yaml")
        if document is None or document.data is None:
            return IdentityPolicy.box()
        if not isinstance(document.data, dict):
            self.faults.append(document.fault("", "must be a mapping", "for example: kinds: {user_id: {}, email: {}}"))
            return IdentityPolicy.box()
        policy, faults = IdentityPolicy.parse(document.data)
        self.faults += [_placed(document, fault) for fault in faults]
        return policy if policy is not None else IdentityPolicy.box()

    def contracts(self) -> Contracts:
        own: dict[str, Contract] = {}
        self.own = []
        for document in self.documents("contracts"):
            written = document.data if isinstance(document.data, list) else [document.data]
            for index, item in enumerate(written):
                prefix = f"{index}." if isinstance(document.data, list) else ""
                contract = self.contract(document, item, prefix)
                if contract is None:
                    continue
                if contract.event in own:
                    what = f"the event {contract.event!r} has two contracts"
                    self.faults.append(document.fault(f"{prefix}event", what, "keep one of them"))
                own[contract.event] = contract
                self.own.append((document, prefix, contract))
        return boxed(own.values())

    def contract(self, document: Document, item: Any, prefix: str) -> Contract | None:
        if not isinstance(item, dict):
            self.faults.append(document.fault(prefix.rstrip("."), "must be a mapping", "event: …, schema: {…}"))
            return None
        try:
            return read_contract(item)
        except Refused as refused:
            self.faults += [_placed(document, fault, prefix) for fault in refused.faults]
            return None

    def strangers(self) -> None:
        """Files and folders that look meant but are not read."""
        for path in sorted(self.root.iterdir()):
            name = path.name
            is_definition = path.suffix in (".yaml", ".yml")
            if name in (*FILES, *FOLDERS) or name.startswith(".") or not (path.is_dir() or is_definition):
                continue
            if name in LATER:
                what = "this version of Itda has no room for it yet, and it would not be read"
                self.faults.append(Fault(what=what, cure="move it out of the workspace until then", file=name))
                continue
            cure = nearest(name, FOLDERS if path.is_dir() else FILES, "none")
            if cure != "none":
                self.faults.append(Fault(what="is no part of a workspace and is not read", cure=cure, file=name))


def _placed(document: Document, fault: Fault, prefix: str = "") -> Fault:
    field = f"{prefix}{fault.field}" if fault.field else prefix.rstrip(".")
    return msgspec.structs.replace(document.fault(field, fault.what, fault.cure), field=fault.field)
