"""The parts of an address and of its reading (标准地址模型)."""

from dataclasses import dataclass
from enum import StrEnum


class PartKind(StrEnum):
    """Levels 1 to 10 of basic place names (基本地点名称), and what stands around them."""

    PROVINCE = "province"
    CITY = "city"
    DISTRICT = "district"
    STREET = "street"  # 街道、镇、乡
    COMMUNITY = "community"  # 社区、村
    ROAD = "road"
    LANE = "lane"  # 巷、弄、胡同
    ZONE = "zone"  # 小区、片区
    NUMBER = "number"  # 门牌号
    BUILDING = "building"  # 楼牌号
    UNIT = "unit"
    FLOOR = "floor"
    ROOM = "room"
    POI = "poi"
    CROSSING = "crossing"  # the words 路口, 交叉口
    RELATION = "relation"  # 对面, 东侧50米
    LINK = "link"  # 与, 和
    OTHER = "other"


LEVEL = {
    PartKind.PROVINCE: 1, PartKind.CITY: 2, PartKind.DISTRICT: 3, PartKind.STREET: 4, PartKind.COMMUNITY: 5, PartKind.ROAD: 6,
    PartKind.LANE: 6, PartKind.ZONE: 7, PartKind.NUMBER: 8, PartKind.BUILDING: 9, PartKind.POI: 10,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of the normal text: [start, end). `value` is what it says in a normal form (42, 东北, 50)."""

    kind: PartKind
    text: str
    start: int
    end: int
    value: str = ""

    @property
    def level(self) -> int:
        return LEVEL.get(self.kind, 0)


@dataclass(frozen=True, slots=True)
class Relation:
    """Where from the named place: one of the eight winds (or a word such as 对面), and metres when they are said."""

    word: str
    wind: str = ""  # "E", "NE" ...; empty for 对面, 旁边, 左
    metres: float = 0.0


@dataclass(frozen=True, slots=True)
class Reading:
    """An address as it was read. `text` is the normal form in which the parts are counted."""

    text: str
    parts: tuple[Part, ...]
    relation: Relation | None = None

    def first(self, kind: PartKind) -> Part | None:
        return next((p for p in self.parts if p.kind == kind), None)

    def all(self, *kinds: PartKind) -> list[Part]:
        return [p for p in self.parts if p.kind in kinds]

    @property
    def is_crossing(self) -> bool:
        """It speaks of a crossing: by the word, or two roads stand side by side without a number."""
        return self.first(PartKind.CROSSING) is not None or (
            len(self.all(PartKind.ROAD)) == 2 and self.first(PartKind.NUMBER) is None and self.first(PartKind.POI) is None
        )


@dataclass(frozen=True, slots=True)
class DoorNumber:
    """A door plate's number: 甲12号之3 is (12, "甲之3"); 12-14号 is (12, "", 14)."""

    value: int
    rest: str = ""
    to: int = 0
