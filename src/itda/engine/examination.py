"""What `itda doctor` looks at: the machine, the folder, the key, the database, the lake, the port, the processing."""

from __future__ import annotations

import os
import platform
import shutil
import socket
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import msgspec

from itda.base.counted import counted
from itda.base.errors import ItdaError, Refused
from itda.base.instant import MINUTE, SECOND
from itda.engine import occupancy, shop, shown
from itda.engine.doctor import Check, examine_store
from itda.engine.questions.definitions import Definitions
from itda.engine.questions.status import reconsidered
from itda.engine.shop import Shop
from itda.sources.origins import variables
from itda.store import workspace_key
from itda.store.embedded_sockets import left_behind
from itda.store.key_material import Enclosed
from itda.store.lake import manifest
from itda.store.lake.files import checksum
from itda.store.lake.files import opened as opened_file
from itda.workspace.load import check as faults_of

OLDEST_PYTHON = (3, 11)
LEAST_FREE_GB = 1.0
FREE_TO_BE_EASY_GB = 5.0
LONGEST_LAG_S = 60.0
_MEND = {
    "database": "start it, or mend its address (ITDA_DATABASE, or database: in itda.yaml); "
    "the embedded one's log is in .itda/pg/log"
}


def examine(
    folder: Path, port: int, *, is_thorough: bool = False, clock: Callable[[], float] = time.time
) -> list[Check]:
    """Every check, in the order in which one would mend things. A thorough one takes the time to look at all rows.

    `clock` gives seconds since 1970, for what is old enough to be nobody's any more.
    """
    folder = folder.resolve()
    checks = [_python(), *_definitions(folder), _key(folder), _disk(folder)]
    sound = all(check.ok for check in checks[1:-1])
    checks.append(_sockets(folder, clock()))
    if sound:
        try:
            with shop.open(folder) as opened:
                checks += _running(opened, is_thorough=is_thorough)
        except ItdaError as error:
            checks.append(_failed("database", error))
    return [*checks, _port(folder, port)]


def _running(opened: Shop, *, is_thorough: bool) -> Iterator[Check]:
    store = partial(examine_store, is_thorough=is_thorough)
    for name, look in (
        ("database", store),
        ("lake", partial(_lake, is_thorough=is_thorough)),
        ("clock", _clock),
        ("applied", _applied),
        ("texts", _texts),
        ("processing", _processing),
        ("identity", _rules),
        ("sources", _sources),
        ("mail", _mail),
    ):
        try:
            yield from look(opened)
        except ItdaError as error:
            yield _failed(name, error)


def _texts(opened: Shop) -> Iterator[Check]:
    """The texts of the files are those that were shown under their ids."""
    with opened.db.connection() as connection:
        other = shown.otherwise(connection, opened.written)
    for fault in other:
        yield Check(name="texts", ok=False, what=str(msgspec.structs.replace(fault, cure="")), cure=fault.cure)
    texts = opened.written.consent.texts
    if texts and not other:
        yield Check(name="texts", ok=True, what=f"{counted(len(texts), 'text')} of consent, none other than was shown")


def _mail(opened: Shop) -> Iterator[Check]:
    """The domain that mails come from proves them."""
    from itda.channels.proof import domain_of  # noqa: PLC0415 - few ask the DNS
    from itda.engine.sending import proving  # noqa: PLC0415 - the same

    channel = opened.workspace.email
    if channel is None or not proving.is_asked(channel):
        return
    found, domain = proving.look(channel), domain_of(channel.address)
    if found.missing:
        what = f"{domain} lacks {', '.join(found.missing)}: mails wait (CH-04)"
        cure = "publish these records at your domain, as your provider of mail says"
        yield Check(name="mail", ok=False, what=what, cure=cure)
    elif found.is_authenticated:
        unsigned = "" if channel.dkim else "; of DKIM nobody can tell: write dkim, the selector, in channels.yaml"
        told = "SPF and DMARC" if unsigned else "SPF, DKIM and DMARC"
        yield Check(name="mail", ok=True, what=f"{domain} has {told}{unsigned}")
    else:
        yield Check(name="mail", ok=True, what=f"whether {domain} proves its mails is not known: the DNS did not say")


def _failed(name: str, error: ItdaError) -> Check:
    if isinstance(error, Refused) and error.faults:
        fault = error.faults[0]
        return Check(name=name, ok=False, what=f"{fault.file or ''} {fault.what}".strip(), cure=fault.cure)
    return Check(name=name, ok=False, what=str(error), cure=_MEND.get(name, "see .itda/logs, and try again"))


