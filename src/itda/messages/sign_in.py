"""The mail that lets a customer into the privacy centre: a code and a link, both good once and for ten minutes.

It is written here and not in the workspace: what it must say is the same for every brand, and nobody can make an
advertisement of it. It is never tracked, since its link lets in whoever has it.
"""

from __future__ import annotations

from itda.messages.definition import Content, Message

NAME = "privacy-centre-code"
"""No folder of messages/ can take this name's place."""
MINUTES = 10
_BODY = """\
<mjml><mj-body background-color="#f5f6f8"><mj-section background-color="#ffffff" padding="32px 24px"><mj-column>
<mj-text font-size="20px" font-weight="600" color="#1d2430">{title}</mj-text>
<mj-text font-size="16px" line-height="1.6" color="#1d2430">{ask}</mj-text>
<mj-text font-size="32px" font-weight="700" letter-spacing="6px" color="#1d2430">{{{{ event.code }}}}</mj-text>
<mj-text font-size="16px" line-height="1.6" color="#1d2430">{follow}</mj-text>
<mj-button href="{{{{ event.link }}}}" background-color="#24418f" color="#ffffff" font-size="16px">{button}</mj-button>
<mj-text font-size="14px" line-height="1.6" color="#5b6472">{expires} {ignore}</mj-text>
</mj-column></mj-section></mj-body></mjml>
"""
_TEXT = """\
{title}

{ask} {{{{ event.code }}}}

{follow}
{{{{ event.link }}}}

{expires} {ignore}
"""
_KO = {
    "title": "{{ sender.name }} 개인정보 센터 확인 코드",
    "ask": "확인 화면에 아래 6자리 코드를 입력해 주세요.",
    "follow": "또는 아래 링크를 열어 “들어가기”를 눌러 주세요.",
    "button": "개인정보 센터 열기",
    "expires": f"코드와 링크는 {MINUTES}분 동안 한 번만 쓸 수 있습니다.",
    "ignore": "요청하지 않으셨다면 이 메일을 무시해 주세요. 코드를 아무에게도 알려주지 마세요.",
}
_EN = {
    "title": "Your code for the privacy centre of {{ sender.name }}",
    "ask": "Type these six digits on the page that asked for your address:",
    "follow": "Or open this link and press “Sign in”:",
    "button": "Open the privacy centre",
    "expires": f"Code and link are good once, for {MINUTES} minutes.",
    "ignore": "If you did not ask for it, leave this mail alone. Tell nobody the code.",
}


def _content(words: dict[str, str], subject: str) -> Content:
    return Content(subject=subject, body=_BODY.format(**words), text=_TEXT.format(**words))


MESSAGE = Message(
    name=NAME,
    label_ko="개인정보 센터 확인 코드",
    label_en="Code for the privacy centre",
    message_class="informational",
    ground="request",
    purpose="",
    is_trackable=False,
    contents={
        "email": {
            "ko": _content(_KO, "{{ sender.name }} 확인 코드: {{ event.code }}"),
            "en": _content(_EN, "{{ sender.name }} code: {{ event.code }}"),
        }
    },
    uses=frozenset({"event.code", "event.link", "sender.name"}),
)
