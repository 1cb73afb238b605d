"""What of a personal value is shown to those who may not see it whole: to tell two apart, not to reach anyone."""

from __future__ import annotations

HIDDEN = "•••"
_SHORT = 4


def masked(kind: str, value: str) -> str:
    """`m•••@shop.example` of an address, `•••5678` of a number to call, the first sign of anything else."""
    if not value:
        return value
    name, at, domain = value.partition("@")
    if at:
        return f"{name[:1]}{HIDDEN}@{domain}"
    if kind == "phone":
        return HIDDEN + value[-_SHORT:] if len(value) > 2 * _SHORT else HIDDEN
    return value[:1] + HIDDEN
