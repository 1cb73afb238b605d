"""What mail servers send back, in the words in which they do."""

from __future__ import annotations

from typing import get_args, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from itda.channels.definition import CallbackEvent
from itda.channels.reports import read_callback

TOKEN = "aaaqeayeaudaocajbifqydiob7jprnwh5to5e45rly"
BOUNCES = f"bounces+{TOKEN}@mail.shop.example"
ID = f"<{TOKEN}@shop.example>"

POSTFIX = f"""\
Return-Path: <>
Date: Sun, 22 Nov 2026 22:31:01 +0900 (KST)
From: MAILER-DAEMON@mx1.shop.example (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
To: {BOUNCES}
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
\tboundary="4F1C2A0B3D.1795386661/mx1.shop.example"
Message-Id: <20261122133101.5A1B2A0B40@mx1.shop.example>

This is a MIME-encapsulated message.

--4F1C2A0B3D.1795386661/mx1.shop.example
Content-Description: Notification
Content-Type: text/plain; charset=utf-8

This is the mail system at host mx1.shop.example.

<kim@example.com>: host mail.example.com[203.0.113.5] said: 550 5.1.1
    <kim@example.com>: Recipient address rejected: User unknown (in reply to
    RCPT TO command)

--4F1C2A0B3D.1795386661/mx1.shop.example
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mx1.shop.example
X-Postfix-Queue-ID: 4F1C2A0B3D
X-Postfix-Sender: rfc822; {BOUNCES}
Arrival-Date: Sun, 22 Nov 2026 22:31:00 +0900 (KST)

Final-Recipient: rfc822; kim@example.com
Original-Recipient: rfc822;kim@example.com
Action: failed
Status: 5.1.1
Remote-MTA: dns; mail.example.com
Diagnostic-Code: smtp; 550 5.1.1 <kim@example.com>: Recipient address
    rejected: User unknown

--4F1C2A0B3D.1795386661/mx1.shop.example
Content-Description: Undelivered Message Headers
Content-Type: text/rfc822-headers

Return-Path: <{BOUNCES}>
From: "Shop" <news@shop.example>
To: kim@example.com
Message-ID: {ID}
X-Itda-Message: {TOKEN}

--4F1C2A0B3D.1795386661/mx1.shop.example--
"""

FULL = (
    POSTFIX.replace("Status: 5.1.1", "Status: 5.2.2")
    .replace("550 5.1.1 <kim@example.com>: Recipient address\n    rejected: User unknown", "552 5.2.2 Over quota")
    .replace("Action: failed", "Action: FAILED")
)
DELAYED = POSTFIX.replace("Action: failed", "Action: delayed").replace("Status: 5.1.1", "Status: 4.4.1")
EXPIRED = POSTFIX.replace("Status: 5.1.1", "Status: 4.4.1").replace(
    "smtp; 550 5.1.1 <kim@example.com>: Recipient address\n    rejected: User unknown", "smtp; connect timed out"
)
DELIVERED = POSTFIX.replace("Action: failed", "Action: delivered").replace("Status: 5.1.1", "Status: 2.0.0")
VAGUE = POSTFIX.replace("Status: 5.1.1", "Status: 5.0.0")

EXCHANGE = f"""\
From: Microsoft Outlook <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@corp.example>
To: <bounces@mail.shop.example>
Subject: =?utf-8?B?67Cw64us65CY7KeAIOyViuydjDog7J6l67CU6rWs64uI?=
Content-Language: ko-KR
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="_7f0c_"

--_7f0c_
Content-Type: multipart/alternative; differences=Content-Type; boundary="_7f0d_"

--_7f0d_
Content-Type: text/plain; charset="ks_c_5601-1987"
Content-Transfer-Encoding: base64

ufa03rXHwfYgvsrAvQ==

--_7f0d_--

--_7f0c_
Content-Type: message/delivery-status

Reporting-MTA: dns;SL2P216MB1234.KORP216.PROD.OUTLOOK.COM

Final-recipient: RFC822;lee@corp.example
Action: failed
Status: 5.1.10
Diagnostic-code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup

--_7f0c_
Content-Type: message/rfc822

From: "Shop" <news@shop.example>
To: lee@corp.example
Message-ID: {ID}
X-Itda-Message: {TOKEN}
Subject: =?utf-8?b?KOq0keqzoCk=?=
MIME-Version: 1.0
Content-Type: text/plain

hello

--_7f0c_--
"""

EXIM = f"""\
Return-Path: <>
From: Mail Delivery System <Mailer-Daemon@relay.example.net>
To: {BOUNCES}
Subject: Mail delivery failed: returning message to sender

This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  park@example.net
    host mx.example.net [198.51.100.7]
    SMTP error from remote mail server after RCPT TO:<park@example.net>:
    550 unknown user

------ This is a copy of the message, including all the headers. ------
"""

AUTOREPLY = f"""\
Return-Path: <kim@example.com>
From: kim@example.com
To: {BOUNCES}
Subject: =?utf-8?b?67aA7J6s7KSRIOyekOuPmSDsnZHri7U=?=
Auto-Submitted: auto-replied
Content-Type: text/plain; charset=utf-8

I am away until 5.1.1 of the project, call 550 1234.
"""

