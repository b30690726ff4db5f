"""Numbers of orders (督办文号): one series for each form and year, without a gap."""

from datetime import date

from yiwang.kernel.supervision.contracts import Form

PATTERNS = {Form.ORDER: "督办〔{year}〕{seq}号", Form.NOTE: "批示〔{year}〕{seq}号"}  # as offices number their papers, GB/T 9704
MODES = {"live": "", "trial": "试", "imported": "补"}


def series(form: str, mode: str, region: str, day: date) -> str:
    """Return the name of the series from which the number is drawn.

    >>> series("order", "live", "371599", date(2026, 11, 23))
    'supervision:order:live:371599:2026'
    """
    return f"supervision:{form}:{mode}:{region}:{day.year}"


def number(form: str, mode: str, day: date, seq: int, patterns: dict[Form, str] | None = None) -> str:
    """Return the number as it is printed.

    >>> number("note", "live", date(2026, 1, 2), 7)
    '批示〔2026〕7号'
    """
    return MODES[mode] + (patterns or PATTERNS)[Form(form)].format(year=day.year, seq=seq)
