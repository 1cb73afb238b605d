"""Packs and waivers are changed by two people: one proposes what was rehearsed, another activates it, signed."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from itda.access.actor import may
from itda.base.errors import Fault, Refused
from itda.base.instant import DAY
from itda.engine import approvals
from itda.engine.app import Done
from itda.engine.enacting import body as bodies
from itda.engine.enacting import signing
from itda.engine.enacting.looking import PackChangeView, change_view
from itda.engine.enacting.rehearsing import DAYS, rehearse
from itda.engine.work import Work
from itda.store import pack_changes
from itda.store.pack_changes import PackChange
from itda.workspace.kept import with_kept


class ProposePacks(msgspec.Struct, frozen=True):
    """Propose the packs and waivers of these files (path → text), with what they would have done."""

    permission: ClassVar[str] = "packs.propose"
    texts: dict[str, str]
    days: int = DAYS

    def carry_out(self, work: Work) -> Done[PackChangeView]:
        """Rehearse it, keep it, and ask for a second person; `Refused` where nothing differs from what was signed."""
        before, after = work.workspace.consent, with_kept(work.workspace, self.texts).consent
        text = bodies.body(after)
        digest = bodies.digest(text)
        last = pack_changes.latest(work.connection)
        if last and last[0].digest == digest:
            raise Refused(Fault(what="these packs and waivers were activated already", cure="itda apply"))
        if not last and bodies.body(before) == text:
            raise Refused(Fault(what="nothing differs from the packs in force", cure="change consent.yaml first"))
        found = rehearse(work, before, after, self.days)
        made = approvals.propose(work.connection, work.actor, bodies.WHAT, digest, work.reason, work.now)
        told = msgspec.json.encode(found).decode()
        pack_changes.add(work.connection, PackChange(made, digest, text, told, work.now, work.actor.name))
        change = pack_changes.one(work.connection, made)
        audit = {
            "digest": digest.hex(), "blocked_more": found.blocked_more, "held_more": found.held_more,
            "let_through_more": found.let_through_more, "decisions": found.decisions,
        }  # fmt: skip
        shown = change or PackChange(made, digest, text, told, work.now, work.actor.name)
        return Done(change_view(shown, bodies.body(before)), audit=audit)


class ActivatePacks(msgspec.Struct, frozen=True):
    """Activate what somebody else proposed, by its id as hex. Whoever may approve approves it by this."""

    permission: ClassVar[str] = "packs.activate"
    id: str

    def carry_out(self, work: Work) -> Done[PackChangeView]:
        """Sign it; `Refused` where the second person is missing."""
        made = approvals.named(work.connection, self.id)
        change = pack_changes.one(work.connection, made)
        if change is None:
            raise Refused(Fault(what=f"there is no proposal {self.id} of packs", cure="see itda packs list"))
        if change.activated_at is not None:
            raise Refused(f"{self.id} was activated already, by {change.activated_by}")
        approval = approvals.approved(work.connection, bodies.WHAT, change.digest, at=work.now)
        if approval is None and not may(work.actor, "approval.decide"):
            raise Refused(Fault(what="nobody approved it yet", cure=f"itda approvals approve {self.id}"))
        if approval is None:
            term = work.workspace.staff.hand_days * DAY
            approval = approvals.approve(work.connection, work.actor, made, work.now, work.reason, term=term)
        approvals.spend(work.connection, approval.id, work.now)
        key, signature = signing.sign(work.vault, change.body)
        pack_changes.activate(work.connection, made, work.now, work.actor.name, key, signature)
        audit = {"digest": change.digest.hex(), "proposed_by": change.proposed_by, "approved_by": approval.decided_by}
        done = msgspec.structs.replace(change, activated_at=work.now, activated_by=work.actor.name)
        return Done(change_view(done), audit=audit)
