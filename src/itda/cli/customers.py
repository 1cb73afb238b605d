"""One customer at a time: customer, history, why, cut, join."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import click

import itda
from itda.base import money
from itda.base.counted import counted
from itda.cli import terminal
from itda.cli.options import command, confirm, given
from itda.engine.questions.views import HistoryEntry, LinkView, ProfileView, TraitView, WhyView
from itda.engine.shop import Shop
from itda.profiles.definition import DECLARED

if TYPE_CHECKING:
    from itda.engine.commands.identity import Decided


@command("customer", "itda customer membership:1", "itda customer membership:1 --as-known 2026-10-31 --json")
@click.argument("who", metavar="KIND:VALUE|ID")
@click.option("--events", default=10, show_default=True, type=click.IntRange(0, 200), help="Latest events to show.")
@click.option("--at", default="", metavar="TIME", help="As of a day or time, by what is known of it today.")
@click.option("--as-known", default="", metavar="TIME", help="As of a day or time, by what was known then.")
def customer_command(who: str, events: int, at: str, as_known: str) -> None:
    """Show one customer.

    Identifiers, traits and the latest events, by an identifier or by the customer's id. With --at or --as-known: what
    they looked like then, without events; a day alone means its end.
    """
    is_past = bool(at or as_known)
    with itda.open(given().workspace) as shop:
        view = shop.customer(who, at=at, as_known=as_known)
        if given().is_json:
            terminal.json_line(view)
            return
        latest = shop.timeline(view.id, limit=events) if events and not is_past else None
    _print_customer(view)
    if latest is not None:
        rows = [(terminal.when(at), channel, name, source) for at, channel, name, source in
                latest.select("at_us", "channel", "name", "source").iter_rows()]  # fmt: skip
        terminal.say(terminal.table(("when @", "channel", "event", "source"), rows, title="Latest events"))


def _print_customer(view: ProfileView) -> None:
    terminal.say(f"{view.name or 'no name'}  {view.id}")
    first, last = terminal.when(view.first_at), terminal.moment(view.last_at)
    terminal.say(f"{counted(view.events, 'event')}, first {first}, last {last}\n")
    if view.household is not None:
        by = ", ".join(dict.fromkeys(word.replace("_", " ") for one in view.household.others for word in one.shares))
        ids = " ".join(one.customer for one in view.household.others)
        terminal.say(f"Household: {counted(view.household.members, 'customer')} by {by}; the others: {ids}\n")
    kinds = [(i.kind, i.value, i.events, terminal.when(i.first_at), i.hub or ("blocked" if i.is_blocked else ""))
             for i in view.identifiers]  # fmt: skip
    terminal.say(terminal.table(("identifier", "value", "events #", "first seen @", ""), kinds))
    traits = [(trait.label_en or trait.name, _trait(trait), trait.source, terminal.when(trait.at) if trait.at else "")
              for trait in view.traits]  # fmt: skip
    terminal.say(terminal.table(("trait", "value", "source", "said @"), traits, title="\nTraits"))
    if any(trait.kind == DECLARED for trait in view.traits):
        terminal.say("Where sources say different things, what was said last holds, by the time of the event.")


def _trait(trait: TraitView) -> str:
    if trait.unit == "minor" and isinstance(trait.value, int):
        return f"{money.text(trait.value, trait.currency)} {trait.currency}"
    if isinstance(trait.value, list):
        return ", ".join(_item(item) for item in trait.value)
    if trait.unit in {"days", "hours"} and isinstance(trait.value, int):
        return counted(trait.value, trait.unit.removesuffix("s"))
    return _item(trait.value)


def _item(value: object) -> str:
    if isinstance(value, dict) and "value" in value:
        return f"{value['value']} ({value['count']:,})" if isinstance(value.get("count"), int) else str(value["value"])
    return "-" if value is None else str(value)


@command("why", "itda why membership:1 email:minji@shop.example")
@click.argument("a", metavar="KIND:VALUE")
@click.argument("b", metavar="KIND:VALUE")
def why_command(a: str, b: str) -> None:
    """Say why two identifiers are one customer.

    Or why they are not; with the evidence of each link.
    """
    with itda.open(given().workspace) as shop:
        view = shop.why(a, b)
    if given().is_json:
        terminal.json_line(view)
        return
    _print_why(view)


@command("history", "itda history membership:1", "itda history membership:1 --limit 1000 --json")
@click.argument("who", metavar="KIND:VALUE|ID")
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1, 10_000), help="So many moves at most.")
def history_command(who: str, limit: int) -> None:
    """Say how a customer came about.

    All that joined, parted and moved, newest first, and who decided it and why.
    """
    with itda.open(given().workspace) as shop:
        view = shop.history(who, limit)
    if given().is_json:
        terminal.json_line(view)
        return
    rows = [(terminal.when(entry.at), _what(entry), entry.by or entry.cause, entry.reason) for entry in view.entries]
    terminal.say(terminal.table(("when @", "what", "by", "reason"), rows, title=f"History of {view.id}"))
    if not view.is_whole:
        terminal.say("There is more before that.")


_DECIDED = {
    "must": "said to be one",
    "cannot": "said to be two",
    "linked": "found to be one",
    "retracted": "taken back",
}


def _what(entry: HistoryEntry) -> str:
    if entry.cause == "decision":
        is_hub = len(entry.about) == 1
        said = {"must": "said to be no hub", "cannot": "said to be a hub"} if is_hub else {}
        return f"{said.get(entry.what, _DECIDED[entry.what])}: {' and '.join(entry.about)}"
    then, now = (" | ".join(", ".join(one.identifiers) for one in side) for side in (entry.before, entry.after))
    return f"{entry.what}: {then} → {now}"


def _print_why(view: WhyView) -> None:
    if view.is_joined:
        terminal.say(f"{view.a} and {view.b} are one customer: {view.customer_a}")
    else:
        terminal.say(f"{view.a} and {view.b} are two customers: {view.customer_a} and {view.customer_b}")
    names = {node.fragment: f"{node.kind}:{node.value}" for node in view.nodes}
    if view.path:
        terminal.say(terminal.table(("link", "with", "how", "times #", "first @", "seen in"),
                                    [_link(link, names) for link in view.path]))  # fmt: skip
    if view.obstacles:
        rows = [(*_link(link, names)[:3], link.state, link.reason) for link in view.obstacles]
        terminal.say(terminal.table(("link", "with", "how", "state", "reason"), rows, title="What stands between them"))
    elif not view.is_joined:
        terminal.say("Nothing that was seen ties them.")


def _link(link: LinkView, names: dict[str, str]) -> tuple[object, ...]:
    seen = sorted({f"{found.source} {found.local_date}" for found in link.evidence})
    shown = ", ".join(seen[:3]) + (f" and {len(seen) - 3} more" if len(seen) > 3 else "")  # noqa: PLR2004
    return (names.get(link.a, link.a), names.get(link.b, link.b), link.tier, link.count, terminal.when(link.first_at),
            shown or link.reason)  # fmt: skip


@command("cut", "itda cut email:office@shop.example membership:7 --reason 'a shared address'")
@click.argument("a", metavar="KIND:VALUE")
@click.argument("b", metavar="KIND:VALUE")
@click.option("--reason", required=True, help="Why: it is kept sealed and shown to whoever may ask.")
@click.option("--undo", is_flag=True, help="Take back what was decided about the two.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def cut_command(a: str, b: str, reason: str, undo: bool, yes: bool) -> None:
    """Say that two are not one customer.

    `itda cut --undo` takes it back, and all is as if it had never been said.
    """
    _decide(
        a, b, f"Cut {a} from {b}?", lambda shop: (shop.take_back if undo else shop.cut)(a, b, reason=reason), undo, yes
    )


@command("join", "itda join user_id:u-17 membership:7 --reason 'showed her card at the desk'")
@click.argument("a", metavar="KIND:VALUE")
@click.argument("b", metavar="KIND:VALUE")
@click.option("--reason", required=True, help="Why: it is kept sealed and shown to whoever may ask.")
@click.option("--undo", is_flag=True, help="Take back what was decided about the two.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def join_command(a: str, b: str, reason: str, undo: bool, yes: bool) -> None:
    """Say that two are one customer.

    `itda join --undo` takes it back, and all is as if it had never been said.
    """
    _decide(
        a, b, f"Join {a} and {b}?", lambda shop: (shop.take_back if undo else shop.join)(a, b, reason=reason), undo, yes
    )


def _decide(a: str, b: str, question: str, decide: Callable[[Shop], Decided], is_undo: bool, is_agreed: bool) -> None:
    """Ask, decide, and show how the two stand now."""
    confirm(f"Take back what was decided about {a} and {b}?" if is_undo else question, is_agreed)
    with itda.open(given().workspace) as shop:
        if not decide(shop).is_new:
            terminal.note("This was decided already; nothing was written.")
        view = shop.why(a, b)
    if given().is_json:
        terminal.json_line(view)
    else:
        _print_why(view)
