"""The packs of rules: which are in force, what is excepted, what a change would do, and who agreed to what holds."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, ClassVar

import msgspec

from itda.access.hands import tie
from itda.base.instant import DAY, day_to_date
from itda.consent import packs
from itda.consent.waiver import Waiver
from itda.decisions.policy import Policy
from itda.engine import approvals
from itda.engine.app import Answer
from itda.engine.enacting import body as bodies
from itda.engine.enacting import signing
from itda.engine.enacting.rehearsing import DAYS, rehearse
from itda.engine.enacting.tally import Rehearsal
from itda.engine.people import hands
from itda.engine.work import Work
from itda.store import pack_changes
from itda.store.pack_changes import PackChange
from itda.workspace.kept import with_kept

SIGNED, UNSIGNED, ALTERED, FORGED = "signed", "unsigned", "altered", "forged"


class RuleView(msgspec.Struct, frozen=True):
    """One rule in force."""

    id: str
    sentence: str
    source: str
    mark: str
    """P the law's own text, S a secondary page, M from memory."""
    stages: list[str]
    is_hard: bool
    examples: int


class PackView(msgspec.Struct, frozen=True):
    """One pack as it holds now."""

    name: str
    version: str
    since: str
    """The day it came into force, as YYYY-MM-DD."""
    layer: str
    title_ko: str
    title_en: str
    values: dict[str, Any]
    """What the brand made stricter."""
    rules: list[RuleView]
    later: list[str]
    """Versions in the box that are not in force now, each `VERSION from YYYY-MM-DD`."""


class WaiverView(msgspec.Struct, frozen=True):
    """One exception from one rule. Days as YYYY-MM-DD."""

    rule: str
    basis: str
    author: str
    approver: str
    since: str
    until: str
    channels: list[str]
    messages: list[str]
    campaigns: list[str]
    state: str
    """`in force`, `to come`, `over`, or `other words`: its messages say something else than when it was agreed to."""


class SettingChange(msgspec.Struct, frozen=True):
    """One line of consent.yaml that would say something else. Values are JSON; empty: it says nothing."""

    name: str
    """`kr_network.night_from`, `waiver KR-22`, `four_eyes`."""
    was: str
    now: str


class PackChangeView(msgspec.Struct, frozen=True):
    """A change of packs or waivers. Times are microseconds UTC."""

    id: str
    digest: str
    proposed_at: int
    proposed_by: str
    activated_at: int | None
    activated_by: str
    rehearsal: Rehearsal | None
    """None where there was nothing to rehearse: the first settings of a shop."""
    changes: list[SettingChange] = []
    """Of one that waits: what it says and what is in force does not. None: it signs what is in force."""
    tied_by: str = ""
    """Of one that nobody approved yet: whose hand was lately on the logins of both who asks and who proposed it."""
    tied_until: int | None = None
    """Until when that is so."""


class VerifiedView(msgspec.Struct, frozen=True):
    """Whether what holds is what was agreed to and signed."""

    state: str
    """`signed`; `unsigned`: nothing was ever activated; `altered`: something differs since; `forged`: no signature of
    this workspace's key."""
    differs: list[str]
    """What differs from what was signed: packs by name, `values`, `waivers`, `four_eyes`."""
    digest: str
    """SHA-256 (hex) of what was activated last."""
    public_key: str
    """Ed25519, hex."""
    signature: str
    body: str
    """What was signed, canonical JSON."""


class PacksView(msgspec.Struct, frozen=True):
    """All of it."""

    packs: list[PackView]
    waivers: list[WaiverView]
    four_eyes: bool
    verified: VerifiedView
    waiting: list[PackChangeView]
    """Proposed and not activated."""
    activated: list[PackChangeView]
    """The last ones, the latest first."""


class Packs(msgspec.Struct, frozen=True):
    """The packs in force at a moment, and what became of them."""

    permission: ClassVar[str] = "definitions.read"
    at: int | None = None
    """In microseconds UTC; None: now."""

    def answer(self, work: Work) -> Answer[PacksView]:
        """The view."""
        now = work.now if self.at is None else self.at
        policy = work.workspace.consent
        told = bodies.settings(policy)["values"]
        words = {name: message.words for name, message in work.workspace.messages.items()}
        view = PacksView(
            [_pack(policy, one.name, one.version, told.get(one.name, {})) for one in policy.at(now).packs],
            [_waiver(waiver, now, words) for waiver in policy.waivers],
            policy.four_eyes,
            verified(work),
            _waiting(work, policy),
            [change_view(change) for change in pack_changes.latest(work.connection, 20)],
        )
        return Answer(view, count=len(view.packs))


