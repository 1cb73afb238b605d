"""What a customer asks for in the privacy centre: their rights, of what is theirs, and pauses of what may be paused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import msgspec

from itda.base import ids
from itda.base.errors import Refused
from itda.consent import pauses
from itda.consent.definition import ANY_CHANNEL, SUBJECT_WIDE
from itda.consent.standing import Consents
from itda.decisions.policy import Text
from itda.engine.app import Done
from itda.engine.commands import centre
from itda.engine.commands.centre import Heard
from itda.engine.questions.centre import Holder, of_visit
from itda.engine.questions.mine import CHANNEL, Mine, find
from itda.engine.requests.opening import OpenRequest
from itda.engine.requests.views import Request
from itda.engine.work import Work
from itda.identity.policy import IdentityPolicy
from itda.store import consent_texts, requests
from itda.store.requests import Kind

MOST_CORRECTIONS = 10
"""Of one person, open at a time: each is a duty of one of us, with a day."""


class AskOfOwn(msgspec.Struct, frozen=True, kw_only=True):
    """Open a request of whoever proved these addresses, about what is theirs and nothing else."""

    permission: ClassVar[str] = "centre.change"
    is_about_people: ClassVar[bool] = True
    proven: tuple[bytes, ...]
    kind: Kind
    changes: Mapping[str, str] = {}

    def carry_out(self, work: Work) -> Done[Request | None]:
        """Take it; None where they are forgotten. `Refused` for one more correction than may be open."""
        mine = find(work, self.proven)
        if mine is None:
            return Done(None)
        if unchangeable := sorted(name for name in self.changes if not is_correctable(work.workspace.policy, name)):
            raise Refused(f"{', '.join(unchangeable)}: who somebody is has to be checked by one of us")
        own = tuple(mine.fragments)
        if self.kind == "correct":
            requests.alone(work.connection)
            rows = requests.of(work.connection, own)
            if sum((row.state, row.kind) == ("open", "correct") for row in rows) >= MOST_CORRECTIONS:
                raise Refused(f"{MOST_CORRECTIONS} corrections are open already: they are answered first")
        opened = OpenRequest(
            kind=self.kind, who=ids.customer_text(self.proven[0]), via="centre", changes=self.changes, only=own
        )
        return opened.carry_out(work)


def is_correctable(policy: IdentityPolicy, name: str) -> bool:
    """Whether a customer may correct a trait by themselves: not what tells who they are, nor what follows from others.

    Whoever could give themselves the address of somebody else would be joined to them.
    """
    told = {path.rpartition("traits.")[2] for kind in policy.kinds for path in kind.paths if "traits." in path}
    identifying = told | set(policy.by_name) | {"household_id"}
    return name not in identifying and not any(name.startswith(f"{one}.") for one in identifying)


class Pause(msgspec.Struct, frozen=True, kw_only=True):
    """Pause a use of one's data, or let it go on."""

    permission: ClassVar[str] = "centre.change"
    proven: tuple[bytes, ...]
    purpose: str
    is_paused: bool
    language: str

    def carry_out(self, work: Work) -> Done[Heard]:
        """Write it into the ledger with the words that were shown; `Refused` for what cannot be paused."""
        if self.purpose not in pauses.PAUSABLE:
            raise Refused(f"{self.purpose!r} cannot be paused")
        held = of_visit(work, self.proven, CHANNEL, self.language)
        mine = find(work, self.proven)
        if held is None or mine is None:
            return Done(Heard(is_known=False))
        if pauses.is_paused(Consents(held.states), self.purpose) == self.is_paused:
            return centre.done(held, 0)
        words = Text(
            id=pauses.text_id(self.purpose, self.language, is_paused=self.is_paused), purpose=self.purpose,
            channel=ANY_CHANNEL, language=self.language,
            body=pauses.text(self.purpose, self.language, is_paused=self.is_paused),
        )  # fmt: skip
        consent_texts.keep(work.connection, {words.id: words}, work.now)
        after = max((state.event_seq for key, state in held.states.items() if key.purpose == self.purpose), default=0)
        told = centre.Told(
            self.purpose, ANY_CHANNEL, SUBJECT_WIDE, "refuse" if self.is_paused else "grant", after, words.id,
            _ended(held, mine, self.purpose) if not self.is_paused else (held.contact.fragment,),
        )  # fmt: skip
        return centre.done(held, centre.write(work, held, [told], centre.BY_PAGE))


def _ended(held: Holder, mine: Mine, purpose: str) -> tuple[bytes, ...]:
    """Where a pause of their own ends: what somebody else who is joined paused stays paused."""
    own = set(mine.fragments)
    found = {key.fragment for key, state in held.states.items() if key.purpose == purpose and state.refused_at}
    return tuple(sorted(found & own)) or (held.contact.fragment,)
