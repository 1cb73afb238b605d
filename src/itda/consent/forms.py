"""A form where people agree: one empty box for each consent, and nothing else decided by it.

What the law says of asking (Network Act art. 50(1); PIPA art. 15(2), 22(1), (2), (5), decree art. 17(3); GDPR art.
4(11), 7): with each box stand what for, which data and for how long, the first and the last emphasised; no box is
ticked beforehand, none stands for two consents or for terms as well, and who leaves an optional one empty is served
all the same. A form that breaks one of these is not published.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from html import escape
from typing import NamedTuple

import msgspec

from itda.consent.acts import CONTACT_KINDS

MOST = 12
"""Boxes of one form."""
FIELDS: Mapping[str, tuple[str, str, str, str]] = {
    "email": ("이메일", "E-mail", "email", "email"), "phone": ("휴대전화 번호", "Mobile number", "tel", "tel"),
}  # fmt: skip
"""Kind of address → its name in Korean and English, its type of field and what a browser fills it with."""
WRONG: Mapping[str, Mapping[str, str]] = {
    "ko": {
        "email": "이메일 주소를 확인해 주세요. 예: name@example.com",
        "phone": "휴대전화 번호를 확인해 주세요. 예: 010-1234-5678",
    },
    "en": {
        "email": "Please check the e-mail address, for example name@example.com",
        "phone": "Please check the mobile number, for example 010-1234-5678",
    },
}
"""What is said at a field that lacks what a ticked box needs, or holds no such address."""
_SAID = {
    "ko": {
        "legend": "선택 동의", "free": "동의하지 않아도 서비스를 이용하실 수 있으며, 언제든지 철회하실 수 있습니다.",
        "facts": "목적: {purpose}", "items": "수집 항목: {items}", "kept": "보유·이용 기간: {kept}",
        "until": "동의를 철회하실 때까지",
        "send": "동의 신청", "optional": "선택", "addresses": "선택하신 항목에 필요한 연락처만 적어 주세요.",
    },
    "en": {
        "legend": "Your choice",
        "free": "You are served all the same if you leave these empty, and can withdraw at any time.",
        "facts": "What for: {purpose}", "items": "What we take: {items}", "kept": "How long: {kept}",
        "until": "until you withdraw",
        "send": "Sign up", "optional": "optional", "addresses": "Fill in only what your choices below need.",
    },
}  # fmt: skip


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """One box, as it is written down."""

    text: str
    """The name of the text that stands beside it."""
    is_ticked: bool = False
    together_with: tuple[str, ...] = ()
    """What else the same box would stand for: another text, or `terms`."""
    is_required: bool = False


class Form(msgspec.Struct, frozen=True, kw_only=True):
    """A form of the workspace. `source`: through which its acts come, and whether they count at once."""

    name: str
    source: str
    asks: tuple[Ask, ...]
    kept: Mapping[str, str] = {}
    """Language → how long what is told is kept; left out: until they withdraw."""


class Tried(msgspec.Struct, frozen=True):
    """What somebody typed and ticked in a form that could not be taken, and the kind of address that was wrong."""

    typed: Mapping[str, str]
    given: Sequence[str]
    wrong: str = ""


class Fault(NamedTuple):
    """Why a form is not published: which box (from 0), by which rule, and the cure."""

    ask: int
    what: str
    cure: str


class Box(msgspec.Struct, frozen=True):
    """One box as it is shown: the id of its text, its words, its purpose, what that is called, and its channel."""

    text_id: str
    body: str
    purpose: str
    channel: str
    called: str


def faults(asks: Sequence[Ask]) -> list[Fault]:
    """Everything that keeps a form from being published (T18)."""
    found: list[Fault] = []
    seen: set[str] = set()
    for number, one in enumerate(asks):
        if one.is_ticked:
            found.append(
                Fault(number, "a box for a consent is never ticked beforehand (KR-17, EU-02)", "leave it empty")
            )
        if one.together_with:
            what = f"one box for {one.text} and {', '.join(one.together_with)} is no consent to either (KR-17, KR-31)"
            found.append(Fault(number, what, "give each a box of its own, apart from the terms"))
        if one.is_required:
            found.append(Fault(number, "an optional consent decides on nothing (KR-32)", "leave `required` out"))
        if one.text in seen:
            found.append(Fault(number, f"{one.text} is asked for twice", "ask once"))
        seen.add(one.text)
    if not asks:
        found.append(Fault(0, "asks for nothing", "asks: [a text of consent.yaml]"))
    if len(asks) > MOST:
        found.append(Fault(0, f"asks for {len(asks)} consents", f"{MOST} at most"))
    return found


def kinds(boxes: Sequence[Box]) -> list[str]:
    """The kinds of address that a form has a field for; of consents about the person alone an e-mail."""
    return needed(boxes) or ["email"]


def needed(boxes: Sequence[Box]) -> list[str]:
    """The kinds of address that these boxes, once ticked, cannot do without: no other is asked for (PIPA art. 16)."""
    return sorted({CONTACT_KINDS.get(one.channel, "") for one in boxes} & FIELDS.keys())


def snippet(form: Form, boxes: Sequence[Box], language: str, base: str, tried: Tried | None = None) -> str:
    """The form as HTML, to be put into a page as it is. It works without a script; with ours it stays on the page.

    What was `tried` stands in it as they left it, with what is wrong at its field.
    """
    said, place = _SAID[language], 0 if language == "ko" else 1
    action = f"{escape(base)}/f/{form.name}?lang={language}"
    lines = [f'<form class="itda-consent" method="post" action="{action}" lang="{language}">']
    asked = kinds(boxes)
    if len(asked) > 1:
        lines.append(f"<p><small>{said['addresses']}</small></p>")
    for kind in asked:
        label, field, fills = FIELDS[kind][place], FIELDS[kind][2], FIELDS[kind][3]
        made = f"itda-{form.name}-{kind}"
        lines.append(
            f'<p><label for="{made}">{label}</label> <input id="{made}" name="{kind}" type="{field}"'
            f' autocomplete="{fills}" maxlength="254"{_again(tried, kind, made, language)}</p>'
        )
    lines.append(f"<fieldset><legend>{said['legend']}</legend>")
    for one in boxes:
        made = f"itda-{form.name}-{one.text_id.partition('@')[0]}"
        mark = f"({said['optional']})"
        ticked = " checked" if tried is not None and one.text_id in tried.given else ""
        after = "" if mark in one.body else f" <small>{mark}</small>"
        lines.append(
            f'<p><input type="checkbox" id="{made}" name="given" value="{escape(one.text_id)}"'
            f' aria-describedby="{made}-facts"{ticked}> <label for="{made}">{escape(one.body)}{after}</label><br>'
            f'<span id="{made}-facts">{_facts(form, one, asked, language)}</span></p>'
        )
    lines.append(f"<p><small>{said['free']}</small></p></fieldset>")
    lines.append(f"<p><button>{said['send']}</button></p>")
    lines.append('<p role="status" hidden></p></form>')
    return "\n".join(lines)


def _again(tried: Tried | None, kind: str, made: str, language: str) -> str:
    """The end of a field: what was typed in it, and what is wrong with that."""
    typed = tried.typed.get(kind, "") if tried is not None else ""
    value = f' value="{escape(typed)}"' if typed else ""
    if tried is None or tried.wrong != kind:
        return f"{value}>"
    return (
        f'{value} aria-invalid="true" aria-describedby="{made}-wrong" autofocus>'
        f' <span class="wrong" id="{made}-wrong">{WRONG[language][kind]}</span>'
    )


def _facts(form: Form, box: Box, asked: Sequence[str], language: str) -> str:
    """What a person is told of one consent before they give it: PIPA art. 15(2), decree art. 17(3)."""
    said, place = _SAID[language], 0 if language == "ko" else 1
    own = CONTACT_KINDS.get(box.channel, "")
    items = ", ".join(FIELDS[kind][place] for kind in ([own] if own in FIELDS else asked))
    return " · ".join(
        (
            f"<strong>{said['facts'].format(purpose=escape(box.called))}</strong>",
            said["items"].format(items=items),
            f"<strong>{said['kept'].format(kept=escape(form.kept.get(language) or said['until']))}</strong>",
        )
    )


def snapshot(html: str) -> str:
    """The hash under which what was shown is kept: SHA-256 of the form as HTML, 64 hex digits."""
    return hashlib.sha256(html.encode()).hexdigest()
