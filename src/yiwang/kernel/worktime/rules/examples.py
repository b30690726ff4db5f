"""The plain calendar of the tests and of the documentation: default hours, no holidays, Chinese time."""

from zoneinfo import ZoneInfo

from yiwang.kernel.worktime.rules.calendars import Calendar, parse_week

DEFAULT_DAY = [["08:00", "12:00"], ["14:00", "18:00"]]
DEFAULT_WEEKLY = {str(n): DEFAULT_DAY for n in range(1, 6)}
PLAIN = Calendar(
    code="plain", zone=ZoneInfo("Asia/Shanghai"), week=parse_week(DEFAULT_WEEKLY), known_years=frozenset(range(1990, 2100))
)
