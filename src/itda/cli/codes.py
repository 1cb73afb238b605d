"""Codes for receipts and coupons."""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import click

from itda.base.counted import counted
from itda.base.errors import Fault, Refused
from itda.cli import terminal
from itda.cli.options import Example, common, given
from itda.engine import setting_up

MOST = 1_000_000


@click.group("codes")
@common
def codes_command() -> None:
    """Make codes that tie a receipt or a coupon to whoever scans it."""


@codes_command.command(
    "make",
    cls=Example,
    examples=("itda codes make receipts --count 500 > codes.csv", "itda codes make receipts --qr qr"),
)
@click.argument("source")
@click.option("--count", default=1, show_default=True, type=click.IntRange(1, MOST), help="So many.")
@click.option("--qr", type=click.Path(path_type=Path, file_okay=False), help="Write a QR code of each here, as SVG.")
@common
def codes_make(source: str, count: int, qr: Path | None) -> None:
    """Make new codes of a source.

    They are printed as CSV with the columns code and url, or as one line of JSON. Nothing is kept of them: a code
    is known as ours by itself.
    """
    made = setting_up.make_codes(given().workspace, source, count)
    if qr is not None:
        with terminal.progress("Drawing") as step:
            _draw(made.codes, qr, step)
    if given().is_json:
        terminal.json_line({"source": made.source, "codes": [{"code": code, "url": url} for code, url in made.codes]})
        return
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(("code", "url"))
    writer.writerows(made.codes)
    if qr is not None:
        terminal.note(f"{counted(len(made.codes), 'QR code')} in {qr}")


def _draw(made: list[tuple[str, str]], folder: Path, step: terminal.Step) -> None:
    try:
        import segno  # noqa: PLC0415 - an extra
    except ImportError:
        raise Refused(Fault(what="QR codes need segno", cure="pip install 'itda[codes]'")) from None
    folder.mkdir(parents=True, exist_ok=True)
    for done, (code, url) in enumerate(made, 1):
        segno.make(url, error="m", micro=False).save(str(folder / f"{code}.svg"), scale=4)
        step(done, len(made))
