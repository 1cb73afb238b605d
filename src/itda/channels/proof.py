"""What the DNS says of the domain that mails come from: whether receivers can tell that they are its own (CH-04).

SPF (RFC 7208) says which servers may send for the envelope's domain, DKIM (RFC 6376) holds the key that signatures are
checked by, DMARC (RFC 7489) says what a receiver does with what neither proves to be of the From header's domain.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

_RESERVED = ("example", "test", "invalid", "localhost", "local", "example.com", "example.net", "example.org")
"""Names that are nobody's (RFC 2606, RFC 6762): nothing is asked of them."""
_POLICY = re.compile(r"\s*p\s*=\s*(none|quarantine|reject)\s*", re.IGNORECASE)
_KEY = re.compile(r"\s*p\s*=\s*[^\s;]+", re.IGNORECASE)
_FEWEST = 2
"""Labels of a name that may have a record of its own: above are the domains of countries and the like."""
Texts = Sequence[str] | None
"""The TXT records of a name; None: the DNS did not say."""


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """What was found. Each is None where the DNS did not say, `dkim` too where nobody knows by which key is signed."""

    spf: bool | None = None
    dkim: bool | None = None
    dmarc: bool | None = None
    is_aligned: bool = True
    """The envelope's domain is under the same DMARC record as the From header's, or it is signed for the latter.

    So it is, too, where the DNS does not say.
    """

    @property
    def missing(self) -> tuple[str, ...]:
        """What is known to be wrong, in words."""
        said = [name for name, one in (("SPF", self.spf), ("DKIM", self.dkim), ("DMARC", self.dmarc)) if one is False]
        return (*said, *(() if self.is_aligned else ("alignment with From",)))

    @property
    def is_authenticated(self) -> bool | None:
        """Whether mails prove whose they are; None: not known."""
        if self.missing:
            return False
        return True if self.spf and self.dmarc else None


def domain_of(address: str) -> str:
    """The domain of an address."""
    return address.rpartition("@")[2]


def is_anybodys(domain: str) -> bool:
    """Whether a domain may be somebody's at all: of reserved names the DNS says nothing."""
    name = domain.lower().rstrip(".")
    return "." in name and not any(name == one or name.endswith(f".{one}") for one in _RESERVED)


def has_spf(texts: Texts) -> bool | None:
    """Whether exactly one SPF record is there (RFC 7208 §4.5): of several none counts."""
    if texts is None:
        return None
    return sum(one.lower() == "v=spf1" or one.lower().startswith("v=spf1 ") for one in texts) == 1


def has_key(texts: Texts) -> bool | None:
    """Whether a DKIM key is there and not revoked, as one without `p` is (RFC 6376 §3.6.1)."""
    return None if texts is None else any(any(map(_KEY.fullmatch, one.split(";"))) for one in texts)


def has_policy(texts: Texts) -> bool | None:
    """Whether exactly one DMARC record is there, and it has a policy (RFC 7489 §6.3, §6.6.3)."""
    if texts is None:
        return None
    found = [one for one in texts if re.match(r"v\s*=\s*DMARC1\s*(;|$)", one)]
    return len(found) == 1 and any(map(_POLICY.fullmatch, found[0].split(";")))


def upwards(domain: str) -> list[str]:
    """The domain and those above it that may be somebody's, as DMARC records are looked for."""
    labels = domain.lower().rstrip(".").split(".")
    return [".".join(labels[at:]) for at in range(max(len(labels) - _FEWEST, 0) + 1)]


def is_under(domain: str, organisation: str) -> bool:
    """Whether a domain is this one or below it: relaxed alignment (RFC 7489 §3.1)."""
    name, above = domain.lower().rstrip("."), organisation.lower().rstrip(".")
    return name == above or name.endswith(f".{above}")
