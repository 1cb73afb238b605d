"""What people ask for of their own data: which are open and by when, how far each is, and taking one."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast, get_args

import msgspec
from starlette.exceptions import HTTPException
from starlette.responses import Response

from itda.base.canonical import canonical
from itda.base.errors import Refused
from itda.base.instant import parse
from itda.console import traits
from itda.console.request_desk import Wish
from itda.console.requesting import FAULTS, KIND_ICONS, is_of_nobody, law, steps, whom
from itda.console.requesting import fault as fault_of
from itda.console.visit import Visit, see_other
from itda.console.words import Say
from itda.engine.app import Forbidden
from itda.engine.requests.handing import ON_ITS_WAY
from itda.engine.requests.page import STYLE, Language
from itda.engine.requests.views import Request
from itda.store.requests import Kind, State

KINDS: tuple[Kind, ...] = get_args(Kind)


def show(visit: Visit) -> Response:
    """All of them, what is due next at the top; `?state` narrows it to the open or the done."""
    asked = visit.query("state")
    state = cast("State", asked) if asked in get_args(State) else None
    found = sorted(visit.house.desk.requests(visit.actor, state), key=_rank)
    late = sum(one.state == "open" and one.due_at < visit.now for one in found)
    return visit.render("requests.html", found=found, state=state or "", late=late, icons=KIND_ICONS)


def one(visit: Visit) -> Response:
    """One: its steps, who was told, what a law keeps, the certificate."""
    return _page(visit)


def _page(visit: Visit, fault: str = "") -> Response:
    request = _found(visit)
    whole = msgspec.json.format(msgspec.json.encode(request.certificate)).decode() if request.certificate else ""
    return visit.render(
        "request.html", status=400 if fault else 200, request=request, steps=steps(request), whole=whole,
        done=visit.query("done"), instant=parse, fault=fault, faults=FAULTS, language=visit.language, law=law,
        said=visit.house.desk.said(visit.actor, request.id), is_of_nobody=is_of_nobody(request),
        item=lambda name: traits.named(name, visit.say), is_leaving=request.lacking == ON_ITS_WAY,
    )  # fmt: skip


def _found(visit: Visit) -> Request:
    try:
        return visit.house.desk.request(visit.actor, _id(visit))
    except Forbidden:
        raise
    except Refused:
        raise HTTPException(404, "request") from None


def begin(visit: Visit) -> Response:
    """Ask what is wanted, and by whom."""
    return _asked(visit, Wish("access", ""))


def take(visit: Visit) -> Response:
    """Take one. An erasure is asked for twice. Whom it is about stands in the form and never in an address."""
    kind = visit.field("kind")
    if kind not in KINDS:
        raise HTTPException(400, "kind")
    trait, right = _item(visit), visit.field("right").strip()
    changes = {trait: right} if kind == "correct" and trait and right else {}
    wish = Wish(kind, whom(visit.field("who")), visit.field("reason").strip(), changes)
    try:
        if wish.who and wish.kind == "erase" and visit.field("sure") != "yes":
            return visit.render("request_sure.html", wish=wish, held=visit.house.desk.meant(visit.actor, wish.who))
        request = visit.house.desk.take_request(visit.actor, wish)
    except Forbidden:
        raise
    except Refused as error:
        return _asked(visit, wish, fault_of(str(error)))
    if visit.may("request.read"):
        return see_other(f"/requests/{request.id}?done=taken")
    return _asked(visit, Wish("access", ""), taken=request)


def resume(visit: Visit) -> Response:
    """Go on with one."""
    return _noted(visit, "resumed", lambda: visit.house.desk.carry_on(visit.actor, _id(visit)))


def release(visit: Visit) -> Response:
    """Mail whoever asked for a copy a link into the privacy centre."""
    try:
        visit.house.desk.release(visit.actor, _id(visit), visit.field("language"))
    except Forbidden:
        raise
    except Refused as error:
        return _page(visit, fault=fault_of(str(error)))
    return see_other(f"/requests/{_id(visit)}?done=released")


def copy(visit: Visit) -> Response:
    """What is known of who asked for it, as a file; the reason is in access log and audit."""
    language: Language = "en" if visit.field("language") == "en" else "ko"
    try:
        made = visit.house.desk.copy_of(visit.actor, _id(visit), visit.field("reason").strip(), language)
    except Forbidden:
        raise
    except Refused as error:
        return _page(visit, fault=fault_of(str(error)))
    is_page = visit.field("as") == "html"
    name = f"request-{_id(visit)[:12]}.{'html' if is_page else 'json'}"
    headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
    body = made.html.encode() if is_page else made.data
    return Response(body, headers=headers, media_type="text/html; charset=utf-8" if is_page else "application/json")


def certificate(visit: Visit) -> Response:
    """What proves that one was carried out, as a file: to read, or with `?as=json` as it is kept."""
    request = _found(visit)
    if request.certificate is None:
        raise HTTPException(404, "certificate")
    is_page = visit.query("as") != "json"
    if is_page:
        body = visit.html(
            "request_certificate.html", request=request, steps=steps(request), instant=parse, law=law, style=STYLE,
            language=visit.language, is_of_nobody=is_of_nobody(request), brand=visit.front.name,
        ).encode()  # fmt: skip
    else:
        body = canonical(request.certificate)
    name = f"certificate-{request.id[:12]}.{'html' if is_page else 'json'}"
    headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
    return Response(body, headers=headers, media_type="text/html; charset=utf-8" if is_page else "application/json")


def to_tell(visit: Visit) -> Response:
    """What one of us has to tell a processor, and of whom."""
    destination = str(visit.request.path_params["destination"])
    try:
        said = visit.house.desk.to_tell(visit.actor, _id(visit), destination)
    except Forbidden:
        raise
    except Refused:
        return see_other(f"/requests/{_id(visit)}?done=gone")
    return visit.render("request_told.html", said=said, destination=destination, id=_id(visit))


def told(visit: Visit) -> Response:
    """Note that a processor was told, and what proves it."""
    destination, proof = str(visit.request.path_params["destination"]), visit.field("proof").strip()
    if not proof:
        raise HTTPException(400, "proof")
    return _noted(visit, "told", lambda: visit.house.desk.note_told(visit.actor, _id(visit), destination, proof))


def _noted(visit: Visit, done: str, act: Callable[[], object]) -> Response:
    """Do it and go to the request; what cannot be done any more is said there."""
    try:
        act()
    except Forbidden:
        raise
    except Refused:
        done = "gone"
    return see_other(f"/requests/{_id(visit)}?done={done}")


def _asked(visit: Visit, wish: Wish, fault: str = "", taken: Request | None = None) -> Response:
    return visit.render(
        "request_new.html", wish=wish, kinds=KINDS, fault=fault, faults=FAULTS, taken=taken, items=traits.TOLD,
        item=lambda name: traits.named(name, visit.say),
    )  # fmt: skip


def _item(visit: Visit) -> str:
    """The trait a correction is about: by its name, or by what it is called in a language of the console."""
    tongues = [cast("Say", pages.globals["say"]) for pages in visit.house.pages.values()]
    return traits.meant(visit.field("trait"), tongues)


def _id(visit: Visit) -> str:
    return str(visit.request.path_params["request"])


def _rank(request: Request) -> tuple[bool, int]:
    """The open ones by when they are due, then the others, the latest first."""
    is_open = request.state == "open"
    return not is_open, request.due_at if is_open else -request.opened_at
