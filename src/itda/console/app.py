"""The console: pages for staff, every answer through the engine, everything a page loads from our own host."""

from __future__ import annotations

from collections.abc import Callable

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.routing import Mount, Route

from itda.console import assets, render
from itda.console.desk import Desk, Door, Shopfront
from itda.console.engine_desk import EngineDesk
from itda.console.guard import Guard, PageFunction, page
from itda.console.live import TICK_S, Live, stream
from itda.console.pages import (
    customer,
    customers,
    identity,
    journeys,
    login,
    measures,
    messages,
    overview,
    past,
    quality,
    quarantine,
    review,
    segments,
    trouble,
)
from itda.console.searches import Searches
from itda.console.visit import House
from itda.engine.app import App
from itda.engine.staff import Staff
from itda.workspace.definition import Workspace


def console(app: App, staff: Staff, clock: Callable[[], int], *, is_secure: bool = False) -> Starlette:
    """The console of a workspace. `is_secure`: it is only reached over HTTPS, so its cookies go nowhere else."""
    return assemble(EngineDesk(app), staff, Showing(app, is_secure=is_secure), clock)


class Showing:
    """What pages show of the workspace as it is now; made anew when another one is applied."""

    def __init__(self, app: App, *, is_secure: bool) -> None:
        self._app = app
        self._is_secure = is_secure
        self._made: tuple[Workspace, Shopfront] | None = None

    def __call__(self) -> Shopfront:
        """The same as long as the workspace is."""
        workspace = self._app.workspace
        if self._made is None or self._made[0] is not workspace:
            self._made = (workspace, self._front(workspace))
        return self._made[1]

    def _front(self, workspace: Workspace) -> Shopfront:
        return Shopfront(
            name=workspace.name,
            zone=workspace.zone,
            currency=workspace.currency,
            languages=workspace.languages,
            notice=workspace.notice,
            labels=labels(workspace),
            is_secure=self._is_secure,
        )


def labels(workspace: Workspace) -> dict[str, dict[str, str]]:
    """What segments, journeys, messages and traits are called, by language; names alone where nobody named them."""
    called = [
        (one.name, one.label_ko, one.label_en)
        for group in (workspace.segments, workspace.journeys, list(workspace.messages.values()))
        for one in group
    ]
    called += [(f"purpose {one.code}", one.label_ko, one.label_en) for one in workspace.consent.purposes.values()]
    called += [(f"trait {one.name}", one.label_ko, one.label_en) for one in workspace.traits]
    return {
        "ko": {name: label for name, label, _ in called if label},
        "en": {name: label for name, _, label in called if label},
    }


def assemble(
    desk: Desk, door: Door, front: Callable[[], Shopfront], clock: Callable[[], int], tick_s: float = TICK_S
) -> Starlette:
    """The console over any desk and door."""
    names = assets.names()
    house = House(desk, door, front, render.environments(names), Searches(), clock)
    live = Live(house, tick_s)

    def get(path: str, answer: PageFunction, *, is_open: bool = False) -> Route:
        return Route(path, page(house, answer, is_open=is_open), methods=["GET"])

    def post(path: str, answer: PageFunction, *, is_open: bool = False) -> Route:
        return Route(path, page(house, answer, is_open=is_open), methods=["POST"])

    async def favicon(_: Request) -> RedirectResponse:
        return RedirectResponse(f"/static/{names['favicon.svg']}")

    return Starlette(
        routes=[
            get("/", overview.show),
            get("/customers", customers.show),
            post("/customers/search", customers.search),
            get("/customers/{customer}", customer.show),
            get("/customers/{customer}/past", past.on_day),
            get("/customers/{customer}/history", past.history),
            post("/customers/{customer}/history", past.take_back),
            get("/customers/{customer}/why", past.why),
            post("/customers/{customer}/why", past.settle_pair),
            get("/identity", identity.show),
            get("/identity/review", review.show),
            post("/identity/review/undo", review.undo),
            post("/identity/review/{task}", review.answer),
            post("/identity/hubs/{identifier}", identity.settle_hub),
            get("/segments", segments.show),
            get("/segments/{segment}", segments.one),
            get("/segments/{segment}/why/{customer}", segments.why),
            get("/journeys", journeys.show),
            post("/journeys/go-on", journeys.go_on),
            get("/journeys/{journey}", journeys.one),
            get("/messages", messages.show),
            get("/messages/preview/{name}", messages.looks),
            get("/messages/preview/{name}/{language}", messages.inside),
            get("/messages/{message}", messages.one),
            post("/messages/{message}/resolve", messages.resolve),
            post("/messages/{message}/again", messages.again),
            get("/measures", measures.show),
            get("/measures/{metric}", measures.one),
            get("/quality", quality.show),
            get("/quarantine", quarantine.show),
            post("/quarantine/replay", quarantine.replay),
            get("/quarantine/{position:int}", quarantine.one),
            get("/login", login.show, is_open=True),
            post("/login", login.enter, is_open=True),
            post("/logout", login.leave),
            Route("/live/{topic}", stream(house, live), methods=["GET"]),
            Route("/favicon.ico", favicon, methods=["GET"]),
            Mount("/static", assets.Immutable()),
            get("/{path:path}", trouble.missing, is_open=True),
        ],
        middleware=[Middleware(Guard)],
    )
