"""Korean addresses by road (Road Name Address Act, 2014) and by lot (지번), as both are written and abbreviated.

Order of parts: province or metropolitan city, city or county or ward, town, road and building number, block and room,
and in brackets what is only for reference (Enforcement Decree of the Road Name Address Act §6).
"""

from __future__ import annotations

import re

_REGIONS_WRITTEN = """
서울 서울특별시 서울시|부산 부산광역시 부산시|대구 대구광역시 대구시|인천 인천광역시 인천시|광주 광주광역시
대전 대전광역시 대전시|울산 울산광역시 울산시|세종 세종특별자치시 세종시|경기 경기도|강원 강원도 강원특별자치도
충북 충청북도|충남 충청남도|전북 전라북도 전북특별자치도|전남 전라남도|경북 경상북도|경남 경상남도
제주 제주도 제주특별자치도
"""
_REGIONS = {
    written: names[0]
    for names in map(str.split, _REGIONS_WRITTEN.strip().replace("\n", "|").split("|"))
    for written in names
}
_REFERENCE = re.compile(r"\(([^()]*)\)|\[([^\[\]]*)\]")
_POSTCODE = re.compile(r"(?<!\S)(?:우\s*)?(\d{5}|\d{3}-\d{3})(?!\S)")
_DISTRICT = re.compile(r"(?<!\S)([가-힣]+(?:시|군|구))(?!\S)")
_ROAD = re.compile(
    r"(?<!\S)(?P<road>[가-힣][가-힣\d.·]*?(?:대로|로|길)(?:\s?\d+(?:번|가|나|다|라)?길)?)\s*(?:지하\s*)?"
    r"(?P<number>\d+(?:-\d+)?)(?:번지|번)?(?![\d가-힣])"
)
_ROAD_ALONE = re.compile(r"(?<!\S)([가-힣][가-힣\d.·]*?(?:대로|로|길)(?:\s?\d+(?:번|가|나|다|라)?길)?)(?!\S)")
_LOT = re.compile(
    r"(?<!\S)(?P<town>[가-힣]+\d*(?:동|읍|면|리|가))\s*(?P<lot>산?\s?\d+(?:-\d+)?)(?:번지)?(?:\s?(?P<minor>\d+)호)?(?![\d가-힣])"
)
_TOWN = re.compile(r"(?<!\S)([가-힣]+[\d.]*(?:동|읍|면|리|\d가))(?![가-힣\d])")
_BLOCK = re.compile(r"(?<![가-힣\d])(?:제\s?)?(\d{1,4}|[가나다라마바사아자차카타파하a-z])동(?![가-힣])")
_ROOM = re.compile(r"(?<![가-힣\d-])(?:제\s?)?([a-z비]?\d{1,5})호(?![가-힣])")
_PAIR = re.compile(r"(?<![\d-])(\d{1,4})-(\d{1,5})(?![\d-])")
_SPACES = re.compile(r"[\s,]+")


def parsed(text: str) -> dict[str, str]:
    """The parts said, by their names in `Address`. `text` is folded."""
    reference = " ".join(one or other for one, other in _REFERENCE.findall(text))
    text = _SPACES.sub(" ", _REFERENCE.sub(" ", text)).strip()
    found: dict[str, str] = {}
    postcode = _POSTCODE.search(reference) or _POSTCODE.match(text)
    if postcode:
        found["postcode"] = postcode[1]
        text = text.removeprefix(postcode[0]).strip()
    first, _, rest = text.partition(" ")
    if first in _REGIONS:
        found["region"], text = _REGIONS[first], rest
    place = _place(text)
    found |= place
    end = int(found.pop("end", "0"))
    head, tail = text[:end] if end else text, text[end:]
    districts = _DISTRICT.findall(head)
    if districts:
        found["district"] = " ".join(districts)
    town = _TOWN.findall(head) or _TOWN.findall(_SPACES.sub(" ", reference))
    if town and "town" not in found:
        found["town"] = _legal(town[-1])
    unit = _unit(tail)
    if unit:
        found["unit"] = unit
    return found


def _place(text: str) -> dict[str, str]:
    road = _ROAD.search(text)
    if road:
        return {"road": _glued(road["road"]), "number": road["number"], "end": str(road.end())}
    lot = _LOT.search(text)
    if lot:
        number = _glued(lot["lot"]) + (f"-{lot['minor']}" if lot["minor"] and "-" not in lot["lot"] else "")
        return {"town": _legal(lot["town"]), "lot": number, "end": str(lot.end())}
    alone = _ROAD_ALONE.search(text)
    return {"road": _glued(alone[1])} if alone else {}


def _glued(text: str) -> str:
    return text.replace(" ", "")


def _legal(town: str) -> str:
    """The quarter the law knows under the office's: 역삼1동 as 역삼동, but 종로1가 as it is."""
    return re.sub(r"[\d.]+동$", "동", town)


def _unit(tail: str) -> str:
    block, room = _BLOCK.search(tail), _ROOM.search(tail)
    if not block and not room:
        pair = _PAIR.search(tail)
        return f"{pair[1]}-{pair[2]}" if pair else ""
    return "-".join(part[1].lstrip("0") for part in (block, room) if part)
