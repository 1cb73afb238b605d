"""A message filled for one person: what they see, and what no value of theirs can do."""

from __future__ import annotations

import time
from decimal import Decimal
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from itda.consent.definition import Change
from itda.consent.facts import Sender
from itda.messages.definition import Content, Message, Rendered, Unrenderable, View
from itda.messages.links import Links, outbox_of, target_of
from itda.messages.template import changed, render, tree

SECRET = b"a secret of the workspace"
OUTBOX = bytes(range(16))
LINKS = Links(base="https://mail.shop.example", outbox=OUTBOX, secret=SECRET)
SENDER = Sender(name="이음", email="help@shop.example", phone="02-123-4567", address="서울시 중구 1")
BODY = """<mjml><mj-head><mj-title>t</mj-title></mj-head><mj-body><mj-section><mj-column>
<mj-text>{{ customer.name | default: "고객" }}</mj-text>
<mj-table>{% for p in event.products limit: 3 %}<tr><td>{{ p.name }}</td><td>{{ p.price | money: event.currency }}</td></tr>{% endfor %}</mj-table>
<mj-button href="https://shop.example/cart?a=1&amp;b=2">Cart</mj-button>
<mj-text>{% if customer.orders > 2 %}VIP{% else %}first{% endif %} <a href='{{ links.unsubscribe }}'>out</a></mj-text>
</mj-column></mj-section></mj-body></mjml>"""
CHANGES = (
    Change("prefix", "(광고)"),
    Change("footer", "이음 · 02-123-4567 · help@shop.example · 서울시 중구 1"),
    Change("footer", "수신을 원하지 않으시면 여기를 눌러 주세요 / To unsubscribe, press here", "", LINKS.unsubscribe),
    Change("header", f"<{LINKS.unsubscribe}>", "List-Unsubscribe"),
)


def message(body: str = BODY, subject: str = "{{ customer.name }} hello", **other: Any) -> Message:
    content = Content(subject=subject, body=body, **other)
    return Message(
        name="cart",
        message_class="advertising",
        purpose="ad_receive",
        contents={"email": {"ko": content, "en": content}},
    )


def filled(said: Message | None = None, *, language: str = "ko", is_tracked: bool = True, **view: Any) -> Any:
    person = View(
        customer=view.get("customer", {}),
        event=view.get("event", {}),
        sender=SENDER,
        zone="Asia/Seoul",
        currency="KRW",
    )
    return render(said or message(), "email", language, person, LINKS, is_tracked=is_tracked)


def test_a_person_sees_their_own_values_in_their_language() -> None:
    event = {"products": [{"name": "신발 & 끈", "price": "39000"}], "currency": "KRW"}
    korean = filled(customer={"name": "홍길동", "orders": 3}, event=event)
    assert korean.subject == "홍길동 hello"
    assert "신발 &amp; 끈" in korean.html
    assert "신발 & 끈 ₩39,000" in korean.text
    assert "VIP" in korean.text
    assert '<html lang="ko"' in korean.html
    dollars = filled(language="en", event={"products": [{"name": "x", "price": 9.5}], "currency": "usd"})
    assert "$9.50" in dollars.text
    assert "first" in dollars.text, "a comparison with what is not there does not hold"


def test_values_are_written_as_text_and_never_as_markup() -> None:
    nasty = '"><script>alert(1)</script></mj-text><mj-raw><b>'
    page = filled(customer={"name": nasty}).html
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page
    assert "{{ links" not in filled(customer={"name": "{{ links.unsubscribe }}"}).text.replace(
        "{{ links.unsubscribe }}", ""
    )


def test_a_subject_is_one_line_whatever_is_in_it() -> None:
    rendered = filled(customer={"name": "Kim\r\nBcc: all@x.example\x00\u2028\u202eevil"})
    assert rendered.subject == "Kim Bcc: all@x.example evil hello"
    assert len(filled(customer={"name": "가" * 5000}).subject) == 400


def test_clicks_and_openings_are_seen_only_where_the_person_lets_us() -> None:
    seen, unseen = filled(), filled(is_tracked=False)
    assert LINKS.pixel in seen.html
    assert LINKS.click("https://shop.example/cart?a=1&b=2") in seen.html
    assert "https://shop.example/cart" not in seen.html
    assert "/o/" not in unseen.html
    assert "/c/" not in unseen.html
    assert 'href="https://shop.example/cart?a=1&amp;b=2"' in unseen.html
    for page in (seen.html, unseen.html):
        assert f'href="{LINKS.unsubscribe}"' in page, "the way out is never counted"


def test_a_link_leads_only_where_mail_may_lead() -> None:
    body = BODY.replace("https://shop.example/cart?a=1&amp;b=2", "{{ event.url }}")
    assert "javascript" not in filled(message(body), event={"url": "javascript:alert(1)"}).html
    assert 'href="tel:02-1"' in filled(message(body), event={"url": "tel:02-1"}).html


def test_the_law_is_added_once_however_often_it_is_asked_for() -> None:
    plain = filled(customer={"name": "홍길동"})
    once = changed(plain, CHANGES)
    assert once.subject == "(광고) 홍길동 hello"
    assert once.html.count("서울시 중구 1") == 1
    assert once.text.count("서울시 중구 1") == 1
    assert once.headers == {"List-Unsubscribe": f"<{LINKS.unsubscribe}>"}
    assert once.html.index("To unsubscribe") < once.html.index("</body>")
    assert changed(once, CHANGES) == once
    assert changed(plain, ()) == plain


