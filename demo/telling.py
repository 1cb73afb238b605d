"""What the demo says at its end: what came of it, where to look, and the login."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

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


def tell(summary: dict[str, Any], url: str, login: tuple[str, str] | None, household: int, folder: Path) -> None:
    """Say where to look. It goes to standard error, so that a summary can be read from standard output."""
    sign_in = f"{login[0]}, password {login[1]}" if login else "the login that the first start printed"
    relative = os.path.relpath(folder)
    shown = str(folder) if relative.startswith("..") else relative
    lines = (
        "",
        f"  {summary['customers']:,} customers, {summary['events']['accepted']:,} events, {summary['seconds']} s",
        f"  Console     {url}   sign in as {sign_in}",
        f"  Customer    itda -w {shown} customer membership:{household}",
        f"  Why         itda -w {shown} why membership:{household} user_id:web-{household:05d}",
        "  Purchases, campaigns and coupons are real; names, e-mails, phones and web visits are invented.",
        "",
    )
    sys.stderr.write("\n".join(lines) + "\n")
