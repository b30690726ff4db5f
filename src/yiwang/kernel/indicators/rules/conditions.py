"""A measure's condition (a FEEL subset, the platform's one expression language) read into SQL with parameters.

Only words of `vocabulary` become SQL; every literal becomes a parameter. Nothing a person writes is ever pasted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from typing import Any

from yiwang.kernel.indicators.contracts import Aggregate, Measure, Source
from yiwang.kernel.indicators.rules.vocabulary import WORDS, Word
from yiwang.kernel.process.feel import tree
from yiwang.kernel.process.feel.api import compile_expression
from yiwang.kernel.process.feel.limits import N_, FeelError

_OPS = {"=": "=", "!=": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}


@dataclass
class _Made:
    """SQL under the making: its words, and the parameters so far; the same literal is the same parameter."""

    words: Mapping[str, Word]
    prefix: str
    values: dict[str, Any] = field(default_factory=dict)

    def parameter(self, value: object) -> str:
        for name, held in self.values.items():
            if held == value and type(held) is type(value):
                return f"%({name})s"
        name = f"{self.prefix}{len(self.values)}"
        self.values[name] = value
        return f"%({name})s"


@dataclass(frozen=True)
class Condition:
    """SQL over the alias f and its named parameters; `as_of` is bound by who runs it."""

    sql: str
    values: Mapping[str, Any]


@lru_cache(maxsize=4096)
def condition(source: Source, text: str, prefix: str = "v") -> Condition:
    """Read a condition. Raises FeelError naming the word and the column that cannot be read.

    >>> condition(Source.CASE, 'channel = "public" and is_filed').values
    {'v0': 'public'}
    """
    if not text.strip():
        return Condition("true", {})
    made = _Made(WORDS[source], prefix)
    return Condition(_truth(compile_expression(text), made), made.values)


@dataclass(frozen=True)
class Together:
    """The conditions of several measures of one source, taken apart: `atoms` are asked once of each fact.

    A measure counts a fact of which all its atoms (their places in `atoms`) are true; `common` holds for all measures.
    """

    common: tuple[str, ...]
    atoms: tuple[str, ...]
    parts: tuple[tuple[int, ...], ...]
    values: Mapping[str, Any]


def together(measures: Sequence[Measure], prefix: str = "v") -> Together:
    """Read the conditions of measures of one source together. Raises FeelError."""
    made = _Made(WORDS[measures[0].source], prefix)
    lists = [_conjuncts(m.where, made) for m in measures]
    common = tuple(sql for sql in lists[0] if all(sql in other for other in lists))
    atoms = tuple(dict.fromkeys(sql for parts in lists for sql in parts if sql not in common))
    parts = tuple(tuple(atoms.index(sql) for sql in parts if sql not in common) for parts in lists)
    return Together(common, atoms, parts, made.values)


def _conjuncts(text: str, made: _Made) -> list[str]:
    if not text.strip():
        return []
    node = compile_expression(text)
    parts = node.parts if isinstance(node, tree.Logic) and not node.decisive else (node,)
    return list(dict.fromkeys(_truth(part, made) for part in parts))


def value(source: Source, text: str) -> str:
    """Return the SQL of a number of the source (what a sum is taken of). Raises FeelError."""
    word = WORDS[source].get(text.strip())
    if word is None or word.kind != "number":
        raise FeelError(N_("“%(name)s” is not a number of these facts"), name=text)
    return word.sql


def counted(measure: Measure, prefix: str) -> tuple[str, Mapping[str, Any]]:
    """Return the aggregate of a measure, with FILTER, and its parameters. Raises FeelError."""
    found = condition(measure.source, measure.where, prefix)
    match measure.aggregate:
        case Aggregate.COUNT:
            what = "count(*)"
        case Aggregate.SUM:
            what = f"sum({value(measure.source, measure.of)})"
        case Aggregate.AVERAGE:
            what = f"avg({value(measure.source, measure.of)})"
        case Aggregate.MEDIAN:
            what = f"percentile_cont(0.5) WITHIN GROUP (ORDER BY {value(measure.source, measure.of)})"
    return (what if found.sql == "true" else f"{what} FILTER (WHERE {found.sql})"), found.values


def _word(node: tree.Name, made: _Made) -> Word:
    word = made.words.get(node.name)
    if word is None:
        raise FeelError(N_("“%(name)s” is not a word of these facts"), name=node.name)
    return word


def _truth(node: tree.Node, made: _Made) -> str:
    match node:
        case tree.Literal(literal) if isinstance(literal, bool):
            return "true" if literal else "false"
        case tree.Name():
            word = _word(node, made)
            if word.kind != "truth":
                raise FeelError(N_("“%(name)s” is not a yes or no: compare it with something"), name=node.name)
            return f"({word.sql})"
        case tree.Logic(decisive, parts):
            return "(" + (" OR " if decisive else " AND ").join(_truth(p, made) for p in parts) + ")"
        case tree.Call("not", (part,)):
            return f"(NOT {_truth(part, made)})"
        case tree.Comparison(op, left, right):
            return _compared(op, left, right, made)
        case tree.Between(subject, low, high):
            what, kind = _side(subject, made)
            return f"({what} BETWEEN {_as(low, kind, made)} AND {_as(high, kind, made)})"
        case tree.In(subject, tests):
            return _within(subject, tests, made)
    raise FeelError(N_("only words, comparisons, in, and, or, not(...) can stand in a condition"))


def _side(node: tree.Node, made: _Made) -> tuple[str, str]:
    if not isinstance(node, tree.Name):
        raise FeelError(N_("a comparison begins with a word of these facts"))
    word = _word(node, made)
    return word.sql, word.kind


def _as(node: tree.Node, kind: str, made: _Made) -> str:
    """Return the other side of a comparison: a literal of the same kind, or another word of it."""
    if isinstance(node, tree.Name):
        word = _word(node, made)
        if word.kind != kind:
            raise FeelError(N_("“%(name)s” is of another kind than what it is compared with"), name=node.name)
        return word.sql
    if isinstance(node, tree.Minus) and isinstance(node.part, tree.Literal) and isinstance(node.part.literal, Decimal):
        node = tree.Literal(-node.part.literal)
    if isinstance(node, tree.Literal):
        literal = node.literal
        if (kind == "text" and isinstance(literal, str)) or (kind == "number" and isinstance(literal, Decimal)):
            return made.parameter(literal)
    raise FeelError(N_("this cannot be compared with a %(kind)s"), kind=kind)


def _compared(op: str, left: tree.Node, right: tree.Node, made: _Made) -> str:
    what, kind = _side(left, made)
    if isinstance(right, tree.Literal) and right.literal is None:
        if op not in ("=", "!="):
            raise FeelError(N_("with null only = and != can be asked"))
        return f"({what} IS {'' if op == '=' else 'NOT '}NULL)"
    if kind == "truth":
        if op not in ("=", "!=") or not (isinstance(right, tree.Literal) and isinstance(right.literal, bool)):
            raise FeelError(N_("a yes or no is compared with true or false"))
        return f"(({what}) {_OPS[op]} {'true' if right.literal else 'false'})"
    return f"({what} {_OPS[op]} {_as(right, kind, made)})"


def _within(subject: tree.Node, tests: tree.AnyOf, made: _Made) -> str:
    what, kind = _side(subject, made)
    parts = [_test(what, kind, test, made) for test in tests.tests]
    found = "(" + " OR ".join(parts) + ")"
    return f"(NOT {found})" if tests.negated else found


def _test(what: str, kind: str, test: tree.Node, made: _Made) -> str:
    match test:
        case tree.Fits(tree.ListOf(members), False):
            return "(" + " OR ".join(f"{what} = {_as(m, kind, made)}" for m in members) + ")" if members else "false"
        case tree.Fits(tree.RangeOf(low, high, low_in, high_in), False):
            first, last = _as(low, kind, made), _as(high, kind, made)
            return f"({what} {'>=' if low_in else '>'} {first} AND {what} {'<=' if high_in else '<'} {last})"
        case tree.Fits(one, False):
            return f"({what} = {_as(one, kind, made)})"
        case tree.Ordered(op, right):
            return f"({what} {_OPS[op]} {_as(right, kind, made)})"
    raise FeelError(N_("this cannot stand after in"))
