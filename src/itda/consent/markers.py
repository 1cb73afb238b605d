"""Words of promotion in a message, in Korean and English: whoever carries one is advertising, whatever it calls itself.

Lines of a receipt that merely state what was taken off or earned are no promotion.
"""

from __future__ import annotations

import re
import unicodedata

_STATEMENTS = re.compile(
    r"(?:총\s*)?(?:즉시\s*|쿠폰\s*|상품\s*|회원\s*)?할인\s*(?:금액|액|내역|받은\s*금액|적용\s*(?:금액|완료))"
    r"|쿠폰\s*(?:할인|사용)\s*(?:금액|내역|액)?\s*:?\s*-?\s*[\d,]+\s*원"
    r"|적립\s*(?:예정|내역|완료|금)|적립금\s*(?:사용|내역)"
    r"|in\s+the\s+event\s+(?:of|that)|in\s+any\s+event|point\s+of\s+sale|wholesale|terms\s+of\s+sale"
    r"|(?:coupon\s+)?discounts?\s*(?:applied|amount)?\s*:\s*-?\s*[^\w\s]?\s*[\d,.]+"
    r"|points?\s+earned",
    re.IGNORECASE,
)
_MARKUP = re.compile(r"<(style|mj-style|script)\b.*?</\1>|\{\{.*?\}\}|\{%.*?%\}|<[^>]*>", re.DOTALL | re.IGNORECASE)
"""What nobody reads: tags, styles, and the names in a template."""
_PROMOTION = re.compile(
    r"할인|세일|특가|쿠폰|이벤트|프로모션|추천|혜택|사은품|경품|증정|기획전|특별전|타임\s*딜|핫\s*딜|최저가|반값"
    r"|무료\s*(?:체험|증정|쿠폰)|선착순|한정\s*(?:판매|수량|특가)|\d\s*\+\s*\d\s*(?:행사|증정|이벤트)?(?![\d\w])"
    r"|포인트\s*(?:지급|적립|증정|드)|적립금\s*(?:지급|증정|드)|지금\s*(?:바로\s*)?(?:구매|주문|만나)|신상품|신제품\s*출시"
    r"|\b(?:discounts?|sales?|deals?|coupons?|vouchers?|promo(?:tion(?:s|al)?)?|promo\s*codes?|special\s+(?:price|offer)s?"
    r"|offers?|events?|giveaways?|freebies?|free\s+(?:gift|trial|sample)s?|bonus\s+points?|limited\s+time|clearance"
    r"|best\s+price|half\s+price|buy\s+now|shop\s+now|order\s+now|recommend(?:ed|ations?)?|you\s+(?:may|might)\s+(?:also\s+)?like"
    r"|new\s+arrivals?|save\s+(?:up\s+to\s+)?[^\w\s]?\d+)\b"
    r"|\d\s*(?:%|퍼센트|percent)\s*(?:off|할인|세일|쿠폰|적립|down)",
    re.IGNORECASE,
)


def found(*texts: str) -> tuple[str, ...]:
    """The words of promotion in these texts, each once, in the order they stand; empty where there are none."""
    words: dict[str, None] = {}
    for text in texts:
        plain = _STATEMENTS.sub(" ", _MARKUP.sub(" ", unicodedata.normalize("NFKC", text)))
        words.update(dict.fromkeys(" ".join(match[0].split()).lower() for match in _PROMOTION.finditer(plain)))
    return tuple(words)
