"""What consent banners say by machine: it takes away and never gives."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.consent.situations import PERSON

from itda.consent import signals
from itda.consent.acts import Said
from itda.consent.heard import SIGNALLED, read
from itda.consent.signals import denied


def tcf(*agreed: int) -> str:
    bits = f"{2:06b}" + "0" * 146 + "".join("1" if number + 1 in agreed else "0" for number in range(24)) + "0" * 8
    raw = int(bits, 2).to_bytes(len(bits) // 8, "big")
    return base64.urlsafe_b64encode(raw).decode().rstrip("=") + ".YAAAAAAAAAAA"


ALL = tuple(range(1, 25))


@pytest.mark.parametrize(
    ("said", "purposes"),
    [
        ({"ad_user_data": "denied", "ad_personalization": "granted"}, ("ad_user_data",)),
        ({"ad_personalization": "denied"}, ("ad_personalization", "behav_ads")),
        ({"ad_storage": "granted", "ad_user_data": "granted"}, ()),
        ({"tcf": tcf(*ALL)}, ()),
        ({"tcf": tcf(1, 3, 4)}, ("ad_user_data",)),
        ({"tcf": tcf(1, 7)}, ("ad_personalization", "behav_ads")),
        ({"tcf": tcf()}, ("ad_personalization", "ad_user_data", "behav_ads")),
        ({"us_privacy": "1YYN"}, ("sale_share",)),
        ({"us_privacy": "1YNN"}, ()),
        ({"gpp": "DBABLA~BVQqAAAAAgA.QA"}, ()),
        ({"gpp": "DBABLA~BVQVAAAAAgA.QA"}, ("ad_personalization", "behav_ads", "sale_share")),
        ({"gpp": "DBABBg~BUVAAAAA.QA"}, ("sale_share",)),
        ({"gpp": "nonsense", "tcf": "!!", "us_privacy": ""}, ()),
    ],
)
def test_what_is_denied_is_read_and_what_is_granted_gives_nothing(said: dict, purposes: tuple[str, ...]) -> None:
    assert denied(said) == purposes


ADS, TARGETED = ("ad_personalization", "ad_user_data", "behav_ads"), ("ad_personalization", "behav_ads")
EVERYTHING = (
    "DBACOcGA~CPSG_8APSG_8ANwAAAENAAFgAAAAAAAAAAAAAAAAAAAA.IAAA.YAAAAAAAAAAA~BPSG_8APSG_8AAAAAAENAACAAAAAAAAAAAAAAAAAAAA"
    ".YAAAAAAAAAAA~1---~BAAAAAAAAQA.QA~BAAAAABA.QA~BAAAABA~BAAAAEA.QA~BAAAAAQA~BAAAAAEA.QA~BAAAAABA~BAAAAABA.QA~BAAAAAABAA"
    ".QA~BAAAAAQA.QA~BAAAAAABAA.QA~BAAAAAQA.QA~BAAAAAQA.QA~BAAAAABA.QA~BAAAAAAAQA.QA~BAAAAAQA.QA~BAAAAAQA.QA~BQAA.QA"
    "~BQAA.AAA~BQAA.AAA~BQAA.AAA"
)


@pytest.mark.parametrize(
    ("said", "purposes"),
    [
        (
            {"tcf": "CPTtLAAPTtLAAAKAAAENAAFgALwAAEAAAAAAAOgAgABgAAAA.IAoAAgABgAAEAQAAEAAA.d4AACEAAAAAA"},
            ("ad_user_data",),
        ),
        ({"tcf": "CPSG_8APSG_8AAAAAAENAAFgAAAAAAAAAAAAAAAAAAAA.IAAA.YAAAAAAAAAAA"}, ADS),
        ({"gpp": "DBABMA~CPSG_8APSG_8ANwAAAENAwCgAAAAAAAAAAYgACPAAAAA.IDKQA4AAgAKAGQAygAAA.YAAAAAAAAAAA"}, ADS),
        ({"gpp": EVERYTHING}, ADS),
        ({"gpp": EVERYTHING.replace("~BAAAABA~", "~BVWSSVY~")}, (*ADS, "sale_share")),
        ({"gpp": EVERYTHING.replace("~BAAAAAQA~", "~BVVkklWA~")}, (*ADS, "sale_share")),
        ({"gpp": "DBAA"}, ()),
        ({"gpp": "DBABTA~1YNN"}, ()),
        ({"gpp": "DBABTA~1NYN"}, ("sale_share",)),
        ({"gpp": "DBABLA~CVVVkkkkkpFY.YA"}, (*TARGETED, "sale_share")),
        ({"gpp": "DBABLA~CAAAAAAAAABA.QA"}, ()),
        ({"gpp": "DBABLA~CAAAAAAAAABA.YA"}, ("sale_share",)),
        ({"gpp": "DBABLA~BAAAVVVVUQA.QA"}, ()),
        ({"gpp": "DBABLA~CVQqAAAACg"}, ()),
        ({"gpp": "DBABLA~z"}, ()),
        ({"gpp": "z~CVVVkkkkkpFY.YA"}, ()),
        ({"gpp": "DBABBg~BVWSSSVY.YA"}, ("sale_share",)),
        ({"gpp": "DBABBg~BAAAAABA.QA"}, ()),
    ],
)
def test_the_vectors_of_iabs_own_encoders_are_read_as_they_were_written(said: dict, purposes: tuple[str, ...]) -> None:
    """Strings from the tests of iabgpp-es (fd0546e); the fields that each was made of are written beside it there."""
    assert denied(said) == purposes


@given(st.text(max_size=80), st.text(alphabet="ABCDBLgVQqA~.", max_size=80))
def test_no_string_breaks_it(one: str, other: str) -> None:
    assert isinstance(denied({"tcf": one, "gpp": other, "us_privacy": one[:4]}), tuple)


@pytest.mark.parametrize("bits", ["0" * 24_000, "10" * 12_000])
def test_a_number_in_a_header_that_does_not_end_is_not_read_to_the_end_of_the_string(bits: str) -> None:
    assert signals._fibonacci(bits, 0)[1] < 20


def test_a_banner_withdraws_for_the_person_each_purpose_it_denies() -> None:
    said = Said(
        name=SIGNALLED, event_id="e1", source="web", occurred_at=1, received_at=2, fragment=PERSON, identifiers={},
        properties={"ad_user_data": "denied", "ad_personalization": "denied"},
    )  # fmt: skip
    found = read(said, "A")
    assert [event.key.purpose for _, event in found] == ["ad_personalization", "ad_user_data", "behav_ads"]
    assert {event.action for _, event in found} == {"withdraw"}
    assert len({key for key, _ in found}) == 3
