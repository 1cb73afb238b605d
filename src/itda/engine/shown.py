"""Texts of consent that have other words now than were shown under their ids: by file and line, with the cure."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from itda.base.errors import Fault, ItdaError
from itda.store import consent_texts
from itda.store.database import Connection, Database
from itda.store.embedded import Lease
from itda.workspace.definition import Workspace
from itda.workspace.files import document

FILE = "consent.yaml"
_IS_THERE = "select to_regclass('consent_text') is not null"


def otherwise(connection: Connection, workspace: Workspace) -> list[Fault]:
    """A fault for each text that was shown in other words. Where these files hold no consent is written down.

    Who consented saw the words of before (GDPR art. 7(1); EU-02).
    """
    other = consent_texts.changed(connection, workspace.consent.texts)
    if not other:
        return []
    file = document(FILE, workspace.texts[FILE])
    return [
        file.fault(f"texts.{name}.languages.{language}", consent_texts.other_words(one), consent_texts.cure(one))
        for one in other
        for name, _, language in [_parts(one)]
    ]


def look(workspace: Workspace) -> list[Fault]:
    """The same of a workspace that is not open; nothing where nothing was shown, or nobody can tell just now."""
    if not workspace.consent.texts:
        return []
    with contextlib.suppress(ItdaError, OSError), _database(workspace) as db:
        if db is not None:
            with db.connection() as connection:
                row = connection.execute(_IS_THERE).fetchone()
                return otherwise(connection, workspace) if row is not None and row[0] else []
    return []


@contextlib.contextmanager
def _database(workspace: Workspace) -> Iterator[Database | None]:
    """The database of a workspace; None where none was made yet."""
    made = workspace.data_dir / "pg"
    if workspace.database_url:
        with Database(workspace.database_url, workspace.schema) as db:
            yield db
    elif (made / "PG_VERSION").exists():
        with Lease(made) as lease, Database(lease.url, workspace.schema) as db:
            yield db
    else:
        yield None


def _parts(text_id: str) -> tuple[str, str, str]:
    """Name, version and language of NAME@VERSION/LANGUAGE."""
    name, _, rest = text_id.rpartition("@")
    version, _, language = rest.partition("/")
    return name, version, language
