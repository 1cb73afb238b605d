"""A workspace as everything behind it sees it: read, checked and frozen."""

from __future__ import annotations

import hashlib
from functools import cached_property
from pathlib import Path

import msgspec

from itda.access.bucket import Bucket
from itda.access.staffing import StaffRules
from itda.base.errors import Fault
from itda.channels.definition import EmailChannel
from itda.consent.acts import CONTACT_KINDS, Words
from itda.consent.definition import ANY_CHANNEL
from itda.consent.retention import Rule
from itda.decisions.policy import Policy
from itda.events.contracts import Contracts
from itda.identity.policy import IdentityPolicy
from itda.journeys.definition import Journey, branches
from itda.measure.definition import Parameters
from itda.messages import own
from itda.messages.definition import Message
from itda.profiles.definition import TraitDef
from itda.profiles.fold import Fold
from itda.profiles.kind import LIMIT
from itda.segments.definition import Segment, hidden_traits
from itda.sources.definition import CUSTOMER, OWN, SourceDef
from itda.workspace.looks import Brand
from itda.workspace.processors import Processor


class Workspace(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """One shop's definitions."""

    path: Path
    """The folder, absolute."""
    name: str
    zone: str
    languages: tuple[str, ...]
    currency: str
    country: str
    """ISO 3166 code for phone numbers that come without one."""
    channels: tuple[str, ...]
    database_url: str | None
    """None: the embedded PostgreSQL below `data_dir`."""
    schema: str
    lake_dir: Path
    anchors_dir: Path
    """Where the file of the audit's anchors is."""
    sources: dict[str, SourceDef]
    contracts: Contracts
    policy: IdentityPolicy
    traits: list[TraitDef]
    segments: list[Segment] = []
    journeys: list[Journey] = []
    former: list[Journey] = []
    """Former versions of these that somebody is still on."""
    messages: dict[str, Message] = {}
    email: EmailChannel | None = None
    """None: no e-mail is sent."""
    consent: Policy = Policy()
    """Who sends, purposes and texts, the rules of law and brand."""
    measured: Parameters = Parameters()
    """What the meanings of metrics depend on."""
    alerts: tuple[str, ...] = ()
    """Addresses of the brand's own that are told what is overdue."""
    staff: StaffRules = StaffRules()
    """How staff prove who they are."""
    calls_per_second: int = 200
    """Answers of the API to one key."""
    internal: tuple[str, ...] = ()
    """Networks of our own that may be called."""
    bucket: Bucket | None = None
    """Where the anchors go as well."""
    brand: Brand = Brand()
    """How the brand looks to its customers."""
    processors: dict[str, Processor] = {}
    """Who else holds data of our customers for us, by name."""
    retention: tuple[Rule, ...] = ()
    """How long what is kept, and what for."""
    notice: dict[str, str] = {}
    """Language → what every page of the console says at its top."""
    texts: dict[str, str] = {}
    """Every file it was read from, by its path below the workspace, as it was written."""
    unsuited: tuple[Fault, ...] = ()
    """Why what was applied last does not suit itda.yaml as it is now: until it does, no message leaves."""
    is_lost: bool = False
    """Whether what was applied cannot be read at all: these are the files' words, and nothing is decided by them."""

    @cached_property
    def digest(self) -> str:
        """What tells one state of the definitions from another: of the very texts that were read."""
        found = hashlib.sha256()
        for name, text in sorted(self.texts.items()):
            found.update(name.encode() + b"\0" + hashlib.sha256(text.encode()).digest())
        return found.hexdigest()

    def message(self, name: str) -> Message | None:
        """The message of this name: ours, such as the code that lets a customer in, or one of messages/."""
        return own.OWN.get(name) or self.messages.get(name)

    @property
    def data_dir(self) -> Path:
        """Where what is not under version control lives: key, embedded database, lake, logs."""
        return self.path / ".itda"

    @cached_property
    def every_source(self) -> dict[str, SourceDef]:
        """The sources of the log, our own among them."""
        return {**self.sources, OWN.name: OWN, CUSTOMER.name: CUSTOMER}

    @cached_property
    def granting(self) -> frozenset[str]:
        """The sources through which a consent counts, our own among them."""
        return frozenset(name for name, source in self.every_source.items() if source.grants)

    @cached_property
    def words(self) -> Words:
        """What acts of consent may speak of here."""
        channels = {channel.lower() for channel in self.channels}
        return Words(
            purposes=frozenset(self.consent.purposes),
            channels=frozenset(channels | CONTACT_KINDS.keys() | {ANY_CHANNEL}),
            texts=frozenset(self.consent.texts),
        )

    @property
    def order_scopes(self) -> dict[str, str]:
        """The order scope of each source."""
        return {source.name: source.order_scope for source in self.sources.values()}

    @cached_property
    def reading_fold(self) -> Fold:
        """A fold for whoever reads profiles, compiled once. Writers take one of their own: it remembers names."""
        return self.fold()

    def fold(self, limit: int = LIMIT) -> Fold:
        """A new fold of profiles by this workspace's definitions, for whoever writes or rebuilds them."""
        hidden = hidden_traits([*self.segments, *branches([*self.journeys, *self.former])])
        return Fold(self.traits, self.zone, self.currency, self.order_scopes, limit, hidden)
