"""Reading a Chinese address: what is unmistakable first (numbers, buildings, distances), then names by their endings.

No list of places is needed; where one is at hand (`kernel/geography/queries/geocoding.py`), names that it knows count
more than endings do.
"""

import re
import unicodedata
from collections.abc import Iterator

from yiwang.kernel.geography.rules.addresses.model import DoorNumber, Part, PartKind, Reading, Relation
from yiwang.kernel.geography.rules.addresses.numerals import numbers_to_figures

MOST_LETTERS = 200
_DASHES = re.compile(r"[\-‐‑‒–—―−－~～至到](?=[\d甲乙丙丁]|[A-Za-z]?\d)")
_SPACE = re.compile(r"\s+")
# Common typing errors and old letters; only where the right word cannot be meant otherwise.
_TYPOS = (
    ("號", "号"), ("樓", "楼"), ("棟", "栋"), ("單元", "单元"), ("單", "单"), ("區", "区"), ("鎮", "镇"), ("縣", "县"), ("號", "号"),
    ("路囗", "路口"), ("街囗", "街口"), ("门囗", "门口"), ("交差口", "交叉口"), ("交叉囗", "交叉口"), ("胡洞", "胡同"), ("号搂", "号楼"),
    ("单园", "单元"), ("街到", "街道"), ("街道办事处", "街道"), ("街道办", "街道"), ("居委会", "社区"), ("社区社区", "社区"), ("村委会", "村"),
    ("小曲", "小区"), ("对过", "对面"),
)  # fmt: skip
_STEM = "甲乙丙丁戊己庚辛"
_WIND = "东南|东北|西南|西北|东|西|南|北"
WINDS = {"东": "E", "西": "W", "南": "S", "北": "N", "东南": "SE", "东北": "NE", "西南": "SW", "西北": "NW"}
_HOW_FAR = r"(?:约|大约|大概|近)?\d{1,5}(?:\.\d+)?(?:米|m|公里|km|千米)(?:左右|处|远)?"
_DETAIL = re.compile(
    "|".join((
        rf"(?P<relation_far>(?:往|向|朝|以|再|的|之)*正?(?P<wind>{_WIND}|左|右|前|后)(?:面|边|侧|方向|方|头)?(?:走|行|去)?{_HOW_FAR}(?:路[东西南北])?)",
        rf"(?P<far_relation>{_HOW_FAR}(?:的)?(?P<wind2>路?(?:{_WIND}))(?:面|边|侧)?)",
        rf"(?P<number>[{_STEM}]?\d{{1,5}}(?:-\d{{1,5}})?[{_STEM}]?号(?:院|大院)?(?!楼|线|路|街|桥|井|门(?![口前外旁对]))"
        rf"(?:(?:之|-)\d{{1,4}}(?!\d*(?:号楼|栋|幢|单元|室))|附\d{{1,4}}号?|[{_STEM}](?!\d))?)",
        r"(?P<building>(?:\d{1,4}|[A-Za-z]\d{0,3})(?:号楼|栋|幢|座)|(?<!\d)\d{1,3}#楼?)",
        r"(?P<unit>\d{1,2}单元)",
        r"(?P<floor>(?:地下|负)?\d{1,3}(?:层|楼)(?!梯|道))",
        r"(?P<room>\d{2,5}(?:室|房间|房))",
        r"(?P<lane>\d{1,4}(?:弄|巷|条)(?![东西南北]))",
        r"(?P<crossing>(?:的)?(?:十字路口|丁字路口|三岔路口|交叉路口|交叉口|交汇处|交界处|相交处|交口|路口)(?:处)?)",
        r"(?P<relation>斜对面|对面|旁边|附近|门口|门前|门外|隔壁|楼下|周边|院内|院里|里面|对侧|"
        rf"(?:路|街)?(?:正)?(?:{_WIND})(?:侧|边|面|角)|(?<=路)(?:路)?[东西南北](?=$)|旁|内$|处$)",
    )),
)  # fmt: skip
_BARE_NUMBER = re.compile(r"(?<=[路街道巷弄里村])(\d{1,5})(?:-(\d{1,4}))?(?=$|[^\d号弄巷米栋幢单室层楼条a-zA-Z年月])")
_ROOM_ROW = re.compile(r"(?:(?<=\d单元)|(?<=号楼)|(?<=[栋幢座])|(?<=号))(\d{3,4})$")
_HYPHENED = re.compile(r"(\d{1,3})-(\d{1,2})-(\d{2,4})$")
_LINK = re.compile(r"[与和、及跟&/]")  # 和平路 and 听和路 are names: a link stands between two of them
_SIGN = re.compile(r"[、&/]")
_HAN = r"[\u4e00-\u9fff\dA-Za-z]"
_NOT_ROAD_NEXT = r"(?![路街巷弄里桥井场政委府立园门口学院中校])"
_AREAS = (
    (PartKind.PROVINCE, re.compile(rf"{_HAN}{{2,8}}?(?:省|自治区|特别行政区)")),
    (PartKind.CITY, re.compile(rf"{_HAN}{{2,8}}?(?:(?<![超夜早菜花闹门])市|自治州|盟){_NOT_ROAD_NEXT}")),
    (PartKind.DISTRICT, re.compile(rf"{_HAN}{{1,8}}?(?:自治县|自治旗|县|(?<![小社片校园厂矿林景库院])区|旗){_NOT_ROAD_NEXT}")),
    (PartKind.STREET, re.compile(rf"{_HAN}{{1,8}}?(?:街道(?![\d])|民族乡|镇|乡|苏木){_NOT_ROAD_NEXT}")),
    (PartKind.COMMUNITY, re.compile(rf"{_HAN}{{1,10}}?(?:社区|村(?!镇)|屯){_NOT_ROAD_NEXT}")),
)  # fmt: skip
_ROAD = re.compile(rf"{_HAN}{{1,10}}?(?:大道|大街|公路|快速路|高架路?|环路|国道|省道|[^\W\d]路|[^\W\d]街|号路|号街|\d路)(?:[东西南北中]段)?(?![路口])")
_LANE = re.compile(rf"{_HAN}{{1,8}}?(?:胡同|里弄|巷|弄)")
_ZONE = re.compile(rf"{_HAN}{{1,12}}?(?:小区|花园|家园|新村|公寓|苑|片区|园区|大厦|广场|名城|新城|庭院|宿舍|家属院|家属楼|生活区)")


