"""brand.yaml: what customers see of the brand, and colours that can be read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from itda.workspace.brand import GROUNDS, LEAST_CONTRAST, WrittenBrand, WrittenColours, _colour, contrast
from itda.workspace.files import Document

COLOUR = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


def faults(accent: str) -> list[str]:
    document = Document("brand.yaml", {}, {})
    return [fault.cure or "" for fault in _colour(document, WrittenBrand(colours=WrittenColours(accent=accent)))]


@pytest.mark.parametrize(("one", "other", "ratio"), [
    ("#000000", "#ffffff", 21.0), ("#ffffff", "#ffffff", 1.0), ("#767676", "#ffffff", 4.54), ("#777777", "#ffffff", 4.48),
])  # fmt: skip
def test_contrast_is_what_the_guidelines_say(one: str, other: str, ratio: float) -> None:
    """The last two are the well-known neighbours of 4.5 to 1 on white (WCAG 2.2, 1.4.3)."""
    assert contrast(one, other) == contrast(other, one) == pytest.approx(ratio, abs=0.005)


@given(COLOUR)
def test_a_colour_that_is_hard_to_read_is_refused_with_one_of_its_hue_that_is_not(accent: str) -> None:
    is_read = all(contrast(accent, ground) >= LEAST_CONTRAST for ground in GROUNDS)
    told = faults(accent)
    assert (told == []) == is_read
    for cure in told:
        assert faults(cure.rpartition(" ")[2]) == []
