"""Words of working time that rooms pass between them; plain Python."""

from enum import StrEnum

MINUTES_PER_WORK_DAY = 480  # 1 working day = 8 working hours counted as time, not "end of the day" (数字城管 practice)


class Kind(StrEnum):
    """How a limit is counted (计时单位); GB/T 30428.8 uses 紧急工作时, 工作时 and 工作日.

    Continuous kinds run through nights, weekends and holidays. Working kinds run only inside the working periods of
    working days. `CALENDAR_DAY` lands at the same time of the day on the wall clock of the calendar's zone.
    """

    URGENT_MINUTE = "urgent_minute"  # 分钟 (stage limits)
    URGENT_HOUR = "urgent_hour"  # 紧急工作时
    NATURAL_DAY = "natural_day"  # 紧急工作日, 24 continuous hours
    WORK_HOUR = "work_hour"  # 工作时
    WORK_DAY = "work_day"  # 工作日
    CALENDAR_DAY = "calendar_day"  # 自然日

    @property
    def minutes(self) -> int:
        """Minutes of one unit, counted in the kind's own time."""
        return _MINUTES[self]

    @property
    def is_working(self) -> bool:
        return self in (Kind.WORK_HOUR, Kind.WORK_DAY)


_MINUTES = {
    Kind.URGENT_MINUTE: 1,
    Kind.URGENT_HOUR: 60,
    Kind.NATURAL_DAY: 1440,
    Kind.WORK_HOUR: 60,
    Kind.WORK_DAY: MINUTES_PER_WORK_DAY,
    Kind.CALENDAR_DAY: 1440,
}


class DayKind(StrEnum):
    """What a marked day is; a mark beats the weekday rule."""

    HOLIDAY = "holiday"  # 法定节假日, 放假
    WORKDAY = "workday"  # 调休上班
