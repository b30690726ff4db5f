"""A formula (公式) over measures: arithmetic alone, and a division by zero gives no value at all."""

from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache

from yiwang.kernel.indicators.contracts import Figure
from yiwang.kernel.process.feel import tree
from yiwang.kernel.process.feel.api import compile_expression
from yiwang.kernel.process.feel.limits import N_, FeelError

Numbers = Mapping[str, float | None]
_PERCENT = 100.0


@lru_cache(maxsize=2048)
def read(formula: str) -> tree.Node:
    """Read a formula; numbers, names of measures, + - * / and brackets. Raises FeelError."""
    node = compile_expression(formula)
    for part in node.walk():
        if isinstance(part, tree.Literal) and not isinstance(part.literal, Decimal):
            raise FeelError(N_("a formula holds numbers and measures only"))
        if not isinstance(part, tree.Literal | tree.Name | tree.Arithmetic | tree.Minus):
            raise FeelError(N_("a formula holds numbers and measures only"))
    return node


def names(formula: str) -> tuple[str, ...]:
    """Return the measures that a formula asks for, in their order, each once.

    >>> names("intime_dispose / need_dispose")
    ('intime_dispose', 'need_dispose')
    """
    return tuple(dict.fromkeys(n.name for n in read(formula).walk() if isinstance(n, tree.Name)))


def figure(formula: str, unit: str, numbers: Numbers) -> Figure:
    """Return the value with what it was divided from; percent is the quotient times 100.

    >>> figure("done / due", "percent", {"done": 3, "due": 4})
    Figure(value=75.0, numerator=3.0, denominator=4.0)
    >>> figure("done / due", "percent", {"done": 0, "due": 0})
    Figure(value=None, numerator=0.0, denominator=0.0)
    """
    node = read(formula)
    scope = tree.Scope({name: None if value is None else Decimal(repr(value)) for name, value in numbers.items()})
    value = _number(node.value(scope))
    if value is not None and unit == "percent":
        value *= _PERCENT
    if isinstance(node, tree.Arithmetic) and node.op == "/":
        return Figure(value, _number(node.left.value(scope)), _number(node.right.value(scope)))
    return Figure(value)


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, Decimal) else None


def halves(formula: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the measures above and below the line; without a division all stand above."""
    node = read(formula)
    if isinstance(node, tree.Arithmetic) and node.op == "/":
        return _names(node.left), _names(node.right)
    return _names(node), ()


def _names(node: tree.Node) -> tuple[str, ...]:
    return tuple(dict.fromkeys(n.name for n in node.walk() if isinstance(n, tree.Name)))
