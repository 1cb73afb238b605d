"""What people consented to and what may be sent to them: consent show, record, import; decide."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import msgspec

import itda
from itda.base.errors import Fault, Refused
from itda.cli import terminal
from itda.cli.options import Example, bilingual, common, given
from itda.cli.speech import called, heads, several, spoken
from itda.consent.forms import snapshot
from itda.console import details, laws, saying, words
from itda.console.language import mark as _
from itda.engine.commands.consent import RecordConsent
from itda.engine.naming import identifier, named
from itda.engine.questions.consent import ActView, ConsentOf, ConsentView, DecisionView, ReasonView, WouldSend
from itda.engine.questions.receipts import ConsentReceipt
from itda.engine.shop import Shop

_STANDINGS = {_("Purpose"): "", _("Channel"): "", _("Address"): "", _("Standing"): "", _("Since"): "@",
              _("To be confirmed by"): ""}  # fmt: skip
_ACTS = {_("When"): "@", _("Who"): "", _("Did"): "", _("Purpose"): "", _("Channel"): "", _("Text shown"): "",
         _("Taken at"): ""}  # fmt: skip
_OWED = {_("Duty"): "", _("Due"): "@", _("After they"): "", _("When"): "@"}
_ADDED = {_("Where"): "", _("What is added"): ""}


class _Consent(click.Group):
    """`itda consent WHO` shows, `itda consent record WHO` writes."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Whatever is no command names a customer."""
        if args and args[0] not in self.commands:
            args = ["show", *args]
        return super().resolve_command(ctx, args)


@click.group("consent", cls=_Consent)
@common
@bilingual
def consent_command() -> None:
    """Look at what a customer consented to, or write down what they said."""


@consent_command.command(
    "show", cls=Example, examples=("itda consent email:minji@shop.example", "itda consent show membership:1 --json")
)
@common
@bilingual
@click.argument("who", metavar="KIND:VALUE|ID")
def consent_show(who: str) -> None:
    """Show a customer's consents: how they stand, every act in the ledger, and what is owed.

    `show` may be left out.
    """
    with itda.open(given().workspace) as shop:
        view = shop.ask(ConsentOf(named(who, _kinds(shop))))
    if view is None:
        raise Refused(f"no customer has {who}")
    if given().is_json:
        terminal.json_line(view)
        return
    _print(view)


@consent_command.command(
    "record",
    cls=Example,
    examples=(
        "itda consent record email:minji@shop.example --action grant --channel email --text ads-email@1/ko",
        "itda consent record phone:010-2222-3333 --action withdraw --channel sms --source 080",
    ),
)
@common
@bilingual
@click.argument("who", metavar="KIND:VALUE")
@click.option(
    "--action", required=True, type=click.Choice(["grant", "refuse", "withdraw", "confirm"]), help="What was done."
)
@click.option("--channel", required=True, help="On which channel; `any` for all of them.")
@click.option("--purpose", default="ad_receive", show_default=True, help="For what.")
@click.option("--text", default="", help="The text that was shown: NAME@VERSION/LANGUAGE.")
@click.option("--evidence", default="", help="Where it is kept that they did so; sealed.")
@click.option("--at", "when", default="", help="When (ISO 8601, without a zone the workspace's); left out: now.")
@click.option("--source", default="console", show_default=True, help="Where it was done, such as store:12.")
@click.option("--key", default="", help="Its id elsewhere: told twice it is written once.")
@click.option("--reason", default="", help="Why you write it down; sealed.")
def consent_record(who: str, when: str, source: str, reason: str, **act: Any) -> None:
    """Write down an act of consent.

    It counts at once, also for messages that wait. The ledger is only ever added to.
    """
    with itda.open(given().workspace) as shop:
        command = RecordConsent(
            who=identifier(who, _kinds(shop)), occurred_at=terminal.read(when), collector=source, **act
        )  # fmt: skip
        done = shop.act(command, reason)
    if given().is_json:
        terminal.json_line(done)
    elif done.is_new:
        terminal.say(spoken("Written. See how it stands: itda consent %(who)s", who=who))
    else:
        terminal.say(spoken("This is in the ledger already; nothing was written."))


