"""The few calls that the rest of the kernel makes."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from yiwang.kernel.process.feel import tree
from yiwang.kernel.process.feel.limits import N_, FeelSyntaxError
from yiwang.kernel.process.feel.parser import Parser
from yiwang.kernel.process.feel.values import Value, to_plain


@lru_cache(maxsize=8192)
def compile_expression(source: str) -> tree.Node:
    """Read an expression; kept, so that a condition is read once in a process. Raises FeelError."""
    if not source.strip():
        raise FeelSyntaxError(N_("the expression is empty"), 1)
    return Parser(source, input_allowed=False).expression()


@lru_cache(maxsize=8192)
def compile_tests(source: str) -> tree.Node:
    """Read a cell of a decision table (unary tests); an empty cell means ``-``. Raises FeelError."""
    if not source.strip():
        return tree.Anything()
    return Parser(source, input_allowed=True).unary_tests()


def raw_value(source: str, variables: Mapping[str, object]) -> Value:
    """Evaluate and return the FEEL value (Decimal, date, timedelta ...). Raises FeelError."""
    return compile_expression(source).value(tree.Scope(variables))


def evaluate(source: str, variables: Mapping[str, object]) -> Any:
    """Evaluate and return what JSON can hold. Raises FeelError."""
    return to_plain(raw_value(source, variables))


def is_true(source: str, variables: Mapping[str, object]) -> bool:
    """Is the condition met? Null and anything that is not true is not. Raises FeelError."""
    return raw_value(source, variables) is True


def matches(tests: str, judged: object, variables: Mapping[str, object]) -> bool:
    """Does a cell match the value? Raises FeelError."""
    return compile_tests(tests).value(tree.Scope({**variables, tree.INPUT: judged})) is True