def normal(text: str) -> str:
    """Return the text in one way of writing: half-width, no spaces, figures before 号, common errors mended.

    >>> normal("柳园路　一百二十三號 ３单园")
    '柳园路123号3单元'
    """
    found = _SPACE.sub("", unicodedata.normalize("NFKC", text[:MOST_LETTERS]))
    found = "".join(c for c in found if unicodedata.category(c)[0] not in "CZ")
    for wrong, right in _TYPOS:
        found = found.replace(wrong, right)
    return _DASHES.sub("-", numbers_to_figures(found))


def read(text: str) -> Reading:
    """Return the parts of an address, in their order; what cannot be told is `OTHER`. Never refuses.

    >>> [(p.kind.value, p.text) for p in read("聊城市东昌府区柳园路42号3号楼2单元501室").parts]
    [('city', '聊城市'), ('district', '东昌府区'), ('road', '柳园路'), ('number', '42号'), ('building', '3号楼'), ('unit', '2单元'), ('room', '501室')]
    """
    whole = normal(text)
    parts: list[Part] = []
    relation: Relation | None = None
    at = 0
    for part, told in _details(whole):
        if part.start < at:
            continue
        parts += _names(whole, at, part.start)
        parts.append(part)
        relation = relation if relation and relation.metres else told or relation
        at = part.end
    parts += _names(whole, at, len(whole))
    return Reading(whole, tuple(parts), relation)


def _details(whole: str) -> Iterator[tuple[Part, Relation | None]]:
    found: list[tuple[Part, Relation | None]] = []
    for m in _DETAIL.finditer(whole):
        group = next(g for g in ("relation_far", "far_relation", "number", "building", "unit", "floor", "room", "lane", "crossing", "relation") if m[g])
        if group in ("relation_far", "far_relation", "relation"):
            told = _relation(m, group)
            value = told.wind or told.word
            found.append((Part(PartKind.RELATION, m[0], m.start(), m.end(), f"{value}{told.metres:g}" if told.metres else value), told))
        elif group == "number":
            number = door_number(m[0])
            found.append((Part(PartKind.NUMBER, m[0], m.start(), m.end(), str(number.value) if number else ""), None))
        else:
            figure = re.search(r"\d+|[A-Za-z]\d*", m[0])
            found.append((Part(PartKind(group), m[0], m.start(), m.end(), figure[0] if figure else ""), None))
    taken = [(p.start, p.end) for p, _ in found]
    for pattern, kind_ in ((_BARE_NUMBER, PartKind.NUMBER), (_ROOM_ROW, PartKind.ROOM)):
        for m in pattern.finditer(whole):
            if not any(s < m.end() and m.start() < e for s, e in taken):
                found.append((Part(kind_, m[0], m.start(), m.end(), m[1]), None))
                taken.append((m.start(), m.end()))
    row = _HYPHENED.search(whole)
    if row and not any(s < row.end() and row.start() < e for s, e in taken):
        for kind_, group_number in ((PartKind.BUILDING, 1), (PartKind.UNIT, 2), (PartKind.ROOM, 3)):
            found.append((Part(kind_, row[group_number], row.start(group_number), row.end(group_number), row[group_number]), None))
    yield from sorted(found, key=lambda f: (f[0].start, -f[0].end))


