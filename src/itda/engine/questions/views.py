"""What questions answer: plain frozen values that doors render and JSON carries. Times are microseconds UTC."""

from __future__ import annotations

from typing import Any, Literal

import msgspec


class EventCounts(msgspec.Struct, frozen=True):
    """Events since the workspace began."""

    accepted: int
    duplicate: int
    quarantined: int


class StatusView(msgspec.Struct, frozen=True):
    """How the shop stands. `linked_share` is 0..1, None before any event has an identifier."""

    events: EventCounts
    customers: int
    linked_share: float | None
    lag_s: float
    """Age of the oldest acknowledged event not yet processed, in seconds; 0 when none waits."""
    deciding_lag_s: float
    """Age of the oldest processed event not yet decided about (segments, journeys), in seconds; 0 when none waits."""
    position: int
    """Frames up to here are processed."""
    log_position: int
    """Frames up to here are acknowledged."""
    reconsidered_share: float | None = None
    """Share of identifiers that follow identity.yaml as it is now, 0..1; None when all do."""
    unreadable: int = 0
    """Values of accepted events that are no identifier of their kind, such as an e-mail without @."""
    unapplied: list[str] = []
    """Files that say something else than what was applied: `itda diff` tells what that would do."""
    unsuited: list[str] = []
    """Why what was applied does not suit itda.yaml any more, with the cure: nothing is sent until then."""
    unfolded: list[str] = []
    """Traits, segments and journeys that rest on a past which is not folded: `itda replay` folds it."""
    declined: dict[str, int] = {}
    """Why events that begin a journey let nobody in → how often: `late`, `uncorrelated`, `again`, `crowded`."""
    aside: dict[str, int] = {}
    """What of our own broke with customers (`state`, `segments`, `journeys`) → with how many: they stand still."""


class ChannelCount(msgspec.Struct, frozen=True):
    """Accepted events of one channel."""

    channel: str
    accepted: int


class RatePoint(msgspec.Struct, frozen=True):
    """Accepted events in one minute of log time, per channel."""

    at: int
    channel: str
    accepted: int


class OverviewView(msgspec.Struct, frozen=True):
    """The first page of the console."""

    status: StatusView
    channels: list[ChannelCount]
    last_hour: list[RatePoint]
    orders: int
    revenue_minor: int
    currency: str
    as_of: int


class IdentifierView(msgspec.Struct, frozen=True):
    """One identifier of a customer. `value` is unsealed, or masked where the role may not see it."""

    kind: str
    value: str
    fragment: str
    """Hex of the fragment id."""
    first_at: int
    events: int
    hub: str
    is_blocked: bool


class EvidenceView(msgspec.Struct, frozen=True):
    """Where and how often two identifiers were seen together."""

    source: str
    channel: str
    local_date: str
    count: int
    first_at: int
    last_at: int
    position: int
    """Log position of a sample event."""


class LinkView(msgspec.Struct, frozen=True):
    """An edge between two identifiers (by their fragment ids, hex). `tier`: must, observed, probable or cannot."""

    a: str
    b: str
    tier: str
    state: str
    reason: str
    """The rule that holds it back; of a decision, who took it and why (`•••` where the role may not be told)."""
    count: int
    first_at: int
    last_at: int
    evidence: list[EvidenceView]


class TraitView(msgspec.Struct, frozen=True):
    """One trait's answer. `value` is JSON; declared ones carry source and time."""

    name: str
    kind: str
    """declared, or the computed kind: count, sum, first, last, distinct, top, recency, interval."""
    value: Any
    label_ko: str
    label_en: str
    source: str = ""
    at: int | None = None
    unit: str = ""
    """minor (money in minor units of `currency`), days, hours, or empty."""
    currency: str = ""


class HouseholdMember(msgspec.Struct, frozen=True):
    """Another customer of a household. `shares` is what ties the two; empty where it is somebody between them."""

    customer: str
    shares: list[str]
    """household_id; or two or three of address, phone and family_name."""


class HouseholdView(msgspec.Struct, frozen=True):
    """Who lives together, by what was said of them. `members` counts customers, this one among them."""

    members: int
    others: list[HouseholdMember]


class ProfileView(msgspec.Struct, frozen=True):
    """The single customer view. `id` is the customer's id today; `asked` the one it was asked by."""

    id: str
    asked: str
    name: str
    identifiers: list[IdentifierView]
    links: list[LinkView]
    traits: list[TraitView]
    events: int
    first_at: int
    last_at: int
    channels: list[ChannelCount]
    position: int
    """Processed up to this frame."""
    household: HouseholdView | None = None
    """None where they have none, and in a view of the past."""


class FoundCustomer(msgspec.Struct, frozen=True):
    """One hit of a search."""

    id: str
    name: str
    matched: str
    """The kind that matched: membership, email, phone, name, customer …"""
    identifiers: list[str]
    """Kinds known of the customer."""
    events: int
    last_at: int


class TimelineEvent(msgspec.Struct, frozen=True):
    """One event of a customer, over all channels. `properties` are unsealed as far as the role may see."""

    position: int
    at: int
    received_at: int
    name: str
    type: str
    channel: str
    source: str
    properties: dict[str, Any]
    fragment: str


