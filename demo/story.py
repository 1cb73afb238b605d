"""What the demo does with its shop: bring the files in, send web visits, wait, and tell what came of it."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from demo.serving import Served
from demo.sources import Made
from demo.web import Sent, Visits
from itda.base.errors import Broken
from itda.cli import terminal
from itda.engine.shop import Shop


def bring_in(shop: Shop, made: Made) -> None:
    """Import every file; those that were imported before are recognised and change nothing."""
    for source, path in made.imports:
        with terminal.progress(f"Importing {path.name}") as step:
            done = shop.import_file(source, path, progress=step)
        terminal.note(f"  {path.name}: {done.rows_done:,} rows, {done.events:,} events")


def next_run(folder: Path) -> int:
    """How often the demo has run here; each run has visits of its own."""
    file = folder / ".itda" / "demo-runs"
    run = int(file.read_text()) if file.exists() else 0
    file.write_text(str(run + 1))
    return run


def send_visits(shop: Shop, url: str, made: Made, run: int) -> Sent:
    """Send web visits through the real client."""
    sent = Visits(url, shop.keys()["web"], made.products, run).send(made.households)
    terminal.note(f"  web: {sent.visitors:,} visitors, {sent.events:,} events, {len(sent.signed_in):,} signed in")
    return sent


def settle(shop: Shop) -> None:
    """Wait until everything is processed."""
    with terminal.progress("Processing") as step:
        shop.settle(progress=step)


def summary(shop: Shop, made: Made, seconds: float) -> dict[str, Any]:
    """The figures of the run. The till's must equal those of the source exactly."""
    status, overview = shop.status(), shop.overview()
    if (overview.orders, overview.revenue_minor) != made.till:
        raise Broken(f"the till's figures differ: {overview.orders}, {overview.revenue_minor} and not {made.till}")
    return {
        "events": {
            "accepted": status.events.accepted,
            "duplicate": status.events.duplicate,
            "quarantined": status.events.quarantined,
        },
        "customers": status.customers,
        "linked_share": status.linked_share,
        "till_orders": overview.orders,
        "till_revenue_minor": overview.revenue_minor,
        "seconds": round(seconds, 1),
    }


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


def tell(summary: dict[str, Any], url: str, login: tuple[str, str] | None, sent: Sent, folder: Path) -> None:
    """Say where to look. It goes to standard error, so that a summary can be read from standard output."""
    sign_in = f"{login[0]}, password {login[1]}" if login else "the login that the first start printed"
    relative = os.path.relpath(folder)
    shown = str(folder) if relative.startswith("..") else relative
    lines = (
        "",
        f"  {summary['customers']:,} customers, {summary['events']['accepted']:,} events, {summary['seconds']} s",
        f"  Console     {url}   sign in as {sign_in}",
        f"  Customer    itda -w {shown} customer membership:{sent.signed_in[0]}",
        f"  Why         itda -w {shown} why membership:{sent.signed_in[0]} user_id:web-{sent.signed_in[0]:05d}",
        "  Purchases, campaigns and coupons are real; names, e-mails, phones and web visits are invented.",
        "",
    )
    sys.stderr.write("\n".join(lines) + "\n")
