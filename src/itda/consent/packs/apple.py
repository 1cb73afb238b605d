"""What Apple asks of apps that advertise by push: they were asked in the app, and can say no in it."""

from __future__ import annotations

import msgspec

from itda.consent.definition import ADS, Finding
from itda.consent.facts import Facts
from itda.consent.rule import Example, PackKind, Rule

_US = {"countries": ("US",), "sender": {"country": "US"}}
_AGREED = {"consents": ("grant ad_receive push 2026-01-05",)}


class Apple(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Values of the pack `apple`: none."""


def _rules(_values: Apple) -> tuple[Rule, ...]:
    return (
        Rule(
            id="CH-11",
            sentence="A push that advertises needs a consent to that, and a way in the app to take it away.",
            source="App Store Review Guidelines 4.5.4",
            mark="M",
            channels=("push",),
            needs=("consents", "sender"),
            check=_asked_in_the_app,
            examples=(
                Example("a permission of the phone alone", _US | {"has_permission": True}, says="block",
                        code="NO_CONSENT"),
                Example("a consent", _US | _AGREED),
                Example("no way out", _AGREED | {"countries": ("US",), "sender": {"country": "US", "optouts": {}}},
                        says="block", code="NO_FREE_OPTOUT"),
            ),
        ),
    )  # fmt: skip


def _asked_in_the_app(facts: Facts, _now: int) -> Finding | None:
    if facts.consents is None or facts.sender is None:
        return None
    status = facts.consents.standing(ADS, facts.channel).status
    if status != "granted":
        return Finding("block", "NO_CONSENT", f"{ADS} on {facts.channel}: {status}")
    if not facts.sender.optouts.get("push", ""):
        return Finding("block", "NO_FREE_OPTOUT", "nothing says where in the app one refuses")
    return None


PACK = PackKind(
    name="apple",
    version="2026.11.2",
    since="2026-11-23",
    layer="provider",
    title_ko="애플 앱 심사 지침",
    title_en="Apple",
    parameters=Apple,
    rules=_rules,
    looser=lambda _values: (),
)
NONE_YET = msgspec.structs.replace(PACK, version="2026.11.1", since="2026-11-01", rules=lambda _values: ())
"""Before, nobody asked what Apple says: what was decided then was not decided by it."""
