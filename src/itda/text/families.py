"""Korean family names and the Latin spellings that their bearers use.

Names: those with the most bearers (Statistics Korea, census 2015), and those of two syllables. Spellings: Revised
Romanization (2000) and McCune-Reischauer (1939) by rule, and the ones that passports show beside them, listed here.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from itda.text.hangul import romanised

_SPELLINGS = """
김 kim gim ghim
이 lee yi rhee i ri li rhie lie ree yee leigh
박 park pak bak bark bahk pahk parc
최 choi choe choy chey chwe chae
정 jung jeong chung chong joung cheong jong juong
강 kang gang kahng
조 cho jo joe joh choh
윤 yoon yun youn yune
장 jang chang jahng
임 lim im rim yim leem rhim ihm
한 han hahn
오 oh o
서 seo suh so su sur seoh
신 shin sin sheen
권 kwon gwon kweon kwun
황 hwang whang
안 ahn an
송 song
전 jeon jun chun chon jeun cheon
홍 hong
유 yoo yu ryu you ryoo yoou lyu ryou lew yew
고 ko go koh goh
문 moon mun
양 yang ryang
손 son sohn
배 bae pae bai pai
백 baek paik baik back paek beck
허 heo hur huh her ho
남 nam nahm
심 sim shim sym
노 noh no roh ro rho
하 ha hah
곽 kwak gwak kwack
성 sung seong song soung
차 cha
주 joo ju chu choo
우 woo wu u
구 koo gu goo ku
민 min meen
나 na ra nah rah
진 jin chin
지 ji jee chi
엄 eom um uhm ohm
채 chae chai
원 won weon
천 cheon chun chon
방 bang pang
공 kong gong
현 hyun hyeon hyon
함 ham hahm
변 byun byeon pyun pyon
염 yeom yum youm yom
여 yeo yuh yo
추 choo chu
도 do doh to
소 so soh
석 seok suk sok
선 sun seon son
설 seol sul sol
마 ma mah
길 gil kil
연 yeon youn yun
위 wi wee wie
표 pyo
명 myung myeong myong
기 ki gi kee
반 ban bahn pan
왕 wang
금 geum keum kum
옥 ok ock
육 yuk yook
인 in ihn
맹 maeng
제 je jae
모 mo moh
탁 tak tark
국 kook guk kuk
어 eo uh
은 eun un
편 pyeon pyun
용 yong
예 ye yea
경 kyung gyeong kyong
봉 bong
사 sa sah
부 boo bu
가 ka ga
복 bok
태 tae
목 mok
형 hyung hyeong
계 kye gye
피 pi pee
두 doo du
감 kam gam
음 eum um
빈 bin
동 dong
온 on
호 ho
범 beom bum
좌 jwa
팽 paeng
승 seung
간 kan gan
상 sang
시 si shi
갈 gal kal
단 dan
옹 ong
남궁 namgung namgoong namkung namkoong
황보 hwangbo whangbo
제갈 jegal jekal
선우 sunwoo seonu seonwoo sunu
독고 dokgo dokko tokko
사공 sagong sakong
서문 seomun seomoon suhmoon
동방 dongbang
망절 mangjeol
을지 eulji
"""
_HEAD_SOUNDS = dict(zip("류림리라로량려륙렴련룡", "유임이나노양여육염연용", strict=True))


def _read() -> tuple[dict[str, tuple[str, ...]], dict[str, int]]:
    spellings: dict[str, list[str]] = {}
    ranks: dict[str, int] = {}
    for rank, line in enumerate(_SPELLINGS.split("\n")[1:-1]):
        family, *written = line.split()
        key = " ".join(map(romanised, family))
        ranks[key] = rank
        for spelling in {*written, key.replace(" ", "")}:
            spellings.setdefault(spelling, []).append(key)
    return {spelling: tuple(keys) for spelling, keys in spellings.items()}, ranks


_SPELT, _RANKS = _read()
FAMILIES: Mapping[str, tuple[str, ...]] = MappingProxyType(_SPELT)
"""Latin spelling in lower case → the families it may be, in Revised Romanization by syllable, commonest first."""
RANKS: Mapping[str, int] = MappingProxyType(_RANKS)
"""Family in Revised Romanization → its place by number of bearers (about), 0 for the commonest."""
DOUBLE = frozenset(line.split()[0] for line in _SPELLINGS.split("\n")[1:-1] if len(line.split()[0]) > 1)
"""Families of two syllables, in Hangul."""
NAMES = frozenset(line.split()[0] for line in _SPELLINGS.split("\n")[1:-1]) | frozenset(_HEAD_SOUNDS)
"""Every family in Hangul, also as it is written with ㄹ."""
LONGEST_SPELLING = max(map(len, FAMILIES))


def by_head_sound(syllable: str) -> str:
    """A family written with ㄹ as it is said (Hangul orthography §10-12): 류 as 유, 림 as 임. Others as they are."""
    return _HEAD_SOUNDS.get(syllable, syllable)
