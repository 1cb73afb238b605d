"""The doors of one shop as one ASGI application: tracking, profiles, console, the customer's own."""

from __future__ import annotations

from functools import partial

from itda.api.app import Doors, build
from itda.centre.app import doors
from itda.console.app import console
from itda.engine.sending.seen import Seen
from itda.engine.shop import Shop, clock


def application(shop: Shop) -> Doors:
    """Everything that is answered over HTTP."""
    seen = Seen(shop.db, shop.workspace, shop.vault, shop.lake, shop.intake, clock)
    return build(
        shop.app, shop.intake, clock, console(shop.app, shop.staff, clock), beside=partial(doors, shop.app, seen)
    )
