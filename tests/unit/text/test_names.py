"""Names of persons: normal forms, keys shared by Hangul and Latin spellings, and masks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from itda.text import masks, names
from itda.text.families import FAMILIES, by_head_sound
from itda.text.hangul import romanised
from itda.text.letters import folded, plain

SYLLABLES = "가강건경광규기나남다대도동두라명모문미민배범병보봉빈상새서석선성세소수숙순승시신아안애연영예옥용우욱운웅원유윤은의이인일자재정제조종주준지진찬창채철초춘충치태택하학한해향헌혁현형혜호홍화환훈휘희"
given_names = st.text(SYLLABLES, min_size=1, max_size=2)
families = st.sampled_from("김이박최정강조윤장임한오서신권황안송류유홍전")
hangul = st.characters(min_codepoint=0xAC00, max_codepoint=0xD7A3)


@pytest.mark.parametrize(
    ("written", "form"),
    [
        ("  김 민수 ", "김민수"),
        ("김민수 님", "김민수"),
        ("김민수고객님", "김민수"),
        ("홍길동 귀하", "홍길동"),
        ("홍길동 선생님 귀하", "홍길동"),
        ("이님", "이님"),
        ("Dr. Jane  O'Neill, PhD", "jane oneill"),
        ("KIM, Min-Su", "min-su kim"),
        ("Kim Min \u2013 Su", "kim min-su"),
        ("Mr.", "mr"),
        ("김민수(Kim Minsu)", "김민수"),
        ("\uff2b\uff49\uff4d\u3000Minsu", "kim minsu"),
        ("김○수", "김*수"),
        ("김X수", "김*수"),
        ("김oo", "김**"),
        ("José Müller", "josé müller"),
        ("...", ""),
    ],
)
def test_a_name_has_one_normal_form(written: str, form: str) -> None:
    assert names.normal(written) == form


@given(st.text(max_size=30))
def test_normal_twice_is_normal_once(text: str) -> None:
    once = names.normal(text)
    assert names.normal(once) == once
    assert folded(folded(text)) == folded(text)
    assert plain(plain(text)) == plain(text)


@pytest.mark.parametrize(
    ("written", "two"),
    [
        ("김민수", ("김", "민수")),
        ("남궁민", ("남궁", "민")),
        ("황보", ("황", "보")),
        ("제갈공명", ("제갈", "공명")),
        ("Jae-Hui Kim", ("kim", "jae-hui")),
        ("Kim Jae Hui", ("kim", "jae hui")),
        ("Willis, Paige", ("willis", "paige")),
        ("Paige Anne Willis", ("willis", "paige anne")),
        ("Madonna", ("", "madonna")),
    ],
)
def test_a_name_falls_into_family_and_given_name(written: str, two: tuple[str, str]) -> None:
    assert names.parts(written) == two


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("이정희", "Lee Jung-Hee"),
        ("이정희", "JEONGHUI YI"),
        ("이정희", "Rhee, Jeong Hee"),
        ("이정희", "junghee lee"),
        ("김영수", "Youngsoo Gim"),
        ("박준영", "June-Young Pak"),
        ("박준영", "Park Jun Young"),
        ("최경아", "choe kyoung ah"),
        ("정현우", "Chung Hyun Woo"),
        ("정현우", "hyunwoojung"),
        ("조성민", "Cho Sungmin"),
        ("윤서연", "Suh Youn Yoon"),
        ("임재은", "Rim Jaieun"),
        ("유은혜", "Ryoo Un Hye"),
        ("류은혜", "Yoo Eunhye"),
        ("신동욱", "Shin Dong-Wook"),
        ("허철", "Chul Hur"),
        ("노우현", "Roh Woo-hyun"),
        ("김대정", "Kim Dae-jung"),
        ("이명훈", "Lee Myung-whun"),
        ("남궁원", "Won Namkoong"),
        ("남궁원", "Nam Gung Won"),
        ("황보라", "Hwang Bora"),
        ("백종완", "Paik Chongwan"),
        ("안철규", "Ahn Chul-kyu"),
        ("오세안", "O Se-ahn"),
        ("김하늘", "Haneul Kim"),
    ],
)
def test_a_hangul_name_and_a_spelling_of_it_share_a_key(one: str, other: str) -> None:
    assert set(names.keys(one)) & set(names.keys(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [("김민수", "Kim Minho"), ("김민수", "Park Minsoo"), ("이정희", "Lee Jin-Hee"), ("박준영", "Park Jin Young")],
)
def test_another_name_shares_no_key(one: str, other: str) -> None:
    assert not set(names.keys(one)) & set(names.keys(other))


@given(families, given_names)
def test_a_hangul_name_is_its_revised_romanization_in_either_order(family: str, rest: str) -> None:
    key = " ".join(romanised(sign) for sign in by_head_sound(family) + rest)
    assert names.keys(family + rest) == (key,)
    first, *spelt = map(romanised, family + rest)
    assert key in names.keys(f"{first} {'-'.join(spelt)}")
    assert key in names.keys(f"{' '.join(spelt)} {first}".title())


@given(families, hangul, hangul)
def test_even_syllables_no_name_is_made_of_are_known_by_the_rule(family: str, one: str, other: str) -> None:
    assert set(names.keys(family + one + other)) <= set(
        names.keys(f"{romanised(family)} {romanised(one)}-{romanised(other)}")
    )


@pytest.mark.parametrize("text", ["Paige Willis", "김*수", "", "x", "王小明", "1234 5678", "Kim", "a" * 100])
def test_what_is_no_whole_korean_name_has_no_key(text: str) -> None:
    assert names.keys(text) == ()


def test_a_name_has_few_keys_the_likeliest_first() -> None:
    assert names.keys("Kim Junghee")[0] == "gim jeong hui"
    assert all(
        len(names.keys(f"{given} {family}")) <= 16 for family in FAMILIES for given in ("jungsungun", "youn-sung")
    )


def test_a_mask_of_signs_alone_is_no_pattern() -> None:
    assert masks.pattern("***") == ()
