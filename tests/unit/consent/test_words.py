"""Words of promotion, and the label."""

from __future__ import annotations

import pytest

from itda.consent import labels, markers
from itda.consent.definition import Change


@pytest.mark.parametrize(
    "text",
    [
        "지금 10% 쿠폰", "가을 세일", "전 품목 할인", "신규 회원 혜택 안내", "3월 이벤트에 참여하세요", "고객님께 추천하는 상품",
        "포인트 지급해 드려요", "1+1 행사", "특가 상품", "사은품 증정", "선착순 100명", "지금 바로 구매하세요", "무료 체험",
        "Get 10% off today", "Our autumn SALE", "Use this coupon", "Limited time offer", "Recommended for you",
        "You may also like", "Free gift inside", "Shop now", "save up to $20", "프로모션\u200b 코드",
    ],
)  # fmt: skip
def test_promotion_is_found(text: str) -> None:
    assert markers.found(text), text


@pytest.mark.parametrize(
    "text",
    [
        "주문하신 상품이 출고되었습니다", "결제 금액 32,000원, 할인 금액 3,000원", "쿠폰 사용 -2,000원", "적립 예정 120점",
        "예약이 확정되었습니다", "비밀번호를 변경해 주세요", "Your order has shipped", "In the event of a delay we will call you",
        "Discount: -3,000", "Points earned 120", "Your password was changed", "Receipt from our point of sale",
        "배송이 지연되어 죄송합니다. 10% 진행되었습니다", "Delivered 2 of 5 parcels",
    ],
)  # fmt: skip
def test_what_states_a_purchase_is_no_promotion(text: str) -> None:
    assert markers.found(text) == (), text


def test_markup_and_the_names_in_a_template_are_not_read() -> None:
    assert markers.found("<mj-style>.sale { color: red }</mj-style><p class='coupon'>{{ event.coupon }} 발송</p>") == ()
    assert markers.found("<p>{% if event.sale %}세일{% endif %}</p>") == ("세일",)


def test_each_word_is_told_once_in_its_order() -> None:
    assert markers.found("세일! 쿠폰과 세일", "COUPON coupon") == ("세일", "쿠폰", "coupon")


def test_a_label_is_put_once_and_the_senders_name_is_not_doubled() -> None:
    prefix = (Change("prefix", "(광고)", name="브랜드A"),)
    for text in ("세일", "브랜드A 세일", "(광고)세일", "(광고) 브랜드A 세일", " (광고)브랜드A 세일"):
        assert labels.opening(prefix, text) == "(광고)브랜드A 세일"
    subject = (Change("prefix", "(광고)"),)
    assert labels.opening(subject, "세일") == "(광고) 세일"
    assert labels.opening(subject, "(광고)세일") == "(광고)세일"


def test_the_exact_label_is_no_bad_one_and_a_second_like_it_is() -> None:
    assert not labels.is_badly_labelled("(광고)브랜드A")
    assert not labels.is_badly_labelled("광고주 여러분께")
    assert labels.is_badly_labelled("(광고)[광고]브랜드A")
