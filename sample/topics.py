"""What people report in Yunwang: classes with weights, months, and the words they use."""

from dataclasses import dataclass

WINTER, SPRING, SUMMER, AUTUMN = (12, 1, 2), (3, 4, 5), (6, 7, 8), (9, 10, 11)


@dataclass(frozen=True, slots=True)
class Topic:
    """A class with its weight and what the months do to it (factor by month; missing = 1)."""

    kind: str
    code: str
    weight: float
    months: tuple[float, ...] = (1.0,) * 12


def _months(**factors: float) -> tuple[float, ...]:
    table = {"winter": WINTER, "spring": SPRING, "summer": SUMMER, "autumn": AUTUMN}
    found = [1.0] * 12
    for name, factor in factors.items():
        for month in table[name]:
            found[month - 1] = factor
    return tuple(found)


_ONLY_SNOW = (5.0, 3.0, *([0.0] * 9), 3.0)
_FLOOD = (0.0, 0.0, 0.2, 0.5, 1.0, 4.0, 7.0, 6.0, 2.0, 0.3, 0.0, 0.0)
_M = {
    "06010": (12, _months(summer=1.35)), "06012": (6, _months(autumn=1.5)), "06011": 3, "06013": (4, _months(winter=0.7, spring=1.5)),
    "06014": 2, "06017": 3, "06018": (1, _months(spring=2.0)), "06019": 1.5, "06004": 1.5, "06007": 3, "06008": 1.5,
    "06020": (0.6, _months(autumn=3.0)), "06021": (0.8, _months(winter=0.1, summer=2.5)), "06025": (0.8, _months(summer=2.0)),
    "06028": (1.5, _months(summer=1.8)), "06029": (1.2, _months(winter=0.05, summer=3.0)), "06030": 0.8, "06035": 1.2, "06036": 6,
    "06037": 0.7, "06042": (2.5, _months(summer=1.4)), "06040": 0.8, "06041": 0.7, "06045": (0.5, _months(spring=2.0)), "06050": 1,
    "06051": 1, "06001": 0.5, "07001": 7, "07003": 1.2, "07006": 1, "07007": 1.5, "08002": 1, "08004": (0.8, _months(spring=2.0)),
    "08007": 0.8, "08012": 0.5, "09001": (5, _months(summer=1.5, winter=0.7)), "09005": 5, "09006": 3, "09009": 4, "09010": 4,
    "09011": (4, _months(winter=0.6)), "09012": 0.5, "09020": 0.4, "10001": (1.5, _ONLY_SNOW), "10002": 0.4, "10994": (0.6, _FLOOD),
    "10999": (0.15, _months(winter=2.5)), "10997": (0.6, _months(summer=2.0)), "10995": (0.12, _months(summer=2.0)), "10998": 0.03,
}  # fmt: skip
_C = {
    "01037": (4, _months(winter=1.5)), "01002": 1.6, "01003": (1.4, _months(summer=1.6)), "01004": (2, _months(summer=2.0)), "01001": 0.8,
    "03005": 3, "04002": (2.2, _months(spring=1.5, summer=1.5)), "04013": (1.5, _months(winter=0.4)), "02017": 1.2, "02004": 0.5,
    "02012": 0.4, "02021": 0.6, "01050": 0.2, "01023": 0.3, "01011": 0.3, "01010": (0.4, _months(winter=2.5)), "01006": 0.3,
    "04007": 0.3, "01046": 0.4, "03001": 0.5, "03006": 0.4, "03007": 0.8, "01027": 0.3, "01030": 0.3, "01031": 0.4,
}  # fmt: skip


def _topics() -> tuple[Topic, ...]:
    found = []
    for kind, table in (("matter", _M), ("component", _C)):
        for code, value in table.items():
            weight, months = value if isinstance(value, tuple) else (value, (1.0,) * 12)
            found.append(Topic(kind, code, float(weight), tuple(months)))
    return tuple(found)


TOPICS = _topics()
# Look-alike classes: what somebody else calls the same thing.
CONFUSED = {"06010": "06011", "06011": "06010", "06042": "06010", "06012": "06010", "09006": "09001", "09001": "09006", "09005": "09006",
            "06017": "06010", "06036": "06035", "01002": "01003", "01003": "01002"}  # fmt: skip
OPENINGS = {
    "inspector": ("巡查发现{place}{what}", "{place}{what}", "{place}处{what}，请处理", "{place}存在{name}问题：{what}"),
    "hotline": ("市民来电反映{place}{what}", "来电人称{place}{what}，希望尽快处理", "{place}{what}，来电人要求回复"),
    "public": ("{place}这里{what}", "你好，{place}{what}，没人管吗", "{place}附近{what}，麻烦处理一下", "{what}，位置在{place}"),
}  # fmt: skip
AGAIN = ("{place}旁边{what}", "又看到{place}{what}", "{what}，就在{place}", "路过{place}，{what}，请尽快处理", "{place}门前{what}好几天了")
# Hours of the day by channel family: shares of 24 hours.
HOURS = {
    "inspector": (0, 0, 0, 0, 0, 0, 0.5, 3, 9, 12, 11, 7, 2, 3, 8, 11, 10, 6, 3, 2, 1, 0.5, 0, 0),
    "public": (0.4, 0.2, 0.2, 0.1, 0.2, 0.5, 1.5, 4, 7, 8, 7, 6, 4, 4, 5.5, 6, 6, 6, 6.5, 6, 5, 3.5, 2, 1),
}  # fmt: skip
WEEKDAYS = {"inspector": (1.05, 1.0, 1.0, 1.0, 1.02, 0.62, 0.5), "public": (1.15, 1.0, 1.0, 0.98, 1.0, 0.85, 0.82)}
CHANNELS = (("inspector", 62.0), ("hotline", 12.0), ("12345", 8.0), ("public", 10.0), ("video", 3.0), ("sensor", 2.0), ("open311", 2.0),
            ("leader", 0.5), ("media", 0.5))  # fmt: skip
DISTRICT_WEIGHTS = {"371591": 1.3, "371592": 1.0, "371593": 0.7}


def family(channel: str) -> str:
    """Return whose words and hours a channel has."""
    return channel if channel in ("inspector", "hotline") else "hotline" if channel in ("12345", "leader", "media") else "public"
