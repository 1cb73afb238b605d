"""Words by which somebody who answers a text says that no more shall come (47 CFR 64.1200(a)(10), as of 2025; 080).

A word alone always counts; those that mean nothing else count at the head of a sentence too. What is not sure is left
to a person to read: any reasonable means revokes a consent, and no list holds them all.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Literal

Wish = Literal["stop", "other"]
ALONE = frozenset({
    "stop", "stopall", "quit", "end", "revoke", "optout", "cancel", "unsubscribe", "수신거부", "수신거절",
    "거부", "수신차단", "해지", "철회", "그만", "중지",
})  # fmt: skip
"""Small letters, without spaces and signs."""
_AT_THE_HEAD = re.compile(r"(?:please\s+|pls\s+)?(?:stop|stopall|quit|revoke|unsubscribe|opt[\s-]?out)\b")
_ANYWHERE = re.compile(
    r"수신\s*(?:거부|거절|차단)|문자\s*(?:거부|그만|보내지\s*마)|do\s*n[o'\u2019]?t\s+(?:text|message)\s+me"
)
_NOT_IT = re.compile(r"stop\s+by\b|quit\s+my\b|수신\s*거부\s*(?:취소|해제)")
_SIGNS = re.compile(r"[\W_]+")
_LONGEST = 400
"""Signs of a text that are looked at: no reply is longer that only says stop."""


def wish(text: str) -> Wish:
    """Whether a reply says that no more shall come; `other` for whatever else it says."""
    plain = " ".join(unicodedata.normalize("NFKC", text[:_LONGEST]).casefold().split())
    if _SIGNS.sub("", plain) in ALONE:
        return "stop"
    if _NOT_IT.search(plain):
        return "other"
    return "stop" if _AT_THE_HEAD.match(plain) or _ANYWHERE.search(plain) else "other"
