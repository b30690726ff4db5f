"""Can two rows of a decision table fit at once? Decided from the cells alone, where they are plain enough."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from yiwang.kernel.process.feel import FeelError, compile_tests, tree

Verdict = bool | None  # True: some value fits both; False: none does; None: cannot be told


@dataclass(frozen=True)
class Span:
    """Numbers from low to high; None is open to infinity."""

    low: Decimal | None
    low_in: bool
    high: Decimal | None
    high_in: bool

    @property
    def empty(self) -> bool:
        if self.low is None or self.high is None:
            return False
        return self.low > self.high or (self.low == self.high and not (self.low_in and self.high_in))

    def meets(self, other: "Span") -> bool:
        return not (_before(self, other) or _before(other, self))


def _before(first: Span, second: Span) -> bool:
    if first.high is None or second.low is None:
        return False
    return first.high < second.low or (first.high == second.low and not (first.high_in and second.low_in))


@dataclass(frozen=True)
class Domain:
    """The values that a cell fits: some constants and spans of numbers, or everything but these."""

    constants: frozenset[object] = frozenset()
    spans: tuple[Span, ...] = ()
    inverted: bool = False


ANYTHING = Domain(inverted=True)


def domain(text: str) -> Domain | None:
    """Return what the cell fits, None when it depends on more than the value."""
    try:
        return _domain(compile_tests(text))
    except FeelError:
        return None


def _domain(node: tree.Node) -> Domain | None:
    if isinstance(node, tree.Anything):
        return ANYTHING
    if not isinstance(node, tree.AnyOf):
        return None
    constants: set[object] = set()
    spans: list[Span] = []
    for test in node.tests:
        if isinstance(test, tree.Ordered):
            right = _constant(test.right)
            if not isinstance(right, Decimal) or test.op not in ("<", "<=", ">", ">="):
                return None
            below = test.op.startswith("<")
            closed = test.op.endswith("=")
            spans.append(Span(None, False, right, closed) if below else Span(right, closed, None, False))
        elif isinstance(test, tree.Fits) and not test.own_input:
            if isinstance(test.what, tree.RangeOf):
                low, high = _constant(test.what.low), _constant(test.what.high)
                if not isinstance(low, Decimal) or not isinstance(high, Decimal):
                    return None
                if low == high and test.what.low_in and test.what.high_in:
                    constants.add(low)  # a point; every other span holds more numbers than constants can take away
                else:
                    spans.append(Span(low, test.what.low_in, high, test.what.high_in))
                continue
            members: Iterable[tree.Node] = test.what.members if isinstance(test.what, tree.ListOf) else (test.what,)
            for member in members:
                value = _constant(member)
                if value is None:
                    return None
                constants.add(("bool", value) if isinstance(value, bool) else value)
        else:
            return None
    return Domain(frozenset(constants), tuple(s for s in spans if not s.empty), node.negated)


def _constant(node: tree.Node) -> object:
    if isinstance(node, tree.Minus) and isinstance(inner := _constant(node.part), Decimal):
        return -inner
    return node.literal if isinstance(node, tree.Literal) else None


def _holds(one: Domain, value: object) -> bool:
    inside = value in one.constants or (
        isinstance(value, Decimal) and any(span.meets(Span(value, True, value, True)) for span in one.spans)
    )
    return inside is not one.inverted


def common(first: Domain | None, second: Domain | None) -> Verdict:
    """Do the two cells share a value?"""
    if first is None or second is None:
        # "anything" shares with whatever the other fits, if it fits something; that cannot be told here.
        return None
    if first.inverted and second.inverted:
        return True  # there is always one more text or number
    if second.inverted:
        first, second = second, first
    if any(_holds(first, value) for value in second.constants):
        return True
    if first.inverted:
        if not second.spans:
            return False
        return True if not first.spans else None
    if any(_holds(second, value) for value in first.constants):
        return True
    return any(a.meets(b) for a in first.spans for b in second.spans)


def rows_overlap(first: Iterable[str], second: Iterable[str]) -> Verdict:
    """Can one set of inputs fit both rows? False as soon as one column keeps them apart."""
    verdict: Verdict = True
    for one, two in zip(first, second, strict=True):
        shared = common(domain(one), domain(two))
        if shared is False:
            return False
        if shared is None:
            verdict = None
    return verdict
