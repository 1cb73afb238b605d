"""Identifiers that too many share: hub list, suspects, confirm, clear."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING

import click

import itda
from itda.cli import terminal
from itda.cli.options import Example, common, confirm, given
from itda.engine.questions.suspects import Suspects
from itda.engine.shop import Shop

if TYPE_CHECKING:
    from itda.engine.commands.identity import Decided


@click.group("hub")
@common
def hub_command() -> None:
    """Look at identifiers that too many share, and decide about them."""


@hub_command.command("list", cls=Example, examples=("itda hub list", "itda hub list --json"))
@common
@click.option("--limit", default=200, show_default=True, type=click.IntRange(1, 10_000), help="So many at most.")
def hub_list(limit: int) -> None:
    """List hubs, the suspected first.

    A suspected one keeps its joins until it is confirmed, 24 hours of the log later or by `itda hub confirm`.
    """
    with itda.open(given().workspace) as shop:
        found = shop.hub_list(limit)
    if given().is_json:
        terminal.json_line(found)
        return
    rows = [(f"{hub.kind}:{hub.value}", hub.hub, hub.neighbours, hub.steward, hub.reason) for hub in found]
    terminal.say(terminal.table(("identifier", "hub", "seen with #", "by", "reason"), rows))


@hub_command.command("suspects", cls=Example, examples=("itda hub suspects", "itda hub suspects --json"))
@common
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 1_000), help="So many at most.")
def hub_suspects(limit: int) -> None:
    """Propose values to block.

    Those that were seen with ten times as many others as nine of ten identifiers of their kind, and with twenty at
    least: a word that a form fills in, an address of the desk. `itda diff` says what blocking them would do.
    """
    with itda.open(given().workspace) as shop:
        found = shop.ask(Suspects(limit))
    if given().is_json:
        terminal.json_line(found)
        return
    rows = [(f"{one.kind}:{one.value}", one.neighbours, one.usual, one.hub) for one in found]
    terminal.say(terminal.table(("identifier", "seen with #", "usual #", "hub"), rows))
    if found:
        values = ", ".join(json.dumps(one.value, ensure_ascii=False) for one in found)
        terminal.say(f"To block them, in identity.yaml:\n\nblocked:\n  values: [{values}]\n\nthen: itda diff")


def _decision(command: Callable[..., None]) -> Callable[..., None]:
    """What one has to say of a decision about an identifier."""
    options = (
        click.argument("identifier", metavar="KIND:VALUE"),
        click.option("--reason", required=True, help="Why: it is kept sealed and shown to whoever may ask."),
        click.option("--undo", is_flag=True, help="Take back what was decided about it."),
        click.option("--yes", is_flag=True, help="Do not ask."),
    )
    for option in reversed(options):
        command = option(command)
    return command


@hub_command.command(
    "confirm", cls=Example, examples=("itda hub confirm phone:02-123-4567 --reason 'the number of the shop'",)
)
@common
@_decision
def hub_confirm(identifier: str, reason: str, undo: bool, yes: bool) -> None:
    """Say that many people share it.

    Nothing is joined through it from now on, without the wait. `--undo` takes it back.
    """
    _decide(identifier, reason, f"Join nobody through {identifier}?", Shop.confirm_hub, undo, yes)


@hub_command.command(
    "clear",
    cls=Example,
    examples=("itda hub clear phone:010-2222-3333 --reason 'her own, her children call from it'",),
)
@common
@_decision
def hub_clear(identifier: str, reason: str, undo: bool, yes: bool) -> None:
    """Say that it is one customer's.

    However many it seems to touch, it joins them again. `--undo` takes it back.
    """
    _decide(identifier, reason, f"Join through {identifier} again?", Shop.clear_hub, undo, yes)


def _decide(
    identifier: str, reason: str, question: str, decide: Callable[..., Decided], is_undo: bool, is_agreed: bool
) -> None:
    confirm(f"Take back what was decided about {identifier}?" if is_undo else question, is_agreed)
    with itda.open(given().workspace) as shop:
        if is_undo:
            done = shop.take_back(identifier, identifier, reason=reason)
        else:
            done = decide(shop, identifier, reason=reason)
    if given().is_json:
        terminal.json_line(done)
    elif done.is_new:
        terminal.say(f"Done. See what became of it: itda history {identifier}")
    else:
        terminal.say("This was decided already; nothing was written.")
