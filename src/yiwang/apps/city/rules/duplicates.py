"""Likeness of two reports (重复案件): certain for the same component and class, else a score with its reasons."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from math import asin, cos, exp, radians, sin, sqrt

from yiwang.apps.city.rules.texts import Texts, both, fill

EARTH_RADIUS_M = 6_371_008.8
REASONS: Mapping[str, Texts] = {
    "same-component": both("同一部件、同一小类，原案卷未结", "Same component and class, and the other case is still open"),
    "near": both("相距{distance_m}米", "{distance_m} m apart"),
    "soon": both("相隔{hours}小时", "{hours} h apart"),
    "same-class": both("同一小类", "Same class"),
    "same-major": both("同一大类", "Same major class"),
    "text": both("描述相似度{percent}%", "Descriptions {percent} % alike"),
    "recurrence": both("该处同类问题{days}天前刚结案（复发）", "The same problem was closed here {days} days ago (recurrence)"),
}


@dataclass(frozen=True, kw_only=True)
class Thresholds:
    """What counts as near, soon and alike. The defaults are the reference's (30 m, 24 h; unconfirmed): data, not law.

    `reach_m` and `reach_h` bound the search: beyond them the score is 0. `candidate` is the score from which the clerk
    sees a report, `likely` from which the page marks it.
    """

    near_m: float = 30.0
    near_h: float = 24.0
    reach_m: float = 120.0
    reach_h: float = 168.0
    weight_place: float = 0.40
    weight_time: float = 0.15
    weight_class: float = 0.25
    weight_text: float = 0.20
    candidate: float = 0.45
    likely: float = 0.70
    recurrence_days: int = 7
    unclassed_text: float = 0.2  # without a class, texts less alike than this are of different things


@dataclass(frozen=True, kw_only=True)
class Sighting:
    """A report as this rule needs it. `class_code` has 5 digits, `component` is its code or empty, WGS 84 degrees."""

    kind: str
    class_code: str
    longitude: float
    latitude: float
    at: datetime
    text: str = ""
    component: str = ""
    is_open: bool = True
    closed_at: datetime | None = None
    place_is_default: bool = False  # a point that an import gave to all reports without one: never near anything


@dataclass(frozen=True, kw_only=True)
class Reason:
    code: str
    facts: Mapping[str, object]

    def text(self, language: str = "zh-Hans") -> str:
        return fill(REASONS[self.code], self.facts, language)


@dataclass(frozen=True, kw_only=True)
class Likeness:
    """`score` is 0..1; `certain` means that the clerk need not look."""

    score: float
    certain: bool
    distance_m: float
    hours: float
    text_share: float
    reasons: tuple[Reason, ...]


def distance_m(lon1: float, lat1: float, lon2: float, lat2: float) -> float:
    """Return the great-circle distance in metres (haversine; within 0.5 % of the ellipsoid)."""
    a = sin(radians(lat2 - lat1) / 2) ** 2
    b = cos(radians(lat1)) * cos(radians(lat2)) * sin(radians(lon2 - lon1) / 2) ** 2
    return 2 * EARTH_RADIUS_M * asin(min(1.0, sqrt(a + b)))


def bigrams(text: str) -> frozenset[str]:
    """Return the pairs of neighbouring letters and characters; punctuation and case do not count.

    >>> sorted(bigrams("井盖 破损"))
    ['井盖', '盖破', '破损']
    """
    plain = "".join(c for c in text.casefold() if c.isalnum())
    return frozenset(plain[i : i + 2] for i in range(len(plain) - 1)) or (frozenset({plain}) if plain else frozenset())


def text_likeness(one: str, other: str) -> float:
    """Return Dice's coefficient of the bigrams, 0..1. Two empty texts say nothing: 0."""
    a, b = bigrams(one), bigrams(other)
    return 2 * len(a & b) / (len(a) + len(b)) if a and b else 0.0


def likeness(new: Sighting, other: Sighting, limits: Thresholds | None = None) -> Likeness:
    """Compare two reports; symmetric but for `other.is_open`, which only the earlier one can be.

    Same class and component with the other case open is certain (score 1). Otherwise place and time fall off smoothly
    around `near_m` and `near_h`, and texts that are missing hand their weight to the class. A closed case is never a
    duplicate; within `recurrence_days` it is told as a recurrence (复发) instead.
    """
    limits = limits or Thresholds()
    apart_m = distance_m(new.longitude, new.latitude, other.longitude, other.latitude)
    hours = abs((new.at - other.at).total_seconds()) / 3600
    share = text_likeness(new.text, other.text)
    same_class = (new.kind, new.class_code) == (other.kind, other.class_code)
    reasons: list[Reason] = []

    def verdict(score: float, certain: bool = False) -> Likeness:
        return Likeness(score=score, certain=certain, distance_m=apart_m, hours=hours, text_share=share, reasons=tuple(reasons))

    if not other.is_open:
        days = (new.at - other.closed_at).total_seconds() / 86400 if other.closed_at else None
        if days is not None and 0 <= days <= limits.recurrence_days and same_class and apart_m <= limits.near_m:
            reasons.append(Reason(code="recurrence", facts={"days": round(days)}))
        return verdict(0.0)
    if new.component and new.component == other.component and same_class:
        reasons.append(Reason(code="same-component", facts={}))
        return verdict(1.0, certain=True)
    if new.place_is_default or other.place_is_default or apart_m > limits.reach_m or hours > limits.reach_h:
        return verdict(0.0)

    place = exp(-((apart_m / (1.5 * limits.near_m)) ** 2))
    time = exp(-((hours / (3 * limits.near_h)) ** 2))
    unknown = not new.class_code or not other.class_code  # the public does not class: its words have to carry it
    same_major = (new.kind, new.class_code[:2]) == (other.kind, other.class_code[:2])
    kin = 0.0 if unknown else 1.0 if same_class else 0.4 if same_major else 0.0
    weight_text = limits.weight_text if new.text and other.text else 0.0
    weight_class = limits.weight_class + limits.weight_text - weight_text
    if unknown:
        weight_text, weight_class = weight_text + weight_class if weight_text else 0.0, 0.0
    total = limits.weight_place + limits.weight_time + weight_class + weight_text
    score = (limits.weight_place * place + limits.weight_time * time + weight_class * kin + weight_text * share) / total
    # Something quite different at the same spot is not the same problem, however near.
    if kin == 0.0 and share < (limits.unclassed_text if unknown else 0.5):
        score *= 0.4
    if apart_m <= limits.near_m:
        reasons.append(Reason(code="near", facts={"distance_m": round(apart_m)}))
    if hours <= limits.near_h:
        reasons.append(Reason(code="soon", facts={"hours": round(hours, 1)}))
    if kin:
        reasons.append(Reason(code="same-class" if same_class else "same-major", facts={}))
    if share >= 0.3:
        reasons.append(Reason(code="text", facts={"percent": round(100 * share)}))
    return verdict(score)


def rank(new: Sighting, others: Iterable[tuple[str, Sighting]], limits: Thresholds | None = None) -> list[tuple[str, Likeness]]:
    """Return (key, likeness) of the candidates worth showing, likest first; ties by distance."""
    limits = limits or Thresholds()
    found = [(key, likeness(new, other, limits)) for key, other in others]
    shown = [(key, like) for key, like in found if like.score >= limits.candidate]
    return sorted(shown, key=lambda pair: (-pair[1].score, pair[1].distance_m, pair[0]))
