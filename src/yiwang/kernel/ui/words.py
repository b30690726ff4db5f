"""Durations and moments in the words that people use: "还剩 2 小时 10 分", "超期 1 天"."""

from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from yiwang.kernel.base.clock import now

DAY_MINUTES = 1440
WORK_DAY_MINUTES = 480


def _days(n: int, working: bool) -> str:
    if working:
        return _("1 working day") if n == 1 else _("%(n)s working days") % {"n": n}
    return _("1 day") if n == 1 else _("%(n)s days") % {"n": n}


def _hours(n: int) -> str:
    return _("1 hour") if n == 1 else _("%(n)s hours") % {"n": n}


def _minutes(n: int) -> str:
    return _("1 minute") if n == 1 else _("%(n)s minutes") % {"n": n}


def duration(seconds: float, *, working: bool = False) -> str:
    """Return the two largest units of a duration; the sign is dropped, seconds are cut off.

    >>> duration(7800)
    '2 hours 10 min'
    """
    minutes = int(abs(seconds) // 60)
    per_day = WORK_DAY_MINUTES if working else DAY_MINUTES
    days, rest = divmod(minutes, per_day)
    hours, rest = divmod(rest, 60)
    if days:
        return f"{_days(days, working)} {_hours(hours)}" if hours else _days(days, working)
    if hours:
        return f"{_hours(hours)} {_('%(n)s min') % {'n': rest}}" if rest else _hours(hours)
    return _minutes(rest) if rest else _("less than a minute")


def remaining(seconds: float | None, *, working: bool = False) -> str:
    """Return what is left of a limit, or by how much it is over."""
    if seconds is None:
        return _("No limit")
    words = duration(seconds, working=working)
    return _("Overdue by %(duration)s") % {"duration": words} if seconds < 0 else _("%(duration)s left") % {"duration": words}


def ago(moment: datetime, at: datetime | None = None) -> str:
    """Return how long ago, up to a week; then the date."""
    seconds = ((at or now()) - moment).total_seconds()
    if 0 <= seconds < 60:
        return _("just now")
    if 0 < seconds < 7 * 86400:
        return _("%(duration)s ago") % {"duration": duration(seconds)}
    return timezone.localtime(moment).strftime("%Y-%m-%d")


def moment(value: datetime, *, weekday: bool = False) -> str:
    """Return 2026-11-23 14:05, with the weekday where planning matters."""
    local = timezone.localtime(value)
    if not weekday:
        return f"{local:%Y-%m-%d %H:%M}"
    return f"{local:%Y-%m-%d} {_weekday(local.weekday())} {local:%H:%M}"


def _weekday(number: int) -> str:
    match number:  # one word is looked up, not seven: a page says a hundred moments
        case 0:
            return _("Mon")
        case 1:
            return _("Tue")
        case 2:
            return _("Wed")
        case 3:
            return _("Thu")
        case 4:
            return _("Fri")
        case 5:
            return _("Sat")
    return _("Sun")


def file_size(size: int) -> str:
    """Return 340 KB or 2.1 MB."""
    if size < 1024 * 1024:
        return f"{max(1, round(size / 1024))} KB"
    return f"{size / 1024 / 1024:.1f} MB"
