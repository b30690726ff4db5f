"""Formulas and conditions in words (公式与口径说明), so that anybody can take a number apart without reading code."""

from collections.abc import Callable, Mapping
from decimal import Decimal

from yiwang.kernel.indicators.contracts import Measure, Source
from yiwang.kernel.indicators.rules import formulas
from yiwang.kernel.indicators.rules.vocabulary import WORDS, Word
from yiwang.kernel.process.feel import tree
from yiwang.kernel.process.feel.api import compile_expression

ValueName = Callable[[str, str], str]  # (word, value) -> what people call it

_ZH = {"=": "是", "!=": "不是", "<": "小于", "<=": "不大于", ">": "大于", ">=": "不小于"}
_EN = {"=": "is", "!=": "is not", "<": "is below", "<=": "is at most", ">": "is above", ">=": "is at least"}
_SIGNS = {"+": "+", "-": "−", "*": "×", "/": "÷"}


class _Words:
    """One language: how a condition is put together."""

    def __init__(self, source: Source, english: bool, named: ValueName) -> None:
        self.words, self.english, self.named = WORDS[source], english, named

    def pick(self, zh: str, en: str) -> str:
        return en if self.english else zh

    def word(self, node: tree.Node) -> str:
        if not isinstance(node, tree.Name):
            return self.value("", node)
        known = self.words.get(node.name)
        return self.said(known) if known else node.name

    def said(self, word: Word) -> str:
        return self.pick(word.zh, word.en)

    def value(self, word: str, node: tree.Node) -> str:
        if isinstance(node, tree.Name):
            return self.word(node)
        if isinstance(node, tree.Minus):
            return "−" + self.value(word, node.part)
        if isinstance(node, tree.Literal):
            if isinstance(node.literal, Decimal):
                return format(node.literal, "f")
            if isinstance(node.literal, str):
                return f"“{self.named(word, node.literal)}”"
        return "?"

    def truth(self, node: tree.Node, *, inside: bool = False) -> str:
        match node:
            case tree.Literal(literal):
                return self.pick("全部", "all") if literal else self.pick("无", "none")
            case tree.Name():
                return self.word(node)
            case tree.Logic(decisive, parts):
                joined = (self.pick(" 或 ", " or ") if decisive else self.pick("，且", ", and ")).join(self.truth(p, inside=True) for p in parts)
                return self.pick(f"（{joined}）", f"({joined})") if inside else joined
            case tree.Call("not", (part,)):
                return self.pick(f"不属于“{self.truth(part)}”", f"not “{self.truth(part)}”")
            case tree.Comparison(op, left, right):
                return self.compared(op, left, right)
            case tree.Between(subject, low, high):
                name = _name(subject)
                return self.pick(f"{self.word(subject)}在{self.value(name, low)}到{self.value(name, high)}之间",
                                 f"{self.word(subject)} is from {self.value(name, low)} to {self.value(name, high)}")  # fmt: skip
            case tree.In(subject, tests):
                return self.within(subject, tests)
        return "?"

    def compared(self, op: str, left: tree.Node, right: tree.Node) -> str:
        if isinstance(right, tree.Literal) and right.literal is None:
            return self.word(left) + (self.pick("为空", " is empty") if op == "=" else self.pick("不为空", " is not empty"))
        if isinstance(right, tree.Literal) and isinstance(right.literal, bool):
            said = self.word(left)
            return said if right.literal == (op == "=") else self.pick(f"不属于“{said}”", f"not “{said}”")
        return self.pick(f"{self.word(left)}{_ZH[op]}", f"{self.word(left)} {_EN[op]} ") + self.value(_name(left), right)

    def within(self, subject: tree.Node, tests: tree.AnyOf) -> str:
        name, values = _name(subject), []
        for test in tests.tests:
            match test:
                case tree.Fits(tree.ListOf(members), False):
                    values += [self.value(name, m) for m in members]
                case tree.Fits(tree.RangeOf(low, high, _low_in, _high_in), False):
                    values.append(f"{self.value(name, low)}–{self.value(name, high)}")
                case tree.Fits(one, False):
                    values.append(self.value(name, one))
                case tree.Ordered(op, right):
                    values.append(self.pick(_ZH[op], f"{_EN[op]} ") + self.value(name, right))
        verb = self.pick("不是", " is none of ") if tests.negated else self.pick("是", " is one of " if len(values) > 1 else " is ")
        return self.word(subject) + verb + self.pick("、", ", ").join(values)


def _name(node: tree.Node) -> str:
    return node.name if isinstance(node, tree.Name) else ""


def condition_words(source: Source, text: str, *, english: bool = False, named: ValueName = lambda _word, value: value) -> str:
    """Return a condition in words.

    >>> condition_words(Source.STAGE, 'step = "handle" and not(cancelled) and (is_done or is_due)')
    '环节是“handle”，且不属于“已取消”，且（已完成 或 已到期）'
    """
    if not text.strip():
        return "全部" if not english else "all"
    return _Words(source, english, named).truth(compile_expression(text))


def moment_words(measure: Measure, *, english: bool = False) -> str:
    """Return by which moment a measure belongs to a period (计数日期)."""
    word = WORDS[measure.source][measure.on]
    return word.en if english else word.zh


def formula_words(formula: str, names: Mapping[str, str], *, unit: str = "") -> str:
    """Return a formula with the measures' names in place of their codes.

    >>> formula_words("done / due", {"done": "处置数", "due": "应处置数"}, unit="percent")
    '处置数 ÷ 应处置数 × 100%'
    """
    said = _arithmetic(formulas.read(formula), names, outer=True)
    if unit != "percent":
        return said
    return f"{said} × 100%" if "÷" in said or "×" in said or " " not in said else f"({said}) × 100%"


def _arithmetic(node: tree.Node, names: Mapping[str, str], *, outer: bool = False) -> str:
    match node:
        case tree.Name(name):
            return names.get(name, name)
        case tree.Literal(literal):
            return format(literal, "f") if isinstance(literal, Decimal) else str(literal)
        case tree.Minus(part):
            return "−" + _arithmetic(part, names)
        case tree.Arithmetic(op, left, right):
            said = f"{_arithmetic(left, names)} {_SIGNS.get(op, op)} {_arithmetic(right, names)}"
            return said if outer else f"({said})"
    return "?"
