"""Values as people read them; a dash where there is nothing. Words of time come from whoever shows them."""

from collections.abc import Callable

DASH = "—"  # no value: a zero denominator (零分母)
TimeWords = Callable[[float], str]


def hours(minutes: float) -> str:
    return f"{minutes / 60:,.1f} h"


def said(value: float | None, unit: str, *, minutes: TimeWords = hours) -> str:
    """Return a value with its unit.

    >>> said(96.25, "percent"), said(None, "percent"), said(1200, "count"), said(83.5, "score")
    ('96.2%', '—', '1,200', '83.50')
    """
    if value is None:
        return DASH
    match unit:
        case "percent":
            return f"{value:.1f}%"
        case "minutes":
            return minutes(value)
        case "days":
            return minutes(value * 1440)
        case "score":
            return f"{value:.2f}"
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.2f}"


def signed(value: float, digits: int = 2) -> str:
    """Return a change with its sign; what rounds to nothing has none.

    >>> signed(-12.345), signed(0.001), signed(3)
    ('−12.35', '0.00', '+3.00')
    """
    rounded = round(value, digits)
    return f"{rounded:+.{digits}f}".replace("-", "−") if rounded else f"{0:.{digits}f}"