def _python() -> Check:
    have = platform.python_version()
    ok = sys.version_info >= OLDEST_PYTHON
    return Check(name="python", ok=ok, what=f"Python {have}", cure="" if ok else "use Python 3.11 or newer")


def _definitions(folder: Path) -> list[Check]:
    faults = faults_of(folder)
    if not faults:
        return [Check(name="workspace", ok=True, what=f"{folder} is in order")]
    return [
        Check(name="workspace", ok=False, what=str(msgspec.structs.replace(fault, cure="")), cure=fault.cure)
        for fault in faults
    ]


def _key(folder: Path) -> Check:
    data_dir = folder / ".itda"
    try:
        written = workspace_key.found(data_dir)
        workspace_key.opened(written)
    except ItdaError as error:
        return _failed("key", error)
    in_file = f"{workspace_key.path_of(data_dir)} is there and only its owner reads it"
    where = in_file if workspace_key.given() is None else f"{workspace_key.VARIABLE} holds the workspace key"
    kms = written.kms if isinstance(written, Enclosed) else ""
    what = f"{where}; {f'{kms} opens it' if kms else 'keep a copy of it elsewhere'}"
    return Check(name="key", ok=True, what=what)


def _disk(folder: Path) -> Check:
    free = shutil.disk_usage(folder).free / 1e9
    what = f"{free:,.1f} GB free at {folder}"
    if free < LEAST_FREE_GB:
        return Check(
            name="disk", ok=False, what=what, cure=f"free at least {LEAST_FREE_GB:.0f} GB, or PostgreSQL stops"
        )
    return Check(name="disk", ok=True, what=what + ("" if free >= FREE_TO_BE_EASY_GB else "; it gets tight"))


def _sockets(folder: Path, now: float) -> Check:
    """Looked at before the database is opened: where that starts a server, it takes away what is told here."""
    database = folder / ".itda" / "pg"
    left = left_behind({os.geteuid(), *([database.stat().st_uid] if database.exists() else [])}, now)
    if not left:
        return Check(name="sockets", ok=True, what="no killed database server left anything behind in /tmp")
    what = f"in /tmp, left by killed database servers: {', '.join(path.name for path in left[:5])}"
    more = f" and {len(left) - 5} more" if len(left) > 5 else ""  # noqa: PLR2004 - as many as are named
    return Check(name="sockets", ok=True, what=f"{what}{more}; the next server that is started takes them away")


def _port(folder: Path, port: int) -> Check:
    served: dict[str, list[str]] = {}
    notes = []
    for role in occupancy.ROLES:
        lock = occupancy.serving(folder / ".itda" / "run", role)
        try:
            is_free, note = lock.take(), lock.read()
        finally:
            lock.release()
        notes.append(note)
        if not is_free:
            served.setdefault(note, []).append(role)
    told = "; ".join(f"by process {pid}: {', '.join(roles)}" for pid, roles in served.items())
    if "doors" in [role for roles in served.values() for role in roles]:
        return Check(name="port", ok=True, what=f"this workspace is served {told}")
    with socket.socket() as sock:
        sock.settimeout(1)
        is_taken = sock.connect_ex(("127.0.0.1", port)) == 0
    cure = "stop what listens there, or serve on another: itda serve --port"
    if is_taken:
        return Check(name="port", ok=False, what=f"port {port} is in use by something else", cure=cure)
    if served:
        return Check(name="port", ok=True, what=f"port {port} is free; this workspace is served {told}")
    left = "; the last one to serve was killed, its locks are free" if any(notes) else ""
    return Check(name="port", ok=True, what=f"port {port} is free, nobody serves this workspace{left}")


