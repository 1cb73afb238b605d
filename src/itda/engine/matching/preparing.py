"""Columns of text in the normal forms that comparisons want, and as codes of distinct values."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import polars as pl

from itda.engine.matching import korean
from itda.identity.match.columns import Column
from itda.identity.match.levels import Codes, Values, distinct, hashes
from itda.text import addresses, dates, emails, names, phones
from itda.text.hangul import FIRST, LAST

ORDER = (
    "given", "family", "birth", "phone", "email", "given_by_email", "family_by_email", "code", "address", "postcode",
    "place", "category", "text",
)  # fmt: skip
_HANGUL = f"[{FIRST}-{LAST}]"
UNKNOWN_CODE = "999"
"""No calling code is known: no country has it (ITU-T E.164)."""
_PLAIN_WORD = r"^[a-z]+$"
_SHORT = 4
"""The last digits of a phone number alone."""


def each(values: pl.Series, found: Callable[[str], str]) -> pl.Series:
    """Apply a function to each distinct value; an empty answer is no value."""
    once = values.drop_nulls().unique()
    answers = pl.Series([found(value) or None for value in once.to_list()], dtype=pl.String)
    return pl.DataFrame({"value": values}).join(
        pl.DataFrame({"value": once, "answer": answers}), on="value", how="left", maintain_order="left"
    )["answer"].alias(values.name)  # fmt: skip


def _where(
    values: pl.Series, usual: str | pl.Series, plain: Callable[[pl.Series], pl.Series], other: Callable[[str], str]
) -> pl.Series:
    """The quick way for values of the usual form (a pattern, or which they are), the thorough one for the rest."""
    usual = (values.str.contains(usual) if isinstance(usual, str) else usual) | values.is_null()
    quick = plain(values)
    if bool(usual.all()):
        return quick
    slow = each(values.set(usual, None), other)
    return pl.select(pl.when(usual).then(quick).otherwise(slow)).to_series().replace("", None).alias(values.name)


def birth(values: pl.Series, latest: int) -> pl.Series:
    """`19800408`."""
    parts = values.str.extract_groups(r"^(\d{1,2})[-/.](\d{1,2})[-/.]\d{2,4}$")
    first, second = parts.struct.field("1").cast(pl.Int16), parts.struct.field("2").cast(pl.Int16)
    is_month_first = bool((second > 12).any()) and not bool((first > 12).any())  # noqa: PLR2004

    def eight(text: str) -> str:
        year, month, day = dates.parsed(text, latest, is_month_first=is_month_first)
        return f"{year:04}{month:02}{day:02}" if year or month else ""

    return _where(values, r"^\d{4}-\d{2}-\d{2}$", lambda all_: all_.str.replace_all("-", "", literal=True), eight)


def phone(values: pl.Series) -> pl.Series:
    """Digits as dialled in the country."""
    code = calling_code(values)

    def quick(numbers: pl.Series) -> pl.Series:
        bare = numbers.str.replace_all(r"[^\d]", "")
        is_short = bare.str.len_bytes() <= _SHORT
        return pl.select(pl.when(is_short).then(bare).otherwise(bare.str.strip_chars_start("0"))).to_series()

    return _where(values, r"^(?:0[1-9][\d\- ]{6,12}|\d{4})$", quick, lambda text: phones.digits(text, code))


def calling_code(values: pl.Series) -> str:
    """The calling code that most numbers with a plus have; 82 where Korean mobile numbers are; else none."""
    marked = values.drop_nulls().str.extract(r"^(?:\+|00)(\d{2})").drop_nulls()
    korean_mobile = int(values.str.contains(r"^\(?01[016789][\d\- )]{7,11}$").sum())
    if len(marked) and len(marked) > 0.02 * values.len():
        code = str(marked.value_counts(sort=True)[marked.name or ""][0])
        return "1" if code.startswith("1") else "7" if code.startswith("7") else code
    return "82" if korean_mobile > 0.3 * max(len(values.drop_nulls()), 1) else UNKNOWN_CODE


def email(values: pl.Series) -> pl.Series:
    """One form a mailbox."""
    low = values.str.to_lowercase().str.replace_all(" ", "", literal=True).str.strip_prefix("mailto:")
    is_special = low.str.contains(r"\+|\..*@gmail\.|@(?:googlemail\.com|hanmail2?\.net|protonmail\.com|pm\.me)$")
    return _where(low, ~is_special, lambda plain: plain, emails.mailbox)


def name_part(values: pl.Series) -> pl.Series:
    """A given or a family name."""
    return _where(values.str.to_lowercase(), _PLAIN_WORD, lambda plain: plain, names.normal)


def place(values: pl.Series) -> pl.Series:
    """Lower case, no punctuation."""
    return values.str.to_lowercase().str.replace_all(r"[^\w]+|_", " ").str.strip_chars().replace("", None)


def postcode(values: pl.Series) -> pl.Series:
    """No spaces and signs."""
    return _where(values.str.to_lowercase(), r"^[a-z\d]+$", lambda plain: plain, addresses.postcode)


def code(values: pl.Series) -> pl.Series:
    """Letters and digits alone, in lower case."""
    return values.str.to_lowercase().str.replace_all(r"[^\p{L}\p{N}*]", "").replace("", None)


def address(values: pl.Series) -> pl.Series:
    """Lower case, no punctuation; a Korean address in its parts."""
    return _where(values.str.to_lowercase(), rf"^[^{FIRST}-{LAST}]+$", place, addresses.normal)


_FORMS: Mapping[str, Callable[[pl.Series], pl.Series]] = {
    "phone": phone, "email": email, "code": code, "address": address, "postcode": postcode, "place": place,
    "category": place, "text": place,
}  # fmt: skip


def encoded(values: Sequence[pl.Series]) -> tuple[list[Codes], Values]:
    """Codes of one or more columns over one list of distinct values; -1 where there is none."""
    joined = pl.concat([series.alias("value") for series in values])
    first, codes = distinct(hashes(joined))
    return np.split(codes, len(values)), Values(joined.gather(pl.Series(first)))


def columns(frame: pl.DataFrame, kinds: Mapping[str, str], latest: int) -> list[Column]:
    """The columns that are evidence, names first. `kinds` by column; `latest` is the last year of birth."""
    made: list[Column] = []
    given, family = persons(frame, kinds)
    if family is None and given is not None:
        (codes,), values = encoded([given])
        made.append(Column(given.name, "given", codes, values))
    elif given is not None and family is not None:
        (one, two), values = encoded([given, family])
        made += [Column(given.name, "given", one, values), Column(family.name, "family", two, values)]
    others = _others(frame, kinds, latest)
    written = [frame[name] for name, kind in kinds.items() if kind in {"given", "family", "name"}]
    for label, kind, series in [*others, *_by_email(given, family, others, written)]:
        (codes,), values = encoded([series])
        made.append(Column(label, kind, codes, values))
    made = [column for column in made if len(column.values) > 1]
    return sorted(made, key=lambda column: (ORDER.index(column.kind), -len(column.values)))


def persons(frame: pl.DataFrame, kinds: Mapping[str, str]) -> tuple[pl.Series | None, pl.Series | None]:
    """Given and family names; taken from whole names where they are not apart."""
    first = {kind: name for name, kind in reversed(list(kinds.items())) if kind in {"given", "family", "name"}}
    apart = [frame[first[kind]] for kind in ("given", "family") if kind in first]
    if len(apart) == 2:  # noqa: PLR2004
        if korean.is_korean(*apart):
            whole = pl.select(pl.concat_str(apart[1], apart[0], ignore_nulls=True, separator=" ")).to_series()
            both = apart[0].is_not_null() & apart[1].is_not_null()
            given, family = korean.parts(whole.set(~both, None))
            single = [korean.single(series.set(both, None)) for series in apart]
            return given.alias(apart[0].name).fill_null(single[0]), family.alias(apart[1].name).fill_null(single[1])
        return name_part(apart[0]), name_part(apart[1])
    if "name" in first:
        whole = frame[first["name"]]
        if korean.is_korean(whole):
            given, family = korean.parts(whole)
        else:
            given, family = _halves(whole)
        return given.alias(f"{whole.name}: given"), family.alias(f"{whole.name}: family")
    if apart:
        return name_part(apart[0]), None
    return None, None


def _by_email(
    given: pl.Series | None,
    family: pl.Series | None,
    others: Sequence[tuple[str, str, pl.Series]],
    written: Sequence[pl.Series],
) -> list[tuple[str, str, pl.Series]]:
    """Names, and for records that lack one or hide it what their first address says. `written`: names as they came."""
    mails = [(label, series) for label, kind, series in others if kind == "email"][:1]
    hidden = r"\*" if mails and korean.is_korean(*written) else r"\*|^.$"
    found = []
    for kind, own in (("given", given), ("family", family)):
        if own is None:
            continue
        for label, mail in mails:
            lacks = own.is_null() | own.str.contains(hidden)
            says = each(mail.set(~lacks, None), emails.says)
            if says.null_count() < len(says):
                found.append((f"{label}: {kind}", f"{kind}_by_email", own.set(lacks, None).fill_null(says)))
    return found


def _halves(whole: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Given and family name of Latin names."""
    low = whole.str.to_lowercase()
    normal = _where(low, r"^[a-z]+ [a-z]+$", lambda plain: plain, lambda text: "\t".join(names.parts(text)[::-1]))
    halves = normal.str.extract_groups(r"^([^\t ]*)(?:[^\t]*\t| )(.*)$")
    lone = pl.select(pl.when(normal.str.contains(r"[\t ]")).then(None).otherwise(normal)).to_series()
    given, family = halves.struct.field("1").replace("", None), halves.struct.field("2").replace("", None)
    return given.fill_null(lone), family


def _others(frame: pl.DataFrame, kinds: Mapping[str, str], latest: int) -> list[tuple[str, str, pl.Series]]:
    numbers = [name for name, kind in kinds.items() if kind == "number"]
    found: list[tuple[str, str, pl.Series]] = []
    for name, kind in kinds.items():
        if kind == "birth":
            found.append((name, kind, birth(frame[name], latest)))
        elif kind == "address" and numbers:
            number = frame[numbers.pop(0)]
            whole = pl.select(pl.concat_str(number, frame[name], separator=" ", ignore_nulls=True)).to_series()
            found.append((name, kind, address(whole.replace("", None))))
        elif kind in _FORMS:
            found.append((name, kind, _FORMS[kind](frame[name])))
    return found
