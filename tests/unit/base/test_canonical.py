from __future__ import annotations

import pytest

from itda.base.canonical import canonical


def test_keys_are_sorted_by_utf16_as_rfc_8785_says():
    value = {"\u20ac": 1, "\r": 2, "\ufb33": 3, "1": 4, "\U0001f600": 5, "\x80": 6, "\u00f6": 7}
    assert canonical(value) == '{"\\r":2,"1":4,"\x80":6,"\u00f6":7,"\u20ac":1,"\U0001f600":5,"\ufb33":3}'.encode()


def test_texts_are_escaped_no_more_than_needed():
    assert canonical('\u20ac$\x0f\nA\'B"\\"/') == b'"\xe2\x82\xac$\\u000f\\nA\'B\\"\\\\\\"/"'


def test_nested_values_have_one_form():
    assert canonical({"b": [1, None, True, {"z": 1, "a": "가"}], "a": ()}) == (
        '{"a":[],"b":[1,null,true,{"a":"가","z":1}]}'.encode()
    )


@pytest.mark.parametrize("value", [1.5, b"bytes", {1: 2}, 1 << 53, {"a": {1, 2}}, [object()]])
def test_what_has_no_single_form_is_refused(value):
    with pytest.raises(ValueError, match="no canonical JSON"):
        canonical(value)
