"""Everything a rule may know of a message and of the person it is meant for. The engine fills it; None: not known."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from types import MappingProxyType
from typing import Literal

import msgspec

from itda.consent.definition import Stage
from itda.consent.standing import Consents

MessageClass = Literal["advertising", "informational"]


class Sender(msgspec.Struct, frozen=True, kw_only=True):
    """Who sends: what a message must show of them."""

    name: str = ""
    email: str = ""
    phone: str = ""
    address: str = ""
    country: str = ""
    """ISO 3166."""
    optouts: Mapping[str, str] = MappingProxyType({})
    """Channel → the way out that costs nothing: a number (080-…), a page's address, a path in the app."""


class Transaction(msgspec.Struct, frozen=True, kw_only=True):
    """A purchase that came to its end."""

    id: str
    ended_at: int
    """Delivery or confirmation, whichever came first."""
    categories: frozenset[str]
    is_direct: bool = True
    """The contact was collected by the sender itself, in this transaction."""


class Sent(msgspec.Struct, frozen=True):
    """A message that went to the same person."""

    at: int
    channel: str
    message_class: MessageClass
    message: str = ""


class Waiting(msgspec.Struct, frozen=True):
    """Another message that waits to go to the same person."""

    id: bytes
    due_at: int
    priority: int
    """The higher goes first."""
    message_class: MessageClass


class Carrier(msgspec.Struct, frozen=True, kw_only=True):
    """What sends on this channel, as its provider and the brand's registrations say."""

    callers: frozenset[str] = frozenset()
    """Numbers and profiles registered to the brand."""
    certificate: str = ""
    """Of a sender of bulk texts (전송자격인증); empty: none."""
    certified_until: int = 0
    """When that ends, in microseconds UTC."""
    is_authenticated: bool | None = None
    """SPF, DKIM and DMARC of the sending domain are in order and aligned with From; None: nobody looked."""
    spam_rate: float | None = None
    """Share (0..1) of mails that their readers called spam, over the provider's own span; None: nobody knows."""


class Template(msgspec.Struct, frozen=True, kw_only=True):
    """A text that a provider approved beforehand, as AlimTalk's are."""

    message_class: MessageClass
    is_of_coupons: bool = False
    """It tells of coupons or points."""
    basis: str = ""
    """The line that says by which act of the customer's they were earned."""
    has_promotional_link: bool = False


class Batch(msgspec.Struct, frozen=True):
    """The sending that a message is part of."""

    left: int
    """Messages still to go, this one among them."""
    per_second: float
    """Messages that leave in a second."""


class Destination(msgspec.Struct, frozen=True, kw_only=True):
    """Where an audience goes to."""

    name: str
    """As purposes name it: provide_3p:NAME, overseas:NAME."""
    country: str
    """ISO 3166, of where it is kept or seen from; empty: not known."""
    is_listed: bool = False
    """It stands in the published register of whom data goes to."""
    is_another_controller: bool = True
    """It decides itself what it does with the data, as advertising platforms do; no processor on the brand's behalf."""
    is_behavioural: bool = False
    """It joins what is sent to what people do elsewhere."""
    takes_signals: bool = False
    """It is an advertising platform that asks for the signals of consent of people in Europe."""
    transfer: Literal["", "contract", "certified", "adequate"] = ""
    """On what a transfer abroad rests beside consent."""
    mechanism: str = ""
    """What a transfer out of Europe rests on, by name: clauses and assessment, rules, a decision; empty: nothing."""


class Record(msgspec.Struct, frozen=True):
    """Something kept that may have to be kept, as a law says."""

    kind: str
    """Such as contract, payment, complaint; see the pack of the sector."""
    at: int
    """When what it records came to its end, in microseconds UTC."""


class Facts(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """One message or one row of an audience, one person, one moment."""

    stage: Stage
    channel: str
    message_class: MessageClass | None
    ground: str = ""
    """The legal ground of an informational message, such as contract."""
    purpose: str = "ad_receive"
    message: str = ""
    """Its name in the workspace; empty where it has none."""
    words: str = ""
    """A digest of all that it says: another one as soon as a letter of it changes."""
    campaign: str = ""
    """The campaign that it is of; empty: of none."""
    category: str = ""
    """What is offered, in the words that orders use too."""
    markers: tuple[str, ...] | None = ()
    """Words of promotion found in its text; see markers.found."""
    opening: str | None = None
    """The subject of a mail, the beginning of other texts."""
    sender: Sender | None = None
    caller: str = ""
    """The number or profile that a message shows as its sender."""
    carrier: Carrier | None = None
    template: Template | None = None
    """Of a channel that sends approved texts alone."""
    disclosed: str = ""
    """Of a call: where the number was got from, as its script says."""
    fails_over: str = ""
    """The channel that this message was meant for and could not go by."""
    batch: Batch | None = None
    """None: it goes alone."""
    has_permission: bool = False
    """The person's phone lets the app notify."""
    collected_via: str = ""
    """How the address was got, where that is not as its source says: generated, harvested, registered by itself."""
    is_recycled: bool = False
    """The number or mailbox passed to somebody else, or is dead, since its consent."""
    countries: tuple[str, ...] | None = None
    """Where the person may live (ISO 3166), every candidate; None: nothing is known of it, so anywhere."""
    regions: tuple[str, ...] = ()
    """Parts of these countries (ISO 3166-2) where that may be, as far as they are known."""
    zones: tuple[str, ...] | None = None
    """Where the person's clock may be, in names of the tz database; None: not known."""
    age_band: str | None = None
    """Years of age as the derivative `age_band` tells them, such as 0-13 or 30-39; None: not known."""
    has_guardian: bool = False
    """A guardian's consent for this child was verified."""
    is_stopped: bool = False
    """The person asked that their data be used no more; what informs them still goes."""
    is_leaving: bool = False
    """The person asked to be forgotten, and that is under way: nothing goes."""
    is_kept_apart: bool = False
    """What is known of the person is kept for another law alone."""
    consents: Consents | None = None
    transactions: tuple[Transaction, ...] | None = None
    optout_link: str | None = None
    """This recipient's own way out; known as the message leaves."""
    decision: bytes | None = None
    """The id of the row that this decision is written in."""
    consents_read_at: int | None = None
    sent: tuple[Sent, ...] | None = None
    """Messages to this person in the longest window that a cap looks at."""
    waiting: tuple[Waiting, ...] | None = ()
    arm: str = "treated"
    """`holdout` for whoever is to get no advertising at all, so that its effect can be told."""
    destination: Destination | None = None
    """Of a row of an audience: where it goes."""
    columns: frozenset[str] = frozenset()
    """What such a row holds."""
    reason: str = ""
    """Why such a row leaves, in the words of whoever takes it out."""
    record: Record | None = None
    """What is to be destroyed."""

    @cached_property
    def is_advertising(self) -> bool:
        """An ad by its class or its content, and whatever does not prove to be none."""
        return self.message_class != "informational" or not self.ground or self.markers is None or bool(self.markers)
