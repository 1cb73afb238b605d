"""Korean and foreign addresses in parts, and how near two are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from itda.text.addresses import Address, building, normal, parsed, postcode


def said(text: str) -> dict[str, str]:
    return {name: part for name, part in parsed(text)._asdict().items() if part}


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        (
            "서울특별시 강남구 강남대로 11, 103동 704호",
            {"region": "서울", "district": "강남구", "road": "강남대로", "number": "11", "unit": "103-704"},
        ),
        (
            "경기도 성남시 분당구 판교역로 235번길 12 (삼평동)",
            {
                "region": "경기",
                "district": "성남시 분당구",
                "town": "삼평동",
                "road": "판교역로235번길",
                "number": "12",
            },
        ),
        (
            "경기 성남시 분당구 판교역로235번길12",
            {"region": "경기", "district": "성남시 분당구", "road": "판교역로235번길", "number": "12"},
        ),
        (
            "서울시 강남구 역삼1동 123번지 4호",
            {"region": "서울", "district": "강남구", "town": "역삼동", "lot": "123-4"},
        ),
        ("서울 종로구 종로1가 24", {"region": "서울", "district": "종로구", "town": "종로1가", "lot": "24"}),
        ("서울 종로구 종로 1", {"region": "서울", "district": "종로구", "road": "종로", "number": "1"}),
        (
            "제주도 제주시 애월읍 하귀리 산 12-3",
            {"region": "제주", "district": "제주시", "town": "하귀리", "lot": "산12-3"},
        ),
        (
            "(06236) 서울 강남구 테헤란로 152 강남빌딩 20층",
            {"postcode": "06236", "region": "서울", "district": "강남구", "road": "테헤란로", "number": "152"},
        ),
        (
            "부산 해운대구 우동 1408 두산위브 제101동 3001호",
            {"region": "부산", "district": "해운대구", "town": "우동", "lot": "1408", "unit": "101-3001"},
        ),
        (
            "서울 송파구 올림픽로 300 롯데캐슬 101-1502",
            {"region": "서울", "district": "송파구", "road": "올림픽로", "number": "300", "unit": "101-1502"},
        ),
        ("강남구 역삼동 래미안 103동 704호", {"district": "강남구", "town": "역삼동", "unit": "103-704"}),
        ("강남대로 12길 5 가동 101호", {"road": "강남대로12길", "number": "5", "unit": "가-101"}),
        ("강남구 강남대로", {"district": "강남구", "road": "강남대로"}),
        (
            "12/34 King Street, Newtown NSW 2042",
            {"unit": "12", "number": "34", "road": "king st", "town": "newtown nsw", "postcode": "2042"},
        ),
        (
            "1600 Pennsylvania Avenue NW, Washington, DC 20500-0003",
            {"number": "1600", "road": "pennsylvania ave nw", "town": "washington dc", "postcode": "20500"},
        ),
        (
            "Flat 3, 10 Downing St., London SW1A 2AA",
            {"unit": "3", "number": "10", "road": "downing st", "town": "london", "postcode": "sw1a2aa"},
        ),
        ("Hauptstraße 12, 10115 Berlin", {"number": "12", "road": "hauptstr", "town": "berlin", "postcode": "10115"}),
        ("Hauptstr. 12", {"number": "12", "road": "hauptstr"}),
        ("350 Fifth Ave #12B", {"number": "350", "road": "fifth ave", "unit": "12b"}),
        ("wallaby place", {"road": "wallaby pl"}),
        ("", {}),
        ("...", {}),
    ],
)
def test_an_address_falls_into_its_parts(text: str, parts: dict[str, str]) -> None:
    assert said(text) == parts


@given(
    st.sampled_from(["서울특별시", "서울시", "서울"]), st.sampled_from(["강남구", "중구"]), st.sampled_from(["강남대로", "테헤란로 2길", "가로수길"]),
    st.integers(1, 999), st.integers(1, 199), st.integers(101, 3005), st.sampled_from([" ", ", ", ","]),
)  # fmt: skip
def test_every_way_of_writing_one_flat_is_one_address(
    region: str, ward: str, road: str, number: int, block: int, room: int, comma: str
) -> None:
    text = f"{region} {ward} {road} {number}{comma}{block}동 {room}호"
    assert parsed(text) == Address("서울", ward, "", road.replace(" ", ""), str(number), "", f"{block}-{room}")
    assert building(text) == building(f"{ward} {road}{number}")


@given(st.text(max_size=30))
def test_any_text_has_a_normal_form_without_spaces_around(text: str) -> None:
    assert normal(text) == " ".join(normal(text).split())


@pytest.mark.parametrize(
    ("text", "code"),
    [("WR11 7QP", "wr117qp"), ("20500-0003", "20500"), ("06236", "06236"), ("K1A 0B1", "k1a0b1"), ("", "")],
)
def test_a_postcode_has_one_form(text: str, code: str) -> None:
    assert postcode(text) == code
