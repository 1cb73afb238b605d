"""A metric's expression as one question of SQL. Loads Ibis: import it late."""

from __future__ import annotations

from typing import Literal

import ibis
import msgspec

from itda.measure.definition import By, Parameters
from itda.measure.facts import Facts
from itda.measure.metrics import METRICS

Dialect = Literal["duckdb", "pyspark"]


class Phrase(msgspec.Struct, frozen=True):
    """A question of SQL, and the tables of facts that it asks for. Its columns: series, part, n, d."""

    sql: str
    tables: frozenset[str]


def phrase(name: str, by: By, parameters: Parameters, dialect: Dialect = "duckdb") -> Phrase:
    """The question of a metric, split by something it may be split by, or by nothing."""
    facts = Facts(parameters, by)
    told = METRICS[name].expression(facts)
    return Phrase(str(ibis.to_sql(told, dialect=dialect)), frozenset(facts.used))
