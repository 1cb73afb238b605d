"""An identity policy in words: what tells people apart, what may be one customer, and what is nobody's.

Terminal and console say the same sentences, in English and in Korean.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from itda.base.instant import DAY, HOUR
from itda.identity.policy import LONGEST_VALUE, TRUST, WINDOWS, IdentityPolicy, Kind, Limit

_EN = {
    "unique": "one a customer, ever",
    "limit": "at most {most} a customer",
    "window": "at most {most} that begin within a {window}",
    "and": " and ",
    "beside": " and ",
    "unlimited": "any number a customer",
    "known": "makes somebody known",
    "personal": "personal: in no address, masked for most",
    "hash": "SHA-256 of {of}: whoever carries the one carries the other",
    "written": "written as {normaliser}",
    "hub": "a hub from {degree} of any stronger kind on",
    "crowd": "a hub by the crowd alone",
    "of it": "{blocked} of it identify nobody",
    "strongest": "An event counts on the strongest identifier that it carries, and ties the others to that.",
    "order": (
        "Where a limit binds, the link of the stronger kinds holds, of equal ones that which was seen on several days,"
        " then the one seen first; the others are kept and join nobody. A steward's join or cut comes before all of"
        " them."
    ),
    "untrusted": "What only {sources} told comes after all that others told.",
    "observe_only": (
        "What only {sources} told ties no two kinds that make somebody known, and comes after all that others told."
    ),
    "wait": (
        "A hub keeps its joins for {wait}, then joins nobody; at once from {certain} times its number on, and whatever"
        " meets more than {crowd:,} identifiers."
    ),
    "hours": "{hours} hours",
    "no wait": "no time",
    "nobody": (
        "{blocked} of any kind, texts over {longest} signs, CI (연계정보) and resident numbers identify nobody."
    ),
    "nobody unnamed": "Texts over {longest} signs, CI (연계정보) and resident numbers identify nobody.",
    "largest": "A customer has at most {largest:,} identifiers.",
    "review": "Customers who look like one person are put up for a steward from a probability of {share} on.",
    "no review": "Customers who look like one person are not put up for a steward.",
    "join": (
        "Where {share} are estimated to be right, they are joined without one, after all that was observed and within"
        " every limit."
    ),
    "no join": "Likeness alone joins nobody.",
    "value": "{count} value", "values": "{count} values", "pattern": "{count} pattern", "patterns": "{count} patterns",
    "day": "day", "week": "week", "month": "month", "year": "year", "days": "{days} days",
}  # fmt: skip
_KO = {
    "unique": "고객 한 명에 평생 하나",
    "limit": "고객 한 명에 최대 {most}개",
    "window": "{window} 안에 새로 생기는 것은 최대 {most}개",
    "and": ", ",
    "beside": "와 ",
    "unlimited": "고객 한 명에 몇 개든",
    "known": "있으면 누구인지 아는 고객",
    "personal": "개인정보: 웹 주소에 쓰지 않으며 권한이 없으면 가림",
    "hash": "{of}의 SHA-256: 한쪽이 있으면 다른 쪽도 있는 것으로 봄",
    "written": "표기 규칙 {normaliser}",
    "hub": "더 강한 한 종류의 식별자 {degree}개와 만나면 공유 식별자",
    "crowd": "아주 많은 식별자와 만날 때만 공유 식별자",
    "of it": "그중 {blocked}는 아무도 식별하지 않음",
    "strongest": "이벤트는 담긴 식별자 가운데 가장 강한 것으로 세고, 나머지 식별자는 그것에 연결합니다.",
    "order": (
        "한도에 걸리면 더 강한 종류의 연결을, 같으면 여러 날에 나타난 연결을, 그래도 같으면 먼저 나타난 연결을"
        " 따릅니다. 나머지는 남겨 두되 아무도 연결하지 않습니다. 담당자의 연결과 분리는 이 모두에 앞섭니다."
    ),
    "untrusted": "{sources} 소스만 알린 연결은 다른 소스가 알린 모든 연결 뒤에 따릅니다.",
    "observe_only": (
        "{sources} 소스만 알린 연결은 누구인지 알게 하는 두 종류를 서로 연결하지 않으며, 다른 소스가 알린 모든 연결"
        " 뒤에 따릅니다."
    ),
    "wait": (
        "공유 식별자는 {wait} 동안 연결을 지키다가 그 뒤로는 아무도 연결하지 않습니다. 기준의 {certain}배부터, 또는"
        " 식별자 {crowd:,}개보다 많이 만나면 곧바로 그렇게 합니다."
    ),
    "hours": "{hours}시간",
    "no wait": "0시간",
    "nobody": (
        "종류와 상관없이 {blocked}, {longest}자를 넘는 글, CI(연계정보), 주민등록번호는 아무도 식별하지 않습니다."
    ),
    "nobody unnamed": "{longest}자를 넘는 글, CI(연계정보), 주민등록번호는 아무도 식별하지 않습니다.",
    "largest": "고객 한 명의 식별자는 최대 {largest:,}개입니다.",
    "review": "같은 사람으로 보이는 고객들은 확률 {share}부터 담당자가 확인하도록 올립니다.",
    "no review": "같은 사람으로 보이는 고객들을 담당자에게 올리지 않습니다.",
    "join": "{share}가 맞을 것으로 추정되는 선부터는, 관찰된 연결을 모두 따른 뒤 모든 한도 안에서 저절로 합칩니다.",
    "no join": "비슷하다는 것만으로는 아무도 합치지 않습니다.",
    "value": "값 {count}개", "values": "값 {count}개", "pattern": "패턴 {count}개", "patterns": "패턴 {count}개",
    "day": "하루", "week": "한 주", "month": "한 달", "year": "한 해", "days": "{days}일",
}  # fmt: skip
WORDS = {"en": _EN, "ko": _KO}
"""Language → what is said, by what it is about."""


class Told(NamedTuple):
    """A policy in sentences."""

    kinds: list[tuple[str, list[str]]]
    """Each kind's name and what holds for it, in parts of one sentence; the strongest first."""
    rules: list[str]
    """What holds for all of them."""


