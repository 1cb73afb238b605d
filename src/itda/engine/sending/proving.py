"""Asks the DNS whether the domain that mails come from proves them, and remembers it (CH-04)."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from itda.channels import proof
from itda.channels.definition import EmailChannel
from itda.channels.proof import Proof, Texts, domain_of

if TYPE_CHECKING:
    import dns.resolver

LASTS_S = 3_600.0
"""How long what was found holds; of a domain that lacks something, or of which nothing could be told:"""
SOON_S = 300.0
_ANSWER_S = 2.0
_ALL_S = 6.0
_log = logging.getLogger(__name__)


def is_asked(channel: EmailChannel) -> bool:
    """Whether anything is looked up: of a domain that is somebody's, and not of what a server on this machine takes.

    That one may be a mail catcher; where a selector is written (`dkim`) it is none.
    """
    return proof.is_anybodys(domain_of(channel.address)) and (bool(channel.dkim) or not channel.is_here)


def look(channel: EmailChannel, resolver: dns.resolver.Resolver | None = None) -> Proof:
    """What the DNS says now. `resolver`: the machine's own unless told otherwise."""
    import dns.exception  # noqa: PLC0415 - a fifth of a second, for those whose domain is somebody's
    import dns.resolver  # noqa: PLC0415

    try:
        asked = _Asked(resolver or dns.resolver.Resolver())
    except dns.exception.DNSException:  # this machine knows no server to ask
        return Proof()
    sender = domain_of(channel.address)
    envelope = domain_of(channel.bounces or channel.address)
    dmarc, organisation = asked.policy(sender)
    dkim = proof.has_key(asked.texts(f"{channel.dkim}._domainkey.{sender}")) if channel.dkim else None
    may_be_aligned = dkim or (channel.dkim and dkim is None) or dmarc is None
    return Proof(
        spf=proof.has_spf(asked.texts(envelope)), dkim=dkim, dmarc=dmarc,
        is_aligned=bool(may_be_aligned) or proof.is_under(envelope, organisation or sender),
    )  # fmt: skip


class _Asked:
    """Questions to the DNS, which together take no longer than is bearable."""

    def __init__(self, resolver: dns.resolver.Resolver) -> None:
        self._resolver = resolver
        self._until = time.monotonic() + _ALL_S

    def texts(self, name: str) -> Texts:
        """The TXT records of a name; none where it has none, None where nobody says."""
        import dns.exception  # noqa: PLC0415 - loaded already
        import dns.resolver  # noqa: PLC0415

        left = self._until - time.monotonic()
        if left <= 0:
            return None
        try:
            found = self._resolver.resolve(f"{name}.", "TXT", lifetime=min(left, _ANSWER_S), search=False)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return ()
        except (dns.exception.DNSException, OSError):
            return None
        return tuple(b"".join(record.strings).decode("utf-8", "replace") for record in found)

    def policy(self, domain: str) -> tuple[bool | None, str]:
        """Whether a domain, or one above it, has a DMARC record; and the one that has."""
        for one in proof.upwards(domain):
            found = proof.has_policy(self.texts(f"_dmarc.{one}"))
            if found is not False:
                return found, one if found else ""
        return False, ""


class Proving:
    """What is known of one channel's domain, asked anew after a while."""

    def __init__(self, channel: EmailChannel, resolver: dns.resolver.Resolver | None = None) -> None:
        self._channel, self._resolver = channel, resolver
        self._due_at = 0.0
        self._is_asked = is_asked(channel)
        self.is_authenticated: bool | None = None
        """None: nobody looked, or nobody knows."""

    def is_due(self) -> bool:
        """Whether it is time to look."""
        return self._is_asked and time.monotonic() >= self._due_at

    def renew(self) -> None:
        """Look, and say what is missing where something is. What was known holds where nobody says otherwise."""
        found = look(self._channel, self._resolver)
        is_authenticated, before = found.is_authenticated, self.is_authenticated
        self.is_authenticated = before if is_authenticated is None else is_authenticated
        self._due_at = time.monotonic() + (LASTS_S if is_authenticated else SOON_S)
        domain = domain_of(self._channel.address)
        if found.missing and before is not False:
            _log.warning("%s lacks %s: mails wait until it has it (CH-04)", domain, ", ".join(found.missing))
        elif is_authenticated and before is False:
            _log.info("%s proves its mails again", domain)
