"""E-mail addresses beyond their spelling: which are one mailbox, and whose name a local part is made of.

Addresses are expected in the form of the `email` normaliser. What providers say of their own mailboxes: Gmail ignores
dots and has two domains (Google account help); Daum's mailboxes answer at `hanmail.net` and `daum.net`; a `+tag`
(RFC 5233) is the same mailbox at the providers listed and elsewhere may be another person's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import IntEnum

from itda.text.letters import plain
from itda.text.names import keys, parts
from itda.text.readings import given_readings, initial, initials_of_family, readings

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


class Likeness(IntEnum):
    """How much of a name a local part says."""

    NONE = 0
    FAMILY = 1
    GIVEN = 2
    INITIALS = 3
    """One part whole and the first letters of the other: `vadams`, `mskim`."""
    FULL = 4


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


def local_keys(address: str) -> tuple[str, ...]:
    """What the local part may say of a name, each with its kind before it; `likeness` finds what a name shares."""
    said = words(address)
    if not said:
        return ()
    glued = "".join(said)
    found = [f"{kind}:{glued}" for kind in ("full", "initials", "given", "family")]
    found += [f"full:{key}" for key in readings(said)]
    found += [f"given:{key}" for key in given_readings("-".join(said))]
    found += [f"initials:{key}" for key in initials_of_family(glued, _MOST_INITIALS)]
    return tuple(dict.fromkeys(found))


def name_keys(name: str) -> tuple[str, ...]:
    """What local parts are made of a name, in the form of `local_keys`."""
    return tuple(dict.fromkeys((*_korean(name), *_latin(name))))


def _korean(name: str) -> Iterator[str]:
    family_of_two = len(parts(name)[0]) > 1 and not name.isascii()
    for key in keys(name):
        syllables = key.split()
        family = " ".join(syllables[: 2 if family_of_two else 1])
        given = syllables[len(family.split()) :]
        yield f"full:{key}"
        if given:
            yield f"given:{' '.join(given)}"
            yield f"initials:{family} {''.join(map(initial, given))}"


def _latin(name: str) -> Iterator[str]:
    family, given = (plain(part) for part in parts(name))
    if not family.replace(" ", "").isascii() or not given.replace(" ", "").isascii():
        return
    last, first = family.replace(" ", ""), given.replace(" ", "")
    if first and last:
        short = given.split()[0]
        initials = "".join(word[0] for word in given.split())
        yield from (f"full:{whole}" for whole in (first + last, last + first, short + last, last + short))
        yield from (
            f"initials:{whole}" for whole in (first[0] + last, last + first[0], initials + last, short + last[0])
        )
        yield f"given:{short}"
    yield from (f"{kind}:{part}" for kind, part in (("given", first), ("family", last)) if part)


def likeness(of_name: tuple[str, ...], of_local: tuple[str, ...]) -> Likeness:
    """The most that a name's keys and a local part's keys share."""
    shared = set(of_name) & set(of_local)
    return max((Likeness[key.partition(":")[0].upper()] for key in shared), default=Likeness.NONE)
