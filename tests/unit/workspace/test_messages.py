"""What `check` says of messages: the file, the line, what is wrong, and the cure."""

from __future__ import annotations

from pathlib import Path

import pytest

from itda.consent.facts import Sender
from itda.messages.definition import Message, Rendered, View
from itda.messages.links import Links
from itda.messages.template import render
from itda.workspace.load import check, load
from itda.workspace.start import init

CONSENT = "sender: {name: 이음, email: help@shop.example, phone: 02-123-4567, address: '서울시 중구 1'}\n"
YAML = """\
class: advertising
category: shoes
events: [Checkout Started]
label: {ko: 장바구니, en: Cart}
email:
  subject:
    ko: "{{ customer.name | default: '고객' }}님의 장바구니"
    en: "Your cart, {{ customer.name | default: 'friend' }}"
  preheader: {ko: 아직 그대로예요, en: Still there}
"""
BODY = """\
<mjml>
  <mj-body>
    <mj-section><mj-column>
      <mj-text>{{ customer.name | default: "-" }}</mj-text>
      <mj-table>
        {% for item in event.products limit: 10 %}
        <tr><td>{{ item.name | default: "" }}</td><td>{{ item.price | money: event.currency | default: "" }}</td></tr>
        {% endfor %}
      </mj-table>
      <mj-text>
        {% if customer.orders_year > 3 %}VIP{% else %}-{% endif %}
        <a href="{{ links.unsubscribe }}">out</a>
      </mj-text>
    </mj-column></mj-section>
  </mj-body>
</mjml>
"""
TRAITS = "orders_year: {kind: count, of: orders, window: 365 days}\nvip: {kind: declared}\n"


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    init(tmp_path, "shop")
    (tmp_path / "consent.yaml").write_text(CONSENT, encoding="utf-8")
    (tmp_path / "traits" / "more.yaml").write_text(TRAITS, encoding="utf-8")
    put(tmp_path, **{"message.yaml": YAML, "email.ko.mjml": BODY, "email.en.mjml": BODY})
    return tmp_path


def put(shop: Path, **files: str) -> None:
    folder = shop / "messages" / "cart"
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")


def told(shop: Path) -> list[str]:
    return [str(fault) for fault in check(shop, {}) if (fault.file or "").startswith("messages")]


def message(shop: Path) -> Message:
    return load(shop, {}).messages["cart"]


def test_a_message_in_order_is_read_whole(shop: Path) -> None:
    assert told(shop) == []
    found = message(shop)
    assert found.message_class == "advertising"
    assert found.purpose == "ad_receive"
    assert found.label_ko == "장바구니"
    assert found.contents["email"]["en"].preheader == "Still there"
    assert found.contents["email"]["ko"].body == BODY
    assert found.uses == {
        "customer.name", "customer.orders_year", "event.products", "event.currency", "links.unsubscribe",
    }  # fmt: skip
    assert found.properties == {"products", "currency"}


def test_its_version_follows_every_letter_that_is_sent(shop: Path) -> None:
    before = message(shop).version
    assert message(shop).version == before
    put(shop, **{"email.en.mjml": BODY.replace(">out<", ">Out<")})
    assert message(shop).version != before


def test_a_body_changes_the_digest_of_the_workspace(shop: Path) -> None:
    before = load(shop, {}).digest
    put(shop, **{"email.en.mjml": BODY + "\n"})
    assert load(shop, {}).digest != before


LINES = BODY.splitlines()


