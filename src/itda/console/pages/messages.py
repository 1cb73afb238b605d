"""Messages: what went, waits or did not go, and the whole story of one; how a message looks."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, Response

from itda.console import laws, saying
from itda.console.visit import Visit, see_other

PREVIEW_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox; frame-ancestors 'self'; "
    "base-uri 'none'; form-action 'none'"
)
"""A mail has styles of its own and nothing else: no script, no request anywhere, no way out of its frame."""
_OPEN = "uncertain"


def show(visit: Visit) -> Response:
    """The list, newest first; `?status`, `?message` and `?journey` narrow it, `?before` is the page after it."""
    status, message, journey = visit.query("status"), visit.query("message"), visit.query("journey")
    desk, before = visit.house.desk, visit.query("before")
    view = desk.messages(visit.actor, status=status, message=message, journey=journey, before=before)
    unsure = desk.messages(visit.actor, status=_OPEN).lines if view.counts.get(_OPEN) and not before else []
    return visit.render(
        "messages.html",
        view=view,
        chosen=status,
        message=message,
        journey=journey,
        before=before,
        unsure=unsure if status != _OPEN else [],
        labels=visit.labels(),
        total=sum(view.counts.values()),
        held=desk.definitions(visit.actor),
    )


def one(visit: Visit) -> Response:
    """One message from beginning to end."""
    story = visit.house.desk.story(visit.actor, _asked(visit))
    if story is None:
        raise HTTPException(404, "message")
    row = story.message.line
    language = row.language or visit.language
    return visit.render(
        "message.html",
        story=story,
        row=row,
        verdicts=[(verdict, reasons(visit, verdict.reasons)) for verdict in story.message.decisions],
        ended=reasons(visit, [one.strip() for one in row.reasons.split(",") if one.strip()]),
        preview=visit.house.desk.preview(visit.actor, row.message, language),
        labels=visit.labels(),
    )


def resolve(visit: Visit) -> Response:
    """Somebody says whether an uncertain message went."""
    became = visit.field("became")
    if became not in ("sent", "unsent"):
        raise HTTPException(400, "resolve")
    visit.house.desk.resolve(visit.actor, _asked(visit), "sent" if became == "sent" else "unsent")
    return see_other(f"/messages/{_asked(visit)}")


def again(visit: Visit) -> Response:
    """Try a message that was given up once more."""
    visit.house.desk.try_again(visit.actor, _asked(visit))
    return see_other(f"/messages/{_asked(visit)}")


def _asked(visit: Visit) -> str:
    return str(visit.request.path_params["message"])


def reasons(visit: Visit, codes: list[str]) -> list[tuple[str, str, laws.Rule]]:
    """Each reason with its words and the rule it rests on."""
    return [(code, saying.reason(code, visit.say), laws.rule(code, visit.say)) for code in codes]


def looks(visit: Visit) -> Response:
    """How a message looks, in both languages, with a frame of its own."""
    name = str(visit.request.path_params["name"])
    asked = visit.query("in") or visit.language
    view = visit.house.desk.preview(visit.actor, name, asked)
    if view is None:
        raise HTTPException(404, "preview")
    return visit.render("preview.html", view=view)


def inside(visit: Visit) -> Response:
    """The message itself, for the frame: it may load nothing and run nothing."""
    name, language = str(visit.request.path_params["name"]), str(visit.request.path_params["language"])
    view = visit.house.desk.preview(visit.actor, name, language)
    if view is None:
        raise HTTPException(404, "preview")
    headers = {"content-security-policy": PREVIEW_POLICY, "x-frame-options": "SAMEORIGIN"}
    return HTMLResponse(view.html, headers=headers)
