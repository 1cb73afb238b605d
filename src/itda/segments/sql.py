"""The words that segments are asked in of the whole lake: DuckDB's SQL, made here and run by whoever holds the lake.

SQL and not Ibis: properties are JSON with lists in them, which Ibis cannot unnest by path, and the order fold that
every count of orders reads is SQL already. With the live evaluation this shares the definitions and the calendar, and
nothing else.

A question asks for the relations
- `told(customer, event_id, source, channel, name, type, occurred_at, local_date, properties)`: accepted events, with
  `context` where a trait looks at surroundings,
- `placed(customer, placed_at, local_date, channel, source, currency, net_minor)`: the orders that count,
- `consent_of(customer, purpose, channel, status)`: what the ledger says, and
- `customers(customer)`: who is asked about;
and for the macros MACROS.
"""

from __future__ import annotations

from itda.base.errors import Refused
from itda.base.instant import DAY
from itda.base.instant import HOUR as AN_HOUR
from itda.base.windows import Buckets, Window
from itda.events.names import EFFECTS
from itda.profiles.events import AROUND, HOUR, OF_THE_EVENT, Events, Scalar, Test, words
from itda.sources.definition import OWN

MACROS = (
    r"""create or replace temp macro plain_number(written) as
    case when regexp_full_match(written, '[+-]?\d{1,3}(,\d{3})+(\.\d+)?') then replace(written, ',', '')
      else written end""",
    """create or replace temp macro exact(json) as try_cast(
    case json_type(json) when 'VARCHAR' then plain_number(trim(json ->> '$'))
      when 'UBIGINT' then json ->> '$' when 'BIGINT' then json ->> '$' when 'DOUBLE' then json ->> '$' end
    as decimal(38, 20))""",
    """create or replace temp macro number_of(json) as
    case when abs(exact(json)) < 1000000000000000 then exact(json) end""",
    """create or replace temp macro decimal_text(exact) as
    case when exact = 0 then '0' else rtrim(rtrim(exact::varchar, '0'), '.') end""",
    """create or replace temp macro text_of(json) as
    case json_type(json) when 'VARCHAR' then nullif(json ->> '$', '') when 'BOOLEAN' then json ->> '$'
      when 'UBIGINT' then decimal_text(number_of(json)) when 'BIGINT' then decimal_text(number_of(json))
      when 'DOUBLE' then decimal_text(number_of(json)) end""",
    """create or replace temp macro nearest_even(part) as trunc(part)::hugeint + case
      when part - trunc(part) > 0.5 then 1
      when part - trunc(part) = 0.5 and trunc(part)::hugeint % 2 = 1 then 1
      else 0 end""",
    """create or replace temp macro micros_of(exact) as
    sign(exact)::hugeint * (trunc(abs(exact))::hugeint * 1000000
      + nearest_even((abs(exact) - trunc(abs(exact)))::decimal(21, 20) * 1000000::decimal(7, 0)))""",
    """create or replace temp macro of_micros(sum) as (case when sum < 0 then '-' else '' end
      || (abs(sum) // 1000000)::varchar || '.' || lpad((abs(sum) % 1000000)::varchar, 6, '0'))::json""",
    """create or replace temp macro items_of(json) as
    case json_type(json) when 'ARRAY' then json_extract(json, '$[*]') when 'NULL' then [] else [json] end""",
)
_LISTS_IN_LISTS = 2


class Batch:
    """One question being put together, about the time `now`."""

    def __init__(self, zone: Buckets, currency: str, now: int) -> None:
        self.zone = zone
        self.currency = currency
        self.now = now
        self._joined: dict[str, str] = {}

    def join(self, select: str) -> str:
        """The alias of a subselect of (customer, …) that is joined to the customers; one a customer at most."""
        return self._joined.setdefault(select, f"j{len(self._joined)}")

    @property
    def joins(self) -> str:
        """The joins asked for."""
        return "\n".join(f"left join ({select}) {name} using (customer)" for select, name in self._joined.items())

    def within(self, window: Window | None, at: str = "occurred_at") -> str:
        """The condition that a row lies in the window; `at` is the column of its time."""
        if window is None:
            return "true"
        since, until = self.zone.span(window, self.now)
        if window.unit == "days":
            return f"local_date between {since} and {until}"
        return f"{at} >= {self._first_moment(window, since)} and {at} <= {self.now}"

    def value(self, path: str) -> str:
        """What a trait looks at in an event, as `value_at`: the hour of the day and the surroundings too."""
        if path == HOUR:
            shifts = self.zone.shifts(self.now + DAY)
            ahead = " ".join(f"when occurred_at >= {since} then {shift}" for since, shift in reversed(shifts))
            local = f"occurred_at + case {ahead} else {shifts[0][1]} end"
            return f"to_json(lpad(((({local}) % {DAY}) // {AN_HOUR})::varchar, 2, '0'))"
        if path.startswith(AROUND):
            return f"json_extract(context, {json_path(path.removeprefix(AROUND))})"
        return value_at(path)

    def _first_moment(self, window: Window, since: int) -> int:
        """When the first hour of the window began: hours begin where they begin, also where the clock shifts."""
        at = self.zone.begins(window, since)
        while self.zone.hour(at) < since:
            at += 15 * 60_000_000
        return at


