"""Splink's models, one for each kind of set; this runs in the peers' environment, which knows nothing of us.

Where Splink's documentation works an example on a set, the model here is that example's: comparisons, blocking,
deterministic rules, training sessions, random pairs and seeds where it gives one (`febrl3`, `febrl4` detailed,
`deduplicate_50k_synthetic`; for `fake_1000` the comparisons of `link_only` with the blocking and training of
`accuracy_analysis_from_labels_column`, which did best of its documented models). For customers' files, which it has no
example of, the models are written after its guides: library comparisons for each kind of column, term frequencies,
blocking on each strong column, three training sessions. Values are cleaned before, as its guides ask.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import splink.comparison_library as cl
from splink import block_on

SEED = 1


class Model(NamedTuple):
    """What Splink is told about a set."""

    comparisons: list[Any]
    blocking: list[Any]
    certain: list[Any]
    """Rules whose pairs are as good as surely one person, for the share of matches among all pairs."""
    recall: float
    training: list[Any]
    random_pairs: float
    is_link: bool = False
    columns: str = "*"
    """What is selected of the file: cleaned columns, and such as are made of others."""
    without_frequencies: bool = True


def frequent(comparison: Any) -> Any:
    """With its term frequencies."""
    return comparison.configure(term_frequency_adjustments=True)


def fake_1000() -> Model:
    """Names, birth date, city and e-mail."""
    return Model(
        comparisons=[
            cl.NameComparison("first_name"),
            cl.NameComparison("surname"),
            cl.DateOfBirthComparison("dob", input_is_string=True),
            frequent(cl.ExactMatch("city")),
            cl.EmailComparison("email"),
        ],
        blocking=[block_on(one) for one in ("first_name", "surname", "dob", "email")],
        certain=[
            "l.first_name = r.first_name and levenshtein(r.dob, l.dob) <= 1",
            "l.surname = r.surname and levenshtein(r.dob, l.dob) <= 1",
            "l.first_name = r.first_name and levenshtein(r.surname, l.surname) <= 2",
            "l.email = r.email",
        ],
        recall=0.7,
        training=[block_on("dob"), block_on("email"), block_on("first_name", "surname")],
        random_pairs=1e6,
    )


def historical() -> Model:
    """Persons of Wikidata with errors."""
    return Model(
        columns="*, first_name || ' ' || surname as first_name_surname_concat",
        comparisons=[
            cl.ForenameSurnameComparison(
                "first_name", "surname", forename_surname_concat_col_name="first_name_surname_concat"
            ),
            cl.DateOfBirthComparison("dob", input_is_string=True),
            cl.PostcodeComparison("postcode_fake"),
            frequent(cl.ExactMatch("birth_place")),
            frequent(cl.ExactMatch("occupation")),
        ],
        blocking=[
            block_on("substr(first_name,1,3)", "substr(surname,1,4)"),
            block_on("surname", "dob"),
            block_on("first_name", "dob"),
            block_on("postcode_fake", "first_name"),
            block_on("postcode_fake", "surname"),
            block_on("dob", "birth_place"),
            block_on("substr(postcode_fake,1,3)", "dob"),
            block_on("substr(postcode_fake,1,3)", "first_name"),
            block_on("substr(postcode_fake,1,3)", "surname"),
            block_on("substr(first_name,1,2)", "substr(surname,1,2)", "substr(dob,1,4)"),
        ],
        certain=[
            block_on("first_name", "surname", "dob"),
            block_on("substr(first_name,1,2)", "surname", "substr(postcode_fake,1,2)"),
            block_on("dob", "postcode_fake"),
        ],
        recall=0.6,
        training=[block_on("first_name", "surname"), block_on("dob")],
        random_pairs=1e7,
    )


def febrl3() -> Model:
    """Invented Australians, duplicates within one file."""
    return Model(
        comparisons=[
            cl.NameComparison("given_name"),
            cl.NameComparison("surname"),
            cl.DateOfBirthComparison("date_of_birth", input_is_string=True, datetime_format="%Y%m%d"),
            cl.DamerauLevenshteinAtThresholds("soc_sec_id", [2]),
            frequent(cl.ExactMatch("street_number")),
            frequent(cl.ExactMatch("postcode")),
            cl.JaroWinklerAtThresholds("address_1", [0.9]),
        ],
        blocking=[block_on(one) for one in ("soc_sec_id", "given_name", "surname", "date_of_birth", "postcode")],
        certain=[
            block_on("soc_sec_id"),
            block_on("given_name", "surname", "date_of_birth"),
            "l.given_name = r.surname and l.surname = r.given_name and l.date_of_birth = r.date_of_birth",
        ],
        recall=0.9,
        training=[block_on("date_of_birth"), block_on("postcode")],
        random_pairs=1e6,
        without_frequencies=False,
    )


def febrl4() -> Model:
    """Invented Australians, one record each in two files."""
    return Model(
        is_link=True,
        comparisons=[
            frequent(cl.NameComparison("given_name")),
            frequent(cl.NameComparison("surname")),
            cl.DateOfBirthComparison(
                "date_of_birth", input_is_string=True, datetime_format="%Y%m%d", invalid_dates_as_null=True
            ),
            cl.DamerauLevenshteinAtThresholds("soc_sec_id", [1, 2]),
            frequent(cl.ExactMatch("street_number")),
            frequent(cl.DamerauLevenshteinAtThresholds("postcode", [1, 2])),
            cl.JaroWinklerAtThresholds("address_1", [0.9]),
        ],
        blocking=[
            block_on("given_name", "surname"),
            "l.given_name = r.surname and l.surname = r.given_name",
            block_on("date_of_birth"),
            block_on("soc_sec_id"),
            block_on("state", "address_1"),
            block_on("street_number", "address_1"),
            block_on("postcode"),
        ],
        certain=[block_on("soc_sec_id"), block_on("given_name", "surname", "date_of_birth")],
        recall=0.8,
        training=[block_on("date_of_birth"), block_on("postcode")],
        random_pairs=1e6,
    )


def customers() -> Model:
    """A shop's customers: names, birth date, e-mail, phone, address, city, postcode."""
    return Model(
        columns="* replace (nullif(email, 'none@none.com') as email, nullif(phone, '01000000000') as phone)",
        comparisons=[
            cl.NameComparison("first_name"),
            frequent(cl.NameComparison("surname")),
            cl.DateOfBirthComparison("dob", input_is_string=True),
            cl.LevenshteinAtThresholds("email", 2),
            cl.LevenshteinAtThresholds("phone", 2),
            cl.LevenshteinAtThresholds("address", 2),
        ],
        blocking=[
            block_on("phone", "substr(first_name,1,1)"),
            block_on("phone", "dob"),
            block_on("address", "substr(first_name,1,1)"),
            block_on("email"),
            block_on("surname", "dob"),
            block_on("first_name", "dob"),
            block_on("first_name", "surname", "postcode"),
        ],
        certain=[
            block_on("first_name", "surname", "dob"),
            block_on("first_name", "email"),
            block_on("first_name", "surname", "phone"),
        ],
        recall=0.8,
        training=[block_on("email"), block_on("first_name", "surname"), block_on("first_name", "dob")],
        random_pairs=1e6,
    )


