"""Countries that laws speak of together."""

from __future__ import annotations

KOREA = ("KR",)
EUROPE = (
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IS", "IT", "LI", "LT",
    "LU", "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK", "GB",
)  # fmt: skip
"""The European Economic Area, and the United Kingdom, which kept its rules."""
STATES = ("US",)
