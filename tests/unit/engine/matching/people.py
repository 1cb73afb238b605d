"""Invented people with a few records each, written down with slips; the same for the same seed."""

from __future__ import annotations

import random
from pathlib import Path

import polars as pl

GIVEN = [
    "anna",
    "ben",
    "clara",
    "david",
    "emma",
    "felix",
    "greta",
    "hugo",
    "ida",
    "jonas",
    "karl",
    "lena",
    "max",
    "nora",
    "otto",
    "paula",
    "quinn",
    "rosa",
    "sven",
    "tina",
]
FAMILY = [
    first + last
    for first in ["ash", "birch", "cedar", "dog", "elm", "fir", "ginkgo", "haw", "ivy", "juni"]
    for last in ["wood", "field", "ton", "ly", "worth"]
]


def records(people: int, seed: int = 7) -> pl.DataFrame:
    """`key`, `who` and what a shop would know; every fourth person has a partner at the same address and phone."""
    draw = random.Random(seed)
    rows, home, given = [], ("", "", ""), ""
    for who in range(people):
        is_partner = who % 4 == 3
        if not is_partner:
            home = (
                draw.choice(FAMILY),
                f"{draw.randrange(1, 99)} {draw.choice(FAMILY)} road",
                f"0{draw.randrange(10**8, 10**9)}",
            )
        given = draw.choice([name for name in GIVEN if not (is_partner and name == given)])
        born = f"{draw.randrange(1940, 2005)}-{draw.randrange(1, 13):02}-{draw.randrange(1, 29):02}"
        mail = f"{given}{draw.randrange(10, 9999)}@example.com"
        rows += [
            {
                "who": str(who),
                "first name": slip(draw, given),
                "surname": slip(draw, home[0]),
                "birthday": born if draw.random() < 0.8 else None,
                "email": mail if draw.random() < 0.7 else None,
                "mobile": home[2] if draw.random() < 0.8 else None,
                "street": home[1] if draw.random() < 0.8 else None,
            }
            for _ in range(draw.choice((1, 2, 2, 3)))
        ]
    draw.shuffle(rows)
    return pl.DataFrame([{"key": f"r{at}", **row} for at, row in enumerate(rows)])


def slip(draw: random.Random, text: str) -> str:
    """Now and then a letter too few."""
    if draw.random() > 0.1:
        return text
    at = draw.randrange(1, len(text))
    return text[:at] + text[at + 1 :]


def written(frame: pl.DataFrame, path: Path) -> Path:
    """As a CSV without the truth."""
    frame.drop("who", strict=False).write_csv(path)
    return path


def quality(frame: pl.DataFrame, found: pl.DataFrame) -> tuple[float, float]:
    """Precision and recall of pairs."""
    both = frame.select("key", "who").join(found, left_on="key", right_on="id")

    def pairs(*by: str) -> int:
        sizes = both.group_by(by).len()["len"].cast(pl.Int64)
        return int((sizes * (sizes - 1) // 2).sum())

    return pairs("who", "cluster") / max(pairs("cluster"), 1), pairs("who", "cluster") / max(pairs("who"), 1)
