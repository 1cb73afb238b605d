"""The desk's questions about duties, and about consents that are taken face to face or on the phone."""

from __future__ import annotations

from typing import Literal, Protocol

from itda.access.actor import Actor
from itda.engine.app import App
from itda.engine.commands.consents import ActResult, ConsentAct, TellConsents
from itda.engine.commands.duties import SettleDuty
from itda.engine.questions.duties import Duties, DutiesView
from itda.engine.questions.taking import Taking, TakingView
from itda.engine.retaining.views import RetentionView

DutiesShown = Literal["open", "overdue", "done"]
Spoken = Literal["grant", "refuse", "withdraw"]


class ConsentDesk(Protocol):
    """What must be done by a day, and what people say to one of us."""

    def duties(self, actor: Actor, shown: DutiesShown, kind: str, after: str) -> DutiesView:
        """A page of what must be done, or of what was done last."""
        ...

    def settle_duty(self, actor: Actor, duty: str, proof: str) -> None:
        """Note that a duty was done. `Refused` where no such duty is open."""
        ...

    def retention(self, actor: Actor) -> RetentionView:
        """How long what is kept, what is due now, and what was destroyed."""
        ...

    def taking(self, actor: Actor, kind: str, value: str) -> TakingView | None:
        """What somebody can be asked for."""
        ...

    def take_consent(self, actor: Actor, who: tuple[str, str], act: tuple[Spoken, str], place: str) -> ActResult:
        """Write down what somebody said of a text, by its id, at a place such as store:12."""
        ...


class ConsentEngineDesk:
    """Answers from the workspace of `app`."""

    def __init__(self, app: App) -> None:
        self._app = app

    def duties(self, actor: Actor, shown: DutiesShown, kind: str, after: str) -> DutiesView:
        """A page of what must be done, or of what was done last."""
        return self._app.ask(Duties(shown=shown, kind=kind, after=after), actor, "console: duties")

    def settle_duty(self, actor: Actor, duty: str, proof: str) -> None:
        """Note that a duty was done. `Refused` where no such duty is open."""
        self._app.act(SettleDuty(id=duty, proof=proof), actor, "console: duties")

    def retention(self, actor: Actor) -> RetentionView:
        """How long what is kept, what is due now, and what was destroyed."""
        from itda.engine.retaining.report import Retention  # noqa: PLC0415 - looks into the lake's files

        return self._app.ask(Retention(), actor, "console: retention")

    def taking(self, actor: Actor, kind: str, value: str) -> TakingView | None:
        """What somebody can be asked for."""
        return self._app.ask(Taking((kind, value)), actor, "console: a consent is taken")

    def take_consent(self, actor: Actor, who: tuple[str, str], act: tuple[Spoken, str], place: str) -> ActResult:
        """Write down what somebody said of a text, by its id, at a place such as store:12."""
        action, text_id = act
        text = self._app.workspace.consent.texts.get(text_id)
        if text is None:
            return ActResult("refused", "", f"{text_id} is no text")
        is_given = action == "grant"
        told = ConsentAct(
            identifiers={who[0]: who[1]}, action=action, channel=text.channel, purpose=text.purpose,
            text=text_id if is_given else "", evidence=f"read aloud by {actor.name}" if is_given else "",
        )  # fmt: skip
        command = TellConsents(acts=(told,), collector=place)
        return self._app.act(command, actor, "console: a consent is taken").value.results[0]
