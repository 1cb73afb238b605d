"""What follows of a request to confirm a consent that nobody answered.

Silence keeps the consent only where the pack says so and the letter was delivered (KR-16): the decree is silent, the
regulator's guide says kept (from memory, for counsel to confirm). A letter that came back suspends the consent of its
address. Both are acts in the ledger, so that what stands is what the ledger comes to and nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from itda.base import ids
from itda.base.instant import DAY, LocalDates
from itda.consent.definition import CONSENT, Action, ConsentEvent, ConsentKey, ConsentState
from itda.consent.packs.kr_network.permission import after_request
from itda.engine import consenting
from itda.engine.work import Work
from itda.store import consents, duties
from itda.store.consents import STATE_COLUMNS, Act, state_of

SILENCE = "silence"
"""The ground of what follows when nobody answers."""
CAME_BACK = "undelivered"
"""The ground of a suspension: the letter that asked did not arrive."""
SYSTEM = "system"
_OF = (
    f"select d.id, d.message, {', '.join('s.' + name.strip() for name in STATE_COLUMNS.split(','))}"
    " from consent_state s join duty d on d.kind = 'reconfirm' and d.subject_ref = s.subject_ref"
    "  and d.contact_ref = s.contact_ref and d.purpose = s.purpose and d.channel = s.channel"
    " join outbox o on o.id = d.message where s.status = 'granted'"
)
_SILENT = (
    f"{_OF} and s.reconfirm_due <= %s and d.due_at >= s.reconfirm_due::bigint * {DAY}"
    " and o.status in ('sent', 'delivered') and exists (select from attempt a where a.outbox = o.id"
    "  and a.outcome = 'sent' and a.finished_at < d.due_at) order by s.reconfirm_due, d.id limit %s"
)
_RETURNED = f"{_OF} and o.status = 'bounced' and o.contact = s.contact_ref order by d.id limit %s"


def silent(work: Work, most: int) -> int:
    """Keep, or suspend, the consents whose holders were asked and said nothing by the last day; how many."""
    rules = work.workspace.consent.reconfirm
    action = after_request(is_delivered=True, silence=rules.silence)
    today = LocalDates(rules.zone).of(work.now)
    until = today if action == "confirm" else today - 1  # the last day is still theirs
    rows = work.connection.execute(_SILENT.encode(), [until, most], binary=True).fetchall()
    acts = [_act(work, key, state, action, SILENCE, message) for _, message, key, state in map(_told, rows)]
    return _written(work, acts)


def returned(work: Work, most: int) -> int:
    """Suspend the consents of addresses that the letter did not reach, unless they spoke since; how many."""
    rows = [_told(row) for row in work.connection.execute(_RETURNED.encode(), [most], binary=True).fetchall()]
    events = consents.events_of(work.connection, sorted({key.fragment for _, _, key, _ in rows}))
    acts = []
    for made, message, key, state in rows:
        asked = duties.named(work.connection, made)
        since = asked.created_at if asked is not None else 0
        duties.forget(work.connection, made)
        spoke = any(
            one.key == key and one.ground == CONSENT and one.action in ("grant", "confirm") and one.occurred_at >= since
            for one in events
        )
        duties.settle(work.connection, made, work.now, '{"void":"suspended, or spoken for since"}')
        if not spoke:
            acts.append(_act(work, key, state, after_request(is_delivered=False, silence=""), CAME_BACK, message))
    return _written(work, acts)


def _told(row: Sequence[Any]) -> tuple[bytes, bytes, ConsentKey, ConsentState]:
    key, state = state_of(row[2:])
    return bytes(row[0]), bytes(row[1]), key, state


def _act(work: Work, key: ConsentKey, state: ConsentState, action: Action, ground: str, message: bytes) -> Act:
    told = f"{ground}:{message.hex()}:{key.fragment.hex()}:{key.contact.hex()}:{key.purpose}:{key.channel}"
    event = ConsentEvent(
        id=ids.keyed(b"consent", told), key=key, action=action, occurred_at=work.now, recorded_at=work.now,
        text_id=state.text_id, ground=ground, source=f"letter:{message.hex()}", actor=SYSTEM,
    )  # fmt: skip
    return Act(event, f"+{told}")  # no source's name begins so


def _written(work: Work, acts: Sequence[Act]) -> int:
    written = consenting.record(work.connection, work.workspace.consent, [(act, ()) for act in acts]) if acts else []
    return len(written)
