"""What each field may be used for: purposes with their ground and how long they last, and what no purpose allows.

Every field of a contract maps to purposes (PIPA art. 15, 16; GDPR art. 5(1)(b)); a segment has a purpose of its own and
may ask only fields that have it. Health, belief and the like (PIPA art. 23, GDPR art. 9) are for the purpose
`sensitive`: who is asked about them must have consented to that.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from itda.consent.definition import ADS

SENSITIVE = "sensitive"
SERVICE = "service"
EVERYDAY = (SERVICE, ADS, "personalise", "profiling")
"""What a field is for whose contract says nothing: the shop's own service, and what its customers may consent to."""
EVERY_FIELD = "*"
MISMATCH = "PURPOSE_MISMATCH"
_CONNECTING = frozenset({
    "ci", "connecting_information", "conn_info", "conninfo", "연계정보", "ci_value", "di", "duplicated_joining_info",
})  # fmt: skip
_PARTS = re.compile(r"[.\[\]\s]+")


def is_connecting(name: str) -> bool:
    """Whether a field, trait or column is named as connecting information (CI, 연계정보) or its kin is.

    It may be used for what it was received for alone (Network Act art. 23-5(4)): never to tell people apart, to choose
    them or to hand them on.
    """
    return any(part.lower() in _CONNECTING for part in _PARTS.split(name) if part)


def of_field(path: str, said: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """The purposes of a field by what its contract says: of the nearest field above that is named, else of `*`."""
    place = path
    while place:
        if place in said:
            return said[place]
        place = place.rpartition(".")[0]
    return said.get(EVERY_FIELD, ())


def unmapped(paths: Collection[str], said: Mapping[str, tuple[str, ...]]) -> list[str]:
    """The fields that no purpose is said of: they may not be kept (KR-30)."""
    return [path for path in paths if not of_field(path, said)]


def mismatch(purpose: str, purposes: Collection[str]) -> str:
    """Why a field of these purposes may not be asked by what serves this one; empty where it may be (KR-34, KR-41)."""
    if purpose in purposes:
        return ""
    return f"{MISMATCH}: it is for {', '.join(purposes) or 'nothing'}, not for {purpose}"
