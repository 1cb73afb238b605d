"""What can be wrong with a store, and how to mend it: one function a question, each a look at the database alone.

A look returns a `Check` also when all is well, so that whoever reads the list knows what was looked at.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any, Protocol

import msgspec

from itda.base import instant
from itda.base.counted import counted
from itda.base.instant import DAY, SECOND
from itda.engine import duties, trail
from itda.engine.people import keys as keys_of_machines
from itda.store import migrate
from itda.store.database import Connection, Database
from itda.store.intake import KEPT_DAYS
from itda.store.ports import VALUE_LABEL
from itda.store.vault import Unsealable, Vault

LONGEST_TRANSACTION_S = 300
KEYS_TRIED = 200
TRAIL_S = 10.0
"""How long the trails are looked through, unless all of them is asked for: the doctor answers within seconds."""


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """One thing looked at: whether it is well, what was seen, and the cure where it is not."""

    name: str
    ok: bool
    what: str
    cure: str = ""


class Opened(Protocol):
    """What a look needs of an open shop."""

    @property
    def db(self) -> Database:
        """The database."""
        ...

    @property
    def vault(self) -> Vault:
        """The keys."""
        ...


class Patient(msgspec.Struct, frozen=True):
    """A store under examination."""

    connection: Connection
    vault: Vault
    now: int
    """The database's clock, in microseconds UTC."""
    is_thorough: bool = False
    """Whether to look at everything, however long it takes."""

    def one(self, query: str, values: list[Any] | None = None) -> Any:
        """The only value of a query's only row; None where there is none."""
        row = self.connection.execute(query.encode(), values).fetchone()
        return None if row is None else row[0]


def examine_store(opened: Opened, *, is_thorough: bool = False) -> Iterator[Check]:
    """Every look at the store, in the order in which one would mend things."""
    with opened.db.connection() as connection:
        now = connection.execute("select (extract(epoch from clock_timestamp()) * 1000000)::bigint").fetchone()
        patient = Patient(connection, opened.vault, now[0] if now else 0, is_thorough)
        for look in LOOKS:
            yield look(patient)


def server(patient: Patient) -> Check:
    """PostgreSQL answers, and what it is."""
    what = f"PostgreSQL {patient.one('show server_version')} answers"
    return Check(name="database", ok=True, what=what)


def durability(patient: Patient) -> Check:
    """What is acknowledged outlives a loss of power."""
    off = [
        setting
        for setting in ("fsync", "full_page_writes", "synchronous_commit")
        if patient.one("select setting from pg_settings where name = %s", [setting]) == "off"
    ]
    if off:
        cure = "; ".join(f"alter system set {setting} = on" for setting in off) + "; select pg_reload_conf()"
        return Check(name="durability", ok=False, what=f"{', '.join(off)} is off: events can be lost", cure=cure)
    return Check(name="durability", ok=True, what="acknowledged events are on disk (fsync, full pages, commit)")


def pages(patient: Patient) -> Check:
    """No page of the database was found damaged."""
    damaged = patient.one("select coalesce(sum(checksum_failures), 0)::bigint from pg_stat_database") or 0
    if damaged:
        cure = "the disk is failing: restore the database and the key from a backup, on another disk"
        return Check(name="pages", ok=False, what=f"damaged pages that were read: {damaged:,}", cure=cure)
    return Check(name="pages", ok=True, what="no damaged page was read")


def schema(patient: Patient) -> Check:
    """The schema is the one this Itda was written for."""
    known = {step.version for step in migrate.migrations()}
    has = migrate.applied(patient.connection)
    if has != known:
        cure = "use the newer Itda" if has - known else "open the shop once with this version (itda status)"
        what = f"the schema is at version {max(has, default=0)}, this Itda knows {max(known)}"
        if has < known and max(has, default=0) == max(known):
            what = f"the schema lacks the steps {', '.join(map(str, sorted(known - has)))}"
        return Check(name="schema", ok=False, what=what, cure=cure)
    return Check(name="schema", ok=True, what=f"the schema is at version {max(known)}")


def keys(patient: Patient) -> Check:
    """The workspace key opens what is sealed."""
    bound = patient.one("select value from meta where key = 'workspace_key'")
    cure = "put back the workspace key this database was made with, from your backup"
    if bound not in (None, patient.vault.fingerprint(b"workspace key").hex()):
        return Check(name="keys", ok=False, what="the workspace key is not this database's", cure=cure)
    rows = patient.connection.execute(
        "select fragment, wrapped_key, retention, value_sealed from keyring order by blind limit %s",
        [KEYS_TRIED],
    ).fetchall()
    shut = 0
    for fragment, wrapped, retention, sealed in rows:
        try:
            cipher = patient.vault.unwrap(fragment, wrapped, retention)
            if sealed:  # what a law keeps is of nobody's value
                cipher.open(fragment, VALUE_LABEL, sealed)
        except Unsealable:
            shut += 1
    if shut:
        what = f"of {counted(len(rows), 'key')} tried, {shut:,} did not open"
        return Check(name="keys", ok=False, what=what, cure=cure)
    return Check(name="keys", ok=True, what=f"{counted(len(rows), 'key')} tried, all open")


def transactions(patient: Patient) -> Check:
    """Nobody holds an old transaction open: it keeps dead rows alive and may hold up the log."""
    row = patient.connection.execute(
        "select pid, application_name, extract(epoch from clock_timestamp() - xact_start)::bigint from pg_stat_activity"
        " where datname = current_database() and xact_start is not null and backend_type = 'client backend'"
        " and pid <> pg_backend_pid() order by xact_start limit 1"
    ).fetchone()
    if row is not None and row[2] > LONGEST_TRANSACTION_S:
        what = f"{row[1] or 'somebody'} (pid {row[0]}) has a transaction open for {row[2]:,} s"
        return Check(
            name="transactions", ok=False, what=what, cure=f"end it, or: select pg_terminate_backend({row[0]})"
        )
    return Check(name="transactions", ok=True, what="no transaction is open for long")


