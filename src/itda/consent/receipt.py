"""A receipt of consents as ISO/IEC TS 27560:2023 structures it, in terms of the Data Privacy Vocabulary (DPV 2).

One record for each consent (who, which sender, purpose, channel, address), with every act in the order of its time and
the very words that were shown; a receipt holds the records of one person. The shape follows the guide of the W3C's
DPV community group (w3id.org/dpv/guides/consent-27560); `receipt_schema.json` beside this file says it as JSON Schema.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from itda.base.instant import day_to_date
from itda.base.instant import text as moment
from itda.consent.definition import SUBJECT, Action, ConsentEvent, ConsentKey, ConsentState
from itda.consent.facts import Sender
from itda.consent.purposes import Purpose

RECEIPT = "https://w3id.org/dpv/schema/iso-27560#receipt-full"
RECORD = "https://w3id.org/dpv/schema/iso-27560#record"
CONTEXT = {
    "dpv": "https://w3id.org/dpv#", "pd": "https://w3id.org/dpv/pd#", "loc": "https://w3id.org/dpv/loc#",
    "dct": "http://purl.org/dc/terms/", "schema": "https://schema.org/",
}  # fmt: skip
STATUS: Mapping[Action, str] = {
    "request": "dpv:ConsentRequested", "grant": "dpv:ConsentGiven", "import": "dpv:ConsentGiven",
    "confirm": "dpv:RenewedConsentGiven", "restore": "dpv:RenewedConsentGiven", "refuse": "dpv:ConsentRefused",
    "withdraw": "dpv:ConsentWithdrawn", "expire": "dpv:ConsentExpired", "suspend": "dpv:ConsentRevoked",
}  # fmt: skip
"""What an act makes of a consent; revoked is what somebody other than the person ended."""
STANDS: Mapping[str, str] = {
    "granted": "dpv:ConsentGiven", "refused": "dpv:ConsentRefused", "withdrawn": "dpv:ConsentWithdrawn",
    "expired": "dpv:ConsentExpired", "suspended": "dpv:ConsentRevoked", "pending": "dpv:ConsentRequested",
    "unknown": "dpv:ConsentUnknown",
}  # fmt: skip
_DATA: Mapping[str, str] = {"email": "pd:EmailAddress", "phone": "pd:TelephoneNumber"}


class Shown(msgspec.Struct, frozen=True):
    """The words that were shown under an id."""

    id: str
    language: str
    body: str


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """One consent: its key, how it stands, its acts, and the kind of address it is about (empty: the person)."""

    key: ConsentKey
    state: ConsentState
    acts: Sequence[ConsentEvent]
    contact_kind: str = ""
    contact: str = ""
    """The address, where whoever asks may see it."""


def receipt(
    customer: str, held: Sequence[Held], sender: Sender, purposes: Mapping[str, Purpose], shown: Mapping[str, Shown],
    at: int,
) -> dict[str, Any]:  # fmt: skip
    """The receipt of one person at a moment (microseconds UTC), as JSON-LD; the same arguments always give the same."""
    records = [_record(customer, one, sender, purposes, shown) for one in held]
    told = _id("receipt", customer, str(at))
    return {
        "@context": CONTEXT,
        "@id": told,
        "@type": "dpv:ConsentReceipt",
        "dct:identifier": told,
        "dct:conformsTo": RECEIPT,
        "dct:created": moment(at),
        "dct:publisher": _controller(sender),
        "schema:recipient": "dpv:DataSubject",
        "dpv:hasRecordOfActivity": records,
    }


def _record(
    customer: str, one: Held, sender: Sender, purposes: Mapping[str, Purpose], shown: Mapping[str, Shown]
) -> dict[str, Any]:
    key, due = one.key, one.state.reconfirm_due
    told = _id("record", key.sender, key.fragment.hex(), key.contact.hex(), key.purpose, key.channel)
    purpose = purposes.get(key.purpose)
    texts = [shown[act.text_id] for act in one.acts if act.text_id in shown]
    return {
        "@id": told,
        "@type": "dpv:ConsentRecord",
        "dct:identifier": told,
        "dct:conformsTo": RECORD,
        "dpv:hasDataSubject": {"@id": _id("subject", customer), "@type": "dpv:DataSubject"},
        "dpv:hasDataController": _controller(sender),
        **({"dpv:hasJurisdiction": [f"loc:{sender.country}"]} if sender.country else {}),
        "dpv:hasLegalBasis": "dpv:Consent",
        "dpv:hasProcess": {
            "@type": "dpv:Process",
            "dpv:hasPurpose": {
                "@id": (purpose.dpv if purpose else "") or "dpv:Purpose",
                "dct:identifier": key.purpose,
                "dct:title": (
                    [{"@language": "ko", "@value": purpose.label_ko}, {"@language": "en", "@value": purpose.label_en}]
                    if purpose
                    else [{"@language": "en", "@value": key.purpose}]
                ),
            },
            "schema:deliveryMethod": key.channel,
            **({"dpv:hasPersonalData": _personal(one)} if one.contact_kind else {}),
        },
        "dpv:hasNotice": [
            {
                "@type": "dpv:ConsentNotice", "dct:identifier": text.id, "dct:language": text.language,
                "dct:description": text.body,
            }
            for text in dict.fromkeys(texts)
        ],
        "dpv:hasStatus": {
            "@type": STANDS[one.state.status],
            "dct:date": moment(one.state.since),
            **({"dpv:hasReviewDate": day_to_date(due).isoformat()} if due is not None else {}),
        },
        "dpv:hasConsentStatus": [_event(act) for act in one.acts],
    }  # fmt: skip


def _event(act: ConsentEvent) -> dict[str, Any]:
    return {
        "@id": _id("event", act.id.hex()),
        "@type": STATUS[act.action],
        "dct:date": moment(act.occurred_at),
        "dct:dateAccepted": moment(act.recorded_at),
        "dpv:isIndicatedBy": "dpv:DataSubject" if act.actor == SUBJECT else "dpv:DataController",
        "dpv:hasIndicationMethod": act.source,
        **({"dpv:hasNotice": act.text_id} if act.text_id else {}),
    }


def _personal(one: Held) -> dict[str, str]:
    told = {"@type": _DATA.get(one.contact_kind, "dpv:PersonalData")}
    return {**told, "schema:value": one.contact} if one.contact else told


def _controller(sender: Sender) -> dict[str, str]:
    told = {"schema:email": sender.email, "schema:telephone": sender.phone, "schema:address": sender.address}
    known = {name: value for name, value in told.items() if value}
    return {"@type": "dpv:DataController", "schema:name": sender.name, **known}


def _id(*parts: str) -> str:
    """A URN that the same parts always have."""
    return uuid.uuid5(uuid.NAMESPACE_URL, "https://w3id.org/dpv/schema/iso-27560#" + "/".join(parts)).urn
