"""What a column holds, by its name in English or Korean and by its values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from itda.text.hangul import FIRST, LAST

IGNORED = "ignore"
ALIKE = "has one value or none"
"""Why a column is left out in which every record says the same."""
NAME, NUMBER, COUNTRY = "name", "number", "country"
KINDS = (
    "given", "family", NAME, "birth", "phone", "email", "code", "address", NUMBER, "postcode", "place", "category",
    "text", COUNTRY, IGNORED,
)  # fmt: skip
"""What a column may be said to be; `number` is a house's number beside its street."""

_WORDS: tuple[tuple[str, str], ...] = (
    (IGNORED, (r"cluster|label|truth|^index$|^row|created|updated|modified|signup|sign_?up|joined|registered|last_seen|"
               r"visit|timestamp|^source$|^channel$|source_dataset|^file$|가입일|등록일|수정일|최근|방문|출처|채널|경로|"
               r"비고|메모|note|comment|remark|password|score|amount|total|금액|점수|횟수|count$")),
    ("email", r"e-?_?mail|이메일|메일|전자우편"),
    ("phone", r"phone|mobile|cell|^tel|_tel|fax|전화|휴대|핸드폰|연락처|폰"),
    ("birth", r"birth(?!_?place|place)|^dob|_dob|d\.o\.b|born|생년|생일|출생일"),
    ("code", (r"ssn|soc_?sec|social|passport|member|loyalty|national_?id|nhs|medicare|tax|licen[cs]e|account|card|"
              r"customer_?(no|num|id|code)|회원|고객번호|주민|멤버십|포인트번호|카드번호")),
    (NAME, r"full_?name|(given|first|fore).*(family|sur|last)|(family|sur|last).*(given|first|fore)name|^성_?명"),
    ("postcode", r"post_?_?code|postal|^zip|_zip|우편"),
    ("given", r"given|first_?name|^first$|fore_?name|fname|christian|^이름_?$|given_?nm"),
    ("family", r"sur_?name|last_?name|^last$|family|lname|^성$|^성씨"),
    (NUMBER, r"(street|house|building|st)_?_?(number|num|no)$|번지$"),
    ("address", r"addr|street|road|주소|도로명|지번"),
    ("category", r"gender|^sex$|title|salut|occupation|job|profession|marital|nationality|성별|직업|호칭"),
    (COUNTRY, r"country|국가|나라"),
    ("place", (r"city|town|suburb|state|region|province|county|district|municip|place|locality|"
               r"시도|시군구|지역|도시|출생지|거주지|동$")),
    (NAME, r"name|이름|성명|고객명|성함|수신자|구매자"),
)  # fmt: skip
"""Kind → what names of such columns contain; the first that fits counts."""
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
_DATE = re.compile(
    r"\d{4}[-/. ]\d{1,2}[-/. ]\d{1,2}.{0,15}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}|(?:1[89]|20)\d{2}[01]\d[0-3]\d|"
    r"\d{2}[01]\d[0-3]\d|(?:1[89]|20)\d{2}|\d{2,4}년.*|\d{1,2} [a-z]{3,9},? \d{4}|[a-z]{3,9} \d{1,2},? \d{4}",
    re.IGNORECASE,
)
_WHOLE_DATE = re.compile(r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{4}|(?:1[89]|20)\d{2}[01]\d[0-3]\d")
_PHONE = re.compile(r"\+?[\d*][\d*\-.() /]{2,18}\d")
_DIALLED = re.compile(r"(?:\+|0)[\d*\-.() /]{7,17}")
_HANGUL_NAME = re.compile(f"[{FIRST}-{LAST}][{FIRST}-{LAST}*○]{{1,4}}")
_CODE = re.compile(r"[A-Za-z]{0,4}-?\d[\dA-Za-z\-]{4,}")
_NUMERIC = re.compile(r"[-+]?\d+(?:[.,]\d+)?%?")
_BRITISH = re.compile(r"[A-Za-z]{1,2}\d[A-Za-z\d]? ?\d[A-Za-z]{2}")
_STREET = re.compile(
    rf"\d+[a-zA-Z]? [^\W\d_]{{2,}}.*|[{FIRST}-{LAST}]+ .*(?:로|길|동|읍|면|리)\s?\d.*|[^\W\d_]{{4,}}.* \d+[a-z]?"
)
_AREA_CODE = re.compile(r"\d{4,6}")
_WORDY = re.compile(r"[^\W\d_][^\d@]*")
_SOME, _MOSTLY, _CLEARLY = 0.3, 0.6, 0.8
_LONG = 40
_FEW = 60


class Seen(NamedTuple):
    """What a column looks like."""

    name: str
    sample: tuple[str, ...]
    """Distinct values, evenly taken."""
    known: int
    """Records that have a value."""
    distinct: int


class Guess(NamedTuple):
    """What it is taken for, and why."""

    kind: str
    why: str


def named(name: str) -> str | None:
    """The kind that a column's name speaks of."""
    word = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name.strip()).lower().replace(" ", "_").replace("-", "_")
    return next((kind for kind, pattern in _WORDS if re.search(pattern, word)), None)