class TimelineView(msgspec.Struct, frozen=True):
    """A page of events, newest first. `next` is the cursor of the page after it, empty on the last."""

    events: list[TimelineEvent]
    next: str
    customer: str = ""
    """The customer's id today; empty when nobody is meant."""


class WhyView(msgspec.Struct, frozen=True):
    """Why two identifiers are one customer, or are not: the path of links with their evidence, or the obstacle."""

    a: str
    b: str
    is_joined: bool
    customer_a: str
    customer_b: str
    path: list[LinkView]
    nodes: list[IdentifierView]
    obstacles: list[LinkView]
    """Links between the two that are suppressed, cut or retracted, with their reasons."""


class Cluster(msgspec.Struct, frozen=True):
    """A customer at that time and its identifiers, `kind:value` each, the one that gives the id first."""

    customer: str
    identifiers: list[str]


class HistoryEntry(msgspec.Struct, frozen=True):
    """One time something happened. Of a decision alone `before` and `after` are empty."""

    at: int
    """Log time; of a decision, when it was taken."""
    what: Literal["joined", "parted", "moved", "must", "cannot", "linked", "retracted"]
    cause: str
    """observed, steered, matched, hub (one came or went), policy (other rules), corrected, replay; or decision of
    one alone."""
    by: str
    """The steward; empty where nobody decided, `•••` where the role may not be told (no API key is)."""
    reason: str
    """In the steward's own words; empty where none was given or the role may not be told (no API key is)."""
    before: list[Cluster]
    after: list[Cluster]
    policy_version: str
    decision: str
    """Hex of the decision's id; empty where there is none."""
    about: list[str]
    """Of a decision: the identifiers it is about."""


class HistoryView(msgspec.Struct, frozen=True):
    """The history of a customer, newest first."""

    id: str
    entries: list[HistoryEntry]
    is_whole: bool
    """False where there is more than was asked for."""


class HubView(msgspec.Struct, frozen=True):
    """An identifier that too many share. `value` is masked where the role may not see it."""

    kind: str
    value: str
    fragment: str
    """Hex of the fragment id."""
    hub: str
    """`suspected` keeps its joins until it is confirmed, `confirmed` joins nobody, `cleared` a steward said is none."""
    neighbours: int
    """Distinct identifiers it was seen with."""
    first_at: int
    steward: str
    """Who decided so; empty where nobody did."""
    reason: str


class SuspectView(msgspec.Struct, frozen=True):
    """A value that looks like nobody's."""

    kind: str
    value: str
    fragment: str
    neighbours: int
    """Identifiers it was seen with."""
    usual: int
    """What nine of ten identifiers of its kind stay within."""
    hub: str
    """Empty, `suspected` or `confirmed`."""


class QualityLine(msgspec.Struct, frozen=True):
    """One source and day of receipt: what came and what became of it."""

    local_date: str
    source: str
    channel: str
    accepted: int
    duplicate: int
    quarantined: dict[str, int]
    late: int
    clamped: int
    fields_missing: int
    drift: int
    """Events with properties their contract does not name."""
    unreadable: dict[str, int] = {}
    """Values of accepted events that are no identifier of their kind, such as an e-mail without @, by kind."""
    concealed: dict[str, int] = {}
    """Texts that their contract calls plain, sealed for a personal value in them, by its kind."""
    unplaced: int = 0
    """Events taken in without where somebody was, who paused the use of that."""


class ImportView(msgspec.Struct, frozen=True):
    """One imported file."""

    source: str
    name: str
    rows_total: int | None
    rows_done: int
    events: int
    refused: int
    started_at: int
    finished_at: int | None


class QualityView(msgspec.Struct, frozen=True):
    """Data quality, newest day first, with the totals."""

    lines: list[QualityLine]
    total: QualityLine
    linked_share: float | None
    files: list[ImportView]


class QuarantineLine(msgspec.Struct, frozen=True):
    """One refused event; its body only on request and by permission."""

    position: int
    source: str
    channel: str
    received_at: int
    reason: str
    detail: str
    name: str
    replayed_at: int | None
    body: str | None = None
    cut_from: int | None = None
    """Bytes of the event as it came, where only the first of them, or none, are kept: it cannot be replayed."""


class QuarantineView(msgspec.Struct, frozen=True):
    """A page of refused events, newest first, and the counts by reason of those not replayed."""

    lines: list[QuarantineLine]
    by_reason: dict[str, int]
    next: int | None
    cut: int = 0
    """How many of those not replayed are kept in part only, and cannot be."""


class AudienceView(msgspec.Struct, frozen=True):
    """An audience that was made: how many customers went, and why the others stayed."""

    platform: str
    customers: int
    stayed: int
    why: dict[str, int]
    """The first rule and reason that kept somebody here → how many."""
    known: int
    """The last row of the ledger of consents that it was made by."""


class ExportView(msgspec.Struct, frozen=True):
    """What was exported: how many customers, and what of each."""

    customers: int
    columns: list[str]
    is_masked: bool
    """Whether personal values were masked: no reason was given, or the role may not see them."""
    position: int
    """Everything that happened in frames up to here shows in it."""
    stayed: int = 0
    """Customers left out, where it was for a marketing purpose: each is put to the law and to their consent first."""
    why: dict[str, int] = {}
    """The first rule and reason that kept somebody here → how many."""