def with_text(text: str) -> str:
    """The body with a text on line 4."""
    return BODY.replace('{{ customer.name | default: "-" }}', text)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("{{ customer.nmae }}", "4: customer.nmae is not known (did you mean name?)"),
        ("{{ custmer.name }}", "4: 'custmer' is not known (did you mean customer?)"),
        ("{{ event.total_price }}", "4: event.total_price is not known"),
        ("{{ event.context.ip }}", "4: event.context is not known"),
        ("{{ customer.name }}", "4: customer.name is not there for everybody"),
        ("{{ event.products[0].name }}", "4: event.products[0].name is not there for everybody"),
        ("{{ customer.name | defualt: '' }}", "4: 'defualt' is no filter (did you mean default?)"),
        ("{{ customer.name | replace: 'a', 'b' | default: '' }}", "4: 'replace' is no filter"),
        ("{{ customer.name | upcase: 1 | default: '' }}", "4: upcase takes 0 values, not 1"),
        ("{{ event.products }}", "4: event.products is a list (use a loop or join)"),
        ("{{ event.products | money }}", "4: money is for numbers (this is list)"),
        ("{{ customer.created_at | date: 'ling' | default: '' }}", "4: 'ling' is no way to write it (did you mean long?)"),
        ("{% if customer.name %}", "4: {% if %} is never closed"),
        ("{% iff customer.name %}{% endif %}", "4: {% iff %} is no tag of a template (did you mean if?)"),
        ("{{ customer.name | }}", "4: is no Liquid"),
        ("{% include 'x' %}", "4: {% include %} is no tag of a template"),
        ("{% capture x %}{% endcapture %}", "4: {% capture %} is no tag of a template"),
        ("{% for x in event.products %}{% endfor %}", "4: a loop has a limit"),
        ("{% for x in event.products limit: 1000000 %}{% endfor %}", "4: a loop has a limit"),
        ("{% for x in (1..1000000) limit: 3 %}{% endfor %}", "4: (1..1000000) is no list"),
        ("{% for x in customer.name limit: 3 %}{% endfor %}", "4: customer.name is no list"),
        ("{% if customer.vip.x.y > event.products %}{% endif %}", "4: event.products has no order"),
        ("{{ customer[event.currency] | default: '' }}", "4: customer[event.currency] is reached by another variable"),
        ("<mj-txt>x</mj-txt>", "4: <mj-txt> is no element of MJML (did you mean mj-text?)"),
        ("<b>x", "4: </mj-text> where <b> of line 4 is open"),
        ("{% if customer.name %}<b>{% endif %}x</b>", "4: {% endif %} where <b> of line 4 is open"),
        ("<b>{% if customer.name %}x</b>{% else %}y</b>{% endif %}", "4: </b> where {% if %} of line 4 is open"),
        ('<a href="https://x.example/?m={{ customer.email }}">x</a>', "4: customer.email names a person"),
        (
            '{% assign m = customer.email | downcase %}{% assign n = m %}<a href="https://x.example/?m={{ n }}">x</a>',
            "4: n names a person",
        ),
    ],
)  # fmt: skip
def test_a_fault_in_a_body_is_told_with_its_line(shop: Path, text: str, what: str) -> None:
    put(shop, **{"email.en.mjml": with_text(text)})
    found = told(shop)
    assert any(each.startswith(f"messages/cart/email.en.mjml:{what}") for each in found), found
    assert all(each.startswith("messages/cart/email.en.mjml:") for each in found), "the other language is in order"


@pytest.mark.parametrize(
    "text",
    [
        "{% if customer.name %}{{ customer.name }}{% endif %}",
        "{% if customer.name and customer.city %}{{ customer.name }} {{ customer.city }}{% endif %}",
        "{% unless customer.name %}-{% else %}{{ customer.name }}{% endunless %}",
        "{% case customer.tier %}{% when 'gold' %}{{ customer.tier }}{% else %}-{% endcase %}",
        "{% assign name = customer.name | default: 'x' %}{{ name | upcase }}",
        "{{ customer.address.city | default: '' }} {{ customer.vip | default: '' }} {{ customer.orders_year }}",
        "{{ event.products | size }} {% if event.products %}{{ event.products.size }}{% endif %}",
        "{% assign sum = 0 %}{% for x in event.products limit: 9 %}{% assign sum = sum | plus: x.price %}{% endfor %}",
        "{% comment %} </mj-text> {{ customer.nothing }} {% endcomment %}<br>",
        "{% for x in event.products limit: 2 %}{{ forloop.index }}{% if forloop.last %}.{% endif %}{% endfor %}",
        "{% if customer.orders_year >= 3 %}<b>{{ customer.orders_year | number }}</b>{% elsif event.coupon %}-{% endif %}",
        '<a href="https://x.example/{{ event.checkout_id | url_encode | default: "" }}">x</a>',
    ],
)  # fmt: skip
def test_what_is_in_order_is_not_complained_of(shop: Path, text: str) -> None:
    put(shop, **{"email.en.mjml": with_text(text)})
    assert told(shop) == []


def test_loops_within_loops_and_what_grows_in_them_are_refused(shop: Path) -> None:
    inner = "{% for y in event.products limit: 100 %}x{% endfor %}"
    put(shop, **{"email.en.mjml": with_text(f"{{% for x in event.products limit: 100 %}}{inner}{{% endfor %}}")})
    assert any("its loops may go 10,110 rounds" in each for each in told(shop))
    grows = "{% assign a = 'x' %}{% for x in event.products limit: 90 %}{% assign a = a | url_encode %}{% endfor %}"
    put(shop, **{"email.en.mjml": with_text(grows)})
    assert any("4: 'a' may grow with every round" in each for each in told(shop))
    put(shop, **{"email.en.mjml": with_text(f"{{% for x in event.products limit: 100 %}}{'x' * 6000}{{% endfor %}}")})
    assert any("its own text may come to" in each for each in told(shop))


def test_a_language_without_its_version_is_told(shop: Path) -> None:
    (shop / "messages" / "cart" / "email.en.mjml").unlink()
    put(shop, **{"message.yaml": YAML.replace(", en: Still there", "").replace("    en:", "    de:")})
    found = "\n".join(told(shop))
    assert "there is no body in 'en' (put it into email.en.mjml)" in found
    assert "message.yaml:6: email.subject: has no version in 'en'" in found
    assert "email.preheader: has no version in 'en'" in found
    assert "message.yaml:8: email.subject.de: 'de' is no language of this workspace" in found


