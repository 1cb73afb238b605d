"""What the columns of files are, and whether there is enough in them to match by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path

import polars as pl

from itda.base.errors import Fault, Refused
from itda.engine.matching.preparing import UNKNOWN_CODE, calling_code
from itda.engine.matching.reading import FILE, ID
from itda.identity.match.columns import Column
from itda.identity.match.inference import ALIKE, IGNORED, KINDS, Guess, Seen, guess

_NEARLY_ALL = 0.9
_IN_EMAILS = 0.25
_LOOKED_AT, _SAMPLE = 20_000, 500
_TELLING = {"given", "family", "birth", "phone", "email", "code", "address", "text"}


def understood(frame: pl.DataFrame, said: Mapping[str, str]) -> dict[str, Guess]:
    """What each column is taken for; what the user says overrides.

    Raises:
        Refused: the user names a column or a kind that is not there.
    """
    names = [name for name in frame.columns if name not in {ID, FILE}]
    _check(said, names)
    found = {name: Guess(said[name], "as you say") if name in said else guess(_seen(frame[name])) for name in names}
    _names_by_email(frame, found)
    _one_name(frame, found, said)
    return found


def _check(said: Mapping[str, str], names: Sequence[str]) -> None:
    faults = []
    for name, kind in said.items():
        if name not in names:
            near = get_close_matches(name, names, 1)
            cure = f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(names[:20])}"
            faults.append(Fault(what=f"--map: there is no column {name!r}", cure=cure))
        if kind not in KINDS:
            faults.append(Fault(what=f"--map: {kind!r} is no kind of column", cure=f"kinds are: {', '.join(KINDS)}"))
    if faults:
        raise Refused(*faults)


def _seen(values: pl.Series) -> Seen:
    some = values.drop_nulls()
    some = some.gather_every(max(1, len(some) // _LOOKED_AT)).head(_LOOKED_AT)
    distinct = some.unique().sort()
    known, different = len(some), len(distinct)
    if known == different:
        known, different = len(values) - values.null_count(), values.drop_nulls().n_unique()
    sample = distinct.gather_every(max(1, len(distinct) // _SAMPLE)).head(_SAMPLE)
    return Seen(values.name, tuple(sample.to_list()), known, different)


def _names_by_email(frame: pl.DataFrame, found: dict[str, Guess]) -> None:
    """Where no column is called a name: the texts that people's e-mail addresses are made of, family names the more."""
    mails = [name for name, taken in found.items() if taken.kind == "email"]
    if not mails or any(taken.kind in {"name", "given", "family"} for taken in found.values()):
        return
    some = frame.gather_every(max(1, frame.height // _LOOKED_AT))
    local = some[mails[0]].str.to_lowercase().str.extract(r"^([^@]+)@")
    named: list[tuple[int, str]] = []
    for name, taken in found.items():
        if taken.kind in {"text", "category"}:
            value = some[name].str.to_lowercase()
            asked = value.str.contains(r"^[^\W\d_]{3,}$") & local.is_not_null()
            both = pl.DataFrame({"value": value, "local": local}).filter(asked)
            inside = both.select(pl.col("local").str.contains(pl.col("value"), literal=True))["local"]
            if inside.sum() > _IN_EMAILS * max(len(inside), 1):
                named.append((value.n_unique(), name))
    for kind, (_, name) in zip(("given", "family"), sorted(named), strict=False):
        found[name] = Guess(kind, "e-mail addresses are made of it")


def _one_name(frame: pl.DataFrame, found: dict[str, Guess], said: Mapping[str, str]) -> None:
    """Names count once: of whole names and their parts those that more records have (the parts, if as many)."""

    def of(kind: str) -> list[str]:
        there = [name for name, taken in found.items() if taken.kind == kind]
        return sorted(there, key=lambda name: (name not in said, frame[name].null_count()))

    given, family, whole = of("given"), of("family"), of("name")
    has_parts = bool(given and family)
    if has_parts and whole:
        both = frame.select((pl.col(given[0]).is_not_null() & pl.col(family[0]).is_not_null()).sum()).item()
        is_said = given[0] in said and family[0] in said
        has_parts = is_said or (whole[0] not in said and both >= frame.height - frame[whole[0]].null_count())
    left_out = [(name, IGNORED) for name in whole[0 if has_parts else 1 :]]
    for names in (given, family):
        if whole and not has_parts:
            left_out += [(name, IGNORED) for name in names]
        left_out += [(name, "text") for name in names[1:]]
    for name, kind in left_out:
        if name not in said and found[name].kind != IGNORED:
            found[name] = Guess(kind, "says what other names say" if kind == IGNORED else "a second name")


def require_two(frame: pl.DataFrame, paths: Sequence[Path]) -> None:
    """Refuse a single record."""
    if frame.height < 2:  # noqa: PLR2004
        raise Refused(Fault(what="has one record: there is nothing to match", file=", ".join(map(str, paths))))


def is_usable(columns: Sequence[Column]) -> bool:
    """Whether anything tells people apart."""
    return any(column.kind in _TELLING for column in columns)


def require_usable(
    columns: Sequence[Column], paths: Sequence[Path], guesses: Mapping[str, Guess] | None = None
) -> None:
    """Refuse where nothing tells people apart. `columns` are those of more than one value."""
    if is_usable(columns):
        return
    alike = [name for name, one in (guesses or {}).items() if one.why == ALIKE]
    if alike:
        spoken = ", ".join(alike[:20])
        raise Refused(
            Fault(what=f"has no usable column: every record says the same, or nothing, in {spoken}",
                  cure="give columns that tell people apart", file=", ".join(map(str, paths)))
        )  # fmt: skip
    raise Refused(
        Fault(what="has no usable column: no name, birth date, phone, e-mail, number or address was found",
              cure="say what columns are with --map kind=column", file=", ".join(map(str, paths)))
    )  # fmt: skip


def require_one_country(frame: pl.DataFrame, guesses: Mapping[str, Guess], paths: Sequence[Path]) -> None:
    """Refuse files of different countries: their names, numbers and addresses are written by different rules."""
    found: dict[str, Path] = {}
    for place, path in enumerate(paths):
        country = _country(frame.filter(pl.col(FILE) == place), guesses)
        if country:
            found.setdefault(country, path)
    if len(found) > 1:
        spoken = " and ".join(f"{path.name} ({country})" for country, path in found.items())
        raise Refused(
            Fault(what=f"files are of different countries: {spoken}", file=", ".join(map(str, paths)),
                  cure="match each country alone, or take the columns that say so away with --map ignore=COLUMN")
        )  # fmt: skip


def _country(frame: pl.DataFrame, guesses: Mapping[str, Guess]) -> str:
    """What most values of a country column say, else the calling code of most phone numbers; empty where unclear."""
    for name, taken in guesses.items():
        values = frame[name].drop_nulls()
        if taken.kind == "country" and len(values):
            most, count = values.str.to_uppercase().value_counts(sort=True).row(0)
            if count >= _NEARLY_ALL * len(values):
                return str(most)
    for name, taken in guesses.items():
        values = frame[name].drop_nulls()
        if taken.kind == "phone" and len(values):
            marked = values.filter(values.str.contains(r"^(?:\+|00)[1-9]"))
            code = calling_code(marked if len(marked) * 2 > len(values) else values)
            if code != UNKNOWN_CODE:
                return f"+{code}"
    return ""
