"""How Koreans spell the syllables of given names in Latin letters, and back: a spelling → the syllables it may be.

The rules are a table of onsets, vowels and codas with a cost each: 0 for Revised Romanization (2000), 1 for what
passports commonly show (`oo` for ㅜ, `u` for ㅓ, `ee` for ㅣ), 2 for the rarer, among them McCune-Reischauer (1939)
without its breves (`o` for ㅓ). They are applied to the syllables that names are made of (the readings of the
characters a court registers in personal names, Rules on Registration of Family Relations §37, and native words in use
as names); any other syllable is known by its Revised Romanization only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from types import MappingProxyType

from itda.text.hangul import CODA_SPELLINGS, FIRST, LAST, ONSET_SPELLINGS, VOWEL_SPELLINGS, letters, romanised

UNUSUAL = 3
"""What a syllable costs that no name is made of."""
LONGEST = 7
_NAME_SYLLABLES = """
가각간갈감갑강개객갱거건걸검겁게격견결겸경계고곡곤골공과곽관괄광괘괴굉교구국군굴궁권궐귀규균귤극근글금급긍기긴길
나낙난날남납낭내녀년념녕노농뇌누눌뉴능니다단달담답당대댁덕도독돈돌동두둔득등라락란람랍랑래량려력련렬렴령례로록론
롱뢰료룡루류륙륜률륭륵름릉리린림립마막만말망매맥맹면멸명모목몰몽묘무묵문물미민밀박반발방배백번벌범법벽변별병보복본
봉부북분불붕비빈빙사산살삼삽상새색생서석선설섬섭성세소속손솔송쇄수숙순술숭슬습승시식신실심십쌍아악안알암압앙애액앵
야약양어억언얼엄업에여역연열염엽영예오옥온옹와완왈왕외요욕용우욱운울웅원월위유육윤율융은을음읍응의이익인일임입잉자작
잔잠장재쟁저적전절점접정제조족존종좌주죽준중즉즐증지직진질집징차착찬찰참창채책척천철첨첩청체초촉촌총최추축춘출충취측
치칙친칠침칭쾌타탁탄탈탐탑태택터토통투특파판팔패팽편평포폭표품풍피필하학한할함합항해행향허헌혁현혈협형혜호혹혼홍화환
활황회획효후훈훤휘휴흔흠흡흥희힘늘별봄빛빈샘슬솜씨롬람름잎찬참초꽃들샛새별솔울결단온빛나래
""".replace("\n", "")
_OFTEN = frozenset(
    "지민서현수영정은진준우연성미경희윤하재원태유혜선주승호상기동인아예도훈시나세규용철석종순숙옥자근환빈찬혁한다소해건범일명국대"
    "보운욱웅신강"
)
"""The syllables most given names are made of; the others are the less likely reading of a spelling they share."""
SELDOM = 2
_ONSETS: Mapping[str, tuple[tuple[str, int], ...]] = {
    "g": (("g", 0), ("k", 0)),
    "d": (("d", 0), ("t", 2)),
    "r": (("r", 0), ("l", 0), ("rh", 2), ("n", 2)),
    "b": (("b", 0), ("p", 1), ("v", 2)),
    "s": (("s", 0),),
    "j": (("j", 0), ("ch", 1), ("z", 2)),
    "p": (("p", 0), ("f", 2)),
}
_VOWELS: Mapping[str, tuple[tuple[str, int], ...]] = {
    "ae": (("ae", 0), ("ai", 1), ("e", 1), ("ay", 1), ("ea", 2)),
    "eo": (("eo", 0), ("u", 1), ("o", 2), ("ou", 2), ("eou", 2)),
    "e": (("e", 0), ("ae", 2)),
    "yeo": (("yeo", 0), ("you", 1), ("yu", 1), ("yo", 2), ("yeou", 2)),
    "ye": (("ye", 0), ("yae", 2), ("ae", 2), ("ea", 2)),
    "wa": (("wa", 0), ("oa", 2)),
    "oe": (("oe", 0), ("oi", 1), ("we", 1), ("oy", 2)),
    "u": (("u", 0), ("oo", 1), ("ou", 2)),
    "wo": (("wo", 0), ("weo", 1), ("wu", 2)),
    "wi": (("wi", 0), ("wee", 1), ("ui", 2)),
    "yu": (("yu", 0), ("yoo", 1), ("you", 1)),
    "eu": (("eu", 0), ("u", 1)),
    "ui": (("ui", 0), ("ee", 1), ("i", 1), ("eui", 1)),
    "i": (("i", 0), ("ee", 1), ("ie", 2), ("y", 2), ("ea", 2)),
}
_BARE_VOWELS: Mapping[str, tuple[tuple[str, int], ...]] = {
    "u": (("woo", 1), ("wu", 1)),
    "i": (("yi", 1), ("lee", 2), ("yee", 2)),
    "ui": (("yi", 2),),
}
"""More spellings of a vowel with no onset before it."""
_OPEN_VOWELS: Mapping[str, tuple[tuple[str, int], ...]] = {
    "a": (("ah", 1),),
    "eo": (("uh", 1),),
    "yeo": (("yuh", 1),),
    "o": (("oh", 1),),
    "yo": (("yoh", 2),),
    "wa": (("wah", 2),),
    "ya": (("yah", 2),),
}
"""More spellings of a vowel with no coda after it."""
_CODAS: Mapping[str, tuple[tuple[str, int], ...]] = {
    "k": (("k", 0), ("g", 1), ("ck", 2), ("c", 2)),
    "l": (("l", 0), ("r", 2)),
    "p": (("p", 0), ("b", 1)),
}


def _of_rule(table: Mapping[str, tuple[tuple[str, int], ...]], sound: str) -> tuple[tuple[str, int], ...]:
    return table.get(sound, ((sound, 0),))


def ways(syllable: str) -> Iterator[tuple[str, int]]:
    """Every Latin spelling of one syllable of a name, with its cost: 훈 as `hun`, `hoon` and so on."""
    places = letters(syllable)
    onset, vowel, coda = (
        table[place] for table, place in zip((ONSET_SPELLINGS, VOWEL_SPELLINGS, CODA_SPELLINGS), places, strict=True)
    )
    vowels = _of_rule(_VOWELS, vowel)
    vowels += _BARE_VOWELS.get(vowel, ()) if not onset else ()
    vowels += _OPEN_VOWELS.get(vowel, ()) if not coda else ()
    vowels += (("ah", 2),) if (vowel, coda) == ("a", "n") else ()
    onsets = _of_rule(_ONSETS, onset)
    onsets += (("sh", 1),) if onset == "s" and vowel in {"i", "wi", "ye", "yeo"} else ()
    for begin, cost in onsets:
        for middle, more in vowels:
            for end, rest in _of_rule(_CODAS, coda):
                whole = cost + more + rest
                yield begin + middle + end, whole
                if begin == "h" and middle[0] in "wu":
                    yield f"wh{middle.removeprefix('w')}{end}", whole + 2  # Myung-whun, Kyung-wha
                if vowel == "u" and end == "n":
                    yield f"{begin}{middle}ne", whole + 2  # June


@cache
def syllables() -> Mapping[str, tuple[tuple[str, int], ...]]:
    """Latin spelling in lower case → the syllables it may be, in Revised Romanization, each with its cost."""
    found: dict[str, dict[str, int]] = {}
    for syllable in dict.fromkeys(_NAME_SYLLABLES):
        extra = 0 if syllable in _OFTEN else SELDOM
        for spelling, cost in ways(syllable):
            known = found.setdefault(spelling, {})
            known[romanised(syllable)] = min(cost + extra, known.get(romanised(syllable), cost + extra))
    for code in range(ord(FIRST), ord(LAST) + 1):
        spelling = romanised(chr(code))
        found.setdefault(spelling, {}).setdefault(spelling, UNUSUAL)
    return MappingProxyType(
        {
            spelling: tuple(sorted(known.items(), key=lambda item: (item[1], item[0])))
            for spelling, known in found.items()
        }
    )
