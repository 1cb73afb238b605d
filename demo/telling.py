"""What the demo says at its end: what came of it, where to look, and the login."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any, NamedTuple

from demo.serving import Served


def login(folder: Path, served: Served) -> tuple[str, str] | None:
    """The administrator's login: said once by the shop, kept by the demo (and only by it) beside the shop's key."""
    file = folder / ".itda" / "demo-login.json"
    if served.login is not None:
        file.touch(mode=0o600)
        file.write_text(json.dumps(served.login), encoding="utf-8")
    if not file.exists():
        return None
    name, password = json.loads(file.read_text(encoding="utf-8"))
    return name, password


class Where(NamedTuple):
    """Where to look."""

    url: str
    inbox: str
    login: tuple[str, str] | None
    folder: Path


def tell(summary: dict[str, Any], where: Where) -> None:
    """Say where to look. It goes to standard error, so that a summary can be read from standard output."""
    sign_in = f"{where.login[0]}, password {where.login[1]}" if where.login else "the login the first start printed"
    relative = os.path.relpath(where.folder)
    shown = str(where.folder) if relative.startswith("..") else relative
    messages, who = summary["messages"], summary["example_customer"]
    seen = "{opened:,} opened, {clicked:,} followed, {orders_after_message:,} orders after one".format(**summary)
    lines = (
        "",
        f"  {summary['customers']:,} customers, {summary['events']['accepted']:,} events, {summary['seconds']} s",
        f"  {messages['sent']:,} mails sent, {seen}",
        f"  Console     {where.url}   sign in as {sign_in}",
        f"  Inbox       {where.inbox}   every mail, as it was sent",
        f"  Their door  {where.url}/my/   type an address of the inbox, and read the code there",
        f"  Customer    itda -w {shown} customer {who}",
        f"  Journey     itda -w {shown} journey cart-rescue",
        f"  To decide   itda -w {shown} review   customers who look like one person",
        "  Purchases, campaigns and coupons are real; names, addresses, consents, cards, web visits and what people",
        "  did with their mails are invented: readers buy more often because the demo makes them.",
        "",
    )
    sys.stderr.write("\n".join(lines) + "\n")
