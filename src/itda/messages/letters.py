"""The letters that the law has a sender write about consents, and the second step of a sign-up.

They are written here and not in the workspace: what they must say is the law's (Network Act art. 50(7) and (8), decree
art. 62-2 and 62-3), and nobody can make an advertisement of them. They are never tracked.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from itda.messages.definition import Content, Ground, Message

NOTICE = "consent-notice"
RECONFIRM = "consent-reconfirm"
OPTIN = "consent-optin"
LANGUAGES = ("ko", "en")
_BODY = """\
<mjml><mj-body background-color="#f5f6f8"><mj-section background-color="#ffffff" padding="32px 24px"><mj-column>
<mj-text font-size="20px" font-weight="600" line-height="1.4" color="#1d2430">{title}</mj-text>
<mj-text font-size="16px" line-height="1.6" color="#1d2430">{lead}</mj-text>
{{% for item in event.items %}}
<mj-text font-size="16px" line-height="1.6" color="#1d2430" padding="10px 25px" container-background-color="#f5f6f8">
<strong>{{{{ item.what }}}}</strong><br />{{{{ item.about }}}}<br />{{{{ item.date }}}}{{% if item.result %}}<br />
{{{{ item.result }}}}{{% endif %}}</mj-text>
{{% endfor %}}
<mj-text font-size="16px" line-height="1.6" color="#1d2430">{then}</mj-text>
<mj-button href="{{{{ {link} }}}}" background-color="#24418f" color="#ffffff" font-size="16px">{button}</mj-button>
<mj-text font-size="14px" line-height="1.6" color="#5b6472">{why}<br />{{{{ sender.name }}}}
{{% if sender.address %}}· {{{{ sender.address }}}}{{% endif %}}
{{% if sender.phone %}}· {{{{ sender.phone }}}}{{% endif %}}
{{% if sender.email %}}· {{{{ sender.email }}}}{{% endif %}}</mj-text>
</mj-column></mj-section></mj-body></mjml>
"""
_TEXT = """\
{title}

{lead}
{{% for item in event.items %}}
- {{{{ item.what }}}}: {{{{ item.about }}}}
  {{{{ item.date }}}}
  {{{{ item.result }}}}
{{% endfor %}}
{then}
{{{{ {link} }}}}

{why}
{{{{ sender.name }}}} {{{{ sender.address }}}} {{{{ sender.phone }}}} {{{{ sender.email }}}}
"""

_NOTICE = {
    "ko": {
        "subject": "{{ sender.name }} 수신동의 처리 결과 안내",
        "title": "광고성 정보 수신에 관한 처리 결과를 알려드립니다",
        "lead": "{{ sender.name }}에 하신 의사표시가 아래와 같이 처리되었습니다.",
        "then": "언제든지 아래에서 바꾸거나 철회하실 수 있습니다.",
        "button": "수신 설정 보기",
        "why": "정보통신망법 제50조제7항에 따라 처리 결과를 알려드리는 안내 메일입니다.",
    },
    "en": {
        "subject": "{{ sender.name }}: what became of your choice",
        "title": "What became of your choice about advertising",
        "lead": "This is how {{ sender.name }} has recorded what you told us.",
        "then": "You can change or withdraw it here at any time.",
        "button": "See your choices",
        "why": "You get this mail because the law asks us to tell you the result (Network Act of Korea, art. 50(7)).",
    },
}
_RECONFIRM = {
    "ko": {
        "subject": "{{ sender.name }} 광고성 정보 수신동의 확인 안내",
        "title": "수신동의를 유지하시겠습니까?",
        "lead": "{{ sender.name }}에 광고성 정보 수신을 동의하신 사실과 날짜를 알려드립니다.",
        "then": (
            "유지 또는 철회는 {{ event.last_day }}까지 아래 화면에서 하실 수 있습니다.{% if event.is_kept %} 별도의"
            " 의사표시가 없으면 동의가 유지됩니다.{% else %} 별도의 의사표시가 없으면 광고성 정보를 보내지"
            " 않습니다.{% endif %}"
        ),
        "button": "유지 또는 철회하기",
        "why": "정보통신망법 제50조제8항에 따라 2년마다 수신동의를 확인하는 안내 메일입니다.",
    },
    "en": {
        "subject": "{{ sender.name }}: does your consent to advertising still hold?",
        "title": "Does your consent still hold?",
        "lead": "You agreed to receive advertising from {{ sender.name }}. This is what you agreed to, and when.",
        "then": (
            "Keep or withdraw it on the page below until {{ event.last_day }}.{% if event.is_kept %} If you do nothing,"
            " your consent is kept.{% else %} If you do nothing, we send you no more advertising.{% endif %}"
        ),
        "button": "Keep or withdraw",
        "why": "The law has us ask every two years (Network Act of Korea, art. 50(8)).",
    },
}
_OPTIN = {
    "ko": {
        "subject": "{{ sender.name }} 수신동의 확인 요청",
        "title": "수신동의를 확인해 주세요",
        "lead": "{{ sender.name }}에 아래와 같은 동의 신청이 접수되었습니다. 아직 동의로 처리되지 않았습니다.",
        "then": "본인이 신청하셨다면 {{ event.last_day }}까지 아래 화면에서 '동의'를 눌러 주세요.",
        "button": "동의 확인하기",
        "why": "신청하지 않으셨다면 이 메일을 무시해 주세요. 아무것도 보내지 않습니다.",
    },
    "en": {
        "subject": "{{ sender.name }}: please confirm your sign-up",
        "title": "Please confirm your sign-up",
        "lead": "Somebody signed this address up with {{ sender.name }} for what stands below. It does not count yet.",
        "then": "If it was you, open the page below by {{ event.last_day }} and press “I agree”.",
        "button": "Confirm",
        "why": "If it was not you, leave this mail alone: nothing will be sent.",
    },
}


def _letter(
    name: str, label_ko: str, label_en: str, words: Mapping[str, Mapping[str, str]], ground: Ground, link: str
) -> Message:
    contents = {
        language: Content(
            subject=said["subject"],
            body=_BODY.format(link=link, **said),
            text=_TEXT.format(link=link, **said),
        )
        for language, said in words.items()
    }
    return Message(
        name=name, label_ko=label_ko, label_en=label_en, message_class="informational", ground=ground, purpose="",
        is_trackable=False, contents={"email": contents}, uses=frozenset({"event.items", "event.link"}),
    )  # fmt: skip


ALL: Mapping[str, Message] = MappingProxyType({
    one.name: one
    for one in (
        _letter(NOTICE, "수신동의 처리 결과 안내", "Result of a choice", _NOTICE, "law", "links.preferences"),
        _letter(RECONFIRM, "수신동의 2년 확인", "Two-year confirmation", _RECONFIRM, "law", "event.link"),
        _letter(OPTIN, "수신동의 확인 요청", "Confirmation of a sign-up", _OPTIN, "request", "event.link"),
    )
})  # fmt: skip
"""By name. No folder of messages/ can take the place of one."""