def _lake(opened: Shop, *, is_thorough: bool) -> Iterator[Check]:
    """Every file is there with its size. Those that could not be merged are read, by a thorough look all."""
    folder = opened.workspace.lake_dir
    with opened.db.connection() as connection:
        files = manifest.files(connection)
        sums = manifest.checksums(connection)
        left = manifest.left(connection)
    missing = [file.path for file in files if not (folder / file.path).is_file()]
    short = [
        file.path for file in files if file.path not in missing and (folder / file.path).stat().st_size != file.size
    ]
    same_size = [path for path in sums if path not in missing and path not in short and (is_thorough or path in left)]
    altered = [path for path in same_size if checksum(folder / path) != sums[path]]
    faults = ((missing, "missing"), (short, "damaged (another size)"), (altered, "damaged (another content)"))
    for paths, word in faults:
        if paths:
            what = f"of {counted(len(files), 'lake file')} {word}: {len(paths):,}, such as {paths[0]}"
            yield Check(name="lake", ok=False, what=what, cure=f"put them back into {folder} from a backup")
    if not missing and not short and not altered:
        for path in same_size:
            opened_file(folder / path).close()
        size = sum(file.size for file in files) / 1e6
        state = "all as they were written" if is_thorough else "all there"
        yield Check(name="lake", ok=True, what=f"{counted(len(files), 'file')}, {size:,.1f} MB, {state}")


def _clock(opened: Shop) -> Iterator[Check]:
    with opened.db.connection() as connection:
        row = connection.execute("select received_at from intake_head").fetchone()
    behind = ((row[0] if row else 0) - shop.clock()) / SECOND
    if behind > MINUTE / SECOND:
        what = f"this machine's clock is {behind:,.0f} s behind the log"
        yield Check(name="clock", ok=False, what=what, cure="set the clock (timedatectl set-ntp true)")
    else:
        yield Check(name="clock", ok=True, what=time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()))


def _rules(opened: Shop) -> Iterator[Check]:
    with opened.db.connection() as connection:
        share = reconsidered(connection, opened.workspace.policy.version)
    if share is None:
        yield Check(name="identity", ok=True, what="every identifier follows identity.yaml as it is now")
    elif opened.served_by() is None:
        cure = "serve the shop (itda serve), or replay it (itda replay)"
        what = f"identity.yaml changed; {share:.0%} of identifiers follow it"
        yield Check(name="identity", ok=True, what=f"{what}: {cure}")
    else:
        yield Check(
            name="identity", ok=True, what=f"identity.yaml changed; {share:.0%} of identifiers follow it so far"
        )


def _sources(opened: Shop) -> Iterator[Check]:
    """None of those that are fetched fails. What this terminal's environment lacks, that of `serve` may have."""
    failing = [view for view in opened.sources.all() if view.failures]
    for view in failing:
        what = f"{view.name} failed {view.failures:,} times in a row: {view.error}"
        yield Check(name="sources", ok=False, what=what, cure=f"mend it, and try: itda source run {view.name}")
    sources = opened.workspace.sources.values()
    wanted = {name for source in sources for name in variables(source.origin) if not os.environ.get(name)}
    if not failing:
        lacks = f"; not in this environment: {', '.join(sorted(wanted))}" if wanted else ""
        yield Check(name="sources", ok=True, what=f"{counted(len(sources), 'source')}, none fails{lacks}")


def _applied(opened: Shop) -> Iterator[Check]:
    """What was applied last suits the files, and all that rests on the past has it."""
    held = opened.ask(Definitions())
    stopped = "processed, decided or sent" if held.is_lost else "sent"
    for fault in opened.workspace.unsuited:
        what = str(msgspec.structs.replace(fault, cure=""))
        yield Check(name="applied", ok=False, what=f"nothing is {stopped}: {what}", cure=fault.cure)
    if held.unfolded:
        what = f"their past is not folded: {', '.join(held.unfolded)}"
        yield Check(name="applied", ok=False, what=what, cure="stop itda serve, run itda replay, and serve again")
    if not held.unsuited and not held.unfolded:
        differ = f"; files that differ, see itda diff: {', '.join(held.unapplied)}" if held.unapplied else ""
        yield Check(name="applied", ok=True, what=f"what was applied last holds{differ}")


def _processing(opened: Shop) -> Iterator[Check]:
    done, goal = opened.positions()
    server, waiting = opened.served_by(), goal - done
    wait = f"{counted(waiting, 'frame')} {'waits' if waiting == 1 else 'wait'}"
    if waiting == 0:
        yield Check(name="processing", ok=True, what=f"everything is processed, up to position {done:,}")
    elif server is None:
        yield Check(name="processing", ok=True, what=f"{wait} until the shop is served (itda serve)")
    else:
        lag = opened.status().lag_s
        cure = f"see {opened.log_dir / 'pipeline.jsonl'}; start `itda serve` again"
        is_behind = lag > LONGEST_LAG_S
        what = f"{wait}, the oldest for {lag:,.0f} s"
        yield Check(name="processing", ok=not is_behind, what=what, cure=cure if is_behind else "")