def told(policy: IdentityPolicy) -> list[str]:
    """In English, one sentence or two a line: the kinds numbered, then what holds for all of them."""
    said = sentences(policy, "en")
    return [
        *(f"{place}. {name}: {', '.join(parts)}." for place, (name, parts) in enumerate(said.kinds, 1)),
        *said.rules,
    ]


def sentences(policy: IdentityPolicy, language: str) -> Told:
    """In a language of `WORDS`."""
    words = WORDS[language]
    return Told([(kind.name, list(_parts(kind, words))) for kind in policy.kinds], list(_rules(policy, words)))


def _parts(kind: Kind, words: dict[str, str]) -> Iterator[str]:
    bounds = [words["unique"]] if kind.is_unique else []
    yield words["and"].join([*bounds, *(_limit(limit, words) for limit in kind.limits)]) or words["unlimited"]
    if kind.is_known:
        yield words["known"]
    if kind.is_personal:
        yield words["personal"]
    if kind.hash_of:
        yield words["hash"].format(of=kind.hash_of)
    if kind.normaliser != "text":
        yield words["written"].format(normaliser=kind.normaliser)
    stronger = kind.hub_degree and kind.rank > 0
    yield words["hub"].format(degree=kind.hub_degree + 1) if stronger else words["crowd"]
    blocked = _blocked(kind.blocked_values, kind.blocked_patterns, words)
    if blocked:
        yield words["of it"].format(blocked=blocked)


def _limit(limit: Limit, words: dict[str, str]) -> str:
    if limit.window is None:
        return words["limit"].format(most=limit.most)
    name = next((name for name, length in WINDOWS.items() if length == limit.window), "")
    window = words[name] if name else words["days"].format(days=limit.window // DAY)
    return words["window"].format(most=limit.most, window=window)


def _rules(policy: IdentityPolicy, words: dict[str, str]) -> Iterator[str]:
    yield words["strongest"]
    yield words["order"]
    for trust in TRUST[1:]:
        sources = [source for source, word in policy.sources if word == trust]
        if sources:
            yield words[trust].format(sources=", ".join(sources))
    hours = policy.confirm_after // HOUR
    wait = words["hours"].format(hours=hours) if hours else words["no wait"]
    yield words["wait"].format(wait=wait, certain=policy.certain_at, crowd=policy.crowd_at)
    blocked = _blocked(policy.blocked_values, policy.blocked_patterns, words)
    yield words["nobody" if blocked else "nobody unnamed"].format(blocked=blocked, longest=LONGEST_VALUE)
    yield words["largest"].format(largest=policy.largest_customer)
    review, join = policy.matching.review, policy.matching.join
    yield words["no review" if review is None else "review"].format(share=f"{100 * (review or 0):g}%")
    yield words["no join" if join is None else "join"].format(share=f"{100 * (join or 0):g}%")


def _blocked(values: tuple[str, ...], patterns: tuple[str, ...], words: dict[str, str]) -> str:
    said = [
        words[one if len(found) == 1 else many].format(count=len(found))
        for found, one, many in ((values, "value", "values"), (patterns, "pattern", "patterns"))
        if found
    ]
    return words["beside"].join(said)