def _waiting(work: Work, policy: Policy) -> list[PackChangeView]:
    """What waits, and whether who asks would count as the second person."""
    found, before = pack_changes.waiting(work.connection), bodies.body(policy)
    me, term = work.actor.name, work.workspace.staff.hand_days * DAY
    touches = hands.touches(work.connection, work.now, term) if found else []
    views = []
    for change in found:
        tied = None if change.proposed_by == me else tie(touches, change.proposed_by, me, work.now, term)
        if approvals.approved(work.connection, bodies.WHAT, change.digest, at=work.now) is not None:
            tied = None
        view = change_view(change, before)
        views.append(view if tied is None else msgspec.structs.replace(view, tied_by=tied.by, tied_until=tied.until))
    return views


class PackDiffView(msgspec.Struct, frozen=True):
    """What other values and waivers would have done."""

    differs: list[str]
    rehearsal: Rehearsal
    changes: list[SettingChange] = []


class PackDiff(msgspec.Struct, frozen=True):
    """What the packs and waivers of these files (path → text) would have done with the decisions of the last days."""

    permission: ClassVar[str] = "definitions.read"
    texts: dict[str, str]
    days: int = DAYS

    def answer(self, work: Work) -> Answer[PackDiffView]:
        """Judge again; nothing is written."""
        before, after = work.workspace.consent, with_kept(work.workspace, self.texts).consent
        found = rehearse(work, before, after, self.days)
        one, other = bodies.body(before), bodies.body(after)
        return Answer(PackDiffView(differing(one, other), found, changes(one, other)), count=found.decisions)


def verified(work: Work) -> VerifiedView:
    """Whether what holds was signed here."""
    found = pack_changes.latest(work.connection)
    if not found:
        return VerifiedView(UNSIGNED, [], "", signing.public_key(work.vault).hex(), "", "")
    last = found[0]
    key, signature = last.public_key or b"", last.signature or b""
    is_own = key == signing.public_key(work.vault) and last.digest == bodies.digest(last.body)
    differs = differing(last.body, bodies.body(work.workspace.consent))
    state = SIGNED if not differs else ALTERED
    if not is_own or not signing.is_signed(key, signature, last.body):
        state = FORGED
    return VerifiedView(state, differs, last.digest.hex(), key.hex(), signature.hex(), last.body)


def differing(one: str, other: str) -> list[str]:
    """What of two bodies is not the same: packs by name, then the parts of the settings."""
    was, now = json.loads(one), json.loads(other)
    names = sorted(was["packs"].keys() | now["packs"].keys())
    found = [name for name in names if was["packs"].get(name) != now["packs"].get(name)]
    return found + [part for part in ("values", "waivers", "four_eyes") if was[part] != now[part]]


def changes(one: str, other: str) -> list[SettingChange]:
    """What the settings of a body say otherwise than those of another, line by line."""
    was, now = _lines(one), _lines(other)
    return [
        SettingChange(name, was.get(name, ""), now.get(name, ""))
        for name in sorted(was.keys() | now.keys())
        if was.get(name) != now.get(name)
    ]


def _lines(body: str) -> dict[str, str]:
    """The settings of a body by name."""
    told = json.loads(body)
    found = {f"{pack}.{name}": value for pack, values in told["values"].items() for name, value in values.items()}
    for waiver in told["waivers"]:
        name = f"waiver {waiver['rule']}"
        found[name] = [*found.get(name, []), waiver]
    found["four_eyes"] = told["four_eyes"]
    return {name: json.dumps(value, ensure_ascii=False) for name, value in found.items()}


def change_view(change: PackChange, before: str = "") -> PackChangeView:
    """A change as it is shown; beside what is in force, where `before` is the body of that."""
    rehearsal = msgspec.json.decode(change.rehearsal, type=Rehearsal | None)
    return PackChangeView(
        change.id.hex(), change.digest.hex(), change.proposed_at, change.proposed_by, change.activated_at,
        change.activated_by, rehearsal, changes(before, change.body) if before else [],
    )  # fmt: skip


def _pack(policy: Policy, name: str, version: str, values: dict[str, Any]) -> PackView:
    kind = next(kind for kind in packs.VERSIONS[name] if kind.version == version)
    held = next(pack for pack in policy.packs if (pack.name, pack.version) == (name, version))
    rules = [
        RuleView(
            rule.id, rule.sentence, rule.source, rule.mark, list(rule.stages), rule.hard, len(rule.examples)
        )
        for rule in held.rules
    ]  # fmt: skip
    later = [f"{one.version} from {one.since}" for one in packs.VERSIONS[name] if one.version != version]
    return PackView(name, version, kind.since, kind.layer, kind.title_ko, kind.title_en, values, rules, later)


def _waiver(waiver: Waiver, now: int, words: Mapping[str, str]) -> WaiverView:
    state = "in force" if waiver.holds(now) else "to come" if now < waiver.starts_at else "over"
    if state != "over" and waiver.messages and len(waiver.stale(words)) == len(waiver.messages):
        state = "other words"
    return WaiverView(
        waiver.rule, waiver.basis, waiver.author, waiver.approver, day_to_date(waiver.first_day).isoformat(),
        waiver.until, list(waiver.channels), list(waiver.messages), list(waiver.campaigns), state,
    )  # fmt: skip
