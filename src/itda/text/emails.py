"""E-mail addresses beyond their spelling: which are one mailbox, and whose name a local part is made of.

Addresses are expected in the form of the `email` normaliser. What providers say of their own mailboxes: Gmail ignores
dots and has two domains (Google account help); Daum's mailboxes answer at `hanmail.net` and `daum.net`; a `+tag`
(RFC 5233) is the same mailbox at the providers listed and elsewhere may be another person's.
"""

from __future__ import annotations

import re

from itda.text.letters import plain
from itda.text.readings import given_readings, initials_of_family, readings

_SAME_DOMAIN = {
    "googlemail.com": "gmail.com",
    "hanmail.net": "daum.net",
    "hanmail2.net": "daum.net",
    "protonmail.com": "proton.me",
    "pm.me": "proton.me",
}
_DOTLESS = frozenset({"gmail.com"})
_TAGGED = frozenset(
    {
        "gmail.com",
        "outlook.com",
        "hotmail.com",
        "live.com",
        "icloud.com",
        "me.com",
        "mac.com",
        "fastmail.com",
        "proton.me",
    }
)
_WORD_BREAKS = re.compile(r"[\W_\d]+")
_MOST_INITIALS = 2


def mailbox(address: str) -> str:
    """The address that all spellings of one mailbox share: dots and tags dropped where the provider drops them."""
    local, at, domain = address.rpartition("@")
    if not at:
        return address
    domain = _SAME_DOMAIN.get(domain, domain)
    if domain in _TAGGED:
        local = local.partition("+")[0] or local
    if domain in _DOTLESS:
        local = local.replace(".", "") or local
    return f"{local}@{domain}"


def words(address: str) -> tuple[str, ...]:
    """The words of letters in the local part, without tag and digits: `Paige.Willis54+x@…` as (`paige`, `willis`)."""
    local = plain(re.sub(r"[._\-]", " ", address.rpartition("@")[0].partition("+")[0]))
    return tuple(word for word in _WORD_BREAKS.split(local) if word)


def handle(address: str) -> str:
    """The letters of the local part written together: `paigewillis`."""
    return "".join(words(address))


def says(address: str) -> str:
    """`@`, the letters of the local part, and after `|` each Korean name that they may be; empty where no letter is.

    Readings have the family first, `gim min su`, or the initials of the given name, `gim ms`, or are a given name.
    """
    said, letters = words(address), handle(address)
    if not said:
        return ""
    read = (*readings(said), *given_readings("-".join(said)), *initials_of_family(letters, _MOST_INITIALS))
    return "|".join(dict.fromkeys((f"@{letters}", *read)))
