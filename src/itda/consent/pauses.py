"""What a person may pause: uses of their data that need no consent of every brand, and that anybody may object to.

A pause is a refusal in the ledger, its end a consent; both keep the words that were shown (PIPA art. 37; GDPR art. 21;
Location Information Act art. 24, text of 2005, to be confirmed by counsel: whoever it is of may stop it at any time).
Nothing said means that it is not paused.
"""

from __future__ import annotations

from itda.consent.definition import ANY_CHANNEL
from itda.consent.standing import Consents
from itda.events import places

PROFILING, LOCATION = "profiling", places.LOCATION
PAUSABLE = (PROFILING, LOCATION)
PAUSED = ("refused", "withdrawn")
_WORDS = {
    (PROFILING, True, "ko"): (
        "내 구매·방문 기록을 분석해 광고를 고르는 것을 멈춥니다. 멈춘 동안에는 그렇게 고른 광고를 보내지 않습니다."
    ),
    (PROFILING, True, "en"): (
        "Stop choosing advertisements for me from what I bought and looked at. While it is paused, none are sent that"
        " were chosen so."
    ),
    (PROFILING, False, "ko"): "내 구매·방문 기록을 분석해 광고를 고르는 것을 다시 허용합니다.",
    (PROFILING, False, "en"): "Choose advertisements for me from what I bought and looked at again.",
    (LOCATION, True, "ko"): (
        "매장 방문 감지 등 내 위치정보의 수집과 이용을 멈춥니다. 멈춘 동안에는 새 위치정보를 받지 않고,"
        " 이미 있는 것도 고객 그룹과 메시지에 쓰지 않습니다."
    ),
    (LOCATION, True, "en"): (
        "Stop collecting and using where I am, such as a store noticing my visit. While it is paused, nothing new of it"
        " is taken in, and what is there is used for no customer group and no message."
    ),
    (LOCATION, False, "ko"): "매장 방문 감지 등 내 위치정보의 수집과 이용을 다시 허용합니다.",
    (LOCATION, False, "en"): "Collect and use where I am again, such as a store noticing my visit.",
}


def text_id(purpose: str, language: str, *, is_paused: bool) -> str:
    """The id under which the ledger keeps the words."""
    return f"{'pause' if is_paused else 'resume'}-{purpose}@1/{language}"


def text(purpose: str, language: str, *, is_paused: bool) -> str:
    """The words of pausing or of its end."""
    return _WORDS[purpose, is_paused, language]


def is_paused(consents: Consents, purpose: str) -> bool:
    """Whether any of those who are joined paused it."""
    return consents.standing(purpose, ANY_CHANNEL).status in PAUSED
