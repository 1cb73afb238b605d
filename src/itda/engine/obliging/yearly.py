"""Once a year whoever keeps data of very many tells each of them what was used and given away (PIPA art. 20-2; KR-52).

The notice itself is the brand's to send, of all its systems; the duty says by when, and keeps the proof.
"""

from __future__ import annotations

from itda.base.instant import LocalDates, date_to_day, day_to_date
from itda.engine import duties
from itda.store.database import Connection
from itda.workspace.retention import HERE

KIND = "usage_notice"
MANY = 1_000_000
"""People (decree art. 15-3); that fifty thousand are enough where data are sensitive is for the brand to know."""
_PEOPLE = "select count(*) from (select from identifier where customer = fragment limit %s) found"


def owe(connection: Connection, country: str, zone: str, now: int, many: int = MANY) -> bool:
    """Note that the notice of this year is due by its end, where so many people are known; whether it is owed."""
    dates = LocalDates(zone)
    today = day_to_date(dates.of(now))
    if country.upper() not in HERE or not _are(connection, many):
        return False
    until = dates.start(date_to_day(today.replace(year=today.year + 1, month=1, day=1)))
    duties.owe(connection, KIND, until, about=str(today.year), at=now)
    return True


def _are(connection: Connection, many: int) -> bool:
    found = connection.execute(_PEOPLE, [many]).fetchone()
    return found is not None and found[0] >= many
