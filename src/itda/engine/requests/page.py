"""What is known of a person as a page to read, in Korean or in English: one file that loads nothing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from html import escape
from typing import Any, Literal

from itda.engine.requests.known import Known

Language = Literal["ko", "en"]

_STYLE = (
    "body{font:16px/1.6 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a;"
    "background:#fff}table{border-collapse:collapse;width:100%;margin:.5rem 0 2rem}th,td{text-align:left;"
    "vertical-align:top;padding:.35rem .6rem;border-bottom:1px solid #ddd;overflow-wrap:anywhere}h2{margin-top:2.5rem}"
)
_WORDS: dict[Language, dict[str, str]] = {
    "ko": {
        "title": "내 정보", "of": "{brand}이(가) 보관하고 있는 회원님의 정보입니다. {at} 기준.", "none": "없음",
        "identifiers": "식별 정보", "traits": "프로필", "segments": "속한 그룹", "consents": "동의와 거부",
        "texts": "보여 드린 동의 문구", "messages": "보낸 메시지와 그 이유", "events": "활동 기록",
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
        "kind": "Kind", "value": "Value", "first_at": "First seen", "events#": "Events", "name": "Name",
        "source": "From", "at": "When", "unit": "Unit", "currency": "Currency", "segment": "Group", "since": "Since",
        "action": "Act", "purpose": "Purpose", "channel": "Channel", "contact": "Address", "text": "Words",
        "id": "Words", "language": "Language", "body": "Text", "message": "Message", "class": "Class",
        "status": "Status", "why": "Why", "journey": "Journey", "step": "Step", "created_at": "Decided",
        "sent_at": "Sent", "data": "Data",
    },
}  # fmt: skip
PARTS = ("identifiers", "traits", "segments", "consents", "texts", "messages", "events")


def html(known: Known, language: Language) -> str:
    """The page."""
    words = _WORDS[language]
    parts = "".join(_part(words, part, getattr(known, part)) for part in PARTS)
    about = escape(words["of"].format(brand=known.brand, at=known.made_at))
    return (
        f'<!doctype html>\n<html lang="{language}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width,initial-scale=1"><title>{escape(words["title"])}</title>'
        f"<style>{_STYLE}</style></head><body><main><h1>{escape(words['title'])}</h1><p>{about}</p>{parts}</main></body></html>\n"
    )


def _part(words: dict[str, str], part: str, rows: Sequence[dict[str, Any]]) -> str:
    title = f"<h2>{escape(words[part])}</h2>"
    if not rows:
        return f"{title}<p>{escape(words['none'])}</p>"
    columns = [name for name in rows[0] if any(row[name] not in (None, "") for row in rows)]
    heads = "".join(f'<th scope="col">{escape(_head(words, name))}</th>' for name in columns)
    lines = "".join("<tr>" + "".join(f"<td>{_cell(row[name])}</td>" for name in columns) + "</tr>" for row in rows)
    return f"{title}<table><thead><tr>{heads}</tr></thead><tbody>{lines}</tbody></table>"


def _head(words: dict[str, str], name: str) -> str:
    return words["events#"] if name == "events" else words.get(name, name)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return escape(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
