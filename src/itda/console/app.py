"""The console: pages for staff, every answer through the engine, everything a page loads from our own host."""

from __future__ import annotations

from collections.abc import Callable

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.routing import Mount, Route

from itda.access.declared import OPEN, declared
from itda.console import assets, render
from itda.console.desk import Desk, Door, Shopfront
from itda.console.engine_desk import EngineDesk
from itda.console.guard import ANY, Guard, PageFunction, page
from itda.console.live import TICK_S, Live, stream
from itda.console.pages import (
    access_review,
    account,
    approvals,
    audit,
    customer,
    customers,
    duties,
    glass,
    identity,
    journeys,
    login,
    measures,
    messages,
    overview,
    packs,
    past,
    quality,
    quarantine,
    retention,
    review,
    segments,
    taking,
    trouble,
)
from itda.console.pages import requests as requests_page
from itda.console.pages import staff as staff_page
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

    async def favicon(_: Request) -> RedirectResponse:
        return RedirectResponse(f"/static/{names['favicon.svg']}")

    return Starlette(
        routes=[
            *_pages(house),
            _get(house, "/login", login.show, OPEN),
            _post(house, "/login", login.enter, OPEN),
            _post(house, "/logout", login.leave, "staff.login", lacking=ANY),
            _get(house, "/login/outside", login.begin_outside, OPEN),
            _get(house, "/login/oidc", login.enter_outside, OPEN),
            _get(house, "/login/code", login.show_code, "staff.login", lacking="code"),
            _post(house, "/login/code", login.give_code, "staff.login", lacking="code"),
            _get(house, "/invitation/{token}", login.show_invitation, OPEN),
            _post(house, "/invitation/{token}", login.accept, OPEN),
            Route("/live/{topic}", declared("staff.login", stream(house, live)), methods=["GET"]),
            Route("/favicon.ico", declared(OPEN, favicon), methods=["GET"]),
            Mount("/static", assets.Immutable()),
            _get(house, "/{path:path}", trouble.missing, OPEN),
        ],
        middleware=[Middleware(Guard)],
    )


def _pages(house: House) -> list[Route]:
    """What who is logged in is shown, and may do."""
    return [
        _get(house, "/", overview.show, "staff.login"),
        _get(house, "/customers", customers.show, "customer.search"),
        _post(house, "/customers/search", customers.search, "customer.search"),
        _get(house, "/customers/{customer}", customer.show, "customer.read"),
        _get(house, "/customers/{customer}/past", past.on_day, "customer.read"),
        _get(house, "/customers/{customer}/history", past.history, "identity.read"),
        _post(house, "/customers/{customer}/history", past.take_back, "identity.steward"),
        _get(house, "/customers/{customer}/why", past.why, "identity.read"),
        _post(house, "/customers/{customer}/why", past.settle_pair, "identity.steward"),
        _get(house, "/identity", identity.show, "identity.read"),
        _get(house, "/identity/review", review.show, "identity.steward"),
        _post(house, "/identity/review/undo", review.undo, "identity.steward"),
        _post(house, "/identity/review/{task}", review.answer, "identity.steward"),
        _post(house, "/identity/hubs/{identifier}", identity.settle_hub, "identity.steward"),
        _get(house, "/segments", segments.show, "segment.read"),
        _get(house, "/segments/{segment}", segments.one, "segment.read"),
        _get(house, "/segments/{segment}/why/{customer}", segments.why, "customer.segments"),
        _get(house, "/journeys", journeys.show, "journey.read"),
        _post(house, "/journeys/go-on", journeys.go_on, "message.send"),
        _get(house, "/journeys/{journey}", journeys.one, "journey.read"),
        _get(house, "/messages", messages.show, "message.read"),
        _get(house, "/messages/preview/{name}", messages.looks, "journey.read"),
        _get(house, "/messages/preview/{name}/{language}", messages.inside, "journey.read"),
        _get(house, "/messages/{message}", messages.one, "message.read"),
        _post(house, "/messages/{message}/resolve", messages.resolve, "message.send"),
        _post(house, "/messages/{message}/again", messages.again, "message.send"),
        _get(house, "/measures", measures.show, "metric.read"),
        _get(house, "/measures/{metric}", measures.one, "metric.read"),
        _get(house, "/account", account.show, "staff.login"),
        _post(house, "/account/password", account.change_password, "staff.login"),
        _post(house, "/account/sessions/{session}", account.end_session, "staff.login"),
        _get(house, "/account/codes", account.show_codes, "staff.login", lacking="enrol"),
        _post(house, "/account/codes", account.enrol, "staff.login", lacking="enrol"),
        _post(house, "/account/codes/drop", account.drop_codes, "staff.login"),
        _get(house, "/account/confirm", account.show_confirm, "staff.login"),
        _post(house, "/account/confirm", account.confirm, "staff.login"),
        *_trust(house),
        _get(house, "/quality", quality.show, "quality.read"),
        _get(house, "/quarantine", quarantine.show, "quarantine.read"),
        _post(house, "/quarantine/replay", quarantine.replay, "quarantine.replay"),
        _get(house, "/quarantine/{position:int}", quarantine.one, "quarantine.replay"),
    ]


