"""Once a day, whoever looks after a shop's duties is told by mail what is overdue and what is due soon.

These mails go to addresses of the brand's own, named in itda.yaml, and name nobody: numbers and kinds alone.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from itda.base.instant import LocalDates
from itda.channels.email import Mailing, Marks, message_id, prepare
from itda.engine import duties
from itda.engine.sending.smtp import SmtpPool
from itda.messages.definition import Rendered
from itda.store.database import Connection, Database
from itda.store.duties import Count, counts
from itda.workspace.definition import Workspace

_TOLD = "duties_told"
_LAST = "select value from meta where key = %s"
_NOTE = "insert into meta (key, value) values (%s, %s) on conflict (key) do update set value = excluded.value"
_TAG = "dutiesalert"
_log = logging.getLogger(__name__)


def alert(db: Database, workspace: Workspace, now: int) -> int:
    """Tell them, once a day of the shop's; how many mails went. A server that is away is tried again next time."""
    email, to = workspace.email, workspace.alerts
    if email is None or not to:
        return 0
    day = LocalDates(workspace.zone).of(now)
    with db.connection() as connection:
        if _told(connection) >= day:
            return 0
        overdue, soon = duties.standing(connection, now)
        open_ones = [one for one in counts(connection, now, now) if one.open]
    if not overdue and not soon:
        return 0
    rendered = letter(workspace, overdue, soon, open_ones)
    went = asyncio.run(_send(workspace, rendered, to, now))
    if went:
        with db.connection() as connection:
            connection.execute(_NOTE, [_TOLD, str(day)])
    return went


def letter(workspace: Workspace, overdue: int, soon: int, open_ones: Sequence[Count]) -> Rendered:
    """The mail, in the shop's first language."""
    is_korean = workspace.languages[0] == "ko"
    subject = (
        f"[{workspace.name}] 기한이 지난 의무 {overdue}건, 임박 {soon}건"
        if is_korean
        else f"[{workspace.name}] duties: {overdue} overdue, {soon} due soon"
    )
    line = "{0}: 미처리 {1}건, 기한 지남 {2}건" if is_korean else "{0}: {1} open, {2} overdue"
    lines = [line.format(_label(one.kind, is_korean=is_korean), one.open, one.overdue) for one in open_ones]
    where = "콘솔의 의무 화면 또는 itda duties 에서 확인하세요." if is_korean else "See the console, or: itda duties"
    text = "\n".join([subject, "", *lines, "", where]) + "\n"
    html = "<p>" + "</p><p>".join(_escaped(line) for line in [subject, *lines, where]) + "</p>"
    return Rendered(subject=subject, html=html, text=text, language=workspace.languages[0])


def _told(connection: Connection) -> int:
    row = connection.execute(_LAST, [_TOLD]).fetchone()
    return int(row[0]) if row else -(1 << 31)


def _label(kind: str, *, is_korean: bool) -> str:
    known = duties.KINDS.get(kind)
    return kind if known is None else known.label_ko if is_korean else known.label_en


def _escaped(line: str) -> str:
    return line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


async def _send(workspace: Workspace, rendered: Rendered, to: Sequence[str], now: int) -> int:
    email = workspace.email
    if email is None:
        return 0
    pool, went = SmtpPool(email), 0
    mailing = Mailing(address=email.address, bounces="", reply_to=email.reply_to)
    domain = email.address.rpartition("@")[2]
    try:
        for number, address in enumerate(to):
            marks = Marks(message_id=message_id(f"{_TAG}.{now}.{number}", domain), token=_TAG, at=now)
            request = prepare(rendered, workspace.consent.sender, mailing, address, marks)
            outcome = await pool.deliver(request)
            went += outcome.result == "sent"
            if outcome.result != "sent":
                _log.warning("an alert did not go: %s", outcome.detail)
    finally:
        await pool.close()
    return went
