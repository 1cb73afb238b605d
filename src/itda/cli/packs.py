"""Packs of rules: try them, look at them, rehearse, propose and activate what a brand may change in them."""

from __future__ import annotations

from collections.abc import Sequence

import click

import itda
from itda.base.counted import counted
from itda.base.errors import Misused
from itda.cli import terminal
from itda.cli.options import Example, common, given
from itda.consent import packs, trial
from itda.engine.enacting.looking import (
    SIGNED,
    UNSIGNED,
    PackChangeView,
    Packs,
    PacksView,
    PackView,
    SettingChange,
    VerifiedView,
)
from itda.engine.enacting.rehearsing import DAYS
from itda.engine.enacting.tally import Rehearsal
from itda.workspace.kept import kept

_STATES = {
    "signed": "What holds was agreed to by two people, or set up alone before anything was decided, and is signed.",
    "unsigned": "Nobody activated packs or waivers here yet: the first change is signed by two people.",
    "altered": "What holds is not what was signed: itda packs propose.",
    "forged": "What was activated last bears no signature of this workspace's key.",
}


@click.group("packs", epilog="Example: itda packs test")
@common
def packs_command() -> None:
    """Rules of law and of providers, in packs: what is in force, what is excepted, and changes by two people."""


@packs_command.command("test", cls=Example, examples=("itda packs test", "itda packs test kr --json"))
@common
@click.argument("names", nargs=-1, metavar="[PACK]...")
def packs_test(names: tuple[str, ...]) -> int:
    """Try every rule on every example that it ships with.

    Needs no workspace. Ends with 1 where a rule says of an example what it should not.
    """
    found = trial.tried(_named(names) if names else packs.VERSIONS)
    failures = [failure for one in found for failure in one.failures]
    if given().is_json:
        terminal.json_line(found)
        return 1 if failures else 0
    rows = [(one.pack, one.version, one.title_ko, one.title_en, one.rules, one.examples, len(one.failures))
            for one in found]  # fmt: skip
    terminal.say(terminal.table(("pack", "version", "", "", "rules #", "examples #", "failed #"), rows))
    for one in failures:
        terminal.note(f"{one.pack}@{one.version} {one.rule}: {one.example}: {one.what}")
    rules, cases = sum(one.rules for one in found), sum(one.examples for one in found)
    terminal.say(f"{counted(rules, 'rule')}, {counted(cases, 'example')}: {len(failures):,} failed.")
    terminal.say(f"규칙 {rules:,}개, 예 {cases:,}개: 실패 {len(failures):,}건.")
    return 1 if failures else 0


@packs_command.command("list", cls=Example, examples=("itda packs list", "itda packs list --json"))
@common
def packs_list() -> None:
    """List the packs in force, waivers, and the last changes."""
    view = _view()
    if given().is_json:
        terminal.json_line(view)
        return
    rows = [
        (one.name, one.version, one.since, one.layer, len(one.rules), one.title_en, _values(one), ", ".join(one.later))
        for one in view.packs
    ]
    terminal.say(terminal.table(("pack", "version", "since", "layer", "rules #", "", "made stricter", "also"), rows))
    if view.waivers:
        waived = [
            (one.rule, one.state, one.since, one.until, one.basis, f"{one.author}, {one.approver}",
             " ".join([*one.channels, *one.messages, *one.campaigns]))
            for one in view.waivers
        ]  # fmt: skip
        columns = ("rule", "waiver", "from", "until", "basis", "by", "for")
        terminal.say(terminal.table(columns, waived, title="\nWaivers"))
    changes = [*view.waiting, *view.activated]
    if changes:
        told = [(one.id, one.proposed_by, terminal.when(one.proposed_at), one.activated_by or "waits",
                 terminal.when(one.activated_at)) for one in changes]  # fmt: skip
        heads = ("change", "proposed by", "at @", "activated by", "at @")
        terminal.say(terminal.table(heads, told, title="\nChanges"))
    for change in view.waiting:
        _print_changes(f"Waits: {change.id}", change.changes)
    terminal.say(_state(view))


@packs_command.command("show", cls=Example, examples=("itda packs show kr_network", "itda packs show kr"))
@common
@click.argument("name", metavar="PACK")
def packs_show(name: str) -> None:
    """Show the rules of a pack, or of all packs of a country such as `kr`."""
    names = _named((name,))
    found = [one for one in _view().packs if one.name in names]
    if given().is_json:
        terminal.json_line(found)
        return
    for one in found:
        title = f"{one.name}@{one.version}: {one.title_en} ({one.title_ko}), since {one.since}"
        rows = [
            (rule.id, "hard" if rule.is_hard else "", rule.mark, ", ".join(rule.stages), rule.sentence)
            for rule in one.rules
        ]
        terminal.say(terminal.table(("rule", "", "mark", "asked at", "says"), rows, title=title))


