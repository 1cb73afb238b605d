"""The mails that answer a request of a person: a copy is ready, by a link that is good once; something is set right.

They are written here and not in the workspace, as the code for the privacy centre is, and hold nothing of what is
known: that waits behind the link.
"""

from __future__ import annotations

from itda.messages.definition import Content, Message

COPY, CORRECTED = "privacy-request-copy", "privacy-request-corrected"
"""No folder of messages/ can take the place of these names."""
DAYS = 7
"""How long the link to a copy lets in."""
_BODY = """\
<mjml><mj-body background-color="#f5f6f8"><mj-section background-color="#ffffff" padding="32px 24px"><mj-column>
<mj-text font-size="20px" font-weight="600" color="#1d2430">{title}</mj-text>
<mj-text font-size="16px" line-height="1.6" color="#1d2430">{lead}</mj-text>
<mj-button href="{{{{ event.link }}}}" background-color="#24418f" color="#ffffff" font-size="16px">{button}</mj-button>
<mj-text font-size="14px" line-height="1.6" color="#5b6472">{after}</mj-text>
</mj-column></mj-section></mj-body></mjml>
"""
_TEXT = """\
{title}

{lead}
{{{{ event.link }}}}

{after}
"""
_NUMBER = {"ko": "요청 번호 {{ event.number }}.", "en": "Request {{ event.number }}."}
_COPY = {
    "ko": {
        "title": "요청하신 개인정보 사본이 준비되었습니다",
        "lead": "아래 링크를 열어 “들어가기”를 누르면 개인정보 센터에서 내려받을 수 있습니다. " + _NUMBER["ko"],
        "button": "사본 내려받기",
        "after": f"링크는 {DAYS}일 동안 한 번만 쓸 수 있습니다. 요청하지 않으셨다면 이 메일에 답장해 주세요.",
    },
    "en": {
        "title": "The copy of your data that you asked for is ready",
        "lead": "Open this link and press “Sign in”: it can be downloaded in the privacy centre. " + _NUMBER["en"],
        "button": "Download the copy",
        "after": f"The link is good once, for {DAYS} days. If you did not ask for it, answer this mail.",
    },
}
_CORRECTED = {
    "ko": {
        "title": "요청하신 대로 개인정보를 정정했습니다",
        "lead": "정정된 내용은 개인정보 센터에서 확인할 수 있습니다. " + _NUMBER["ko"],
        "button": "개인정보 센터 열기",
        "after": "잘못된 점이 있으면 이 메일에 답장해 주세요.",
    },
    "en": {
        "title": "We corrected your data as you asked",
        "lead": "You can see it as it is now in the privacy centre. " + _NUMBER["en"],
        "button": "Open the privacy centre",
        "after": "If something is still wrong, answer this mail.",
    },
}


def _content(words: dict[str, str]) -> Content:
    return Content(subject=words["title"], body=_BODY.format(**words), text=_TEXT.format(**words))


def _message(name: str, label_ko: str, label_en: str, words: dict[str, dict[str, str]]) -> Message:
    return Message(
        name=name,
        label_ko=label_ko,
        label_en=label_en,
        message_class="informational",
        ground="request",
        purpose="",
        is_trackable=False,
        contents={"email": {language: _content(own) for language, own in words.items()}},
        uses=frozenset({"event.link", "event.number", "sender.name"}),
    )


ALL = {
    COPY: _message(COPY, "개인정보 사본 안내", "A copy is ready", _COPY),
    CORRECTED: _message(CORRECTED, "개인정보 정정 안내", "Data was corrected", _CORRECTED),
}
"""By name."""