def test_files_that_nobody_reads_are_told(shop: Path) -> None:
    put(shop, **{"email.kr.mjml": BODY, "emial.en.mjml": BODY})
    (shop / "messages" / "loose.yaml").write_text("a: 1\n")
    (shop / "messages" / "empty").mkdir()
    found = "\n".join(told(shop))
    assert "messages/cart/email.kr.mjml: 'kr' is no language of this workspace (known here: ko, en)" in found
    assert "messages/cart/emial.en.mjml: is no part of a message and is not read (did you mean email.en.mjml?)" in found
    assert "messages/loose.yaml: is no message: each has a folder of its own" in found
    assert "messages/empty: has no message.yaml" in found


@pytest.mark.parametrize(
    ("before", "after", "what"),
    [
        ("class: advertising", "class: advertisng", "message.yaml:1: class: 'advertisng' is not known (did you mean advertising?)"),
        ("class: advertising", "class: informational", "message.yaml:1: class: an informational message says why"),
        ("class: advertising", "class: advertising\nground: law", "message.yaml:2: ground: advertising is sent by consent"),
        ("category:", "purpose: ad_recieve\ncategory:", "message.yaml:2: purpose: consent.yaml has no purpose 'ad_recieve' (did you mean ad_receive?)"),
        ("Checkout Started", "Checkout Startd", "message.yaml:3: events.0: no contract knows the event 'Checkout Startd' (did you mean Checkout Started?)"),
        ("subject:", "subjects:", "message.yaml:6: email.subjects: 'subjects' is not known (did you mean subject?)"),
        ('ko: "', 'ko: "[광고] ', "message.yaml:7: email.subject.ko: the label of advertising is (광고)"),
        ("customer.name | default: '고객'", "customer.nam | default: '고객'", "message.yaml:7: customer.nam is not known (did you mean name?)"),
    ],
)  # fmt: skip
def test_a_fault_in_message_yaml_is_told_with_its_line(shop: Path, before: str, after: str, what: str) -> None:
    put(shop, **{"message.yaml": YAML.replace(before, after, 1)})
    found = told(shop)
    assert any(each.startswith(f"messages/cart/{what}") for each in found), found


def test_advertising_has_a_link_to_unsubscribe_that_nobody_can_lack(shop: Path) -> None:
    link = '<a href="{{ links.unsubscribe }}">out</a>'
    put(shop, **{"email.ko.mjml": BODY.replace(link, "")})
    put(shop, **{"email.en.mjml": BODY.replace(link, f"{{% if customer.name %}}{link}{{% endif %}}")})
    found = told(shop)
    assert [each.split(":")[0] for each in found if "link to unsubscribe for everybody" in each] == [
        "messages/cart/email.en.mjml",
        "messages/cart/email.ko.mjml",
    ]
    put(shop, **{"message.yaml": YAML.replace("class: advertising", "class: informational\nground: contract")})
    assert told(shop) == [], "an order's confirmation needs none"


def test_advertising_without_a_whole_sender_is_refused(shop: Path) -> None:
    (shop / "consent.yaml").write_text("sender: {name: 이음, email: help@shop.example}\n", encoding="utf-8")
    assert any("the sender has no phone, address (add it to `sender` in consent.yaml)" in each for each in told(shop))


def test_event_properties_need_the_event_named(shop: Path) -> None:
    put(shop, **{"message.yaml": YAML.replace("events: [Checkout Started]\n", "")})
    assert any("'event' is not known" in each for each in told(shop))


def test_of_several_events_only_what_all_carry_may_be_named(shop: Path) -> None:
    put(shop, **{"message.yaml": YAML.replace("[Checkout Started]", "[Checkout Started, Product Viewed]")})
    found = "\n".join(told(shop))
    assert "event.products is not known" in found
    assert "event.currency is not known" not in found


def test_personal_fields_of_an_event_are_not_there(shop: Path) -> None:
    put(shop, **{"message.yaml": YAML.replace("Checkout Started", "Page Viewed")})
    put(shop, **{"email.en.mjml": with_text("{{ event.title | default: '' }}")})
    assert any("event.title is not known" in each for each in told(shop)), "it is sealed, and journeys see plain fields"


def test_a_text_body_of_its_own_is_typed_too(shop: Path) -> None:
    put(shop, **{"email.ko.txt": "line\n{{ customer.nmae }}"})
    assert [each for each in told(shop) if "email.ko.txt:2: customer.nmae is not known" in each]
    put(shop, **{"email.ko.txt": "own text {{ links.unsubscribe }}"})
    assert message(shop).contents["email"]["ko"].text == "own text {{ links.unsubscribe }}"


def test_the_message_of_a_new_workspace_can_be_sent_in_both_languages(tmp_path: Path) -> None:
    init(tmp_path, "shop")
    example = load(tmp_path, {}).messages["order-ready"]
    assert set(example.contents["email"]) == {"ko", "en"}
    view = View(customer={}, event={"order_id": "A-1"}, sender=Sender(name="이음"), zone="Asia/Seoul", currency="KRW")
    links = Links(base="https://x.example", outbox=bytes(16), secret=b"s")
    for language in ("ko", "en"):
        rendered = render(example, "email", language, view, links, is_tracked=False)
        assert isinstance(rendered, Rendered)
        assert "A-1" in rendered.subject
        assert "이음" in rendered.text