def korean() -> Model:
    """A Korean shop's customers, with the names of both scripts written in Latin letters."""
    return Model(
        columns=(
            "id, romanised(name) as name, nullif(email, 'none@none.com') as email, membership_id,"
            " split_part(address, ',', 1) as address,"
            " case when length(dob) = 6 then (case when dob > '260000' then '19' else '20' end) || dob"
            " else replace(dob, '-', '') end as dob,"
            " case when length(phone) > 4 then right(regexp_replace(phone, '\\D', '', 'g'), 8) end as phone,"
            " right(phone, 4) as last_four"
        ),
        comparisons=[
            frequent(cl.JaroWinklerAtThresholds("name", [0.92, 0.88, 0.7])),
            cl.DateOfBirthComparison("dob", input_is_string=True, datetime_format="%Y%m%d"),
            frequent(cl.LevenshteinAtThresholds("email", [1, 3])),
            frequent(cl.LevenshteinAtThresholds("phone", [1, 2])),
            frequent(cl.ExactMatch("address")),
            cl.ExactMatch("membership_id"),
        ],
        blocking=[
            block_on("phone"),
            block_on("email"),
            block_on("membership_id"),
            block_on("name", "dob"),
            block_on("name", "last_four"),
            block_on("last_four", "substr(name,1,3)"),
            block_on("name", "address"),
            block_on("dob", "address"),
        ],
        certain=[block_on("name", "phone"), block_on("membership_id"), block_on("name", "email")],
        recall=0.8,
        training=[block_on("name"), block_on("phone"), block_on("email")],
        random_pairs=1e7,
    )


MODELS: dict[str, Callable[[], Model]] = {
    "febrl3": febrl3,
    "febrl4": febrl4,
    "fake_1000": fake_1000,
    "historical": historical,
    "korean": korean,
    "customers": customers,
}