@consent_command.command(
    "receipt", cls=Example, examples=("itda consent receipt email:minji@shop.example --json > receipt.json",)
)
@common
@bilingual
@click.argument("who", metavar="KIND:VALUE|ID")
def consent_receipt(who: str) -> None:
    """Write a receipt of a customer's consents, as ISO/IEC TS 27560 structures it, in terms of DPV (JSON-LD)."""
    with itda.open(given().workspace) as shop:
        told = shop.ask(ConsentReceipt(named(who, _kinds(shop))))
    if told is None:
        raise Refused(f"no customer has {who}")
    if given().is_json:
        terminal.json_line(told)
    else:
        terminal.say(msgspec.json.format(msgspec.json.encode(told), indent=2).decode())


@consent_command.command("form", cls=Example, examples=("itda consent form signup --lang en > signup.html",))
@common
@click.argument("name")
@click.option("--lang", "language", default="", help="In which language; left out: the shop's first.")
def consent_form(name: str, language: str) -> None:
    """Print a form of consent.yaml as HTML, to be put into a page.

    One empty box for each text; it works without a script, and with ours it stays on the page.
    """
    from itda.engine.commands.forms import html_of  # noqa: PLC0415 - printed once
    from itda.workspace.load import load  # noqa: PLC0415

    workspace = load(given().workspace)
    form = workspace.consent.forms.get(name)
    if form is None:
        known = ", ".join(workspace.consent.forms) or "none"
        raise Refused(Fault(what=f"there is no form {name}", cure=f"forms in consent.yaml: {known}"))
    html = html_of(workspace, form, language or workspace.languages[0])
    base = workspace.email.base_url if workspace.email is not None else ""
    if not base:
        terminal.note(spoken("channels.yaml names no address of your doors: put theirs before /f/"))
    script = f'<script src="{base}/f/form.js" defer></script>'
    if given().is_json:
        terminal.json_line({"form": name, "html": f"{html}\n{script}", "snapshot": snapshot(html)})
    else:
        terminal.say(f"{html}\n{script}")


@consent_command.command(
    "import",
    cls=Example,
    examples=("itda consent import agreed-2024.csv --dry-run", "itda consent import agreed-2024.csv --source crm"),
)
@common
@bilingual
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Say what would become of each row; write nothing.")
@click.option("--source", default="", help="Where they were given, such as crm-2024; left out: the file's name.")
@click.option("--reason", default="", help="Why you bring them in; sealed.")
def consent_import(file: Path, dry_run: bool, source: str, reason: str) -> None:
    """Bring in consents that were given before, each with what shows it.

    A CSV file or JSON lines: columns named as identifiers (email, phone, membership …), and channel, purpose, action,
    text (NAME@VERSION/LANGUAGE), evidence (where a scan is kept), at, key. A row without text and evidence is refused;
    what rests on evidence alone counts once a second person approved the file.
    """
    from itda.cli.consent_file import bring, read  # noqa: PLC0415 - only who imports reads files

    rows, digest = read(file)
    with itda.open(given().workspace) as shop:
        refused = bring(shop, rows, digest, source or f"file:{file.stem}", reason, is_dry=dry_run)
    if refused:
        raise SystemExit(terminal.REFUSED)


