"""A mail's bytes and what a server's answer means."""

from __future__ import annotations

import email
from email import policy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from itda.base.errors import Refused
from itda.channels.definition import Reply, Request
from itda.channels.email import Mailing, Marks, interpret, message_id, prepare
from itda.consent.facts import Sender
from itda.messages.definition import Rendered

TOKEN = "aaaqeayeaudaocajbifqydiob7jprnwh5to5e45rly"
MARKS = Marks(
    message_id=message_id(TOKEN, "shop.example"),
    token=TOKEN,
    at=1_795_386_600_000_000,
    campaign="봄 spring",
    message="cart",
    journey="cart-rescue",
)
MAILING = Mailing(address="news@shop.example", bounces="bounces@mail.shop.example")
SENDER = Sender(name="이음 쇼핑", email="help@shop.example")
UNSUBSCRIBE = {
    "List-Unsubscribe": f"<https://mail.shop.example/u/{TOKEN}>",
    "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
}


def rendered(**other: Any) -> Rendered:
    parts = {"subject": "(광고) 장바구니가 기다려요", "html": "<p>안녕</p>", "text": "안녕\n", "language": "ko"}
    return Rendered(**{**parts, "headers": UNSUBSCRIBE, **other})


def mail(to: str = "kim@example.com", sender: Sender = SENDER, mailing: Mailing = MAILING, **other: Any) -> Request:
    return prepare(rendered(**other), sender, mailing, to, MARKS)


def read(request: Request) -> Any:
    return email.message_from_bytes(request.data, policy=policy.default)