def intake(patient: Patient) -> Check:
    """Frames do not stay in the intake past their days."""
    oldest = patient.one("select min(day) from intake_frame")
    today = patient.now // DAY
    if oldest is not None and oldest < today - KEPT_DAYS - 1:
        what = f"frames of {counted(today - oldest, 'day')} ago are still in the intake (kept: {KEPT_DAYS})"
        return Check(name="intake", ok=False, what=what, cure="serve the shop (itda serve): processed days are dropped")
    return Check(name="intake", ok=True, what=f"no frame is older than {KEPT_DAYS} days")


def log_order(patient: Patient) -> Check:
    """The cursor is not ahead of the log: it would be after a restore of parts from different backups."""
    row = patient.connection.execute(
        "select (select position from intake_head), (select position from cursor where name = 'pipeline'),"
        " (select position from lake_head), (select received_at from intake_head),"
        " (select position from cursor where name = 'decider')"
    ).fetchone()
    head, cursor, lake, received_at, decided = row or (0, 0, 0, 0, 0)
    if not (lake <= cursor <= head and decided <= cursor):
        what = f"log {head:,}, pipeline {cursor:,}, decider {decided:,} and lake {lake:,} are out of order"
        return Check(name="log", ok=False, what=what, cure="restore database and lake from one and the same backup")
    ahead = (received_at - patient.now) / SECOND
    if ahead > 60:  # noqa: PLR2004 - a minute
        what = f"the log is {ahead:,.0f} s ahead of the database's clock"
        return Check(name="log", ok=False, what=what, cure="set the clock (timedatectl set-ntp true)")
    return Check(name="log", ok=True, what=f"log {head:,}, pipeline {cursor:,}, decider {decided:,}, lake {lake:,}")


def put_aside(patient: Patient) -> Check:
    """Our own code failed with nobody."""
    rows = patient.connection.execute(
        "select why, count(distinct customer)::bigint from put_aside group by why order by why"
    ).fetchall()
    broken = patient.one("select count(*) from outbox where status = 'dead' and reasons = 'BROKEN'") or 0
    told = [f"{counted(n, 'customer')} put aside ({why})" for why, n in rows]
    told += [f"{counted(broken, 'message')} that our own code failed with"] if broken else []
    if told:
        cure = "see the log, update Itda, then: itda journey --go-on" + ("; itda message replay" if broken else "")
        return Check(name="aside", ok=False, what=", ".join(told), cure=cure)
    return Check(name="aside", ok=True, what="nobody is put aside")


def quarantine_keys(patient: Patient) -> Check:
    """Keys of refused events are destroyed when their time is over."""
    overdue = patient.one(
        "select count(*) from quarantine_key where wrapped_key is not null and destroy_after < %s", [patient.now // DAY]
    )
    if overdue:
        what = f"keys of refused events that should be destroyed by now: {overdue:,}"
        return Check(name="quarantine", ok=False, what=what, cure="serve the shop (itda serve): it is done there")
    return Check(name="quarantine", ok=True, what="no key of refused events is overdue")


def owed(patient: Patient) -> Check:
    """Nothing that had to be done by a day is left undone."""
    overdue, soon = duties.standing(patient.connection, patient.now)
    if overdue:
        what = f"{counted(overdue, 'duty is', 'duties are')} overdue" + (f", {soon:,} due soon" if soon else "")
        return Check(name="duties", ok=False, what=what, cure="see what is missing: itda duties list --overdue")
    what = f"{counted(soon, 'duty is', 'duties are')} due soon: itda duties" if soon else "no duty is overdue"
    return Check(name="duties", ok=True, what=what)


def api_keys(patient: Patient) -> Check:
    """No key of a machine ends unnoticed."""
    soon = keys_of_machines.ending(patient.connection, patient.now)
    if soon:
        told = ", ".join(f"{one.name} ({one.id}) {instant.text(one.expires_at)[:10]}" for one in soon)
        cure = "make another of the same name (itda keys add), put it in place, revoke the former"
        return Check(name="api keys", ok=False, what=f"keys that end within two weeks, or just did: {told}", cure=cure)
    return Check(name="api keys", ok=True, what="no key of a machine ends soon")


def trails(patient: Patient) -> Check:
    """Nobody altered what was written down about looks and changes."""
    until = time.monotonic() + TRAIL_S
    trails = trail.look_through(patient.connection, lambda: not patient.is_thorough and time.monotonic() > until)
    altered = [f"{one.table} was altered at row {one.altered}" for one in trails if one.altered is not None]
    if altered:
        cure = "find out who writes to the database past Itda"
        return Check(name="trails", ok=False, what="; ".join(altered), cure=cure)
    told = (_told(trails[0], "the audit"), _told(trails[1], "the access log"))
    return Check(name="trails", ok=True, what=f"as they were written: {' and '.join(told)}")


def _told(looked: trail.Looked, name: str) -> str:
    if looked.since is None:
        return f"{name} ({counted(looked.rows, 'row')}, all of it)"
    newest = counted(looked.rows, "newest row", "newest rows")
    return f"{name} (its {newest} only, back to {instant.text(looked.since)[:10]}; all of it: itda doctor --thorough)"


LOOKS: tuple[Callable[[Patient], Check], ...] = (
    server, durability, pages, schema, keys, transactions, intake, log_order, put_aside, quarantine_keys, owed,
    api_keys, trails,
)  # fmt: skip