ARF = f"""\
From: <abusedesk@example.com>
Date: Mon, 23 Nov 2026 09:00:00 +0000
Subject: FW: (ad) cart
To: <fbl@shop.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report;
     boundary="part1_13d.2e68ed54_boundary"

--part1_13d.2e68ed54_boundary
Content-Type: text/plain; charset="US-ASCII"
Content-Transfer-Encoding: 7bit

This is an email abuse report for an email message received from IP
192.0.2.1 on Sun, 22 Nov 2026 22:30:00 +0000.

--part1_13d.2e68ed54_boundary
Content-Type: message/feedback-report

Feedback-Type: abuse
User-Agent: SomeGenerator/1.0
Version: 1
Original-Mail-From: <{BOUNCES}>
Source-IP: 192.0.2.1

--part1_13d.2e68ed54_boundary
Content-Type: message/rfc822
Content-Disposition: inline

From: "Shop" <news@shop.example>
To: <Undisclosed Recipients>
Subject: cart
Message-ID: {ID}
X-Itda-Message: {TOKEN}
Content-Type: text/plain

hello
--part1_13d.2e68ed54_boundary--
"""


def read(text: str, to: str = "") -> CallbackEvent | None:
    return read_callback(text.replace("\n", "\r\n").encode(), to)


def test_an_unknown_user_is_a_bounce_for_good() -> None:
    found = read(POSTFIX)
    assert found is not None
    assert (found.name, found.is_permanent, found.code) == ("Message Bounced", True, "5.1.1")
    assert (found.token, found.message_id) == (TOKEN, ID)
    assert "User unknown" in found.detail
    assert "kim" not in found.detail


def test_a_full_mailbox_and_a_server_that_gave_up_are_bounces_for_now() -> None:
    full, expired = read(FULL), read(EXPIRED)
    assert full is not None
    assert expired is not None
    assert (full.name, full.is_permanent, full.code) == ("Message Bounced", False, "5.2.2")
    assert (expired.name, expired.is_permanent, expired.code) == ("Message Bounced", False, "4.4.1")


def test_a_delay_settles_nothing_and_a_receipt_is_a_delivery() -> None:
    assert read(DELAYED) is None
    delivered = read(DELIVERED)
    assert delivered is not None
    assert (delivered.name, delivered.token) == ("Message Delivered", TOKEN)


def test_a_vague_status_gives_way_to_the_servers_own_words() -> None:
    found = read(VAGUE)
    assert found is not None
    assert found.code == "5.1.1"


def test_a_report_in_korean_without_our_address_is_known_by_our_header() -> None:
    found = read(EXCHANGE)
    assert found is not None
    assert (found.name, found.is_permanent, found.code) == ("Message Bounced", True, "5.1.10")
    assert (found.token, found.message_id) == (TOKEN, ID)


def test_without_our_header_the_message_id_names_it() -> None:
    found = read(EXCHANGE.replace(f"X-Itda-Message: {TOKEN}\n", ""))
    assert found is not None
    assert (found.token, found.message_id) == ("", ID)


def test_a_report_in_words_only_is_read_by_its_code_and_its_address() -> None:
    found = read(EXIM)
    assert found is not None
    assert (found.name, found.is_permanent, found.token) == ("Message Bounced", True, TOKEN)
    assert read(EXIM.replace(f"+{TOKEN}", "")) is None, "nobody knows whose it is"


def test_the_envelope_names_the_message_where_the_headers_do_not() -> None:
    found = read(EXIM.replace(f"+{TOKEN}", ""), BOUNCES.upper())
    assert found is not None
    assert found.token == TOKEN


def test_an_answer_from_someone_on_holiday_is_no_report() -> None:
    assert read(AUTOREPLY) is None


@pytest.mark.parametrize("kind", ["abuse", "fraud", "opt-out"])
def test_a_complaint_is_read(kind: str) -> None:
    found = read(ARF.replace("Feedback-Type: abuse", f"Feedback-Type: {kind}"))
    assert found is not None
    assert (found.name, found.code, found.token, found.message_id) == ("Message Complained", kind, TOKEN, ID)


def test_not_spam_is_no_complaint() -> None:
    assert read(ARF.replace("Feedback-Type: abuse", "Feedback-Type: not-spam")) is None


def is_left_or_known(found: CallbackEvent | None) -> bool:
    """Whether it was left alone, or is an event of the few that a mail server can tell of."""
    return found is None or found.name in get_args(get_type_hints(CallbackEvent)["name"])


@given(st.binary(max_size=2000))
def test_bytes_of_any_kind_are_read_or_left(raw: bytes) -> None:
    assert is_left_or_known(read_callback(raw))


@given(
    cut=st.integers(0, len(POSTFIX)),
    noise=st.binary(max_size=40),
    sample=st.sampled_from([POSTFIX, ARF, EXCHANGE, EXIM]),
)
def test_a_report_that_is_cut_or_damaged_is_read_or_left(cut: int, noise: bytes, sample: str) -> None:
    raw = sample.encode()
    found = read_callback(raw[:cut] + noise + raw[cut + len(noise) :])
    assert is_left_or_known(found)
    assert found is not None or noise, "one that was not touched is read"
