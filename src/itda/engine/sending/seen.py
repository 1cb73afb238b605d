"""Openings and clicks, as the links of a message tell them: events of the person, where the person lets us see them.

A second opening of a message is the same event as the first, and so is a second click on the same link.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from itda.access.actor import Actor
from itda.consent.standing import lets_track
from itda.engine.questions.centre import Holder, of_message
from itda.engine.recent import Recent
from itda.engine.sending import effects
from itda.engine.sending.effects import Effect, effect_id
from itda.engine.work import Work
from itda.messages.links import SEED, Links, outbox_of, target_of
from itda.store import outbox
from itda.store.database import Database
from itda.store.intake import PostgresIntake
from itda.store.vault import Vault
from itda.workspace.definition import Workspace

if TYPE_CHECKING:
    from itda.store.lake.reader import LakeReader

_ACTOR = Actor(name="links", role="machine", system="centre")
_REMEMBERED = 20_000
_KEY_BYTES = 8


class Seen:
    """Tells the log of openings and clicks. Thread-safe."""

    def __init__(
        self,
        db: Database,
        workspace: Workspace,
        vault: Vault,
        lake: LakeReader,
        intake: PostgresIntake,
        clock: Callable[[], int],
    ) -> None:
        self._db = db
        self._workspace = workspace
        self._vault = vault
        self._lake = lake
        self._intake = intake
        self._clock = clock
        self._secret = vault.seed(SEED)
        self._known: Recent[str, bool] = Recent(_REMEMBERED)
        self._lock = threading.Lock()

    def opened(self, token: str) -> None:
        """A message was looked at; a token that is not ours says nothing."""
        message = outbox_of(token, "open", self._secret)
        if message is not None:
            self._tell("Message Opened", message)

    def target(self, token: str, proof: str, path: str) -> tuple[bytes, str] | None:
        """The message a click belongs to, and where it leads; None where we wrote no such link."""
        message = outbox_of(token, "click", self._secret)
        target = target_of(message, proof, path, self._secret) if message is not None else None
        return None if message is None or target is None else (message, target)

    def clicked(self, message: bytes, target: str) -> None:
        """A link of a message was followed."""
        key = hashlib.sha256(target.encode()).hexdigest()[: 2 * _KEY_BYTES]
        self._tell("Message Clicked", message, key, url=target)

    def preferences(self, token: str) -> str:
        """The token of the page of choices, for who holds one to unsubscribe; empty where that is not ours."""
        message = outbox_of(token, "unsubscribe", self._secret)
        return "" if message is None else Links(base="", outbox=message, secret=self._secret).token("preferences")

    def _tell(self, effect: Effect, message: bytes, key: str = "", **more: Any) -> None:
        name = effect_id(effect, message, key)
        with self._lock:
            if self._known.get(name):
                return
        now = self._clock()
        with self._db.connection() as connection:
            work = Work(
                connection,
                self._workspace,
                self._vault,
                self._lake,
                now=now,
                actor=_ACTOR,
                reason="a link of a message",
            )
            found = outbox.named(connection, [message])
            held = of_message(work, found[0]) if found else None
            record = self._record(work, held, effect, key, more) if held is not None else None
        if record is not None:
            self._intake.append([record], now)
            with self._lock:
                self._known.put(name, True)

    def _record(self, work: Work, held: Holder, effect: Effect, key: str, more: dict[str, Any]) -> Any:
        if (
            held.row is None
            or held.contact.key is None
            or not lets_track(held.states, held.contact.fragment, effects.CHANNEL)
        ):
            return None
        return effects.record(effect, held.row, work.value(held.contact.key), work.now, key, **more)
