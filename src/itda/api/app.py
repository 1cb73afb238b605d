"""All doors of one process: tracking paths go straight to plain ASGI, everything else through Starlette."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import partial

from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from itda.api.body import LARGEST_BODY
from itda.api.consents import Consents
from itda.api.health import PATH, Health
from itda.api.hooks import Hooks
from itda.api.machines import Machines
from itda.api.openapi import Described
from itda.api.pressure import Pressure
from itda.api.profiles import Profiles
from itda.api.rates import Bounded
from itda.api.reviews import Reviews
from itda.api.scans import PREFIX as SCANS
from itda.api.scans import Scans
from itda.api.stewards import Stewards
from itda.api.tracking import PATHS, Tracking
from itda.engine.app import App
from itda.engine.backlog import backlog
from itda.engine.replies import Replies
from itda.sources.mapping import USE
from itda.store.ports import Intake

Beside = Callable[[Callable[[], bool]], Mapping[str, ASGIApp]]


class Doors:
    """The ASGI application of the doors. `rest` answers what is neither tracking nor profiles: the console.

    `beside` are doors with prefixes of their own, such as the customer's.
    """

    def __init__(
        self,
        tracking: Tracking,
        machines: Machines,
        hooks: Hooks,
        scanning: Scans,
        pressure: Pressure,
        rest: ASGIApp | None,
        beside: Mapping[str, ASGIApp],
    ) -> None:
        self.tracking = tracking
        self._asking = machines
        self._pressure = pressure
        answered = [
            *Profiles(machines).routes, *Stewards(machines).routes, *Reviews(machines).routes,
            *Consents(machines).routes, *hooks.routes, *scanning.routes, *Health(pressure).routes,
        ]  # fmt: skip
        self._answered = [*answered, *Described(answered).routes]
        self._machines = Bounded(Starlette(routes=self._answered), machines.rates)
        self._rest = rest if rest is not None else Starlette()
        self._beside = beside

    @property
    def routes(self) -> list[Route]:
        """Every address of every door but the tracking paths, which are `PATHS` and take a write key."""
        doors = {id(door): door for door in (self._rest, *self._beside.values())}
        found = [one for door in doors.values() for one in getattr(door, "routes", [])]
        return [one for one in (*self._answered, *found) if isinstance(one, Route)]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send a request to whom it belongs."""
        if scope["type"] == "lifespan":
            await self._live(scope, receive, send)
            return
        if scope.get("scheme") == "https":
            send = _strictly(send)
        path = scope["path"]
        if path.startswith(SCANS):
            await self._machines(scope, receive, send)
        elif path.rstrip("/") in PATHS:
            await self.tracking(scope, receive, send)
        elif path.startswith("/v1/") or path == PATH:
            await self._machines(scope, receive, send)
        else:
            await self._beside.get(path[: path.find("/", 1) + 1], self._rest)(scope, receive, send)

    async def _live(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._pressure.start()
        try:
            await self._rest(scope, receive, send)
        finally:
            await self._pressure.stop()
            self.tracking.close()
            self._asking.close()


def _strictly(send: Send) -> Send:
    """Answers that tell a browser to come by HTTPS only for a year (RFC 6797)."""

    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers["strict-transport-security"] = "max-age=31536000"
        await send(message)

    return sent


def build(
    app: App,
    intake: Intake,
    clock: Callable[[], int],
    rest: ASGIApp | None = None,
    *,
    beside: Beside | None = None,
    largest_body: int = LARGEST_BODY,
    environment: Mapping[str, str] = os.environ,
) -> Doors:
    """The doors of a workspace. `rest` is the console; without one only machines are answered.

    `beside` makes the doors that have prefixes of their own (`/u/`), told how to ask whether too much waits already.
    """
    sources = app.workspace.sources
    keys = {app.vault.write_key(name): name for name, source in sources.items() if source.kind == "tracking"}
    readers = {key: name for key, name in keys.items() if sources[name].scopes}
    pressure = Pressure(partial(backlog, app.db, app.workspace.data_dir))
    tracking = Tracking(
        intake, keys, clock, largest_body=largest_body, pressure=pressure, aside=Replies(app),
        seed=app.vault.seed("gpc"),
    )  # fmt: skip
    others = beside(lambda: pressure() is not None) if beside is not None else {}
    hooks = Hooks(
        sources, app.workspace.zone, lambda: tracking.commit, clock, environment,
        key=app.vault.seed(USE), largest_body=largest_body, pressure=pressure,
    )  # fmt: skip
    scanning = Scans(sources, app.vault, lambda: tracking.commit, pressure)
    return Doors(tracking, Machines(app, readers), hooks, scanning, pressure, rest, others)
