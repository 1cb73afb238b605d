"""Our own fault with one customer stops nobody else: they are put aside, counted, and gone on with when asked for.

Whoever is put aside is passed over from the step of the fault on, whatever happens to them. Who is asked back is
given everything since, as if it came now: events at their own log times, and passing time after them.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Collection, Iterator, Mapping, Sequence

from itda.base import ids
from itda.base.errors import Conflict, Unavailable
from itda.engine.deciding.people import Customer
from itda.store.engagement import EngagementStore
from itda.store.engagement_rows import AsideRow, IdentifierRow
from itda.store.engagement_sql import EngagementWrites

_log = logging.getLogger(__name__)


class Aside:
    """Who is passed over in a step, and who comes back. `back` are the rows of those who were asked back."""

    def __init__(self, store: EngagementStore, back: Sequence[AsideRow], writes: EngagementWrites) -> None:
        self._store = store
        self._back = {row.fragment for row in back}
        self._writes = writes
        self._rows: dict[bytes, AsideRow] = {}
        self._gone: dict[bytes, list[bytes]] = {}
        self.faulty: set[bytes] = set()
        """Customers with whom this step could not go on."""

    def is_back(self, customer: bytes) -> bool:
        """Whether they were put aside, and are gone on with in this step."""
        return customer in self._gone

    def going(self, customers: Sequence[bytes], members: Mapping[bytes, list[IdentifierRow]]) -> list[bytes]:
        """Those of these customers that are not put aside. Who joined one that is, is so too."""
        found = self._store.aside([row.fragment for one in customers for row in members[one]])
        if not found:
            return list(customers)
        known = {row.fragment: row for row in found}
        going = []
        for one in customers:
            rows = [known[member.fragment] for member in members[one] if member.fragment in known]
            if not rows:
                going.append(one)
            elif any(row.fragment in self._back for row in rows):
                self._gone[one] = [row.fragment for row in rows]
                going.append(one)
            else:
                fresh = [member.fragment for member in members[one] if member.fragment not in known]
                self._put(one, fresh, rows[0].why)
        return going

    @contextlib.contextmanager
    def alone(self, customer: Customer, what: str) -> Iterator[None]:
        """Whatever breaks in the block breaks for this customer alone; `what` they could not be gone on with."""
        try:
            yield
        except (Conflict, Unavailable):
            raise
        except Exception:  # noqa: BLE001 - one customer must never stop the others
            _log.exception("a customer broke our own code and is put aside: %s", ids.customer_text(customer.id))
            self.faulty.add(customer.id)
            self._put(customer.id, customer.fragments, what)

    def write(self, of: Mapping[bytes, bytes], nobody: Collection[bytes]) -> None:
        """Write who is put aside and who no longer is; of the former this step decided nothing.

        `of`: fragment → customer as far as they are known; customers in `nobody` are none.
        """
        writes, faulty = self._writes, self.faulty
        writes.aside = list(self._rows.values())
        writes.aside_gone = [one for who, own in self._gone.items() if who not in faulty for one in own]
        writes.aside_gone += [one for one in self._back if one not in of or of[one] in nobody]
        if faulty:
            writes.members = [row for row in writes.members if row.customer not in faulty]
            writes.members_gone = [told for told in writes.members_gone if told[1] not in faulty]
            writes.wakes = [row for row in writes.wakes if row.customer not in faulty]

    def _put(self, customer: bytes, fragments: Sequence[bytes], why: str) -> None:
        decided, at = self._writes.position_before, self._writes.log_time
        for fragment in fragments:
            self._rows[fragment] = AsideRow(fragment, customer, decided, why, at)
