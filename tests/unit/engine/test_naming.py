import pytest

from itda.base.errors import Refused
from itda.base.ids import customer_text
from itda.engine.naming import identifier, named

KINDS = ("user_id", "membership", "email")


def test_a_kind_and_a_value_name_an_identifier():
    assert named("membership:1", KINDS) == ("membership", "1")


def test_a_value_may_hold_colons_and_loses_only_its_outer_spaces():
    assert identifier("user_id: urn:a:b ", KINDS) == ("user_id", "urn:a:b")


def test_a_customers_id_is_taken_as_it_is():
    text = customer_text(bytes(range(16)))
    assert named(text, KINDS) == text


@pytest.mark.parametrize("text", ["", "membership", "membership:", "membership:  "])
def test_a_text_without_kind_or_value_is_refused_with_the_form_it_should_have(text):
    with pytest.raises(Refused, match="write KIND:VALUE, as in membership:1"):
        named(text, KINDS)


def test_a_wrong_kind_is_refused_with_the_nearest_word():
    with pytest.raises(Refused, match="did you mean membership"):
        named("membreship:1", KINDS)


def test_a_kind_like_no_other_is_refused_with_all_kinds():
    with pytest.raises(Refused, match="kinds here: user_id, membership, email"):
        named("zzz:1", KINDS)
