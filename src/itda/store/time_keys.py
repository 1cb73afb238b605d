"""Keys that time destroys: one a day for the intake's frames, one a month for what was refused.

Frames of a day become unreadable with their key once the day's partition is dropped; a month's refused events 30 days
after its end.
"""

from __future__ import annotations

from datetime import date
from typing import Protocol

from itda.base.errors import Broken
from itda.base.instant import date_to_day, day_to_date
from itda.store.database import Connection, Database
from itda.store.vault import NO_FRAGMENT, Cipher, Vault

QUARANTINE_DAYS = 30


def month_of(day: int) -> int:
    """Year * 12 + month - 1 of a day number."""
    when = day_to_date(day)
    return when.year * 12 + when.month - 1


def _end_of(month: int) -> int:
    """The last day number of a month."""
    return date_to_day(date((month + 1) // 12, (month + 1) % 12 + 1, 1)) - 1


def month_cipher(connection: Connection, vault: Vault, month: int) -> Cipher | None:
    """What opens a month's refused events; None once its key is destroyed, or where there never was one."""
    row = connection.execute("select wrapped_key from quarantine_key where month = %s", [month]).fetchone()
    return None if row is None or row[0] is None else vault.unwrap(NO_FRAGMENT, row[0], f"quarantine {month}")


class MonthKeys(Protocol):
    """What seals refused events."""

    def key(self, month: int) -> Cipher | None:
        """The month's cipher, made with its first use; None once it is destroyed."""
        ...

    def open(self, month: int) -> Cipher | None:
        """The month's cipher; None once it is destroyed, or never was."""
        ...


class QuarantineKeys:
    """The months' keys in PostgreSQL."""

    def __init__(self, db: Database, vault: Vault) -> None:
        self._db = db
        self._vault = vault
        self._ciphers: dict[int, Cipher | None] = {}

    def key(self, month: int) -> Cipher | None:
        """The month's cipher, made with its first use; None once it is destroyed."""
        if month not in self._ciphers:
            wrapped = self._vault.wrap(NO_FRAGMENT, self._vault.new_key(), f"quarantine {month}")
            with self._db.connection() as connection:
                connection.execute(
                    "insert into quarantine_key values (%s, %s, %s) on conflict (month) do nothing",
                    [month, wrapped, _end_of(month) + QUARANTINE_DAYS],
                )
            self._ciphers[month] = self.open(month)
        return self._ciphers[month]

    def open(self, month: int) -> Cipher | None:
        """The month's cipher; None once it is destroyed, or never was."""
        if month not in self._ciphers:
            with self._db.connection() as connection:
                cipher = month_cipher(connection, self._vault, month)
            if cipher is None:
                return None
            self._ciphers[month] = cipher
        return self._ciphers[month]

    def destroy_due(self, today: int) -> int:
        """Destroy the keys whose time is over; how many. Their rows stay, to say that they once were."""
        with self._db.connection() as connection:
            done = connection.execute(
                "update quarantine_key set wrapped_key = null"
                " where destroy_after < %s and wrapped_key is not null returning month",
                [today],
            ).fetchall()
        for (month,) in done:
            self._ciphers.pop(month, None)
        return len(done)


class DayKeys:
    """The days' keys of the intake. A key is durable before the first frame under it is."""

    def __init__(self, db: Database, vault: Vault) -> None:
        self._db = db
        self._vault = vault
        self._ciphers: dict[int, Cipher] = {}

    def key(self, day: int) -> Cipher:
        """The day's cipher, made with its first use."""
        cipher = self._ciphers.get(day)
        if cipher is None:
            context = f"intake {day}"
            wrapped = self._vault.wrap(NO_FRAGMENT, self._vault.new_key(), context)
            with self._db.connection() as connection:
                connection.execute(
                    "insert into intake_key values (%s, %s) on conflict (day) do nothing", [day, wrapped]
                )
                row = connection.execute("select wrapped_key from intake_key where day = %s", [day]).fetchone()
            if row is None:
                raise Broken(f"the intake key of day {day} vanished while it was made")
            while len(self._ciphers) > 8:  # noqa: PLR2004 - the days an intake ever holds
                self._ciphers.pop(min(self._ciphers))
            cipher = self._ciphers[day] = self._vault.unwrap(NO_FRAGMENT, row[0], context)
        return cipher

    def open(self, day: int) -> Cipher:
        """The cipher of a day that has frames."""
        if day not in self._ciphers:
            with self._db.connection() as connection:
                row = connection.execute("select 1 from intake_key where day = %s", [day]).fetchone()
            if row is None:
                raise Broken(f"frames of day {day} are there and their key is not")
        return self.key(day)

    def forget(self, days: list[int]) -> None:
        """Drop destroyed days from memory."""
        for day in days:
            self._ciphers.pop(day, None)
