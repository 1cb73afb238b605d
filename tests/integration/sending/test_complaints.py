"""The share of mails that their readers call spam, which the law of mailboxes is asked about."""

from __future__ import annotations

from pathlib import Path

import pytest

import itda
from itda.base.instant import DAY, MINUTE
from itda.engine.sending.complaints import LEAST, Complaints

pytestmark = pytest.mark.server
NOW = 1_795_000_000_000_000
_WENT = """
insert into outbox (id, journey, step, message, message_version, channel, class, purpose, variant, language, fragment,
  contact, status, not_before, created_at, expires_at)
select decode(lpad(to_hex(n + %(first)s), 32, '0'), 'hex'), '', '', '', '', 'email', 'advertising', '', '', '', '\\x00',
  '\\x00', %(status)s, 0, %(at)s, 0
from generate_series(1, %(many)s) n
"""


def test_a_share_is_told_of_many_mails_and_counted_anew_after_a_while(shop: Path) -> None:
    with itda.open(shop) as opened, opened.db.connection() as connection:

        def went(first: int, many: int, status: str, at: int = NOW) -> None:
            connection.execute(_WENT, {"first": first, "many": many, "status": status, "at": at})

        went(0, LEAST - 3, "sent")
        went(10_000, 2, "complained")
        assert Complaints().share(connection, NOW) is None, "one reader's word would stop all"
        went(20_000, 1, "complained")
        went(30_000, 500, "complained", NOW - 8 * DAY)
        went(40_000, 500, "dropped")
        watch = Complaints()
        assert watch.share(connection, NOW) == 3 / LEAST
        went(50_000, LEAST, "delivered")
        assert watch.share(connection, NOW + 9 * MINUTE) == 3 / LEAST
        assert watch.share(connection, NOW + 10 * MINUTE) == 3 / (2 * LEAST)
