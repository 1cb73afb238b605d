"""The definitions as people write them: one struct per file, from which the page of settings in the docs is made."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from itda.measure.definition import IN_STORE, ONLINE
from itda.profiles.events import Events
from itda.workspace.written_staff import WrittenStaff


class WrittenDatabase(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`database` in itda.yaml."""

    url: str = ""
    """A PostgreSQL 16 or newer; left out: the embedded one. ITDA_DATABASE in the environment goes before it."""
    schema: str = "itda"
    """The schema this workspace has to itself."""


class WrittenLake(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`lake` in itda.yaml."""

    folder: str = ".itda/lake"
    """Where the Parquet files go, below the workspace or as a full path."""


class WrittenBucket(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`audit.bucket` in itda.yaml: an S3-compatible bucket with object lock, best of another account."""

    name: str = ""
    """Left out: no bucket. Who we are to it stands in the environment, as AWS's tools read it (AWS_ACCESS_KEY_ID …)."""
    prefix: str = "itda/"
    """What the keys of the objects begin with."""
    endpoint: str = ""
    """Its address, such as https://s3.example.net; left out: AWS's own."""
    region: str = ""
    """Of the bucket, where it has one."""
    mode: Literal["compliance", "governance"] = "compliance"
    """`compliance`: nobody shortens the lock, not even who owns the account."""
    days: Annotated[int, msgspec.Meta(ge=1, le=3660)] = 730
    """So many days each object is locked."""


class WrittenAudit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`audit` in itda.yaml."""

    anchors: str = ".itda/anchors"
    """The folder of the anchors' file, below the workspace or as a full path: best where whoever owns the database
    cannot write."""
    bucket: WrittenBucket = WrittenBucket()
    """Left out: the anchors are in their file only."""


class WrittenDoors(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`doors` in itda.yaml."""

    calls_per_second: Annotated[int, msgspec.Meta(ge=1, le=100_000)] = 200
    """Answers of the API to one key, five seconds' worth of them at once. Tracking has no such bound."""
    internal: tuple[str, ...] = ()
    """Networks of our own that may be called, as `10.1.0.0/16`; all else that is called must have public addresses."""


class WrittenNotice(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`notice` in itda.yaml."""

    ko: str = ""
    """In Korean."""
    en: str = ""
    """In English."""


class WrittenMeasures(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`measures` in itda.yaml."""

    window: str = "30 days"
    """How long a touch counts for an order, and a message for what follows it, in whole days."""
    online: tuple[str, ...] = ONLINE
    """Channels on which somebody is met online."""
    in_store: tuple[str, ...] = IN_STORE
    """Channels that are a shop one walks into."""


class WrittenShop(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """itda.yaml."""

    name: str
    """The shop's name, as the console shows it."""
    zone: str
    """Time zone of the shop's days, such as Asia/Seoul."""
    currency: str
    """ISO 4217 code of the money that events name no currency for."""
    languages: tuple[str, ...] = ("ko", "en")
    """Languages the shop speaks, the first by default."""
    country: str = ""
    """ISO 3166 code, for phone numbers written without one; left out: the zone's."""
    channels: tuple[str, ...] = ()
    """Channels beside those in the box."""
    measures: WrittenMeasures = WrittenMeasures()
    """What the meanings of metrics depend on, for all of them alike."""
    notice: WrittenNotice = WrittenNotice()
    """What every page of the console says at its top, such as where the data is from."""
    alerts: tuple[str, ...] = ()
    """Addresses of the brand's own that are told once a day which duties are overdue or due soon."""
    database: WrittenDatabase = WrittenDatabase()
    """Left out: a PostgreSQL of its own."""
    lake: WrittenLake = WrittenLake()
    """Left out: below the workspace."""
    staff: WrittenStaff = WrittenStaff()
    """Left out: passwords, and one-time codes for who likes."""
    audit: WrittenAudit = WrittenAudit()
    """Where the anchors of the audit go."""
    doors: WrittenDoors = WrittenDoors()
    """How often they answer, and whom they call."""


class WrittenLabel(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`label` of a trait."""

    ko: str = ""
    en: str = ""


class WrittenDeclared(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A trait of the kind `declared`: it takes nothing; its name is the identify call's field."""


Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
"""0..1."""


class WrittenEnter(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`enter` of a journey: one of the two."""

    event: Events | None = None
    """An event, chosen as traits choose theirs."""
    segment: str = ""
    """Coming to belong to a segment."""


class WrittenGoal(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`goal` of a journey."""

    event: Events
    """What people are to do."""
    match: str = ""
    """Property of that event which must equal the journey's `correlation`; left out: any such event counts."""
    within: str = "30 days"
    """From entry on; it counts also when they are out by then."""


class WrittenLeave(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One `exit` of a journey: an event or a segment."""

    event: Events | None = None
    """An event that takes people out."""
    match: str | dict[str, str] = {}
    """Property of that event which must equal the same of the entry event; or `{its property: the entry's}`."""
    segment: str = ""
    """Coming to belong to a segment."""


class WrittenWaitFor(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`wait_for` of a step."""

    event: Events
    """What is waited for."""
    match: str | dict[str, str] = {}
    """Property of that event which must equal the same of the entry event; or `{its property: the entry's}`."""
    within: str
    """How long: `1 hour`, `3 days`."""


class WrittenStep(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One of a journey's `steps`: one of `wait`, `wait_for`, `branch`, `send` and `exit`, and where it leads."""

    wait: str = ""
    """`1 hour`, `3 days`, or `until 10:00` for the next time clocks of the shop's zone show that."""
    wait_for: WrittenWaitFor = WrittenWaitFor(event=Events(), within="")
    """Goes on by `then` when the event comes, by `else` when it does not."""
    branch: dict[str, Any] = {}
    """A test, or groups of them, as in a segment: `then` for those of whom it is true, `else` for the rest."""
    send: str = ""
    """The name of a message."""
    channel: str = ""
    """Of `send`: what carries it; left out where the message has one channel only."""
    exit: str | None = None
    """Why, in a few words; they are out."""
    then: str = ""
    """The next step; left out: the one below."""
    otherwise: str = msgspec.field(name="else", default="")
    """The other way of `wait_for` and `branch`; left out: the step below."""


class WrittenJourney(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """journeys/NAME.yaml."""

    enter: WrittenEnter
    """What brings people in."""
    steps: dict[str, WrittenStep]
    """Name → step, in order; people come in at the first."""
    label: str | WrittenLabel = ""
    """What people call it."""
    correlation: str = ""
    """Property of the entry event that tells what it is about: this cart, this order."""
    again: str = "always"
    """`always` (once they are out), `never`, or `after 7 days` since they entered; for each value of `correlation`."""
    backfill: bool = False
    """Whether events that came late, and those who belonged to the segment before, start it."""
    holdout: Share = 0.0
    """Share of people, 0..1, who go all the way and are sent nothing: what the journey is measured against."""
    goal: WrittenGoal | None = None
    """What it is for."""
    exit: tuple[WrittenLeave, ...] = ()
    """What takes people out on the way."""


class WrittenMail(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`email` of a message; its bodies are the files email.LANGUAGE.mjml beside it."""

    subject: dict[str, str]
    """Language → subject, a Liquid template."""
    preheader: dict[str, str] = {}
    """Language → what inboxes show after the subject, a Liquid template."""


class WrittenMessage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """messages/NAME/message.yaml."""

    message_class: Literal["advertising", "informational"] = msgspec.field(name="class")
    """`advertising` whatever promotes; `informational` what the person must learn, and that only."""
    ground: Literal["", "contract", "law", "request", "legitimate_interest"] = ""
    """Why an informational message may go without a consent to advertising."""
    purpose: str = ""
    """What the person must have consented to; left out: `ad_receive` for advertising, nothing else otherwise."""
    category: str = ""
    """Of the goods it speaks of, in the words that orders use."""
    priority: Annotated[int, msgspec.Meta(ge=-100, le=100)] = 0
    """Of messages that wait for one person the highest goes first; see also `brand.priority` in consent.yaml."""
    events: tuple[str, ...] = ()
    """Events whose properties its templates name: a journey that sends it begins with one of them."""
    label: str | WrittenLabel = ""
    """What people call it."""
    email: WrittenMail | None = None
    """Its e-mail."""


class WrittenEmailChannel(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`email` in channels.yaml."""

    host: str
    """Of the SMTP server."""
    port: Annotated[int, msgspec.Meta(ge=1, le=65535)] = 587
    """Of the SMTP server."""
    tls: Literal["starttls", "implicit", "none"] = "starttls"
    """`none` is for a server on this machine only."""
    ca_file: str = ""
    """Certificates to trust beside the system's, below the workspace or as a full path."""
    login: bool = False
    """Whether it asks who we are: ITDA_SMTP_USER and ITDA_SMTP_PASSWORD in the environment say it."""
    address: str = msgspec.field(name="from")
    """The address that mails come from; the name before it is the sender's in consent.yaml."""
    reply_to: str = ""
    """Where answers go; left out: the sender's address in consent.yaml."""
    bounces: str = ""
    """Where reports go: bounces@… becomes bounces+TOKEN@…, which must reach the same mailbox. Left out: to `from`."""
    dkim: str = ""
    """The selector that your server signs by (DKIM), such as s1: its key is looked up at s1._domainkey of `from`."""
    connections: Annotated[int, msgspec.Meta(ge=1, le=100)] = 4
    """Open at once, at most."""
    per_connection: Annotated[int, msgspec.Meta(ge=1, le=100_000)] = 100
    """Mails over one connection before it is renewed."""
    rate: Annotated[float, msgspec.Meta(ge=0, le=10_000)] = 0.0
    """Mails a second, at most; 0: as fast as it goes."""
    timeout_s: Annotated[float, msgspec.Meta(ge=1, le=600)] = 30.0
    """Seconds for each answer of the server but the last."""
    body_timeout_s: Annotated[float, msgspec.Meta(ge=1, le=1200)] = 120.0
    """Seconds for its answer to the whole mail: giving up on that leaves the mail uncertain."""
    public_url: str
    """Where whoever opens a mail reaches this shop's own pages to unsubscribe, such as https://mail.shop.example."""
    tracking: bool = True
    """Whether openings and clicks are seen, where the person lets us."""


class WrittenChannels(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """channels.yaml: what carries messages. Nothing is sent over a channel that is not there."""

    email: WrittenEmailChannel | None = None
    """An SMTP server."""
