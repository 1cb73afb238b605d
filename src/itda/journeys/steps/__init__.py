"""The kinds of step, by name. A new kind is one file here, one test and one docs page of the same name."""

from __future__ import annotations

from itda.journeys.kind import StepKind
from itda.journeys.steps import branch, send, wait, wait_for
from itda.journeys.steps import exit as exit_step
from itda.journeys.steps.branch import Branch
from itda.journeys.steps.exit import Exit
from itda.journeys.steps.send import Send
from itda.journeys.steps.wait import Wait
from itda.journeys.steps.wait_for import WaitFor

KINDS: dict[str, StepKind] = {
    kind.name: kind for kind in (wait.KIND, wait_for.KIND, branch.KIND, send.KIND, exit_step.KIND)
}

Does = Wait | WaitFor | Branch | Send | Exit
"""What a step does: the arguments of its kind."""


def kind_of(does: Does) -> StepKind:
    """The kind of a step, by its arguments."""
    return KINDS[str(does.__struct_config__.tag)]
