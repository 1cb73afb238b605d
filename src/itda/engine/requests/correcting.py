"""A correction: what a person says is right is told by them, from a source that nobody else speaks through."""

from __future__ import annotations

import msgspec

from itda.base import instant
from itda.engine.questions import person
from itda.engine.requests.opening import said
from itda.engine.work import Work
from itda.sources.definition import CUSTOMER
from itda.store.ports import Record
from itda.store.requests import RequestRow


def correct(work: Work, row: RequestRow) -> int | None:
    """Put it into the log as a trait that was declared now; the frame's position, None where the person is gone."""
    told = said(work, row)
    members = [one for one in person.load(work, row.subject) if one.key is not None and not one.is_blocked]
    lead = next((one for one in members if one.fragment in row.subject), None)
    if lead is None or lead.key is None:
        return None
    item = {
        "type": "identify",
        "messageId": f"correction:{row.id.hex()}",
        "timestamp": instant.text(work.now),
        "identifiers": {lead.kind: work.value(lead.key)},
        "traits": told.changes,
    }
    return work.append([Record(source=CUSTOMER.name, call="identify", body=msgspec.json.encode(item))]).position
