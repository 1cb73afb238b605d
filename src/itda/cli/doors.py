"""The doors of one shop as one ASGI application: tracking, profiles, console."""

from __future__ import annotations

from itda.api.app import Doors, build
from itda.console.app import console
from itda.engine.shop import Shop, clock


def application(shop: Shop) -> Doors:
    """Everything that is answered over HTTP."""
    return build(shop.app, shop.intake, clock, console(shop.app, shop.staff, clock))
