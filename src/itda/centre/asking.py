"""The page that a letter's link leads to: what is asked, and two buttons. A look changes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from zoneinfo import ZoneInfo

import msgspec
from babel.dates import format_date

from itda.base.instant import to_datetime
from itda.centre.pages import Around, page_of
from itda.engine.questions.asked import AskedView


class AskingWords(msgspec.Struct, frozen=True, kw_only=True):
    """The sentences of this page, in one language and for one matter."""

    title: str
    intro: str
    """About `address` and `sender`."""
    since: str
    yes: str
    no: str
    done_yes: str
    done_no: str
    nothing: str


WORDS: Mapping[tuple[str, str], AskingWords] = {
    ("confirm", "ko"): AskingWords(
        title="수신동의를 유지하시겠습니까?",
        intro="{address} 주소에 연결된 {sender}의 광고성 정보 수신동의입니다.",
        since="{date}에 동의",
        yes="유지",
        no="철회",
        done_yes="동의가 유지되었습니다.",
        done_no="동의가 철회되었습니다. 더 이상 보내지 않습니다.",
        nothing="지금 확인하실 동의가 없습니다. 이미 처리되었거나 기간이 지났습니다.",
    ),
    ("confirm", "en"): AskingWords(
        title="Does your consent still hold?",
        intro="These are the consents to advertising from {sender} tied to {address}.",
        since="Agreed on {date}",
        yes="Keep",
        no="Withdraw",
        done_yes="Your consent is kept.",
        done_no="Your consent is withdrawn. Nothing more is sent to you.",
        nothing="There is nothing to confirm here: it was answered already, or its time is over.",
    ),
    ("grant", "ko"): AskingWords(
        title="수신동의를 확인해 주세요",
        intro="{address} 주소로 {sender}에 아래 동의가 신청되었습니다. '동의'를 눌러야 처리됩니다.",
        since="{date}에 신청",
        yes="동의",
        no="동의하지 않음",
        done_yes="동의로 처리되었습니다.",
        done_no="동의하지 않음으로 처리되었습니다.",
        nothing="지금 확인하실 신청이 없습니다. 이미 처리되었거나 기간이 지났습니다.",
    ),
    ("grant", "en"): AskingWords(
        title="Please confirm your sign-up",
        intro="{address} was signed up with {sender} for what stands below. It counts once you press “I agree”.",
        since="Asked for on {date}",
        yes="I agree",
        no="I do not agree",
        done_yes="Recorded: you agreed.",
        done_no="Recorded: you did not agree.",
        nothing="There is nothing to confirm here: it was answered already, or its time is over.",
    ),
}


class Line(msgspec.Struct, frozen=True):
    """One consent on the page."""

    name: str
    channel: str
    since: str
    text: str


def page(around: Around, view: AskedView, path: str, answered: str = "") -> str:
    """The page; `answered` is yes or no once it was posted."""
    words = WORDS[view.matter, around.language]
    lines = [
        Line(
            one.purpose_ko if around.language == "ko" else one.purpose_en,
            around.words.channels.get(one.channel, one.channel),
            words.since.format(date=_date(around, one.at)),
            one.text,
        )
        for one in view.items
    ]
    told = {"yes": words.done_yes, "no": words.done_no}.get(answered, "")
    return page_of("asked.html", around, asking=words, address=view.address, path=path, lines=lines, told=told)


def _date(around: Around, at: int) -> str:
    return format_date(to_datetime(at).astimezone(ZoneInfo(around.zone)), "long", locale=around.language)
