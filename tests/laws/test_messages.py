"""What `check` takes is never broken by anybody's values, and ends in time and in size."""

from __future__ import annotations

import time
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st
from tests.laws.identity_world import budget

from itda.channels.email import Mailing, Marks, message_id, prepare
from itda.consent.facts import Sender
from itda.events.contracts import boxed
from itda.messages import markup, shapes, typed
from itda.messages.definition import Content, Message, Unrenderable, View
from itda.messages.links import Links
from itda.messages.template import render
from itda.profiles.definition import TraitDef

BOX = boxed()
VARIABLES = shapes.variables(
    shapes.of_customer(
        [TraitDef(name="orders_year", kind="count"), TraitDef(name="favourites", kind="top"), TraitDef(name="vip.since", kind="declared")],
        BOX.get("Customer Identified"),
    ),
    shapes.of_events([contract for contract in [BOX.get("Checkout Started")] if contract is not None]),
)  # fmt: skip
LINKS = Links(base="https://m.example", outbox=bytes(16), secret=b"s")
PATHS = [
    "customer.name", "customer.orders_year", "customer.favourites", "customer.vip.since", "customer.address.city",
    "event.products", "event.value", "event.currency", "event.checkout_id", "event.coupons", "event.products.first.price",
    "sender.phone", "links.unsubscribe", "customer.nothing",
]  # fmt: skip
LISTS = ["event.products", "customer.favourites", "event.coupons"]
IN_LOOPS = ["x", "x.price", "x.name", "x.value", "x.count", "forloop.index"]
FILTERS = [
    " | default: 'd'", " | default: event.coupon", " | money", " | money: event.currency", " | date", " | date: 'full'",
    " | time", " | number", " | upcase", " | truncate: 5", " | url_encode", " | size", " | first", " | last", " | join: ', '",
    " | round: 2", " | plus: 1", " | minus: event.value", " | times: customer.orders_year", " | at_most: 9", " | strip",
]  # fmt: skip
OPERATORS = ["> 3", "== 'x'", "!= blank", "contains 'a'", "<= event.value", "< customer.name", "and event.value"]

filters = st.lists(st.sampled_from(FILTERS), max_size=3).map("".join)
text = st.sampled_from(["<b>t</b>", "&amp;", "한글", "<br>", " "])


def parts(depth: int, names: tuple[str, ...] = ()) -> st.SearchStrategy[str]:
    """Templates that may name what is there at this depth, most of them in order."""
    path = st.sampled_from([*PATHS, *names, *names])
    output = st.builds(
        "{{{{ {}{}{} }}}}".format, path, filters, st.sampled_from([" | default: 'd'", " | default: 'd'", ""])
    )
    if depth == 0:
        return st.one_of(output, text)
    body = st.lists(parts(depth - 1, names), max_size=3).map("".join)
    looped = st.lists(parts(depth - 1, (*names, *IN_LOOPS)), max_size=3).map("".join)
    test = st.sampled_from(["", *OPERATORS])
    listed, limit = st.sampled_from([*LISTS, *LISTS, "customer.name"]), st.sampled_from(["3", "9", "100", "9999"])
    return st.one_of(
        output,
        text,
        st.builds("{{% if {} {} %}}{}{{% else %}}{}{{% endif %}}".format, path, test, body, body),
        st.builds("{{% if {0} %}}{{{{ {0} }}}}{{% endif %}}".format, path),
        st.builds("{{% unless {} %}}{}{{% endunless %}}".format, path, body),
        st.builds("{{% for x in {} limit: {} %}}{}{{% endfor %}}".format, listed, limit, looped),
        st.builds("{{% case {} %}}{{% when 'x', 3 %}}{}{{% else %}}{}{{% endcase %}}".format, path, body, body),
        st.builds("{{% assign a = {}{} %}}{{{{ a | default: 1 }}}}".format, path, filters),
    )


template = st.lists(parts(2), min_size=1, max_size=4).map("".join)
scalar = st.one_of(
    st.none(), st.booleans(), st.integers(-(10**18), 10**18), st.floats(), st.text(max_size=40),
    st.sampled_from(["2026-11-22", "12.50", "KRW", "x", "3", "<b>", "\x00", "{{ a }}"]),
)  # fmt: skip
value = st.recursive(scalar, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["name", "price", "value", "count", "city"]), inner, max_size=3), max_leaves=6)  # fmt: skip
customer = st.dictionaries(
    st.sampled_from(["name", "orders_year", "favourites", "vip.since", "address.city", "address"]), value
)
event = st.dictionaries(st.sampled_from(["products", "value", "currency", "checkout_id", "coupon", "coupons"]), value)


def in_mjml(inner: str) -> str:
    return f"<mjml><mj-body><mj-section><mj-column><mj-text>{inner}</mj-text></mj-column></mj-section></mj-body></mjml>"


@budget(100, nightly=30_000)
@given(source=template, person=customer, happened=event, name=st.text(max_size=30))
def test_a_template_that_check_takes_can_be_filled_and_sent_whatever_the_values(
    source: str, person: dict[str, Any], happened: dict[str, Any], name: str
) -> None:
    body = in_mjml(source)
    assume(not typed.examine(body, VARIABLES, is_html=True).faults)
    assert markup.look(body).faults == []
    content = Content(subject=source, body=body, text=source)
    said = Message(name="m", message_class="informational", purpose="", contents={"email": {"ko": content}})
    sender = Sender(name=name, phone="02")
    view = View(customer=person, event=happened, sender=sender, zone="Asia/Seoul", currency="KRW")
    began = time.process_time()
    rendered = render(said, "email", "ko", view, LINKS, is_tracked=True)
    assert time.process_time() - began < 5
    if isinstance(rendered, Unrenderable):
        assert rendered.reason == "too_large", rendered
        return
    token = LINKS.token("bounce")
    marks = Marks(message_id=message_id(token, "x.example"), token=token, at=1_795_386_600_000_000)
    request = prepare(rendered, sender, Mailing(address="a@x.example"), "b@x.example", marks)
    assert request.data.isascii()
    assert len(request.data) < 3_000_000


@budget(100, nightly=30_000)
@given(source=st.lists(st.one_of(template, st.sampled_from(["<b>", "</b>", "{% if x %}", "{% endif %}", "{% else %}", "<mj-text>", "{{", "}}", "{%", "<!--", "<", ">", '"'])), max_size=8).map("".join))  # fmt: skip
def test_check_answers_whatever_it_is_given_and_its_lines_are_lines(source: str) -> None:
    body = in_mjml(source)
    for found in (*typed.examine(body, VARIABLES, is_html=True).faults, *markup.look(body).faults):
        assert 1 <= found.line <= body.count("\n") + 1
        assert found.what
