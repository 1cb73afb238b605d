"""What a consent can be for. A workspace names more in consent.yaml; those in the box are what the packs speak of."""

from __future__ import annotations

from typing import Literal

import msgspec

from itda.consent.definition import ADS, ADS_AT_NIGHT
from itda.consent.uses import SENSITIVE, SERVICE
from itda.events.places import LOCATION

Ground = Literal["consent", "contract", "law", "legitimate_interest"]
GUARDIAN = "guardian"
"""What a guardian agrees to for a child under fourteen (PIPA art. 22-2)."""
PLATFORMS = (("google", "Google"), ("meta", "Meta"))
"""Recipients in the box, each with consents of its own."""


class Purpose(msgspec.Struct, frozen=True, kw_only=True):
    """One purpose. `dpv` names it in the Data Privacy Vocabulary, for whoever exchanges records of consent."""

    code: str
    label_ko: str
    label_en: str
    dpv: str = ""
    is_optional: bool = True
    ground: Ground = "consent"
    """On what it rests (PIPA art. 15, GDPR art. 6)."""


BOX = (
    Purpose(code=ADS, label_ko="광고성 정보 수신", label_en="Receive advertising", dpv="dpv:DirectMarketing"),
    Purpose(
        code=ADS_AT_NIGHT,
        label_ko="야간 광고성 정보 수신",
        label_en="Receive advertising at night",
        dpv="dpv:DirectMarketing",
    ),
    Purpose(code="personalise", label_ko="맞춤 추천", label_en="Personal recommendations", dpv="dpv:Personalisation"),
    Purpose(
        code="behav_ads", label_ko="행태정보 맞춤형 광고", label_en="Behavioural advertising",
        dpv="dpv:TargetedAdvertising",
    ),
    Purpose(code="profiling", label_ko="프로파일링", label_en="Profiling", dpv="dpv:Profiling"),
    Purpose(code=LOCATION, label_ko="위치정보 이용", label_en="Use of location", dpv="dpv:Purpose"),
    Purpose(code="tracking", label_ko="열람·클릭 측정", label_en="Measuring opens and clicks", dpv="dpv:Analytics"),
    Purpose(
        code=SERVICE, label_ko="계약 이행과 서비스 제공", label_en="The service itself", dpv="dpv:ServiceProvision",
        is_optional=False, ground="contract",
    ),
    Purpose(code=SENSITIVE, label_ko="민감정보 처리", label_en="Health, belief and the like", dpv="dpv:Purpose"),
    Purpose(code=GUARDIAN, label_ko="법정대리인 동의", label_en="A guardian's consent", dpv="dpv:Consent"),
    Purpose(
        code="sale_share", label_ko="개인정보 판매·공유", label_en="Sale and sharing", dpv="dpv:SellDataToThirdParties"
    ),
    Purpose(code="ad_user_data", label_ko="광고용 데이터 이용", label_en="Data for advertising", dpv="dpv:Advertising"),
    Purpose(
        code="ad_personalization", label_ko="광고 개인 최적화", label_en="Personalised advertising",
        dpv="dpv:PersonalisedAdvertising",
    ),
    *(
        Purpose(
            code=f"provide_3p:{name}", label_ko=f"{title}에 제공", label_en=f"Providing it to {title}",
            dpv="dpv:ThirdPartyDisclosure",
        )
        for name, title in PLATFORMS
    ),
    *(
        Purpose(
            code=f"overseas:{name}", label_ko=f"국외 이전: {title}", label_en=f"Transfer abroad: {title}",
            dpv="dpv:DataTransfer",
        )
        for name, title in PLATFORMS
    ),
)  # fmt: skip