@click.command(
    "decide",
    cls=Example,
    examples=(
        "itda decide --channel push --at 2026-11-22T22:30+09:00 --customer membership:1",
        "itda decide --pack kr --channel email --class informational --customer membership:1",
    ),
)
@common
@bilingual
@click.option("--customer", required=True, metavar="KIND:VALUE|ID", help="Whom it is meant for.")
@click.option("--channel", required=True, help="On which channel.")
@click.option(
    "--class", "message_class", default="advertising", show_default=True,
    type=click.Choice(["advertising", "informational"]), help="What it is.",
)  # fmt: skip
@click.option("--at", "when", default="", help="When (ISO 8601, without a zone the workspace's); left out: now.")
@click.option("--message", default="", help="A message of the workspace; its own class counts.")
@click.option("--pack", default="", help="By this pack alone, or those of a country such as kr, and what always holds.")
def decide_command(customer: str, channel: str, message_class: Any, when: str, message: str, pack: str) -> None:
    """Say what the gate would make of a message: send, hold or drop, by which rules.

    At a moment of the past by the packs, values and waivers that held then, and by what is known of the customer today.
    Nothing is written and nothing is sent.
    """
    with itda.open(given().workspace) as shop:
        question = WouldSend(
            who=named(customer, _kinds(shop)), channel=channel, message_class=message_class, at=terminal.read(when),
            message=message, pack=pack,
        )  # fmt: skip
        view = shop.ask(question)
    if view is None:
        raise Refused(f"no customer has {customer}")
    if given().is_json:
        terminal.json_line(view)
        return
    _print_decision(view)


def _kinds(shop: Shop) -> tuple[str, ...]:
    return tuple(kind.name for kind in shop.workspace.policy.kinds)


def _print(view: ConsentView) -> None:
    if not view.acts:
        terminal.say(spoken("Nothing was ever said."))
        return
    standings = [
        (called(saying.PURPOSES, one.purpose), words.channel(one.channel, spoken), one.contact,
         called(saying.CONSENTS, one.status), terminal.when(one.since), one.confirm_by)
        for one in view.standings
    ]  # fmt: skip
    terminal.say(terminal.table(heads(_STANDINGS), standings))
    acts = [
        (terminal.when(one.occurred_at), one.who, called(saying.ACTS, one.action), called(saying.PURPOSES, one.purpose),
         words.channel(one.channel, spoken), one.text, _taken(one))
        for one in view.acts
    ]  # fmt: skip
    terminal.say(terminal.table(heads(_ACTS), acts, title=f"\n{spoken('Ledger of consents')}"))
    if view.left_off:
        terminal.say(several("%(num)s more is not shown here.", "%(num)s more are not shown here.", view.left_off))
    if view.tasks:
        owed = [
            (called(saying.TASKS, one.kind), terminal.when(one.due_at), called(saying.ACTS, one.action),
             terminal.when(one.occurred_at))
            for one in view.tasks
        ]  # fmt: skip
        terminal.say(terminal.table(heads(_OWED), owed, title=f"\n{spoken('Duties')}"))


def _taken(one: ActView) -> str:
    """Where an act was told."""
    if one.is_copy:
        return spoken("by a joined identifier")
    return f"{one.source} ({called(saying.DOUBTS, one.doubt)})" if one.doubt else one.source


def _print_decision(view: DecisionView) -> None:
    until = "" if view.until is None else spoken("until %(time)s", time=terminal.moment(view.until))
    why = saying.reason(view.why, spoken) if view.why else ""
    terminal.say(" · ".join(filter(None, (called(saying.VERDICTS, view.decision), until, why))))
    for one in view.reasons:
        _print_reason(one)
    if view.changes:
        changes = [
            (called(laws.ADDED, one.kind), " ".join(part for part in (one.name, one.value, one.link) if part))
            for one in view.changes
        ]
        terminal.say(terminal.table(heads(_ADDED), changes))


def _print_reason(one: ReasonView) -> None:
    """What a rule says of the message, and below it what the rule is and where it is from."""
    why = saying.reason(f"{one.rule} {one.code}", spoken)
    added = details.detail(one.detail, spoken)
    terminal.say(
        f"{one.rule:<8}{called(laws.FORCES, one.action)}: {why} ({', '.join(filter(None, (one.code, added)))})"
    )
    rule = laws.rule(one.rule, spoken)
    if rule.id:
        terminal.say(f"{'':<8}{rule.sentence} {rule.source}")
