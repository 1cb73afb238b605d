"""Places in lists that are told page by page."""

from __future__ import annotations

import pytest

from itda.base.errors import Refused
from itda.engine.questions import places


def test_a_place_is_read_as_it_was_written() -> None:
    assert places.read(places.written(1_795_000_000_000_000, b"ab")) == (1_795_000_000_000_000, b"ab")
    assert places.read("") == (None, b"")


@pytest.mark.parametrize("text", ["x~00", "1~xy", f"{1 << 63}~00", f"{-(1 << 63)}~00", "9" * 40])
def test_what_no_list_goes_by_is_refused(text: str) -> None:
    with pytest.raises(Refused, match="no place in this list"):
        places.read(text)
