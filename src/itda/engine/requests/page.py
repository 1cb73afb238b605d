"""What is known of a person as a page to read, in Korean or in English: one file that loads nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from html import escape
from typing import Any, Literal
from zoneinfo import ZoneInfo

from babel.dates import format_datetime
from babel.numbers import format_currency, get_currency_precision

from itda.base.instant import parse, to_datetime
from itda.consent.packs.kr_ecommerce import LAWS_KO
from itda.consent.purposes import BOX
from itda.engine.requests.known import Known

Language = Literal["ko", "en"]

STYLE = (
    "body{font:16px/1.6 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a;"
    "background:#fff}table{border-collapse:collapse;width:100%;margin:.5rem 0 2rem}th,td{text-align:left;"
    "vertical-align:top;padding:.35rem .6rem;border-bottom:1px solid #ddd;white-space:pre-line;"
    "overflow-wrap:break-word;word-break:keep-all}.wide{overflow-x:auto}.id{overflow-wrap:anywhere}h2{margin-top:2.5rem}"
)
"""Of a page that stands alone."""
_WORDS: dict[Language, dict[str, str]] = {
    "ko": {
        "title": "내 정보", "of": "{brand}에서 보관하고 있는 회원님의 정보입니다. {at} 기준.", "none": "없음",
        "identifiers": "식별 정보", "traits": "프로필", "segments": "속한 그룹", "consents": "동의와 거부",
        "texts": "보여 드린 동의 문구", "messages": "보낸 메시지와 그 이유", "events": "활동 기록",
        "held": "법에 따라 다른 정보와 나누어 보관하는 기록", "law": "근거 법", "what": "기록", "records": "건수",
        "until": "보관 기한",
        "nothing": "{brand}에서 보관하고 있는 회원님의 개인정보가 없습니다. {at} 기준.",
        "kind": "종류", "value": "값", "first_at": "처음 본 때", "events#": "기록 수", "name": "이름", "source": "출처",
        "at": "때", "unit": "단위", "currency": "통화", "segment": "그룹", "since": "언제부터", "action": "행위",
        "purpose": "목적", "channel": "채널", "contact": "연락처", "text": "문구", "id": "문구 번호",
        "language": "언어",
        "body": "내용", "message": "메시지", "class": "구분", "status": "상태", "why": "이유", "journey": "여정",
        "step": "단계", "created_at": "정한 때", "sent_at": "보낸 때", "data": "내용",
    },
    "en": {
        "title": "Your data", "of": "This is what {brand} holds about you, as of {at}.", "none": "None",
        "identifiers": "What we know you by", "traits": "Profile", "segments": "Groups you are in",
        "consents": "What you agreed to and refused", "texts": "The words you were shown",
        "messages": "Messages, and why they were sent or not", "events": "What happened",
        "held": "Records that a law has us keep apart from everything else", "law": "By law", "what": "Records",
        "records": "How many", "until": "Kept until",
        "nothing": "{brand} holds no personal data of yours, as of {at}.",
        "kind": "Kind", "value": "Value", "first_at": "First seen", "events#": "Events", "name": "Name",
        "source": "From", "at": "When", "unit": "Unit", "currency": "Currency", "segment": "Group", "since": "Since",
        "action": "Act", "purpose": "Purpose", "channel": "Channel", "contact": "Address", "text": "Words",
        "id": "Words", "language": "Language", "body": "Text", "message": "Message", "class": "Class",
        "status": "Status", "why": "Why", "journey": "Journey", "step": "Step", "created_at": "Decided",
        "sent_at": "Sent", "data": "Data",
    },
}  # fmt: skip
_CODES: dict[Language, dict[str, str]] = {
    "ko": {
        "email": "이메일", "phone": "전화번호", "membership": "멤버십", "user_id": "회원 ID",
        "anonymous_id": "브라우저", "device": "기기", "web": "웹", "app": "앱", "store": "매장",
        "call": "고객센터", "sms": "문자메시지", "push": "앱 알림", "kakao": "카카오톡", "post": "우편",
        "any": "모든 수단", "grant": "동의", "confirm": "동의 유지", "refuse": "거부", "withdraw": "철회",
        "import": "동의(이관)", "request": "동의 신청", "advertising": "광고", "informational": "안내",
        "ko": "한국어", "en": "영어", "orders": "거래 기록(계약, 결제, 공급)", "complaints": "불만과 분쟁 기록",
    },
    "en": {
        "email": "E-mail", "phone": "Phone", "membership": "Membership", "user_id": "Member ID",
        "anonymous_id": "Browser", "device": "Device", "web": "Web", "app": "App", "store": "Store",
        "call": "Customer service", "sms": "Text message", "push": "App notification", "kakao": "KakaoTalk",
        "post": "Post", "any": "Every channel", "grant": "You agreed", "confirm": "You confirmed",
        "refuse": "You refused", "withdraw": "You withdrew", "import": "You agreed (imported)",
        "request": "You asked for it", "advertising": "Advertising", "informational": "Information",
        "ko": "Korean", "en": "English", "orders": "Orders: contract, payment and supply",
        "complaints": "Complaints and disputes",
    },
}  # fmt: skip
"""What a code is called, in the columns that hold codes."""
STATUSES: dict[Language, dict[str, str]] = {
    "ko": {
        "queued": "대기", "held": "보류", "attempting": "보내는 중", "retry": "다시 보낼 예정", "sent": "보냄",
        "delivered": "도착", "bounced": "반송", "complained": "수신 불만", "dropped": "보내지 않음",
        "cancelled": "취소", "dead": "보내지 못함", "uncertain": "확인되지 않음",
    },
    "en": {
        "queued": "Waits", "held": "Held", "attempting": "Being sent", "retry": "To be sent again", "sent": "Sent",
        "delivered": "Delivered", "bounced": "Bounced", "complained": "Complained of", "dropped": "Not sent",
        "cancelled": "Cancelled", "dead": "Could not be sent", "uncertain": "Not known",
    },
}  # fmt: skip
"""What each status of a message in the outbox is called."""
_CODED = frozenset({"kind", "channel", "action", "class", "status", "purpose", "language", "what"})
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z")
PARTS = ("identifiers", "traits", "segments", "consents", "texts", "messages", "events", "held")


def html(known: Known, language: Language) -> str:
    """The page."""
    words, told = _WORDS[language], _Told(language, known.zone)
    is_nothing = not any(getattr(known, part) for part in PARTS if part != "held")
    shown = [part for part in PARTS if known.held or part != "held"] if not is_nothing else ["held"] * bool(known.held)
    parts = "".join(_part(words, told, part, getattr(known, part)) for part in shown)
    about = escape(words["nothing" if is_nothing else "of"].format(brand=known.brand, at=told.value(known.made_at)))
    return (
        f'<!doctype html>\n<html lang="{language}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width,initial-scale=1"><title>{escape(words["title"])}</title>'
        f"<style>{STYLE}</style></head><body><main><h1>{escape(words['title'])}</h1><p>{about}</p>{parts}</main></body></html>\n"
    )


class _Told:
    """Values in the words of one language, times in one zone."""

    def __init__(self, language: Language, zone: str) -> None:
        self._language, self._zone = language, ZoneInfo(zone)
        self._codes = {one.code: one.label_ko if language == "ko" else one.label_en for one in BOX}
        self._codes |= _CODES[language] | STATUSES[language]

    def cell(self, row: Mapping[str, Any], name: str) -> str:
        """One value of a row."""
        value = row[name]
        if name == "value" and row.get("unit") == "minor" and isinstance(value, int) and row.get("currency"):
            code = str(row["currency"])
            return format_currency(Decimal(value).scaleb(-get_currency_precision(code)), code, locale=self._language)
        if name == "law" and self._language == "ko":
            return LAWS_KO.get(str(value), str(value))
        if name in _CODED and isinstance(value, str):
            return self._codes.get(value, value)
        return self.value(value)

    def value(self, value: Any) -> str:
        """Any value of JSON as lines of text."""
        match value:
            case None:
                return ""
            case bool():
                return {"ko": ("아니요", "예"), "en": ("No", "Yes")}[self._language][value]
            case str() if (moment := _moment(value)) is not None:
                pattern = "y년 M월 d일 HH:mm" if self._language == "ko" else "MMMM d, y, HH:mm"
                return format_datetime(to_datetime(moment).astimezone(self._zone), pattern, locale=self._language)
            case list():
                return ", ".join(self.value(one) for one in value)
            case dict():
                return "\n".join(f"{name}: {self.value(one)}" for name, one in value.items())
            case _:
                return str(value)


def _moment(value: str) -> int | None:
    """The point in time that a text tells; None where it tells none, or one of no calendar, such as `never`."""
    try:
        return parse(value) if _MOMENT.fullmatch(value) else None
    except ValueError:
        return None


def _part(words: dict[str, str], told: _Told, part: str, rows: Sequence[dict[str, Any]]) -> str:
    title = f"<h2>{escape(words[part])}</h2>"
    if not rows:
        return f"{title}<p>{escape(words['none'])}</p>"
    hidden = {"currency", *(("unit",) if all(row.get("unit") in (None, "", "minor") for row in rows) else ())}
    columns = [one for one in rows[0] if one not in hidden and any(row[one] not in (None, "") for row in rows)]
    heads = "".join(f'<th scope="col">{escape(_head(words, name))}</th>' for name in columns)
    lines = "".join(
        "<tr>" + "".join(f"<td>{escape(told.cell(row, name))}</td>" for name in columns) + "</tr>" for row in rows
    )
    table = f"<table><thead><tr>{heads}</tr></thead><tbody>{lines}</tbody></table>"
    return f'{title}<div class="wide" tabindex="0" role="region" aria-label="{escape(words[part])}">{table}</div>'


def _head(words: dict[str, str], name: str) -> str:
    return words["events#"] if name == "events" else words.get(name, name)
