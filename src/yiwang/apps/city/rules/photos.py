"""Where a photo was taken against where it is said to show (EXIF position and time against pin and report)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from yiwang.apps.city.rules.duplicates import distance_m
from yiwang.apps.city.rules.texts import Texts, both


class Verdict(StrEnum):
    UNKNOWN = "unknown"  # the picture says nothing about its place
    SAME_PLACE = "same_place"
    DOUBTFUL = "doubtful"
    ELSEWHERE = "elsewhere"


TEXTS: Mapping[Verdict, Texts] = {
    Verdict.UNKNOWN: both("照片没有位置信息", "The photo carries no position"),
    Verdict.SAME_PLACE: both("照片位置与标注一致（{distance_m}米）", "Taken at the marked place ({distance_m} m)"),
    Verdict.DOUBTFUL: both("照片位置距标注{distance_m}米，请核对", "Taken {distance_m} m from the marked place: please check"),
    Verdict.ELSEWHERE: both("照片位置距标注{distance_m}米，可能不是同一处", "Taken {distance_m} m from the marked place: probably another place"),
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Thresholds:
    """Metres and hours; a phone in a street canyon is easily 30 m off, so that much is still the same place."""

    same_m: float = 50.0
    doubtful_m: float = 200.0
    old_h: float = 48.0
    future_min: float = 10.0


@dataclass(frozen=True, kw_only=True)
class Finding:
    verdict: Verdict
    distance_m: float | None
    is_old: bool = False  # taken long before the report
    is_future: bool = False  # its clock is wrong


def judge(*, pin: tuple[float, float], exif: tuple[float, float] | None, taken_at: datetime | None = None,
          reported_at: datetime | None = None, limits: Thresholds | None = None) -> Finding:
    """Compare a photo with its report. Points are (longitude, latitude) in WGS 84 degrees, times aware.

    (0, 0) is what many phones write when they know nothing: it counts as unknown. The verdict only warns; a person
    decides.
    """
    limits = limits or Thresholds()
    is_old = is_future = False
    if taken_at and reported_at:
        hours = (reported_at - taken_at).total_seconds() / 3600
        is_old, is_future = hours > limits.old_h, hours * 60 < -limits.future_min
    if exif is None or (abs(exif[0]) < 1e-6 and abs(exif[1]) < 1e-6) or abs(exif[1]) > 90 or abs(exif[0]) > 180:
        return Finding(verdict=Verdict.UNKNOWN, distance_m=None, is_old=is_old, is_future=is_future)
    apart = distance_m(*pin, *exif)
    verdict = Verdict.SAME_PLACE if apart <= limits.same_m else Verdict.DOUBTFUL if apart <= limits.doubtful_m else Verdict.ELSEWHERE
    return Finding(verdict=verdict, distance_m=apart, is_old=is_old, is_future=is_future)
