"""What the pages of the centre say, in both languages: a sentence that is missing in one does not type-check."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec


class Words(msgspec.Struct, frozen=True, kw_only=True):
    """Every sentence, in one language."""

    title_unsubscribe: str
    title_done: str
    title_preferences: str
    title_missing: str
    title_trouble: str
    title_often: str
    ask: str
    """About `address` and `sender`."""
    ask_free: str
    stop: str
    done: str
    done_waiting: str
    already: str
    to_preferences: str
    to_centre: str
    intro: str
    saved: str
    nothing_changed: str
    save: str
    stop_all: str
    stop_all_about: str
    agree_about: str
    on_since: str
    off_since: str
    never: str
    is_on: str
    cannot_agree_here: str
    is_final: str
    nothing_to_choose: str
    missing: str
    missing_cure: str
    trouble: str
    often: str
    contact: str
    languages: str
    skip: str
    statuses: Mapping[str, str]
    channels: Mapping[str, str]


KO = Words(
    title_unsubscribe="수신거부",
    title_done="수신거부 완료",
    title_preferences="수신 설정",
    title_missing="사용할 수 없는 링크",
    title_trouble="잠시 후 다시 시도해 주세요",
    title_often="요청이 너무 많습니다",
    ask="{sender}에서 {address} 주소로 보내는 광고성 이메일을 받지 않으시겠습니까?",
    ask_free="로그인이나 비용 없이 바로 처리됩니다.",
    stop="수신거부",
    done="{address} 주소로는 더 이상 {sender}의 광고성 이메일을 보내지 않습니다.",
    done_waiting="발송 대기 중이던 광고도 취소했습니다.",
    already="이미 수신거부된 주소입니다.",
    to_preferences="다른 수신 설정 보기",
    to_centre="내 정보를 보고 내려받고 지우기: 개인정보 센터",
    intro="{address} 주소에 연결된 동의 내역입니다. 체크를 해제하고 저장하면 바로 적용됩니다.",
    saved="저장했습니다. 바로 적용됩니다.",
    nothing_changed="변경된 내용이 없습니다.",
    save="저장",
    stop_all="모든 광고 수신거부",
    stop_all_about="광고성 정보 수신 동의를 모든 수단에서 한 번에 철회합니다.",
    agree_about="동의 내용",
    on_since="{date}부터 동의",
    off_since="{date}부터 {status}",
    never="유효한 동의 없음",
    is_on="사용 중",
    cannot_agree_here="이 페이지에서는 새로 동의할 수 없습니다.",
    is_final="해제하면 이 페이지에서 다시 동의할 수 없습니다.",
    nothing_to_choose="선택할 항목이 없습니다.",
    missing="이 링크로는 아무것도 할 수 없습니다. 주소가 잘렸거나, 더 이상 보관하지 않는 정보에 대한 링크입니다.",
    missing_cure="이메일에 있는 링크를 처음부터 끝까지 그대로 열었는지 확인해 주세요.",
    trouble="지금은 처리하지 못했습니다. 아무것도 변경되지 않았으니 잠시 후 다시 시도해 주세요.",
    often=(
        "짧은 시간에 너무 많이 열렸습니다. 아무것도 변경되지 않았으니 {seconds}초 뒤에 다시 열어 주세요."
        " 메일함의 수신거부 버튼은 언제든 바로 처리됩니다."
    ),
    contact="문의",
    languages="언어",
    skip="본문으로 건너뛰기",
    statuses={
        "granted": "동의", "refused": "수신거부", "withdrawn": "수신거부", "unknown": "동의하지 않음",
        "pending": "확인 대기", "suspended": "중지됨", "expired": "기간 만료",
    },
    channels={
        "email": "이메일", "sms": "문자메시지", "lms": "문자메시지(LMS)", "mms": "문자메시지(MMS)", "kakao": "카카오톡",
        "push": "앱 알림", "call": "전화", "voice": "전화", "post": "우편", "web": "웹", "app": "앱",
        "ads": "온라인 광고", "any": "모든 수단",
    },
)  # fmt: skip
EN = Words(
    title_unsubscribe="Unsubscribe",
    title_done="Unsubscribed",
    title_preferences="Your choices",
    title_missing="This link leads nowhere",
    title_trouble="Please try again in a moment",
    title_often="Too many requests",
    ask="Stop advertising e-mails from {sender} to {address}?",
    ask_free="It takes effect at once, costs nothing and needs no login.",
    stop="Unsubscribe",
    done="{sender} sends no more advertising e-mails to {address}.",
    done_waiting="Advertisements that were waiting to go are cancelled, too.",
    already="This address was unsubscribed already.",
    to_preferences="See all your choices",
    to_centre="See, download or delete your data: privacy centre",
    intro="These are the consents tied to {address}. Untick what you no longer want and save: it takes effect at once.",
    saved="Saved. It is in effect now.",
    nothing_changed="Nothing was changed.",
    save="Save",
    stop_all="Stop all advertising",
    stop_all_about="Withdraws your consent to advertising on every channel at once.",
    agree_about="What you agree to",
    on_since="Agreed since {date}",
    off_since="{status} since {date}",
    never="No consent in force",
    is_on="In use",
    cannot_agree_here="You cannot agree to this anew on this page.",
    is_final="Once refused, it cannot be agreed to again on this page.",
    nothing_to_choose="There is nothing to choose.",
    missing="Nothing can be done with this link. Part of it is missing, or what it was about is no longer kept.",
    missing_cure="Please check that you opened the whole link from the e-mail.",
    trouble="This could not be done just now. Nothing was changed; please try again in a moment.",
    often=(
        "This was opened too often just now. Nothing was changed; please open it again in {seconds} s."
        " The unsubscribe button of your mailbox works at any time."
    ),
    contact="Contact",
    languages="Language",
    skip="Skip to content",
    statuses={
        "granted": "Agreed", "refused": "Refused", "withdrawn": "Refused", "unknown": "Not agreed",
        "pending": "To be confirmed", "suspended": "Paused", "expired": "Expired",
    },
    channels={
        "email": "E-mail", "sms": "Text message", "lms": "Text message (LMS)", "mms": "Text message (MMS)",
        "kakao": "KakaoTalk", "push": "App notification", "call": "Phone", "voice": "Phone", "post": "Post",
        "web": "Web", "app": "App", "ads": "Online advertising", "any": "Every channel",
    },
)  # fmt: skip
LANGUAGES: Mapping[str, Words] = {"ko": KO, "en": EN}
