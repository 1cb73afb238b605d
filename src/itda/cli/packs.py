"""Packs of rules: try them, look at them, rehearse, propose and activate what a brand may change in them."""

from __future__ import annotations

from collections.abc import Sequence

import click

import itda
from itda.base.errors import Misused
from itda.cli import terminal
from itda.cli.options import Example, bilingual, common, given
from itda.cli.speech import called, code, heads, several, spoken
from itda.consent import packs, trial
from itda.console import laws, saying, words
from itda.console.language import mark as _
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
    "signed": _("What holds was agreed to by two people, or set up alone before anything was decided, and is signed."),
    "unsigned": _("Nobody activated packs or waivers here yet: the first change is signed by two people."),
    "altered": _("What holds is not what was signed: itda packs propose."),
    "forged": _("What was activated last bears no signature of this workspace's key."),
}
_TRIED = {_("Pack"): "", _("Version"): "", _("Title"): "", _("Rules"): "#", _("Examples"): "#", _("Failed"): "#"}
_LIST = {_("Pack"): "", _("Version"): "", _("Since"): "", _("Layer"): "", _("Rules"): "#", _("Title"): "",
         _("Made stricter"): "", _("Also in the box"): ""}  # fmt: skip
_WAIVERS = {_("Rule"): "", _("State"): "", _("Since"): "", _("Until"): "", _("Legal basis"): "", _("By"): "",
            _("What it is for"): ""}  # fmt: skip
_CHANGES = {_("Number"): "", _("Proposed by"): "", _("Proposed"): "@", _("Activated by"): "", _("Activated"): "@"}
_RULES = {_("Rule"): "", _("Waivers"): "", _("How it was read"): "", _("Asked at"): "", _("What it says"): ""}
_SETTINGS = {_("Setting"): "", _("In force"): "", _("Proposed"): ""}
_REHEARSED = {_("Rule"): "", _("Would"): "", _("Messages"): "#"}


@click.group("packs", epilog="Example: itda packs test")
@common
@bilingual
def packs_command() -> None:
    """Rules of law and of providers, in packs: what is in force, what is excepted, and changes by two people."""


@packs_command.command("test", cls=Example, examples=("itda packs test", "itda packs test kr --json"))
@common
@bilingual
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
    rows = [(one.pack, one.version, _title(one), one.rules, one.examples, len(one.failures)) for one in found]
    terminal.say(terminal.table(heads(_TRIED), rows))
    for one in failures:
        terminal.note(f"{one.pack}@{one.version} {one.rule}: {one.example}: {one.what}")
    rules, cases = sum(one.rules for one in found), sum(one.examples for one in found)
    told = (several("%(num)s rule", "%(num)s rules", rules), several("%(num)s example", "%(num)s examples", cases))
    terminal.say(f"{', '.join(told)}: {several('%(num)s failed', '%(num)s failed', len(failures))}.")
    return 1 if failures else 0


@packs_command.command("list", cls=Example, examples=("itda packs list", "itda packs list --json"))
@common
@bilingual
def packs_list() -> None:
    """List the packs in force, waivers, and the last changes."""
    view = _view()
    if given().is_json:
        terminal.json_line(view)
        return
    rows = [
        (
            one.name,
            one.version,
            one.since,
            called(laws.LAYERS, one.layer),
            len(one.rules),
            _title(one),
            _values(one),
            laws.later(one.later, spoken),
        )
        for one in view.packs
    ]
    terminal.say(terminal.table(heads(_LIST), rows))
    if view.waivers:
        waived = [
            (one.rule, called(laws.WAIVERS, one.state), one.since, one.until, one.basis,
             f"{one.author}, {one.approver}",
             " ".join([*(words.channel(name, spoken) for name in one.channels), *one.messages, *one.campaigns]))
            for one in view.waivers
        ]  # fmt: skip
        terminal.say(terminal.table(heads(_WAIVERS), waived, title=f"\n{spoken('Waivers')}"))
    changes = [*view.waiting, *view.activated]
    if changes:
        told = [(one.id, one.proposed_by, terminal.when(one.proposed_at), one.activated_by or spoken("Waiting"),
                 terminal.when(one.activated_at)) for one in changes]  # fmt: skip
        terminal.say(terminal.table(heads(_CHANGES), told, title=f"\n{spoken('Changes')}"))
    for change in view.waiting:
        _print_changes(f"{spoken('Waiting')}: {change.id}", change.changes)
    terminal.say(_state(view))