def _share(pattern: re.Pattern[str], sample: tuple[str, ...]) -> float:
    return sum(pattern.fullmatch(value) is not None for value in sample) / max(len(sample), 1)


_FITS: Mapping[str, re.Pattern[str]] = {
    "email": _EMAIL, "birth": _DATE, "phone": _PHONE, "given": _WORDY, "family": _WORDY,
}  # fmt: skip
"""What most values of a column must look like whatever its name says."""


def guess(seen: Seen) -> Guess:
    """What a column holds; `ignore` where it cannot tell two people apart or bring two records together."""
    if not seen.known or seen.distinct < 2:  # noqa: PLR2004
        return Guess(IGNORED, ALIKE)
    said = named(seen.name)
    if said == IGNORED:
        return Guess(IGNORED, "its name speaks of the record, not of the person")
    if said is not None and (said not in _FITS or _share(_FITS[said], seen.sample) >= _MOSTLY):
        return Guess(said, "by its name")
    return _by_values(seen)


def _by_values(seen: Seen) -> Guess:  # noqa: C901, PLR0911 - one answer a kind
    sample, repeats = seen.sample, seen.known / seen.distinct
    if _share(_EMAIL, sample) >= _CLEARLY:
        return Guess("email", "by its values")
    if _share(_WHOLE_DATE, sample) >= _SOME and _share(_DATE, sample) >= _CLEARLY:
        return Guess("birth", "by its values")
    if _share(_DIALLED, sample) >= _CLEARLY:
        return Guess("phone", "by its values")
    if _share(_BRITISH, sample) >= _CLEARLY:
        return Guess("postcode", "by its values")
    if repeats == 1:
        return Guess(IGNORED, "no value occurs twice")
    if _share(_HANGUL_NAME, sample) >= _SOME and _share(_WORDY, sample) >= _CLEARLY and seen.distinct > _FEW:
        return Guess(NAME, "by its values")
    if _share(_STREET, sample) >= _MOSTLY and seen.distinct > _FEW:
        return Guess("address", "by its values")
    if _share(_AREA_CODE, sample) >= _CLEARLY and len({len(value) for value in sample}) == 1 and seen.distinct > _FEW:
        return Guess("postcode", "by its values")
    if _share(_CODE, sample) >= _CLEARLY and seen.distinct > _FEW:
        return Guess("code", "by its values")
    if _share(_NUMERIC, sample) >= _MOSTLY:
        return Guess(IGNORED, "numbers that say nothing of who it is")
    if sum(map(len, sample)) / len(sample) > _LONG:
        return Guess("address" if sum(any(map(str.isdigit, value)) for value in sample) > len(sample) / 2 else IGNORED,
                     "by its values")  # fmt: skip
    if seen.distinct <= _FEW:
        return Guess("category", "by its values")
    return Guess("text", "by its values")
