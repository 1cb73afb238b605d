"""Who is one customer: the rules in words, what a changed file would do, identifiers that too many share."""

from __future__ import annotations

import json
from typing import NamedTuple, cast, get_args

from starlette.exceptions import HTTPException
from starlette.responses import Response

from itda.console.desk import HubAnswer
from itda.console.visit import Visit, see_other
from itda.engine.questions.policy import PolicyView
from itda.engine.questions.views import SuspectView
from itda.identity.told import sentences


class Changed(NamedTuple):
    """What would hold otherwise of one kind of identifier, or of all (`kind` empty); empty where nothing is said."""

    kind: str
    before: list[str]
    after: list[str]


def show(visit: Visit) -> Response:
    """The page. What goes over all links comes afterwards.

    `?part=moves` answers what the file would make of customers, `?part=suspects` which values to block.
    """
    desk, actor = visit.house.desk, visit.actor
    if visit.query("part") == "moves":
        template = "parts/moves.html" if visit.is_partial else "identity_moves.html"
        return visit.render(template, view=desk.moves(actor))
    if visit.query("part") == "suspects":
        suspects = desk.suspects(actor)
        template = "parts/suspects.html" if visit.is_partial else "identity_suspects.html"
        written = to_write(suspects) if visit.may("customer.personal") else ""
        return visit.render(template, suspects=suspects, to_write=written)
    view = desk.policy(actor)
    return visit.render(
        "identity.html",
        view=view,
        told=sentences(view.policy, visit.language),
        changed=changed(view, visit.language),
        written_kinds=view.written.by_name if view.written else {},
        hubs=desk.hubs(actor),
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
    """What the file says otherwise than what holds: of each kind the parts that differ, then what holds for all."""
    if view.written is None:
        return []
    held, written = sentences(view.policy, language), sentences(view.written, language)
    before, after = dict(held.kinds), dict(written.kinds)
    found = [
        Changed(kind, _but(before.get(kind, []), after.get(kind, [])), _but(after.get(kind, []), before.get(kind, [])))
        for kind in dict.fromkeys((*after, *before))
        if before.get(kind) != after.get(kind)
    ]
    rules = Changed("", _but(held.rules, written.rules), _but(written.rules, held.rules))
    return [*found, rules] if rules.before or rules.after else found


def _but(these: list[str], others: list[str]) -> list[str]:
    return [part for part in these if part not in others]


def to_write(suspects: list[SuspectView]) -> str:
    """What blocks these values, as identity.yaml says it; empty where there are none."""
    if not suspects:
        return ""
    values = "".join(f"    - {json.dumps(one.value, ensure_ascii=False)}\n" for one in suspects)
    return f"blocked:\n  values:\n{values}"