@packs_command.command("diff", cls=Example, examples=("itda packs diff", "itda packs diff --days 7 --json"))
@common
@click.option("--days", default=DAYS, show_default=True, type=click.IntRange(1, 400), help="Of so many past days.")
def packs_diff(days: int) -> None:
    """Say what packs and waivers as the files say them would have done with past decisions. Nothing is written."""
    from itda.engine.enacting.looking import PackDiff  # noqa: PLC0415

    with itda.open(given().workspace) as shop:
        view = shop.ask(PackDiff(kept(shop.written), days))
    if given().is_json:
        terminal.json_line(view)
        return
    terminal.say(f"Differs: {', '.join(view.differs)}." if view.differs else "Packs and waivers do not differ.")
    _print_changes("", view.changes)
    _print_rehearsal(view.rehearsal)


@packs_command.command("propose", cls=Example, examples=('itda packs propose --reason "quiet from eight"',))
@common
@click.option("--reason", required=True, help="Why; it is kept with the proposal.")
@click.option("--days", default=DAYS, show_default=True, type=click.IntRange(1, 400), help="Rehearse so many days.")
def packs_propose(reason: str, days: int) -> None:
    """Propose packs and waivers as the files say them, for another person to activate."""
    from itda.engine.commands.packs import ProposePacks  # noqa: PLC0415

    with itda.open(given().workspace) as shop:
        done = shop.act(ProposePacks(kept(shop.written), days), reason)
    if given().is_json:
        terminal.json_line(done)
        return
    if done.rehearsal is not None:
        _print_rehearsal(done.rehearsal)
    _print_changes("", done.changes)
    terminal.say(f"Proposed as {done.id}. Another person: itda packs activate {done.id}")


@packs_command.command("activate", cls=Example, examples=("itda packs activate 0a1b2c3d",))
@common
@click.argument("change", metavar="ID")
@click.option("--reason", default="", help="Why; it is kept in the audit.")
def packs_activate(change: str, reason: str) -> None:
    """Activate what somebody else proposed: it is signed, and `itda apply` lets it hold."""
    from itda.engine.commands.packs import ActivatePacks  # noqa: PLC0415

    with itda.open(given().workspace) as shop:
        done: PackChangeView = shop.act(ActivatePacks(change), reason)
    if given().is_json:
        terminal.json_line(done)
    else:
        terminal.say(f"Activated and signed, SHA-256 {done.digest}. It holds from: itda apply")


@packs_command.command("verify", cls=Example, examples=("itda packs verify", "itda packs verify --json"))
@common
def packs_verify() -> int:
    """Say whether what holds is what was agreed to and signed; ends with 1 where it is not."""
    whole = _view()
    view: VerifiedView = whole.verified
    if given().is_json:
        terminal.json_line(view)
    else:
        terminal.say(_state(whole))
        if view.differs:
            terminal.say(f"Differs since: {', '.join(view.differs)}.")
        if view.digest:
            terminal.say(f"SHA-256 {view.digest}\nEd25519 {view.public_key}\nsigned  {view.signature}")
    return 0 if view.state == SIGNED else 1


def _view() -> PacksView:
    with itda.open(given().workspace) as shop:
        return shop.ask(Packs())


def _state(view: PacksView) -> str:
    """What holds; and, where nothing was signed yet but a proposal waits, by what it is."""
    if view.verified.state == UNSIGNED and view.waiting:
        return f"Nobody activated packs or waivers here yet; a proposal waits: itda packs activate {view.waiting[0].id}"
    return _STATES[view.verified.state]


def _named(names: Sequence[str]) -> list[str]:
    found = {name: packs.named(name) for name in names}
    for name, own in found.items():
        if not own:
            raise Misused(f"{name!r} is no pack: {', '.join(packs.VERSIONS)}")
    wanted = {one for own in found.values() for one in own}
    return [name for name in packs.VERSIONS if name in wanted]


def _values(one: PackView) -> str:
    return ", ".join(f"{name}: {value}" for name, value in one.values.items())


def _print_changes(title: str, changes: list[SettingChange]) -> None:
    if changes:
        rows = [(one.name, one.was or "-", one.now or "-") for one in changes]
        terminal.say(terminal.table(("setting", "in force", "proposed"), rows, title=title and f"\n{title}"))


def _print_rehearsal(found: Rehearsal) -> None:
    terminal.say(
        f"Of the past {counted(found.days, 'day')}, {counted(found.messages, 'message')} in"
        f" {counted(found.decisions, 'decision')}: it would have blocked {found.blocked_more:,} more,"
        f" held {found.held_more:,} more, let through {found.let_through_more:,} more."
    )
    if found.decisions:
        terminal.say(
            f"{found.judged:,} could be judged again, {found.alike:,} of them as was noted then;"
            f" {found.gone:,} could not: letters that the law asks for, and whatever is gone since."
        )
    if found.rules:
        rows = [(one.rule, one.effect, one.messages) for one in found.rules]
        terminal.say(terminal.table(("rule", "would", "messages #"), rows))
    for one in found.rules:
        for case in one.examples:
            terminal.say(f"  {one.rule} {case.why}: {case.message} by {case.channel}, {terminal.moment(case.at)}")
