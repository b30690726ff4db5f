"""Quiet hours (免打扰时段): when a message that is not urgent goes out; plain arithmetic on local times."""

from datetime import datetime, time, timedelta


def goes_at(moment: datetime, begins: time | None, ends: time | None) -> datetime:
    """Return when a message may go: now, or the end of the quiet hours in which `moment` (local, aware) lies.

    Hours may run over midnight; the same time twice, or none, means that there are no quiet hours.

    >>> from zoneinfo import ZoneInfo
    >>> at = datetime(2026, 11, 23, 23, 30, tzinfo=ZoneInfo("Asia/Shanghai"))
    >>> goes_at(at, time(22), time(7)).strftime("%d %H:%M"), goes_at(at.replace(hour=12), time(22), time(7)).strftime("%d %H:%M")
    ('24 07:00', '23 12:30')
    """
    if begins is None or ends is None or begins == ends:
        return moment
    clock = moment.time()
    over_midnight = begins > ends
    inside = clock >= begins or clock < ends if over_midnight else begins <= clock < ends
    if not inside:
        return moment
    day = moment.date() + timedelta(days=1) if over_midnight and clock >= begins else moment.date()
    return datetime.combine(day, ends, tzinfo=moment.tzinfo)


def parse(text: str) -> tuple[time | None, time | None]:
    """Return the hours of a setting, "22:00-07:00"; none for an empty one.

    >>> parse("22:00-07:00"), parse("")
    ((datetime.time(22, 0), datetime.time(7, 0)), (None, None))
    """
    if not text.strip():
        return None, None
    begins, _dash, ends = text.partition("-")
    return time.fromisoformat(begins.strip()), time.fromisoformat(ends.strip())