def chosen(events: Events) -> str:
    """The condition that a row of `told` is one of these events."""
    parts = [
        f"{column} in ({', '.join(text(word) for word in words(value))})"
        for column, value in (("name", events.name), ("channel", events.channel), ("source", events.source))
        if words(value)
    ]
    effects = sorted(EFFECTS.intersection(words(events.name)))
    if effects and not words(events.source):
        parts.append(f"(source = {text(OWN.name)} or name not in ({', '.join(map(text, effects))}))")
    for path, test in events.where.items():
        parts.append(holds(test if isinstance(test, Test) else Test(equals=test), value_at(path)))
    return " and ".join(parts) or "true"


def value_at(path: str) -> str:
    """The value at a path of an event, as JSON; a list for a path with `[]`; NULL where there is none."""
    if path in OF_THE_EVENT:
        return f"to_json({path.removeprefix('event.')})"
    if "[]" not in path:
        return f"json_extract(properties, {json_path(path)})"
    holder = f"json_extract(properties, {json_path(path[: path.index('[]')])})"
    found = f"json_extract(properties, {json_path(path)})"
    return (
        f"case when json_type({holder}) = 'ARRAY' "
        f"then to_json(list_filter({found}, lambda one: json_type(one) <> 'NULL')) end"
    )


def json_path(path: str) -> str:
    """A dotted path as a literal of JSON's path language."""
    if '"' in path or "\\" in path:
        raise Refused(f"{path!r} has a sign that no path has")
    parts = "".join(f'."{part[:-2]}"[*]' if part.endswith("[]") else f'."{part}"' for part in path.split("."))
    return text(f"${parts}")


def holds(test: Test, value: str, depth: int = _LISTS_IN_LISTS) -> str:
    """The condition that a JSON value passes a test; of a list it is enough that one item does."""
    missing = "true" if test == Test(set=False) else "false"
    inner = f"x{depth}"
    in_list = (
        f"when json_type({value}) = 'ARRAY' then coalesce(list_bool_or(list_transform("
        f"json_extract({value}, '$[*]'), lambda {inner}: {holds(test, inner, depth - 1)})), false) "
        if depth
        else ""
    )
    return (
        f"(case when {value} is null or json_type({value}) = 'NULL' then {missing} "
        f"{in_list}else {_of_one(test, value)} end)"
    )


def text(value: str) -> str:
    """A text as a literal."""
    return "'" + value.replace("'", "''") + "'"


def _of_one(test: Test, value: str) -> str:
    if test.set is False:
        return "false"
    parts = []
    if test.equals is not None:
        parts.append(_same(value, test.equals))
    if test.one_of:
        parts.append("(" + " or ".join(_same(value, one) for one in test.one_of) + ")")
    if test.unlike is not None:
        parts.append(f"not {_same(value, test.unlike)}")
    if test.at_least is not None:
        parts.append(f"coalesce(number_of({value}) >= {_decimal(test.at_least)}, false)")
    if test.at_most is not None:
        parts.append(f"coalesce(number_of({value}) <= {_decimal(test.at_most)}, false)")
    return " and ".join(parts) or "true"


def _same(value: str, wanted: Scalar) -> str:
    if isinstance(wanted, bool):
        return f"coalesce(json_type({value}) = 'BOOLEAN' and ({value} ->> '$') = '{str(wanted).lower()}', false)"
    if isinstance(wanted, str):
        return f"coalesce(json_type({value}) = 'VARCHAR' and ({value} ->> '$') = {text(wanted)}, false)"
    numbers = f"json_type({value}) in ('BIGINT', 'UBIGINT', 'DOUBLE')"
    return f"coalesce({numbers} and exact({value}) = {_decimal(wanted)}, false)"


def _decimal(value: float) -> str:
    return f"{value!r}::decimal(38, 20)"