def test_a_reader_sees_what_was_written() -> None:
    found = read(mail())
    assert found["Subject"] == "(광고) 장바구니가 기다려요"
    assert found["From"].addresses[0].display_name == "이음 쇼핑"
    assert found["From"].addresses[0].addr_spec == "news@shop.example"
    assert found["To"] == "kim@example.com"
    assert found["Message-ID"] == f"<{TOKEN}@shop.example>"
    assert found["Date"].datetime.isoformat() == "2026-11-22T22:30:00+00:00"
    assert found["Reply-To"] == "help@shop.example"
    assert found["Feedback-ID"] == "-spring:cart-rescue:cart:itda"
    assert found["X-Itda-Message"] == TOKEN
    assert found["List-Unsubscribe"] == UNSUBSCRIBE["List-Unsubscribe"]
    assert found["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert found.get_content_type() == "multipart/alternative"
    text, html = found.iter_parts()
    assert (text.get_content_type(), text.get_content()) == ("text/plain", "안녕\r\n")
    assert (html.get_content_type(), html.get_content()) == ("text/html", "<p>안녕</p>")
    assert found.defects == []


def test_a_bounce_comes_back_to_an_address_that_names_the_message() -> None:
    assert mail().envelope_from == f"bounces+{TOKEN}@mail.shop.example"
    assert mail(mailing=Mailing(address="news@shop.example")).envelope_from == "news@shop.example"


def test_the_same_mail_is_the_same_bytes() -> None:
    assert mail() == mail()


def test_a_long_subject_is_folded_and_loses_no_blank() -> None:
    subject = "(광고) " + "장바구니에 담아두신  상품이 기다려요 " * 9 + "end"
    request = mail(subject=subject)
    assert read(request)["Subject"] == " ".join(subject.split())
    head = request.data.split(b"\r\n\r\n")[0]
    assert max(len(line) for line in head.split(b"\r\n") if b"Unsubscribe" not in line) <= 78


def test_an_ascii_name_is_quoted_and_a_subject_that_looks_encoded_is_encoded() -> None:
    found = read(mail(sender=Sender(name='The "Shop", Inc.'), subject="=?utf-8?b?aGk=?="))
    assert found["From"].addresses[0].display_name == 'The "Shop", Inc.'
    assert found["Subject"] == "=?utf-8?b?aGk=?="


@pytest.mark.parametrize(
    "to",
    [
        "", "kim", "kim@", "@example.com", "kim@exa mple.com", "kim@example.com\r\nBcc: all@x.example", "a b@example.com",
        "kim@example.com>", "<kim@example.com", "kim@example.com, lee@example.com", "김@example.com", "a@" + "x" * 300,
        ".kim@example.com", "kim@-x.example", "kim\x00@example.com",
    ],
)  # fmt: skip
def test_an_address_that_is_none_is_refused(to: str) -> None:
    with pytest.raises(Refused):
        mail(to=to)


def test_a_korean_domain_is_written_as_dns_knows_it() -> None:
    assert mail(to="kim@도메인.한국").to == "kim@xn--hq1bm8jm9l.xn--3e0b707e"


@pytest.mark.parametrize("name", ["Bcc", "subject", "From", "X Y", "", "X-A\r\nBcc", "content-type"])
def test_no_change_adds_a_header_of_ours_or_one_that_is_none(name: str) -> None:
    with pytest.raises(Refused):
        mail(headers={name: "x"})


@pytest.mark.parametrize("value", ["a\r\nBcc: x@y", "a\nb", "a\r\n Bcc", "한글", "x" * 1000])
def test_no_header_holds_a_line_end_or_a_letter_that_mail_cannot(value: str) -> None:
    with pytest.raises(Refused):
        mail(headers={"List-Unsubscribe": value + "\r\n"})


LETTERS = st.text(max_size=300)


@given(subject=LETTERS, name=LETTERS, html=LETTERS, text=LETTERS, address=st.sampled_from(["", "a@b.example"]))
def test_nothing_that_is_filled_in_can_make_a_header_or_a_long_line(
    subject: str, name: str, html: str, text: str, address: str
) -> None:
    request = mail(sender=Sender(name=name, email=address), subject=subject, html=html, text=text)
    plain = mail(sender=Sender(name="x", email=address), subject="x", html="x", text="x")
    assert read(request).keys() == read(plain).keys()
    assert request.data.isascii()
    assert b"\n" not in request.data.replace(b"\r\n", b"")
    assert max(map(len, request.data.split(b"\r\n"))) <= 998
    parts = [part.get_content() for part in read(request).iter_parts()]
    assert (
        parts[0].replace("\r\n", "\n").replace("\r", "\n")
        == text.replace("\r\n", "\n").replace("\r", "\n").encode("utf-8", "replace").decode()
    )
    assert len(parts) == 2


@pytest.mark.parametrize(
    ("stage", "code", "text", "result", "dead", "down"),
    [
        ("body", 250, "2.0.0 queued as 4F", "sent", False, False),
        ("body", 451, "4.3.0 try again", "retry", False, False),
        ("body", 554, "5.7.1 spam", "refused", False, False),
        ("body", None, "", "uncertain", False, False),
        ("recipient", 550, "5.1.1 no such user", "refused", True, False),
        ("recipient", 550, "no such user here", "refused", True, False),
        ("recipient", 550, "5.7.1 blocked by policy", "refused", False, False),
        ("recipient", 552, "5.2.2 mailbox full", "refused", False, False),
        ("recipient", 450, "4.2.1 greylisted", "retry", False, False),
        ("recipient", None, "", "retry", False, False),
        ("recipient", 421, "4.3.2 closing", "retry", False, True),
        ("sender", 503, "EHLO first", "retry", False, True),
        ("sender", 553, "5.1.8 sender refused", "refused", False, False),
        ("data", 554, "no valid recipients", "refused", False, False),
        ("login", 535, "5.7.8 wrong", "retry", False, True),
        ("connect", 554, "no", "retry", False, True),
        ("connect", None, "refused", "retry", False, True),
    ],
)
def test_an_answer_means(stage: Any, code: int | None, text: str, result: str, dead: bool, down: bool) -> None:
    found = interpret(Reply(stage=stage, code=code, text=text))
    assert (found.result, found.is_address_dead, found.is_server_down) == (result, dead, down)


def test_a_servers_words_are_kept_without_addresses() -> None:
    found = interpret(
        Reply(stage="recipient", code=550, text="<kim@example.com>: no\nsuch user kim@example.com " + "x" * 900)
    )
    assert "kim" not in found.detail
    assert "no such user" in found.detail
    assert len(found.detail) <= 300
