"""Who is one customer: the rules in words, what a changed file would do, identifiers that too many share."""

from __future__ import annotations

import json
from typing import Any, NamedTuple, cast, get_args

from starlette.exceptions import HTTPException
from starlette.responses import Response

from itda.console.desk import HubAnswer
from itda.console.visit import Visit, see_other
from itda.engine.questions.policy import PolicyView
from itda.engine.questions.views import SuspectView
from itda.identity.told import sentences


class Changed(NamedTuple):
    """A sentence of the rules that would be another; empty where there is none before or after."""

    kind: str
    """Of identifier; empty of what holds for all."""
    before: str
    after: str


def show(visit: Visit) -> Response:
    """The page; `?part=moves` answers what the file would make of customers."""
    desk, actor = visit.house.desk, visit.actor
    if visit.query("part") == "moves":
        template = "parts/moves.html" if visit.is_partial else "identity_moves.html"
        return visit.render(template, view=desk.moves(actor))
    view = desk.policy(actor)
    suspects = desk.suspects(actor)
    return visit.render(
        "identity.html",
        view=view,
        told=sentences(view.policy, visit.language),
        changed=changed(view, visit.language),
        hubs=desk.hubs(actor),
        suspects=suspects,
        to_write=to_write(suspects) if visit.may("customer.personal") else "",
        counts=visit.query("counts"),
    )


def settle_hub(visit: Visit) -> Response:
    """Somebody says whether many share an identifier."""
    answer, reason = visit.field("answer"), visit.field("reason").strip()
    if answer not in get_args(HubAnswer) or not reason:
        raise HTTPException(400, "hub")
    identifier = str(visit.request.path_params["identifier"])
    counts = visit.house.desk.settle_hub(visit.actor, identifier, cast("HubAnswer", answer), reason)
    return see_other(f"/identity?counts={'yes' if counts else 'soon'}#hubs")


def changed(view: PolicyView, language: str) -> list[Changed]:
    """What the file says otherwise than what holds, sentence by sentence."""
    if view.written is None:
        return []
    held, written = sentences(view.policy, language), sentences(view.written, language)
    before, after = dict(held.kinds), dict(written.kinds)
    found = [
        Changed(kind, before.get(kind, ""), after.get(kind, ""))
        for kind in dict.fromkeys((*after, *before))
        if before.get(kind) != after.get(kind)
    ]
    gone = [text for text in held.rules if text not in written.rules]
    new = [text for text in written.rules if text not in held.rules]
    pairs: list[tuple[Any, Any]] = list(zip(gone, new, strict=False))
    pairs += [(text, "") for text in gone[len(new) :]] + [("", text) for text in new[len(gone) :]]
    return found + [Changed("", *pair) for pair in pairs]


def to_write(suspects: list[SuspectView]) -> str:
    """What blocks these values, as identity.yaml says it; empty where there are none."""
    if not suspects:
        return ""
    values = "".join(f"    - {json.dumps(one.value, ensure_ascii=False)}\n" for one in suspects)
    return f"blocked:\n  values:\n{values}"
