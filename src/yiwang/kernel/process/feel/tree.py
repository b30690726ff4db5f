"""The syntax tree. A node is data plus ``value(scope)``; nothing here reaches a Python attribute of a caller's object."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from decimal import Decimal

from yiwang.kernel.process.feel.functions import FUNCTIONS
from yiwang.kernel.process.feel.limits import LIMITS, N_, FeelCostError
from yiwang.kernel.process.feel.values import (
    NUMBERS,
    Months,
    Range,
    Value,
    add_months,
    equal,
    less,
    norm,
    number,
    within,
)

INPUT = "?"  # the name under which a unary test sees the value it judges


class Scope:
    """Variables and the budget of one evaluation. Variables are read only."""

    __slots__ = ("left", "variables")

    def __init__(self, variables: Mapping[str, object]) -> None:
        self.variables = variables
        self.left = [LIMITS.steps]

    def inner(self, name: str, value: object) -> "Scope":
        """A scope with one more name, sharing the budget."""
        scope = Scope.__new__(Scope)
        scope.variables = {**self.variables, name: value}
        scope.left = self.left
        return scope


class Node:
    __slots__ = ()

    def value(self, scope: Scope) -> Value:
        """Evaluate; every node costs one step of the budget."""
        scope.left[0] -= 1
        if scope.left[0] < 0:
            raise FeelCostError(N_("the evaluation needs more than %(allowed)s steps"), allowed=LIMITS.steps)
        return self._value(scope)

    def _value(self, scope: Scope) -> Value:
        raise NotImplementedError

    def children(self) -> Iterator["Node"]:
        for field in fields(self):  # type: ignore[arg-type]
            part = getattr(self, field.name)
            for child in part if isinstance(part, tuple) else (part,):
                if isinstance(child, Node):
                    yield child

    def walk(self) -> Iterator["Node"]:
        yield self
        for child in self.children():
            yield from child.walk()


@dataclass(frozen=True, slots=True)
class Literal(Node):
    literal: Value

    def _value(self, scope: Scope) -> Value:
        return self.literal


@dataclass(frozen=True, slots=True)
class Name(Node):
    name: str

    def _value(self, scope: Scope) -> Value:
        return norm(scope.variables.get(self.name))


_PROPERTIES: dict[type, dict[str, Callable[[Value], int]]] = {
    datetime: {"hour": lambda v: v.hour, "minute": lambda v: v.minute, "second": lambda v: v.second},
    date: {
        "year": lambda v: v.year,
        "month": lambda v: v.month,
        "day": lambda v: v.day,
        "weekday": lambda v: v.isoweekday(),
    },
    timedelta: {
        "days": lambda v: abs(v).days * (-1 if v < timedelta() else 1),
        "hours": lambda v: abs(v).seconds // 3600 * (-1 if v < timedelta() else 1),
        "minutes": lambda v: abs(v).seconds // 60 % 60 * (-1 if v < timedelta() else 1),
    },
    Months: {
        "years": lambda v: abs(v.months) // 12 * (-1 if v.months < 0 else 1),
        "months": lambda v: abs(v.months) % 12 * (-1 if v.months < 0 else 1),
    },
}


def _property(base: Value, name: str) -> Value:
    if isinstance(base, Mapping):
        return norm(base.get(name))
    for kind, known in _PROPERTIES.items():
        if isinstance(base, kind) and name in known:
            return Decimal(known[name](base))
    if isinstance(base, list):
        return [_property(norm(member), name) for member in base]
    return None


@dataclass(frozen=True, slots=True)
class Path(Node):
    base: Node
    name: str

    def _value(self, scope: Scope) -> Value:
        return _property(self.base.value(scope), self.name)


@dataclass(frozen=True, slots=True)
class Filter(Node):
    """``list[2]`` (counting from 1, -1 is the last) or ``list[item > 3]``."""

    base: Node
    inside: Node

    def _value(self, scope: Scope) -> Value:
        base = self.base.value(scope)
        if base is None:
            return None
        members = base if isinstance(base, list) else [base]
        uses_item = any(isinstance(n, Name) and n.name == "item" for n in self.inside.walk())
        if not uses_item:
            at = self.inside.value(scope)
            if isinstance(at, Decimal):
                if abs(at) > LIMITS.items or at != at.to_integral_value() or at == 0 or abs(at) > len(members):
                    return None
                return norm(members[int(at) - 1 if at > 0 else int(at)])
        kept = []
        for member in members:
            inner = scope.inner("item", member)
            if isinstance(member, Mapping):
                inner.variables = {**scope.variables, **member, "item": member}
            if self.inside.value(inner) is True:
                kept.append(member)
        return kept


@dataclass(frozen=True, slots=True)
class Call(Node):
    name: str
    args: tuple[Node, ...]

    def _value(self, scope: Scope) -> Value:
        result = FUNCTIONS[self.name].call(*(arg.value(scope) for arg in self.args))
        return norm(result)


@dataclass(frozen=True, slots=True)
class ListOf(Node):
    members: tuple[Node, ...]

    def _value(self, scope: Scope) -> Value:
        return norm([member.value(scope) for member in self.members])


@dataclass(frozen=True, slots=True)
class RangeOf(Node):
    low: Node
    high: Node
    low_in: bool
    high_in: bool

    def _value(self, scope: Scope) -> Value:
        return Range(self.low.value(scope), self.high.value(scope), self.low_in, self.high_in)


@dataclass(frozen=True, slots=True)
class If(Node):
    condition: Node
    then: Node
    otherwise: Node

    def _value(self, scope: Scope) -> Value:
        return (self.then if self.condition.value(scope) is True else self.otherwise).value(scope)


@dataclass(frozen=True, slots=True)
class Logic(Node):
    """Three-valued and / or over any number of parts."""

    decisive: bool  # False for `and`, True for `or`
    parts: tuple[Node, ...]

    def _value(self, scope: Scope) -> Value:
        unknown = False
        for part in self.parts:
            value = part.value(scope)
            if value is self.decisive:
                return self.decisive
            unknown = unknown or not isinstance(value, bool)
        return None if unknown else not self.decisive


def compare(op: str, left: Value, right: Value) -> bool | None:
    if op in ("=", "!="):
        same = equal(left, right)
        return same if same is None or op == "=" else not same
    if op in ("<", ">="):
        order = less(left, right)
        return order if order is None or op == "<" else not order
    order = less(right, left)
    return order if order is None or op == ">" else not order


@dataclass(frozen=True, slots=True)
class Comparison(Node):
    op: str
    left: Node
    right: Node

    def _value(self, scope: Scope) -> Value:
        return compare(self.op, self.left.value(scope), self.right.value(scope))


@dataclass(frozen=True, slots=True)
class Between(Node):
    subject: Node
    low: Node
    high: Node

    def _value(self, scope: Scope) -> Value:
        low, high = self.low.value(scope), self.high.value(scope)
        return None if low is None or high is None else within(self.subject.value(scope), Range(low, high, True, True))


@dataclass(frozen=True, slots=True)
class Quantified(Node):
    every: bool
    name: str
    members: Node
    condition: Node

    def _value(self, scope: Scope) -> Value:
        members = self.members.value(scope)
        if not isinstance(members, list):
            return None
        results = [self.condition.value(scope.inner(self.name, member)) for member in members]
        if any(r is (not self.every) for r in results):
            return not self.every
        return self.every if all(isinstance(r, bool) for r in results) else None


@dataclass(frozen=True, slots=True)
class Minus(Node):
    part: Node

    def _value(self, scope: Scope) -> Value:
        value = self.part.value(scope)
        if isinstance(value, Months):
            return Months(-value.months)
        return -value if isinstance(value, Decimal | timedelta) else None


@dataclass(frozen=True, slots=True)
class Arithmetic(Node):
    op: str
    left: Node
    right: Node

    def _value(self, scope: Scope) -> Value:
        left, right = self.left.value(scope), self.right.value(scope)
        try:
            return _combine(self.op, left, right)
        except (OverflowError, TypeError):
            return None


def _combine(op: str, left: Value, right: Value) -> Value:
    if isinstance(left, bool) or isinstance(right, bool) or left is None or right is None:
        return None
    if isinstance(left, Decimal) and isinstance(right, Decimal):
        if op == "/" and right == 0:
            return None
        work = {"+": NUMBERS.add, "-": NUMBERS.subtract, "*": NUMBERS.multiply, "/": NUMBERS.divide}[op]
        return number(work(left, right))
    if isinstance(left, str) and isinstance(right, str):
        return norm(left + right) if op == "+" else None
    if op == "+" and isinstance(left, timedelta | Months) and isinstance(right, date):
        left, right = right, left
    if isinstance(left, date):
        return _move(op, left, right)
    if isinstance(left, Months) or isinstance(right, Months):
        return _months(op, left, right)
    if isinstance(left, timedelta) and isinstance(right, timedelta):
        return left + right if op == "+" else left - right if op == "-" else None
    if op == "*" and isinstance(left, Decimal) and isinstance(right, timedelta):
        return right * float(left)
    if isinstance(left, timedelta) and isinstance(right, Decimal) and op in "*/" and right != 0:
        return left * float(right) if op == "*" else left / float(right)
    return None


def _move(op: str, day: date, by: Value) -> Value:
    if op == "-" and isinstance(by, date) and isinstance(day, datetime) == isinstance(by, datetime):
        return day - by
    if op not in "+-":
        return None
    sign = 1 if op == "+" else -1
    if isinstance(by, Months):
        return add_months(day, sign * by.months)
    if isinstance(by, timedelta):
        if isinstance(day, datetime):
            return day + sign * by
        return (datetime(day.year, day.month, day.day) + sign * by).date()
    return None


def _months(op: str, left: Value, right: Value) -> Value:
    if isinstance(left, Months) and isinstance(right, Months):
        return Months(left.months + (right.months if op == "+" else -right.months)) if op in "+-" else None
    if op == "*" and isinstance(right, Months) and isinstance(left, Decimal):
        left, right = right, left
    if isinstance(left, Months) and isinstance(right, Decimal) and op in "*/" and right != 0:
        return Months(int(left.months * right if op == "*" else left.months / right))
    return None


@dataclass(frozen=True, slots=True)
class Anything(Node):
    """``-``"""

    def _value(self, scope: Scope) -> Value:
        return True


@dataclass(frozen=True, slots=True)
class Ordered(Node):
    """``< 5``: compares the judged value with an expression."""

    op: str
    right: Node

    def _value(self, scope: Scope) -> Value:
        return compare(self.op, norm(scope.variables.get(INPUT)), self.right.value(scope))


@dataclass(frozen=True, slots=True)
class Fits(Node):
    """A value, list, interval, or an expression over ``?``."""

    what: Node
    own_input: bool  # the expression mentions `?` and is the answer itself

    def _value(self, scope: Scope) -> Value:
        found = self.what.value(scope)
        if self.own_input:
            return found
        return fits(norm(scope.variables.get(INPUT)), found)


def fits(judged: Value, found: Value) -> bool | None:
    if isinstance(found, Range):
        return within(judged, found)
    if isinstance(found, list) and not isinstance(judged, list):
        return any(fits(judged, norm(member)) is True for member in found)
    if isinstance(found, list) and isinstance(judged, list):
        return equal(judged, found) is True or any(equal(judged, member) is True for member in found)
    return equal(judged, found)


@dataclass(frozen=True, slots=True)
class AnyOf(Node):
    tests: tuple[Node, ...]
    negated: bool = False

    def _value(self, scope: Scope) -> Value:
        results = []
        for test in self.tests:
            results.append(test.value(scope))
            if results[-1] is True:
                return not self.negated
        # A test that cannot be decided (null) is not met; `not(...)` of it is met, as unary tests have two values.
        return self.negated


@dataclass(frozen=True, slots=True)
class In(Node):
    subject: Node
    tests: AnyOf

    def _value(self, scope: Scope) -> Value:
        return self.tests.value(scope.inner(INPUT, self.subject.value(scope)))
