"""What a consent can be for. A workspace names more in consent.yaml; those in the box are what the packs speak of."""

from __future__ import annotations

import msgspec

from itda.consent.definition import ADS, ADS_AT_NIGHT


class Purpose(msgspec.Struct, frozen=True, kw_only=True):
    """One purpose. `dpv` names it in the Data Privacy Vocabulary, for whoever exchanges records of consent."""

    code: str
    label_ko: str
    label_en: str
    dpv: str = ""
    is_optional: bool = True


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
    Purpose(code="tracking", label_ko="열람·클릭 측정", label_en="Measuring opens and clicks", dpv="dpv:Analytics"),
)  # fmt: skip
