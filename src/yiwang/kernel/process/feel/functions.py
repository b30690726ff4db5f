"""The built-in functions of the subset. Wrong kinds of arguments give null, as in FEEL."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from typing import NamedTuple

from yiwang.kernel.process.feel.limits import LIMITS, N_, FeelCostError
from yiwang.kernel.process.feel.values import (
    NUMBERS,
    Months,
    Value,
    duration_from_iso,
    equal,
    iso_duration,
    less,
    norm,
    number,
    parse_date,
    parse_datetime,
    parse_number,
    to_plain,
)


class Function(NamedTuple):
    least: int
    most: int
    call: Callable[..., Value]


FUNCTIONS: dict[str, Function] = {}
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def _known(name: str, least: int, most: int | None = None) -> Callable[[Callable[..., Value]], Callable[..., Value]]:
    def take(call: Callable[..., Value]) -> Callable[..., Value]:
        FUNCTIONS[name] = Function(least, least if most is None else most, call)
        return call

    return take


def _texts(call: Callable[..., Value]) -> Callable[..., Value]:
    """Give null unless every argument is a text."""
    return lambda *args: call(*args) if all(isinstance(a, str) for a in args) else None


FUNCTIONS["contains"] = Function(2, 2, _texts(lambda text, part: part in text))
FUNCTIONS["starts with"] = Function(2, 2, _texts(lambda text, part: text.startswith(part)))
FUNCTIONS["ends with"] = Function(2, 2, _texts(lambda text, part: text.endswith(part)))
FUNCTIONS["string length"] = Function(1, 1, _texts(lambda text: Decimal(len(text))))
FUNCTIONS["upper case"] = Function(1, 1, _texts(str.upper))
FUNCTIONS["lower case"] = Function(1, 1, _texts(str.lower))
FUNCTIONS["substring before"] = Function(
    2, 2, _texts(lambda text, part: text.partition(part)[0] if part in text else "")
)
FUNCTIONS["substring after"] = Function(2, 2, _texts(lambda text, part: text.partition(part)[2]))


@_known("not", 1)
def _not(value: Value) -> Value:
    return not value if isinstance(value, bool) else None


@_known("substring", 2, 3)
def _substring(text: Value, start: Value, length: Value = None) -> Value:
    if not isinstance(text, str) or not _is_whole(start) or start == 0 or not (length is None or _is_whole(length)):
        return None
    begin = int(start) - 1 if start > 0 else max(len(text) + int(start), 0)
    return text[begin:] if length is None else text[begin : begin + max(int(length), 0)]


def _is_whole(value: Value) -> bool:
    return isinstance(value, Decimal) and abs(value) <= LIMITS.text and value == value.to_integral_value()


@_known("string", 1)
def _string(value: Value) -> Value:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        plain = to_plain(value)
        return str(plain) if isinstance(plain, int) else format(value.normalize(), "f")
    if isinstance(value, date):
        return value.isoformat()
    return iso_duration(value) if isinstance(value, timedelta | Months) else None


@_known("number", 1)
def _number(value: Value) -> Value:
    return value if isinstance(value, Decimal) else parse_number(value) if isinstance(value, str) else None


def _members(args: Sequence[Value]) -> list[Value]:
    """The members that an aggregate works on: one list, or the arguments themselves."""
    members = args[0] if len(args) == 1 and isinstance(args[0], list) else args
    if len(members) > LIMITS.items:
        raise FeelCostError(N_("a list of %(size)s members is too long"), size=len(members))
    return [norm(m) for m in members]


@_known("list contains", 2)
def _list_contains(members: Value, wanted: Value) -> Value:
    return any(equal(m, wanted) is True for m in members) if isinstance(members, list) else None


@_known("count", 1)
def _count(members: Value) -> Value:
    return Decimal(len(members)) if isinstance(members, list) else None


@_known("sum", 1, 50)
def _sum(*args: Value) -> Value:
    members = _members(args)
    if not members or not all(isinstance(m, Decimal) for m in members):
        return None
    total = Decimal(0)
    for member in members:
        total = NUMBERS.add(total, member)
    return number(total)


def _extreme(args: Sequence[Value], *, smallest: bool) -> Value:
    best: Value = None
    for member in _members(args):
        if best is None:
            best = member
            continue
        order = less(member, best) if smallest else less(best, member)
        if order is None:
            return None
        best = member if order else best
    return best


FUNCTIONS["min"] = Function(1, 50, lambda *args: _extreme(args, smallest=True))
FUNCTIONS["max"] = Function(1, 50, lambda *args: _extreme(args, smallest=False))


@_known("append", 2, 50)
def _append(members: Value, *more: Value) -> Value:
    if not isinstance(members, list):
        return None
    return norm([*members, *more])


@_known("distinct values", 1)
def _distinct(members: Value) -> Value:
    if not isinstance(members, list):
        return None
    if len(members) > 300:  # quadratic, because members may be lists
        raise FeelCostError(N_("distinct values() takes at most 300 members"))
    found: list[Value] = []
    for member in members:
        if not any(equal(member, f) is True for f in found):
            found.append(member)
    return found


def _rounded(value: Value, scale: Value, mode: str) -> Value:
    if not isinstance(value, Decimal) or not _is_whole(scale) or abs(scale) > 30:
        return None
    return number(value.quantize(Decimal(1).scaleb(-int(scale)), rounding=mode, context=NUMBERS))


FUNCTIONS["floor"] = Function(1, 2, lambda v, s=Decimal(0): _rounded(v, s, ROUND_FLOOR))
FUNCTIONS["ceiling"] = Function(1, 2, lambda v, s=Decimal(0): _rounded(v, s, ROUND_CEILING))
FUNCTIONS["decimal"] = Function(2, 2, lambda v, s: _rounded(v, s, ROUND_HALF_EVEN))
FUNCTIONS["round half up"] = Function(2, 2, lambda v, s: _rounded(v, s, ROUND_HALF_UP))


@_known("abs", 1)
def _abs(value: Value) -> Value:
    return abs(value) if isinstance(value, Decimal | timedelta) else None


@_known("modulo", 2)
def _modulo(value: Value, by: Value) -> Value:
    if not (isinstance(value, Decimal) and isinstance(by, Decimal)) or by == 0:
        return None
    # FEEL: dividend - divisor * floor(dividend / divisor), so the sign follows the divisor.
    quotient = NUMBERS.divide(value, by)
    if not quotient.is_finite() or abs(quotient) > Decimal(10) ** 30:
        return None
    return number(NUMBERS.subtract(value, NUMBERS.multiply(by, quotient.to_integral_value(rounding=ROUND_FLOOR))))


@_known("date", 1, 3)
def _date(*args: Value) -> Value:
    if len(args) == 1:
        (value,) = args
        if isinstance(value, datetime):
            return value.date()
        return value if isinstance(value, date) else parse_date(value) if isinstance(value, str) else None
    if len(args) != 3 or not all(_is_whole(a) for a in args):
        return None
    try:
        return date(int(args[0]), int(args[1]), int(args[2]))
    except ValueError:
        return None


@_known("date and time", 1)
def _date_and_time(value: Value) -> Value:
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day)
    return parse_datetime(value) if isinstance(value, str) else None


@_known("duration", 1)
def _duration(value: Value) -> Value:
    if isinstance(value, timedelta | Months):
        return value
    return duration_from_iso(value) if isinstance(value, str) else None


@_known("day of week", 1)
def _day_of_week(value: Value) -> Value:
    return _DAYS[value.weekday()] if isinstance(value, date) else None
