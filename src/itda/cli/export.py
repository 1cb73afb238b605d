"""What leaves in bulk: export."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import click
import msgspec

import itda
from itda.cli import terminal
from itda.cli.options import Example, bilingual, common, given
from itda.cli.speech import several, spoken
from itda.consent.platforms import PLATFORMS
from itda.console import saying


@click.group("export")
@common
@bilingual
def export_command() -> None:
    """Take customers out, to a file."""


@export_command.command(
    "audience",
    cls=Example,
    examples=("itda export audience --for google --segment regulars --to regulars.csv --reason 'autumn campaign'",),
)
@click.option("--for", "platform", required=True, type=click.Choice(list(PLATFORMS)), help="Whose form.")
@click.option("--to", required=True, type=click.Path(path_type=Path), help="The file, CSV.")
@click.option("--segment", default="", metavar="NAME", help="Only the members of this segment.")
@click.option("--reason", default="", help="Why: kept in the access log. Needed.")
@click.option("--force", is_flag=True, help="Replace a file that is there.")
@common
@bilingual
def export_audience(platform: str, to: Path, segment: str, reason: str, force: bool) -> None:
    """Write an audience for an advertising platform, hashed as it asks for it.

    Each customer is put to the law first; whoever may not go is left out whole, and counted by the reason.
    """
    with itda.open(given().workspace) as shop:
        done = shop.export.audience(to, platform=platform, segment=segment, reason=reason, force=force)
    if given().is_json:
        terminal.json_line({"to": str(to), **msgspec.to_builtins(done)})
        return
    left = several("%(num)s customer left out", "%(num)s customers left out", done.stayed)
    terminal.say(f"{to}: {several('%(num)s customer', '%(num)s customers', done.customers)}, {left}")
    _left_out(done.why)


@export_command.command(
    "profiles",
    cls=Example,
    examples=(
        "itda export profiles --to customers.parquet --reason 'yearly analysis, ticket 41'",
        "itda export profiles --to lapsed.csv --segment lapsed --columns customer,identifier.email,consent",
    ),
)
@click.option("--to", required=True, type=click.Path(path_type=Path), help="The file: .csv or .parquet.")
@click.option("--segment", default="", metavar="NAME", help="Only the members of this segment.")
@click.option("--columns", default="", metavar="A,B", help="Only these columns or groups of them; left out: all.")
@click.option("--purpose", default="", metavar="CODE", help="To be advertised to: only who consented to this purpose.")
@click.option("--channel", default="", metavar="NAME", help="On which channel; goes with --purpose.")
@click.option("--reason", default="", help="Why: kept in the access log. Needed.")
@click.option("--force", is_flag=True, help="Replace a file that is there.")
@common
@bilingual
def export_profiles(to: Path, segment: str, columns: str, purpose: str, channel: str, reason: str, force: bool) -> None:
    """Write one row a customer.

    Identifiers by kind, traits, segments and consents, as they are at one moment, however many there are. The file
    appears when it is whole. More customers than `staff.exports_alone` of itda.yaml take a second person.
    """
    names = [name.strip() for name in columns.split(",") if name.strip()]
    with itda.open(given().workspace) as shop, terminal.progress(spoken("Exporting")) as step:
        done = shop.export.profiles(
            to, segment=segment, columns=names, reason=reason, force=force, progress=step, purpose=purpose,
            channel=channel,
        )  # fmt: skip
    if given().is_json:
        terminal.json_line({"to": str(to), **msgspec.to_builtins(done)})
        return
    columns = several("%(num)s column", "%(num)s columns", len(done.columns))
    terminal.say(f"{to}: {several('%(num)s customer', '%(num)s customers', done.customers)}, {columns}")
    if done.why:
        terminal.say(spoken("Left out, by the reason:"))
        _left_out(done.why)
    if done.is_masked:
        terminal.say(spoken("Personal values are masked: your role does not see them whole."))


def _left_out(why: Mapping[str, int]) -> None:
    for reason, many in why.items():
        words = saying.reason(reason, spoken)
        terminal.say(f"  {many:>9,}  {words}{'' if words == reason else f' ({reason})'}")
