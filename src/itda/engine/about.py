"""What is known of a person that laws ask about: where they may live, how old they are, whether they are let be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from itda.base.ages import band
from itda.consent.whereabouts import NOWHERE, Whereabouts, told
from itda.profiles.fold import Declared

_COUNTRY = ("country", "address.country")
_STATE = ("state", "region", "address.state")
_POSTAL = tuple(f"{place}{name}_area" for place in ("address.", "") for name in ("postal_code", "postalCode"))
_BANDS = ("birthday_age_band", "birth_date_age_band", "birthdate_age_band", "age_band")
_OLDEST = 120


class About(msgspec.Struct, frozen=True, kw_only=True):
    """One person, as the gate asks of them."""

    where: Whereabouts = NOWHERE
    age_band: str | None = None
    """As the derivative `age_band` tells it, such as 0-13 or 30-39; of several the youngest. None: not known."""
    is_stopped: bool = False
    """They asked to be let be; what informs them still goes."""
    is_leaving: bool = False
    """They asked to be forgotten."""


def about(
    declared: Mapping[str, Declared], phones: Sequence[str] = (), stopped: Mapping[bytes, bool] | None = None
) -> About:
    """What is told of somebody in the clear. `phones`: their numbers in E.164, where those were opened.

    `stopped`: those of their fragments with which nothing is done, and whether that is so of what informs, too.
    """
    where = told(_said(declared, _COUNTRY), _said(declared, _STATE), _said(declared, _POSTAL), tuple(phones))
    return About(
        where=where, age_band=_band(declared), is_stopped=bool(stopped), is_leaving=any((stopped or {}).values())
    )


def _said(declared: Mapping[str, Declared], names: Sequence[str]) -> str:
    for name in names:
        held = declared.get(name)
        if held is not None and not held.is_sealed and isinstance(held.value, str | int):
            return str(held.value)
    return ""


def _band(declared: Mapping[str, Declared]) -> str | None:
    bands = [_said(declared, (name,)) for name in _BANDS]
    age = _said(declared, ("age",))
    if age.isascii() and age.isdigit() and int(age) <= _OLDEST:
        bands.append(band(int(age)))
    found = [one for one in bands if one[:1].isdigit()]
    return min(found, key=lambda one: int(one.partition("-")[0].rstrip("+") or 0), default=None)
