"""What is personal in a free text is found, and what only looks like it is not."""

import msgspec
import pytest

from itda.text.personal import hidden, kinds, may_hold

PERSONAL = {
    "phone": [
        "010-1234-5678로 연락주세요",
        "문 앞에 두고 01098765432 로 전화",
        "연락처:010.2345.6789",
        "안심번호 0504-123-4567",
        "매장 02-312-4567 로 전화했는데 안 받아요",
        "Call me at +82 10 1234 5678",
        "call +1 (415) 555-2671 after six",
        "my cell is 415-555-2671",
        "(212) 555-0187, ring twice",
        "https://shop.example/call?phone=01012345678",
    ],
    "email": [
        "kim.minsu@example.com 으로 보내주세요",
        "invoice to jane+shop@mail.example.co.uk please",
        "https://shop.example/in?mail=kim%40example.com",
    ],
    "card": ["카드 4111-1111-1111-1111 취소해 주세요", "card 5555 5555 5555 4444", "4111111111111111"],
    "account": [
        "환불 계좌 국민은행 123456-12-123456",
        "국민 123456-12-123456 홍길동",
        "입금은 12345678901234 로",
        "refund to bank account 1234567890123",
    ],
    "resident": ["주민번호 900101-1234561 입니다"],
    "passport": ["여권 M12345678", "passport no. M123A4567"],
    "driver_license": ["면허 11-12-123456-12"],
    "name": [
        "홍길동님께 전해주세요",
        "김민수 고객님 부재",
        "받는 사람: 이영희",
        "예금주 박철",
        "성함은 최지우입니다",
        "남궁민수씨 앞",
        "Please hand it to Mrs. Robinson",
        "my name is Jane",
        "Name: John Smith, gift wrap",
    ],
}
NOT_PERSONAL = [
    "주문번호 20261122-0000123 배송 언제 오나요",
    "주문 20261122123456 취소",
    "order 2026112212345671 is late",
    "Order #1234567890 arrived broken",
    "운송장 번호 123456789012",
    "송장 6012-3456-7890 조회",
    "tracking 1Z999AA10123456784",
    "바코드 8801234567893",
    "SKU-01012345678-A",
    "sku 4006381333931",
    "총 1,234,567,890원 결제",
    "₩ 12,900,000",
    "2026-11-22 10:11:12",
    "2026-11-22T10:11:12.123456Z",
    "1695372000000000",
    "260-270-2800 사이즈",
    "대표번호 1588-1234",
    "쿠폰 0212345678",
    "하나 더 주문 261122-000123",
    "우리 매장 재고 123-456-7890123",
    "이미지 https://cdn.example/logo@2x.png",
    "https://medium.example/@brand/post-20261122",
    "react@18.2.0",
    "담당자님 확인 부탁드려요",
    "지점장님께 감사",
    "구매자님의 리뷰",
    "고객님, 좋은 하루 되세요",
    "우수회원님 전용",
    "선생님 선물용",
    "가을날씨에 어울리는 코트",
    "엄마 손글씨 카드",
    "아저씨 양말",
    "브랜드 이름: 나이키",
    "상품명: 구스다운 패딩",
    "이름 없음",
    "받는 분 성함 각인",
    "Product name: Wool coat",
    "{events: {name: Order Completed}}",
    "수령인 목록에 없는 곳",
    "등록된 이름 전체",
    "Dr. martens 1460",
    "Ms size 38",
    "iPhone 15 Pro 256GB",
    "192.168.100.200:8080",
    "v1.2.345678.90",
    "37.5665, 126.9780",
    "9791162245408",
]


@pytest.mark.parametrize(("kind", "text"), [(kind, text) for kind, texts in PERSONAL.items() for text in texts])
def test_what_is_personal_is_found(kind, text):
    assert kind in kinds(text)
    assert may_hold(msgspec.json.encode({"note": text}))


@pytest.mark.parametrize("text", NOT_PERSONAL)
def test_what_only_looks_personal_is_not(text):
    assert kinds(text) == ()


def test_of_a_code_only_an_address_and_a_mobile_count():
    assert kinds("4111111111111111", is_code=True) == ()
    assert kinds("SKU-01012345678-A", is_code=True) == ()
    assert kinds("010-1234-5678", is_code=True) == ("phone",)
    assert kinds("kim@example.com", is_code=True) == ("email",)


def test_plain_goods_pass_the_sieve_unlooked_at():
    bought = {"order_id": "A-1029", "total": 129000, "currency": "KRW", "products": [{"sku": "T-1", "name": "양말"}]}
    assert not may_hold(msgspec.json.encode(bought))


@pytest.mark.parametrize("text", NOT_PERSONAL)
def test_a_text_without_any_is_not_changed(text):
    assert hidden(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("홍길동님이 010-1234-5678로 전화", "[name]님이 [phone]로 전화"),
        ("Mrs. Robinson, jane@example.com, order 1029", "[name], [email], order 1029"),
        ("환불 계좌 국민은행 123456-12-123456 예금주 박철", "환불 계좌 국민은행 [account] 예금주 [name]"),
    ],
)
def test_what_is_personal_is_hidden_and_the_rest_stays(text, shown):
    assert hidden(text) == shown
    assert kinds(shown) == ()
