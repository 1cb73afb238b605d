"""The reference of rules: packs with their values, the rule book with its tests, and the brand's own rules."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

import msgspec

RULE_BOOK = Path(__file__).parents[1] / "docs" / "rulebook.toml"
"""Which rule is enforced by which tests, or why it is not."""


def _rule_book(packed: Mapping[str, str]) -> Iterator[str]:
    """Every rule of the rule book: by which tests it is enforced, or why it is not. `packed`: rule → its pack."""
    book = tomllib.loads(RULE_BOOK.read_text(encoding="utf-8"))
    number = sum("tests" in one for one in book.values())
    yield from ("## The rule book", "")
    yield (
        f"{number} of {len(book)} rules are enforced, each by tests that name it; the others say why not. Where it says"
        " so counsel must confirm, as whatever is marked M. What a source says is followed by how it was read. NA is"
        " the Network Act, NAD its decree; PIPA the Personal Information Protection Act, PIPAD its decree; ECD the"
        " decree of the E-Commerce Act; LOC the Location Information Act."
    )
    yield from ("", "| rule | what it says | source | mark | enforced |", "| --- | --- | --- | --- | --- |")
    for name, one in book.items():
        tests = ", ".join(f"`{test.rpartition('::')[2]}`" for test in one.get("tests", ()))
        pack = f"pack {packed[name]}; " if name in packed else ""
        bounds = f" ({one['but']})" if "but" in one else ""
        asked = f"; counsel must confirm: {one['counsel']}" if "counsel" in one else ""
        told = (f"{pack}{tests}{bounds}" if tests else f"not enforced: {one['why']}") + asked
        yield f"| {name} | {one['rule'].replace('|', '/')} | {one['source']} | {one['mark']} | {told} |"
    yield ""


def page(fields: Callable[[type[msgspec.Struct]], Iterable[str]]) -> str:
    """Every rule of law and providers with its source, the values of the packs, and the brand's rules."""
    from itda.consent.packs import KINDS  # noqa: PLC0415
    from itda.decisions.rules import KINDS as BRAND  # noqa: PLC0415

    lines = [
        "# Rules",
        "",
        (
            "What every message is held to. The mark says how a source was read: P the law's own text, S a secondary"
            " page, M from memory, to be verified. No waiver touches what is hard. Not legal advice."
        ),
        "",
    ]
    for pack in KINDS.values():
        lines.extend(
            [
                f"## {pack.name}: {pack.title_en} ({pack.title_ko})",
                "",
                f"Version {pack.version} from {pack.since}, layer {pack.layer}.",
                "",
            ]
        )
        lines.extend(
            [
                "| rule | what it says | when | source | mark | hard | examples |",
                "| --- | --- | --- | --- | --- | --- | --- |",
            ]
        )
        for rule in pack.pack().rules:
            told = (
                rule.id, rule.sentence, ", ".join(rule.stages), rule.source, rule.mark, "hard" if rule.hard else "",
                str(len(rule.examples)),
            )  # fmt: skip
            lines.append(f"| {' | '.join(told)} |")
        lines.extend(
            ["", f"`packs: {pack.name}:` in consent.yaml may make these stricter.", "", *fields(pack.parameters), ""]
        )
    lines.extend(_rule_book({rule.id: pack.name for pack in KINDS.values() for rule in pack.pack().rules}))
    lines.extend(["## Rules of the brand", "", "Asked where `brand:` in consent.yaml names them.", ""])
    for own in BRAND.values():
        lines.extend([f"### {own.name}", "", own.sentence, "", *fields(own.arguments), ""])
    from itda.decisions.rules.caps import Cap  # noqa: PLC0415

    lines.extend(["### One of `limits` of caps", "", *fields(Cap), ""])
    return "\n".join(lines).rstrip() + "\n"