def test_the_preheader_is_hidden_in_the_page_and_absent_from_the_text() -> None:
    rendered = filled(message(preheader="only <today>"))
    assert "only &lt;today&gt;" in rendered.html
    assert "only" not in rendered.text


def test_a_text_of_its_own_goes_before_a_derived_one() -> None:
    assert filled(message(text="Hi {{ customer.name }} <3"), customer={"name": "A&B"}).text == "Hi A&B <3"


def test_dates_numbers_and_times_are_told_in_the_shops_zone() -> None:
    said = message(
        subject="{{ event.at | date: 'long' }} {{ event.at | time }} {{ event.n | number }} {{ event.no | date }}"
    )
    event = {"at": "2026-11-22T22:30:00Z", "n": 1234567.5}
    assert filled(said, event=event).subject == "2026년 11월 23일 오전 7:30 1,234,567.5"
    assert filled(said, language="en", event=event).subject.startswith("November 23, 2026 7:30")
    moment = {"at": 1_795_386_600_000_000, "n": Decimal(1)}
    assert filled(said, event=moment).subject.startswith("2026년 11월 23일")


def test_a_template_that_would_grow_without_bound_ends_and_says_so() -> None:
    grow = "{% assign a = customer.name | url_encode | url_encode | url_encode %}{{ a }}"
    began = time.process_time()
    result = filled(message(subject=grow), customer={"name": "가" * 15_000})
    assert isinstance(result, Unrenderable)
    assert result.reason == "too_large"
    assert time.process_time() - began < 2


def test_a_template_that_loops_for_ever_ends_and_says_so() -> None:
    many = "{% for a in event.l %}{% for b in event.l %}{% for c in event.l %}x{% endfor %}{% endfor %}{% endfor %}"
    began = time.process_time()
    result = filled(message(subject=many), event={"l": list(range(1000))})
    assert isinstance(result, Unrenderable)
    assert time.process_time() - began < 2


def test_a_number_without_end_is_not_computed() -> None:
    result = filled(message(subject="{% assign n = 99999999 %}" + "{% assign n = n | times: n %}" * 50 + "{{ n }}"))
    assert isinstance(result, Unrenderable)


def test_a_value_that_is_larger_than_a_mail_is_told_not_sent() -> None:
    result = filled(customer={"name": "가" * 400_000})
    assert isinstance(result, Unrenderable)
    assert "가" not in result.detail


def test_dotted_names_are_a_tree() -> None:
    assert tree({"address.city": "서울", "name": "x"}) == {"address": {"city": "서울"}, "name": "x"}
    assert tree({"address": "all", "address.city": "서울"}) == {"address": {"city": "서울"}}
    assert tree({"address.city": "서울", "address": "all"}) == {"address": {"city": "서울"}}


def test_a_token_names_one_message_and_one_use() -> None:
    token = LINKS.token("unsubscribe")
    assert outbox_of(token, "unsubscribe", SECRET) == OUTBOX
    assert outbox_of(token.upper(), "unsubscribe", SECRET) == OUTBOX, "some servers change the case of addresses"
    assert outbox_of(token, "open", SECRET) is None
    assert outbox_of(token, "unsubscribe", b"another") is None
    for other in ("", "a", "!!", token[:-1], token + "a", ("b" if token[0] == "a" else "a") + token[1:]):
        assert outbox_of(other, "unsubscribe", SECRET) is None


def test_a_token_has_one_spelling_though_its_last_letter_has_bits_to_spare():
    token = Links(base="https://m.example", outbox=OUTBOX, secret=SECRET).token("unsubscribe")
    read = [
        token[:-1] + last
        for last in "abcdefghijklmnopqrstuvwxyz234567"
        if outbox_of(token[:-1] + last, "unsubscribe", SECRET)
    ]
    assert read == [token]


def test_a_click_leads_nowhere_that_we_did_not_write() -> None:
    target = "https://shop.example/카트?a=1#x"
    _, _, proof, path = LINKS.click(target).removeprefix("https://mail.shop.example").lstrip("/").split("/")
    assert target_of(OUTBOX, proof, path, SECRET) == target
    assert target_of(bytes(16), proof, path, SECRET) is None
    assert target_of(OUTBOX, proof, path[:-4] + "AAAA", SECRET) is None
    assert target_of(OUTBOX, "a" * 16, path, SECRET) is None
    assert target_of(OUTBOX, proof, "!", SECRET) is None


@given(name=st.text(max_size=200), coupon=st.text(max_size=60))
def test_whatever_a_value_is_the_page_keeps_its_shape(name: str, coupon: str) -> None:
    said = message(BODY.replace("Cart<", "{{ event.coupon }}<").replace("a=1", "c={{ event.coupon | url_encode }}"))
    plain = filled(said, customer={"name": "n"}, event={"coupon": "c"})
    rendered = filled(said, customer={"name": name}, event={"coupon": coupon})
    assert isinstance(rendered, Rendered)
    assert rendered.html.count("<a ") == plain.html.count("<a ")
    assert rendered.html.count("<") == plain.html.count("<")
    assert "\n" not in rendered.subject
    once = changed(rendered, CHANGES)
    assert changed(once, CHANGES) == once
    assert msgspec.json.decode(msgspec.json.encode(rendered), type=Rendered) == rendered
