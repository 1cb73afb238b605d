"""Children under fourteen, of whom nothing may be kept before a guardian's consent is verified (PIPA art. 22-2).

Until then only the guardian's name and contact may be, to ask them; the decree gives no days, five are the default of
the authority's standard for destroying data.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from itda.base.ages import CHILDREN, OF_CONSENT
from itda.base.instant import DAY
from itda.events.derive import age_band

BIRTHS = ("birthday", "birth_date", "birthdate")
_IN_BYTES = (b'"birth', b'"age')
CONSENT = "guardian_consent"
"""True where a guardian's consent was verified; it counts through a source whose consents count."""
GUARDIAN = ("guardian", "guardian_name", "guardian_phone", "guardian_email")
KEPT_FOR = 5 * DAY
"""How long the guardian's name and contact wait for the consent."""


def tells_age(body: bytes) -> bool:
    """Whether a body names anything that says how old somebody is: a cheap sieve."""
    return any(name in body for name in _IN_BYTES)


def is_child(said: Mapping[str, Any], local_date: int) -> bool:
    """Whether an event says that whom it is about is under fourteen on its day."""
    if any(age_band(said[name], local_date) == CHILDREN for name in BIRTHS if name in said):
        return True
    age = said.get("age")
    years = int(age) if isinstance(age, str) and age.strip().isdecimal() else age
    return said.get("age_band") == CHILDREN or (isinstance(years, int | float) and 0 <= years < OF_CONSENT)


def of_guardian(said: Mapping[str, Any]) -> dict[str, Any]:
    """What may be kept of such an event: the guardian's name and contact."""
    return {name: said[name] for name in GUARDIAN if name in said}
