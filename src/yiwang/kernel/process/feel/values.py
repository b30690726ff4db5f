"""Values of the subset: null, boolean, number (Decimal), text, date, date and time, two durations, list, context, range."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Context, Decimal, InvalidOperation
from typing import Any

from yiwang.kernel.process.feel.limits import LIMITS, N_, FeelCostError

Value = Any  # one of the kinds above; anything else that a caller puts in is null

# FEEL numbers are decimal128: 34 digits. No traps: overflow and nonsense become null, not an exception.
NUMBERS = Context(prec=34, Emin=-6143, Emax=6144, traps=[])
_ISO_DURATION = re.compile(
    r"(?P<sign>-)?P(?=.)(?:(?P<y>\d{1,6})Y)?(?:(?P<mo>\d{1,6})M)?(?:(?P<w>\d{1,6})W)?(?:(?P<d>\d{1,6})D)?"
    r"(?:T(?=.)(?:(?P<h>\d{1,8})H)?(?:(?P<mi>\d{1,9})M)?(?:(?P<s>\d{1,10}(?:\.\d{1,6})?)S)?)?"
)


@dataclass(frozen=True, order=True, slots=True)
class Months:
    """A duration of years and months."""

    months: int


@dataclass(frozen=True, slots=True)
class Range:
    """An interval; an end of None is open to infinity."""

    low: Value
    high: Value
    low_in: bool
    high_in: bool


def norm(value: object) -> Value:
    """Return ``value`` as a value of the subset. Numbers become Decimal; what is foreign becomes null."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        number = NUMBERS.create_decimal(str(value)) if isinstance(value, float) else _whole(value)
        return number if number is not None and number.is_finite() else None
    if isinstance(value, str):
        if len(value) > LIMITS.text:
            raise FeelCostError(N_("a text of %(size)s characters is too long"), size=len(value))
        return value
    if isinstance(value, list | tuple):
        if len(value) > LIMITS.items:
            raise FeelCostError(N_("a list of %(size)s members is too long"), size=len(value))
        return list(value)
    if isinstance(value, Decimal | date | timedelta | Months | Range | Mapping):
        return value
    return None


def _whole(value: int) -> Decimal | None:
    # str() of a huge int is slow and refused by Python itself beyond 4,300 digits.
    return NUMBERS.create_decimal(value) if value.bit_length() <= 2048 else None


def number(value: Decimal) -> Decimal | None:
    return value if value.is_finite() else None


def parse_number(text: str) -> Decimal | None:
    try:
        return number(NUMBERS.create_decimal(text.strip())) if re.fullmatch(r"\s*-?\d*\.?\d+\s*", text) else None
    except InvalidOperation:
        return None


def parse_date(text: str) -> date | None:
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def parse_datetime(text: str) -> datetime | None:
    if parse_date(text):
        return datetime.fromisoformat(text)
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)?", text):
        return None
    try:
        return datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return None


def duration_from_iso(text: str) -> timedelta | Months | None:
    """Read ``P1Y2M`` (years and months) or ``P3DT4H`` (days and time); None for anything else, also for a mixture."""
    match = _ISO_DURATION.fullmatch(text.strip())
    if not match:
        return None
    part = match.groupdict()
    sign = -1 if part["sign"] else 1
    if part["y"] or part["mo"]:
        if any(part[k] for k in ("w", "d", "h", "mi", "s")):
            return None
        return Months(sign * (int(part["y"] or 0) * 12 + int(part["mo"] or 0)))
    if not any(part[k] for k in ("w", "d", "h", "mi", "s")):
        return None
    try:
        return sign * timedelta(
            weeks=int(part["w"] or 0), days=int(part["d"] or 0), hours=int(part["h"] or 0),
            minutes=int(part["mi"] or 0), seconds=float(part["s"] or 0),
        )  # fmt: skip
    except OverflowError:
        return None


def iso_duration(value: timedelta | Months) -> str:
    """Write a duration as ISO 8601, the way FEEL prints it."""
    if isinstance(value, Months):
        years, months = divmod(abs(value.months), 12)
        body = (f"{years}Y" if years else "") + (f"{months}M" if months or not years else "")
        return ("-" if value.months < 0 else "") + "P" + body
    sign, rest = ("-", -value) if value < timedelta() else ("", value)
    seconds = rest.seconds
    time = "".join(f"{n}{u}" for n, u in ((seconds // 3600, "H"), (seconds // 60 % 60, "M")) if n)
    if seconds % 60 or rest.microseconds:
        fraction = f".{rest.microseconds:06d}".rstrip("0") if rest.microseconds else ""
        time += f"{seconds % 60}{fraction}S"
    body = (f"{rest.days}D" if rest.days else "") + (f"T{time}" if time else "")
    return f"{sign}P{body}" if body else "PT0S"


def add_months(day: date, months: int) -> date | None:
    """Move a date by months; a day that the new month lacks becomes its last day."""
    years, month0 = divmod(day.year * 12 + day.month - 1 + months, 12)
    for last in (day.day, 30, 29, 28):
        try:
            return day.replace(year=years, month=month0 + 1, day=min(day.day, last))
        except (ValueError, OverflowError):
            continue
    return None


def to_plain(value: Value) -> Any:
    """Return ``value`` as JSON can hold it: int or float, ISO texts for dates and durations; null beyond 1e308."""
    if isinstance(value, Decimal):
        if value == value.to_integral_value() and abs(value) < 10**18:
            return int(value)
        return float(value) if abs(value) < Decimal("1e308") else None
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, timedelta | Months):
        return iso_duration(value)
    if isinstance(value, list | tuple):
        return [to_plain(v) for v in value]
    if isinstance(value, Mapping):
        return {str(k): to_plain(v) for k, v in value.items()}
    if isinstance(value, Range):
        return None
    return value


def _kind(value: Value) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, datetime):
        return "aware" if value.tzinfo else "naive"
    for kind, name in ((Decimal, "number"), (str, "string"), (date, "date"), (timedelta, "days"), (Months, "months")):
        if isinstance(value, kind):
            return name
    return "list" if isinstance(value, list) else "context" if isinstance(value, Mapping) else "other"


def equal(left: Value, right: Value, depth: int = 0) -> bool | None:
    """FEEL equality: null only equals null; different kinds cannot be compared (null)."""
    left, right = norm(left), norm(right)
    if left is None or right is None:
        return left is right
    kind = _kind(left)
    if kind != _kind(right) or depth > LIMITS.depth:
        return None
    if kind == "list":
        return len(left) == len(right) and all(equal(a, b, depth + 1) for a, b in zip(left, right, strict=True))
    if kind == "context":
        return left.keys() == right.keys() and all(equal(left[k], right[k], depth + 1) for k in left)
    if kind == "other":
        return bool(left == right)
    return bool(left == right)


def less(left: Value, right: Value) -> bool | None:
    """``left < right``, or null where the two have no order."""
    left, right = norm(left), norm(right)
    kind = _kind(left) if left is not None else "other"
    if right is None or kind != _kind(right) or kind in ("boolean", "list", "context", "other"):
        return None
    return bool(left < right)


def within(value: Value, interval: Range) -> bool | None:
    """Is ``value`` inside the interval? Null where the ends cannot be compared with it."""
    for bound, closed, below in ((interval.low, interval.low_in, True), (interval.high, interval.high_in, False)):
        if bound is None:
            continue
        outside = less(value, bound) if below else less(bound, value)
        if outside is None:
            return None
        if outside or (not closed and equal(value, bound)):
            return False
    return True


def utc(value: datetime) -> datetime:
    return value.astimezone(UTC)