def _relation(m: re.Match[str], group: str) -> Relation:
    word = m[0]
    if group == "relation":
        wind = re.search(rf"(?:{_WIND})", word) if re.search(r"[东西南北]", word) else None
        return Relation(word, WINDS.get(wind[0], "") if wind else "")
    said = re.search(r"(\d+(?:\.\d+)?)(米|m|公里|km|千米)", word)
    assert said is not None
    metres = float(said[1]) * (1 if said[2] in ("米", "m") else 1000)
    wind_word = (m["wind"] or "") if group == "relation_far" else (m["wind2"] or "").lstrip("路")
    return Relation(word, WINDS.get(wind_word, ""), metres)


def _names(whole: str, start: int, end: int) -> list[Part]:
    """Cut a stretch without numbers into names by their endings."""
    parts: list[Part] = []
    at = start
    while at < end:
        if not re.match(_HAN, whole[at]):
            if _SIGN.match(whole[at]):
                parts.append(Part(PartKind.LINK, whole[at], at, at + 1))
            at += 1
            continue
        stop = at
        while stop < end and re.match(_HAN, whole[stop]):
            stop += 1
        at = _cut(whole, at, stop, parts)
    return parts


def _cut(whole: str, at: int, stop: int, parts: list[Part]) -> int:
    """Take names from one run of letters; return where it ends."""
    done = parts[-1].kind if parts else None
    order = [PartKind.PROVINCE, PartKind.CITY, PartKind.DISTRICT, PartKind.STREET, PartKind.COMMUNITY]
    least = order.index(done) + 1 if done in order else 0
    for kind, pattern in _AREAS[least:]:
        m = pattern.match(whole, at, stop)
        if m and not _is_road_first(whole, at, stop, m.end()):
            parts.append(Part(kind, m[0], at, m.end()))
            at = m.end()
    while at < stop:
        road_after = _ROAD.match(whole, at + 1, stop)
        if (link := _LINK.match(whole[at])) and parts and at + 1 < stop and (road_after is None or road_after.end() - at > 3):
            parts.append(Part(PartKind.LINK, link[0], at, at + 1))
            at += 1
            continue
        end, kind_ = _next_name(whole, at, stop)
        if end is None:
            kind_ = PartKind.POI if stop - at >= 2 else PartKind.OTHER
            parts.append(Part(kind_, whole[at:stop], at, stop))
            return stop
        parts.append(Part(kind_, whole[at:end], at, end))
        at = end
    return stop


def _is_road_first(whole: str, at: int, stop: int, end: int) -> bool:
    """Tell whether a road's name begins here and ends before the area's would (东昌西路柳园社区)."""
    m = _ROAD.match(whole, at, stop)
    return m is not None and m.end() < end and not whole[at:end].endswith("街道")


def _next_name(whole: str, at: int, stop: int) -> tuple[int | None, PartKind]:
    found = []
    for kind, pattern in ((PartKind.ROAD, _ROAD), (PartKind.LANE, _LANE), (PartKind.ZONE, _ZONE)):
        m = pattern.match(whole, at, stop)
        if m:
            end = m.end()
            if kind is PartKind.ROAD and (links := [i for i in range(at + 3, end - 3) if _LINK.match(whole[i])]):
                return links[0], PartKind.POI
            found.append((end, kind))
    if not found:
        return None, PartKind.OTHER
    end, kind = min(found, key=lambda f: f[0])
    return end, kind


_DOOR = re.compile(rf"([{_STEM}]?)(\d{{1,6}})(?:([-之附])(\d{{1,5}}))?([{_STEM}]?)号?(?:院|大院)?(.*)$")
_HOUSE = re.compile(r"号楼|栋|幢|座")
_SUB_DOOR = re.compile(r"[之附-](\d+)号?$")


def door_number(text: str) -> DoorNumber | None:
    """Return the number of a door plate's text, cut as `yw_geo_index_address` cuts the plates.

    >>> door_number("甲12号之3"), door_number("12-14号"), door_number("42号院3号楼")
    (DoorNumber(value=12, rest='甲之3', to=0), DoorNumber(value=12, rest='', to=14), DoorNumber(value=42, rest='3楼', to=0))
    >>> door_number("42-1号"), door_number("42号附1号"), door_number("15弄3号"), door_number("甲")
    (DoorNumber(value=42, rest='之1', to=0), DoorNumber(value=42, rest='之1', to=0), DoorNumber(value=15, rest='弄3号', to=0), None)
    """
    m = _DOOR.match(text)
    if m is None:
        return None
    value, second = int(m[2]), int(m[4] or 0)
    if m[3] == "-" and second > value:
        return DoorNumber(value, m[1] + m[5] + _HOUSE.sub("楼", m[6]), second)
    after = _SUB_DOOR.match(m[6])
    sub = m[4] or (after[1] if after else "")
    return DoorNumber(value, m[1] + m[5] + (f"之{sub}" if sub else _HOUSE.sub("楼", m[6])))
