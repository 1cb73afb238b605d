"""Personal values in free text: phones, e-mails, cards, accounts, papers and names, found by pattern and by context.

The patterns with check digits are korean-pii's (Luhn and issuers' prefixes for cards, ISO/IEC 7812). Around them stands
what keeps order numbers, amounts, article numbers and parcels apart from people: a run of digits that could be many
things counts only beside a word that says what it is. A detector is a second line: what a contract calls `direct` is
sealed whatever stands in it. Resident registration numbers are refused before, with their check digit
(`events/forbidden`); what is only called one is found here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Literal, NamedTuple, cast
from urllib.parse import unquote

from korean_pii import detect

from itda.text.families import DOUBLE, NAMES, RANKS, by_head_sound
from itda.text.hangul import romanised

PersonalKind = Literal[
    "phone", "email", "card", "account", "resident", "passport", "driver_license", "api_key", "name", "protected"
]  # fmt: skip

_DIGITS = bytes.maketrans(b"123456789", b"000000000")
_RUN = b"0" * 8
_SEPARATORS = b"-. ()"
_SPOKEN = "님 씨 이름 성함 성명 고객명 수령인 수취인 받는 보내는 주문자 예금주 입금자 예약자 신청자 여권"
_HANGUL_WORDS = re.compile(b"|".join(word.encode() for word in _SPOKEN.split()))
_LATIN_WORDS = re.compile(rb"@|%40| name|Name|M[rs]|assport|sk-|AKIA|ghp_")
_WINDOW = 24
"""Letters before a number in which a word tells what it is."""

_CALLED_ORDER = re.compile(
    r"주문|송장|운송|택배|바코드|품번|상품|쿠폰|모델|영수증|승인|예약|order|tracking|parcel|invoice|barcode|sku|coupon|model|receipt|"
    r"booking|ref|\bno\.|#",
    re.IGNORECASE,
)
_CALLED_PHONE = re.compile(
    r"전화|연락|휴대|핸드폰|번호로|문자|팩스|\btel|phone|mobile|cell|call|text|fax|whatsapp|☎|📞", re.IGNORECASE
)
_CALLED_CARD = re.compile(r"카드|결제|card|visa|master|amex|jcb", re.IGNORECASE)
_CALLED_ACCOUNT = re.compile(
    r"계좌|예금주|은행|뱅크|입금|송금|이체|농협|수협|신협|새마을|우체국|account|\bbank|iban", re.IGNORECASE
)
_BANK_JUST_BEFORE = re.compile(r"(?:국민|신한|우리|하나|기업|부산|대구|광주|전북|경남|제일|산업|토스|케이)\s?:?\s?$")
_CALLED_RESIDENT = re.compile(r"주민|외국인\s?등록|민증|resident|\brrn\b", re.IGNORECASE)
_FILE_ENDINGS = frozenset({"png", "jpg", "jpeg", "gif", "webp", "svg", "avif", "ico", "css", "js", "mp", "woff"})

_ABROAD = re.compile(r"(?<![\w+])(?:\+|00)[1-9]\d{0,2}(?:[ .-]?\(?\d{1,4}\)?){2,5}(?![\w-])")
_MOBILE = re.compile(r"(?<![\w-])(?:\+82[ -]?|0)10[ -]?\d{4}[ -]?\d{4}(?![\w])")
_SAFE_NUMBER = re.compile(r"(?<![\d-])050[2-8]([-. ]?)\d{3,4}\1\d{4}(?![\d-])")
_AMERICAN = re.compile(r"(?<![\w-])(?:\(([2-9]\d{2})\) ?|([2-9]\d{2})[-. ])[2-9]\d{2}[-. ]\d{4}(?![\w-])")
_RUN_OF_DIGITS = re.compile(r"(?<![\w-])\d{10,14}(?![\w-])")
_PASSPORT = re.compile(r"passport\W{1,4}(?:no\W{1,3}|number\W{1,3}|is )?[A-Z]\d{3}[A-Z0-9]\d{4}\b", re.IGNORECASE)
_LETTER_BESIDE = re.compile(r"[A-Za-z_]")

_SYLLABLE = "\uac00-\ud7a3"
_TITLED = re.compile(
    rf"(?<![{_SYLLABLE}])([{_SYLLABLE}]{{3,4}}?)(?:\s?(?:고객|회원|선생|팀장|대리|과장|부장))?\s?"
    rf"(?:님|(?<![날솜말글저음가불맘])씨)(?![{_SYLLABLE}]{{2}}[{_SYLLABLE}])"
)
_LABELLED = re.compile(
    r"(?:이름|성함|성명|고객명|수령인|수취인|받는\s?(?:분|사람)|보내는\s?(?:분|사람)|주문자|예금주|입금자|예약자|신청자)(?:명)?"
    rf"\s?(?:은|는|이)?\s?[:\uff1a\-=]?\s?([{_SYLLABLE}]{{2,4}})(?=$|[^{_SYLLABLE}]|님|씨|입니다|이에요|예요|이고|고요)"
)
_OF_A_THING = re.compile(
    r"(?:브랜드|상품|제품|모델|파일|색상|색|옵션|메뉴|폴더|매장|회사|업체|가게|팀|반려\S*|강아지|고양이|목록|카테고리|행사|이벤트)\s?$"
)
_ENGLISH = re.compile(
    r"\b(?:Mr|Mrs|Ms|Dr)\.? ?(?:[A-Z][a-z'\-]+ ){0,2}[A-Z][a-z'\-]+"
    r"|\b(?:[Mm]y|[Hh]er|[Hh]is|[Cc]ustomer|[Ff]ull|[Rr]ecipient)(?:'s)? name(?: is|:| =)? ?[A-Z][a-z'\-]+"
    r"|\bName: ?[A-Z][a-z'\-]+ [A-Z][a-z'\-]+"
)
_NOT_SAID_OF_ONE = """
이모부 고모부 시어머 시아버 상담원 안내원 공무원 임직원 은행원 연구원 조합원 배송원 회사원 판매원 경비원 종업원 구성원
승무원 도우미 전고객 여러분 신규 우수 주문 선물 안내 없음 미정 본인 동일 상동 정보 변경 확인 조회 문의 공란 기재 입력
필수 선택 고객 회원 손님 기사 가족 친구 이웃 형제 지인 동생 언니 오빠 남편 아내 엄마 아빠 상품 제품 배송 이사 주소 연락
전화 한글 영문 실명 가명 예명 한자 영어 은행 기업 우리 하나 국민 신한 농협 성함 표시 인쇄 각인 공개 비공개 전체 목록
"""
_NO_NAMES = frozenset(_NOT_SAID_OF_ONE.split())
_NO_NAME_ENDS = (
    "회원",
    "고객",
    "기사",
    "손님",
    "장",
    "사",
    "자",
    "매니저",
    "어머",
    "아버",
    "할머",
    "형",
    "누",
    "모든분",
)
"""Ends of what people are called without being named: 담당자, 지점장, 상담사. Told that it is a name, it is one."""
_PARTICLES = frozenset("에을를의")
"""No name ends in these: 받는 분을."""
_COMMON = 80
"""Families so common that three syllables before 님 or 씨 are a name."""
_SHORT = 64
"""Letters of a text whose answer is remembered."""


def may_hold(body: bytes) -> bool:
    """Whether JSON has anything in it that could be a personal value: a cheap sieve, never a verdict."""
    if _RUN in body.translate(_DIGITS, _SEPARATORS) or _LATIN_WORDS.search(body):
        return True
    return not body.isascii() and _HANGUL_WORDS.search(body) is not None


class Found(NamedTuple):
    """A personal value in a text: its kind, and where it stands, from `start` to before `end`."""

    kind: PersonalKind
    start: int
    end: int


def kinds(text: str, *, is_code: bool = False) -> tuple[PersonalKind, ...]:
    """The kinds of personal values in a text, each once, in the order of the alphabet; () for none.

    Of what is declared a code (an order's number, an article's) only an e-mail and a mobile's number count.
    """
    return _remembered(text, is_code) if len(text) <= _SHORT else _kinds(text, is_code)


def _kinds(text: str, is_code: bool) -> tuple[PersonalKind, ...]:
    if "%40" in text:
        text = unquote(text)
    return tuple(sorted({one.kind for one in (_in_code(text) if is_code else _in_text(text))}))


_remembered = lru_cache(maxsize=16_384)(_kinds)
"""Names of fields and goods come again and again."""


def hidden(text: str) -> str:
    """A text with every personal value in it replaced by its kind: `[phone] called about order 1029`."""
    kept, at = "", 0
    for one in sorted(_in_text(text), key=lambda found: (found.start, -found.end)):
        if one.start >= at:
            kept += f"{text[at : one.start]}[{one.kind}]"
        at = max(at, one.end)
    return kept + text[at:]


def _in_code(text: str) -> Iterator[Found]:
    yield from _emails(text)
    for one in _MOBILE.finditer(text):
        yield Found("phone", *one.span())


def _in_text(text: str) -> Iterator[Found]:
    yield from _emails(text)
    yield from _numbers(text)
    yield from _numbers_beside(text)
    yield from _names(text)


def _emails(text: str) -> Iterator[Found]:
    if "@" in text:
        for one in detect(text, {"email"}):
            if one.value.rpartition(".")[2].lower() not in _FILE_ENDINGS:
                yield Found("email", one.start, one.end)


def _numbers(text: str) -> Iterator[Found]:
    for one in detect(text):
        kind = _kind_of(one.type, one.value, text[max(0, one.start - _WINDOW) : one.start])
        if kind is not None:
            yield Found(kind, one.start, one.end)


def _kind_of(kind: str, value: str, before: str) -> PersonalKind | None:
    """What a value that has the pattern of a kind is, by the words before it; None where it may be anything."""
    is_beside_letters = _LETTER_BESIDE.fullmatch(before[-1:]) is not None
    is_bare = value.isdigit()
    is_an_orders = is_bare and (is_beside_letters or _CALLED_ORDER.search(before) is not None)
    is_it = False
    match kind:
        case "phone":
            is_plain = not is_bare or value[:2] in {"01", "07"}
            is_it = _CALLED_PHONE.search(before) is not None or (
                is_plain and not is_beside_letters and not is_an_orders
            )
        case "card":
            is_it = _CALLED_CARD.search(before) is not None or not is_an_orders
        case "account":
            is_it = (_BANK_JUST_BEFORE.search(before) or _CALLED_ACCOUNT.search(before)) is not None
        case "rrn":
            return "resident" if _CALLED_RESIDENT.search(before) else None
        case "passport" | "driver_license" | "api_key":
            is_it = True
    return cast("PersonalKind", kind) if is_it else None


def _numbers_beside(text: str) -> Iterator[Found]:
    for one in _ABROAD.finditer(text):
        if 9 <= sum(sign.isdigit() for sign in one[0]) <= 15 and (one[0][0] == "+" or _called(_CALLED_PHONE, one)):  # noqa: PLR2004 - E.164
            yield Found("phone", *one.span())
    for one in _SAFE_NUMBER.finditer(text):
        yield Found("phone", *one.span())
    for one in _AMERICAN.finditer(text):
        if one[1] or _called(_CALLED_PHONE, one):
            yield Found("phone", *one.span())
    for one in _RUN_OF_DIGITS.finditer(text):
        if _called(_CALLED_ACCOUNT, one):
            yield Found("account", *one.span())
    for one in _PASSPORT.finditer(text):
        yield Found("passport", *one.span())


def _called(words: re.Pattern[str], number: re.Match[str]) -> bool:
    """Whether one of these words stands before a number, and none that says it is an order's after it."""
    before = number.string[max(0, number.start() - _WINDOW) : number.start()]
    last = max((one.start() for one in words.finditer(before)), default=-1)
    return last >= 0 and not any(one.start() > last for one in _CALLED_ORDER.finditer(before))


def _names(text: str) -> Iterator[Found]:
    for one in _ENGLISH.finditer(text):
        yield Found("name", *one.span())
    if text.isascii():
        return
    for one in _TITLED.finditer(text):
        if _is_name(one[1], is_labelled=False):
            yield Found("name", *one.span(1))
    for one in _LABELLED.finditer(text):
        if _is_name(one[1], is_labelled=True) and not _OF_A_THING.search(text[: one.start()]):
            yield Found("name", *one.span(1))


def _is_name(word: str, *, is_labelled: bool) -> bool:
    """Whether syllables are a family name and a given one. Untold, only a common family's and three syllables."""
    if word in _NO_NAMES:
        return False
    if len(word) == 4:  # noqa: PLR2004 - a family name of two syllables
        return word[:2] in DOUBLE
    if is_labelled:
        return word[0] in NAMES and word[-1] not in _PARTICLES
    rank = RANKS.get(romanised(by_head_sound(word[0])), _COMMON)
    return word[0] in NAMES and rank < _COMMON and not word.endswith(_NO_NAME_ENDS)