@packs_command.command("show", cls=Example, examples=("itda packs show kr_network", "itda packs show kr"))
@common
@bilingual
@click.argument("name", metavar="PACK")
def packs_show(name: str) -> None:
    """Show the rules of a pack, or of all packs of a country such as `kr`."""
    names = _named((name,))
    found = [one for one in _view().packs if one.name in names]
    if given().is_json:
        terminal.json_line(found)
        return
    for one in found:
        version = spoken("version %(version)s, since %(day)s", version=one.version, day=one.since)
        rows = [
            (rule.id, spoken("No waiver") if rule.is_hard else "", called(laws.MARKS, rule.mark),
             ", ".join(called(laws.STAGES, stage) for stage in rule.stages),
             laws.rule(rule.id, spoken).sentence or rule.sentence)
            for rule in one.rules
        ]  # fmt: skip
        terminal.say(terminal.table(heads(_RULES), rows, title=f"{one.name}: {_title(one)} · {version}"))


@packs_command.command("diff", cls=Example, examples=("itda packs diff", "itda packs diff --days 7 --json"))
@common
@bilingual
@click.option("--days", default=DAYS, show_default=True, type=click.IntRange(1, 400), help="Of so many past days.")
def packs_diff(days: int) -> None:
    """Say what packs and waivers as the files say them would have done with past decisions. Nothing is written."""
    from itda.engine.enacting.looking import PackDiff  # noqa: PLC0415

    with itda.open(given().workspace) as shop:
        view = shop.ask(PackDiff(kept(shop.written), days))
    if given().is_json:
        terminal.json_line(view)
        return
    if view.differs:
        terminal.say(
            spoken(
                "Differs: %(what)s", what=", ".join(saying.named(saying.DIFFERS, one, spoken) for one in view.differs)
            )
        )
    else:
        terminal.say(spoken("Packs and waivers do not differ."))
    _print_changes("", view.changes)
    _print_rehearsal(view.rehearsal)


@packs_command.command("propose", cls=Example, examples=('itda packs propose --reason "quiet from eight"',))
@common
@bilingual
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
    terminal.say(spoken("Proposed. Another person activates it: itda packs activate %(change)s", change=done.id))


@packs_command.command("activate", cls=Example, examples=("itda packs activate 0a1b2c3d",))
@common
@bilingual
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
        terminal.say(spoken("Activated and signed. It holds once it is applied: itda apply"))
        terminal.say(f"SHA-256 {done.digest}")


@packs_command.command("verify", cls=Example, examples=("itda packs verify", "itda packs verify --json"))
@common
@bilingual
def packs_verify() -> int:
    """Say whether what holds is what was agreed to and signed; ends with 1 where it is not."""
    whole = _view()
    view: VerifiedView = whole.verified
    if given().is_json:
        terminal.json_line(view)
    else:
        terminal.say(_state(whole))
        if view.differs:
            terminal.say(
                spoken(
                    "Differs: %(what)s",
                    what=", ".join(saying.named(saying.DIFFERS, one, spoken) for one in view.differs),
                )
            )
        if view.digest:
            terminal.say(f"SHA-256 {view.digest}\nEd25519 {view.public_key}\n{spoken('Signature')} {view.signature}")
    return 0 if view.state == SIGNED else 1


def _view() -> PacksView:
    with itda.open(given().workspace) as shop:
        return shop.ask(Packs())


def _state(view: PacksView) -> str:
    """What holds; and, where nothing was signed yet but a proposal waits, by what it is."""
    if view.verified.state == UNSIGNED and view.waiting:
        waits = _("Nobody activated packs or waivers here yet; a proposal waits: itda packs activate %(change)s")
        return spoken(waits, change=view.waiting[0].id)
    return spoken(_STATES[view.verified.state])


def _title(one: PackView | trial.Trial) -> str:
    return one.title_ko if code() == "ko" else one.title_en


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
        terminal.say(terminal.table(heads(_SETTINGS), rows, title=title and f"\n{title}"))


def _print_rehearsal(found: Rehearsal) -> None:
    more = _(
        "Of the past %(days)s days: it would have blocked %(blocked)s more, held %(held)s more and let through"
        " %(through)s more."
    )
    terminal.say(
        spoken(more, days=found.days, blocked=f"{found.blocked_more:,}", held=f"{found.held_more:,}",
               through=f"{found.let_through_more:,}")
    )  # fmt: skip
    if found.decisions:
        again = _("%(judged)s of %(decisions)s decisions could be judged again, %(alike)s of them as was noted then.")
        terminal.say(
            spoken(again, judged=f"{found.judged:,}", decisions=f"{found.decisions:,}", alike=f"{found.alike:,}")
        )
        gone = _("%(num)s could not: letters that the law asks for, and whatever is gone since.")
        terminal.say(spoken(gone, num=f"{found.gone:,}"))
    if found.rules:
        rows = [(one.rule, called(laws.EFFECTS, one.effect), one.messages) for one in found.rules]
        terminal.say(terminal.table(heads(_REHEARSED), rows))
    for one in found.rules:
        for case in one.examples:
            where = f"{case.message}, {words.channel(case.channel, spoken)}, {terminal.moment(case.at)}"
            terminal.say(f"  {one.rule} {saying.reason(case.why, spoken)} {where}")