def _trust(house: House) -> list[Route]:
    """What people may do, what they agree to, and what is owed."""
    return [
        _get(house, "/glass", glass.show, "access.break"),
        _post(house, "/glass", glass.break_it, "access.break"),
        _post(house, "/glass/end", glass.put_back, "access.break"),
        _get(house, "/glass/reviews", glass.reviews, "access.review"),
        _post(house, "/glass/reviews/{glass}", glass.review, "access.review"),
        _get(house, "/staff", staff_page.show, "staff.read"),
        _post(house, "/staff", staff_page.invite, "staff.manage"),
        _post(house, "/staff/{login}", staff_page.change, "staff.manage"),
        _get(house, "/audit", audit.show, "audit.read"),
        _get(house, "/audit/review", access_review.show, "audit.read"),
        _post(house, "/audit/review", access_review.sign, "audit.review"),
        _get(house, "/duties", duties.show, "duties.read"),
        _post(house, "/duties/{duty}", duties.settle, "duties.settle"),
        _get(house, "/retention", retention.show, "retention.read"),
        _get(house, "/requests", requests_page.show, "request.read"),
        _get(house, "/requests/new", requests_page.begin, "request.open"),
        _post(house, "/requests/new", requests_page.take, "request.open"),
        _get(house, "/requests/{request}", requests_page.one, "request.read"),
        _get(house, "/requests/{request}/certificate", requests_page.certificate, "request.read"),
        _post(house, "/requests/{request}/resume", requests_page.resume, "request.carry_out"),
        _post(house, "/requests/{request}/release", requests_page.release, "request.carry_out"),
        _post(house, "/requests/{request}/copy", requests_page.copy, "request.carry_out"),
        _get(house, "/requests/{request}/told/{destination}", requests_page.to_tell, "request.carry_out"),
        _post(house, "/requests/{request}/told/{destination}", requests_page.told, "request.carry_out"),
        _get(house, "/consents", taking.begin, "consent.record"),
        _post(house, "/consents", taking.ask, "consent.record"),
        _post(house, "/consents/record", taking.take, "consent.record"),
        _get(house, "/approvals", approvals.show, "approval.read"),
        _post(house, "/approvals/{approval}", approvals.answer, "approval.decide"),
        _get(house, "/packs", packs.show, "definitions.read"),
        _post(house, "/packs/{change}", packs.activate, "packs.activate"),
    ]


def _get(house: House, path: str, answer: PageFunction, permission: str, lacking: str = "") -> Route:
    return Route(path, page(house, answer, permission, lacking), methods=["GET"])


def _post(house: House, path: str, answer: PageFunction, permission: str, lacking: str = "") -> Route:
    return Route(path, page(house, answer, permission, lacking), methods=["POST"])
