"""What the DNS says of the domain that mails come from, asked of a server on loopback over the wire."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.resolver
import dns.rrset
import msgspec
import pytest
from tests.integration.sending.world import cart, sending
from tests.mail_server import Inbox, serving

from itda.base.instant import HOUR, parse
from itda.channels.definition import EmailChannel
from itda.engine.sending import making
from itda.engine.sending.proving import Proving, is_asked, look

KEY = "v=DKIM1; k=rsa; p=MIIBIjANBgkq"
WHOLE: dict[str, list[str] | None] = {
    "mail.brand.kr": ["google-site-verification=1", "v=spf1 include:_spf.provider.kr -all"],
    "s1._domainkey.brand.kr": [KEY],
    "_dmarc.brand.kr": ["v=DMARC1; p=none; rua=mailto:dmarc@brand.kr"],
    "brand.kr": [],
}
"""Name → its TXT records; None: the server fails."""
CHANNEL = EmailChannel(
    host="smtp.provider.kr", port=587, tls="starttls", address="news@brand.kr", bounces="bounces@mail.brand.kr",
    dkim="s1", base_url="https://shop.brand.kr",
)  # fmt: skip


@contextlib.contextmanager
def answering(zone: Mapping[str, list[str] | None]) -> Iterator[dns.resolver.Resolver]:
    """A server that knows these names, and who asks it. Others do not exist."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as served:
        served.bind(("127.0.0.1", 0))
        served.settimeout(0.05)
        is_over = threading.Event()

        def serve() -> None:
            while not is_over.is_set():
                with contextlib.suppress(TimeoutError, dns.exception.DNSException):
                    wire, who = served.recvfrom(4096)
                    served.sendto(_answer(dns.message.from_wire(wire), zone), who)

        worker = threading.Thread(target=serve)
        worker.start()
        made = dns.resolver.Resolver(configure=False)
        made.nameservers, made.port = ["127.0.0.1"], served.getsockname()[1]
        try:
            yield made
        finally:
            is_over.set()
            worker.join()


def _answer(question: dns.message.Message, zone: Mapping[str, list[str] | None]) -> bytes:
    reply = dns.message.make_response(question)
    reply.flags |= dns.flags.RA
    name = question.question[0].name
    records = zone.get(name.to_text(omit_final_dot=True), [""])
    if records is None:
        reply.set_rcode(dns.rcode.SERVFAIL)
    elif records == [""]:
        reply.set_rcode(dns.rcode.NXDOMAIN)
    elif records:
        reply.answer.append(dns.rrset.from_text_list(name, 60, "IN", "TXT", [f'"{one}"' for one in records]))
    return reply.to_wire()


@pytest.mark.parametrize(
    ("changed", "is_authenticated", "missing"),
    [
        ({}, True, ()),
        ({"mail.brand.kr": []}, False, ("SPF",)),
        ({"mail.brand.kr": ["v=spf1 -all", "v=spf1 a -all"]}, False, ("SPF",)),
        ({"mail.brand.kr": ["v=spf10 -all"]}, False, ("SPF",)),
        ({"s1._domainkey.brand.kr": ["v=DKIM1; p="]}, False, ("DKIM",)),
        ({"_dmarc.brand.kr": ["v=DMARC1; rua=mailto:a@brand.kr"]}, False, ("DMARC",)),
        ({"_dmarc.brand.kr": ["v=DMARC1; p=none", "v=DMARC1; p=reject"]}, False, ("DMARC",)),
        ({"_dmarc.brand.kr": [], "mail.brand.kr": []}, False, ("SPF", "DMARC")),
        ({"mail.brand.kr": None}, None, ()),
        ({"_dmarc.brand.kr": None}, None, ()),
    ],
)
def test_ch_04_a_domain_without_spf_dkim_or_dmarc_is_told_from_one_that_has_them_and_from_one_nobody_knows(
    changed: dict[str, list[str] | None], is_authenticated: bool | None, missing: tuple[str, ...]
) -> None:
    with answering(WHOLE | changed) as resolver:
        found = look(CHANNEL, resolver)
    assert (found.is_authenticated, found.missing) == (is_authenticated, missing)


def test_ch_04_what_is_not_signed_for_the_domain_has_to_be_sent_from_under_it() -> None:
    other: dict[str, list[str] | None] = {
        "mail.elsewhere.kr": ["v=spf1 -all"],
        "_dmarc.elsewhere.kr": ["v=DMARC1; p=none"],
    }
    other["silent._domainkey.brand.kr"] = None
    below = {"_dmarc.news.brand.kr": [], "news.brand.kr": []}
    unsigned = msgspec.structs.replace(CHANNEL, dkim="")
    with answering(WHOLE | other | below) as resolver:
        elsewhere = look(msgspec.structs.replace(unsigned, bounces="bounces@mail.elsewhere.kr"), resolver)
        silent = msgspec.structs.replace(CHANNEL, bounces="bounces@mail.elsewhere.kr", dkim="silent")
        unsaid = look(silent, resolver)
        under = look(msgspec.structs.replace(unsigned, address="hello@news.brand.kr"), resolver)
    assert (elsewhere.is_authenticated, elsewhere.missing) == (False, ("alignment with From",))
    assert unsaid.missing == (), "whether it is signed is not known"
    assert under.is_authenticated, "a domain above has the record, and the envelope is under that one too"


def test_of_names_that_are_nobodys_and_of_what_a_catcher_of_mails_takes_nothing_is_asked() -> None:
    def asked(**said: object) -> bool:
        return is_asked(msgspec.structs.replace(CHANNEL, **said))

    assert asked()
    assert asked(is_here=True)
    assert not asked(is_here=True, dkim="")
    assert not asked(address="news@shop.example")
    assert not asked(address="news@localhost")


@pytest.mark.server
def test_ch_04_mails_of_an_unproven_domain_wait_and_leave_once_it_is_proven(shop: Path) -> None:
    inbox, zone = Inbox(), dict(WHOLE | {"_dmarc.brand.kr": []})
    with serving(inbox) as port, sending(shop, port) as world, answering(zone) as resolver:
        world.at = parse("2026-11-24T10:00+09:00")
        world.use(port, address=CHANNEL.address, bounces=CHANNEL.bounces, dkim="s1")
        world.person("mina")
        world.tell(cart("mina"))
        world.decide()

        def send() -> None:
            made = world.parts()
            proving = Proving(made.leaving.channel, resolver)
            leaving = msgspec.structs.replace(made.leaving, proving=proving)
            making.drain(msgspec.structs.replace(made, leaving=leaving))

        send()
        ((status, reasons),) = world.rows("select status, reasons from outbox")
        assert (status, "CH-04 DOMAIN_NOT_AUTHENTICATED" in reasons, inbox.mails) == ("held", True, [])
        zone["_dmarc.brand.kr"] = WHOLE["_dmarc.brand.kr"]
        world.at += HOUR
        send()
        assert world.statuses() == ["sent"]
        assert len(inbox.mails) == 1
