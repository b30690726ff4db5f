"""Read an expression or a cell into a syntax tree (recursive descent, bounded depth)."""

from decimal import Decimal

from yiwang.kernel.process.feel import tree
from yiwang.kernel.process.feel.functions import FUNCTIONS
from yiwang.kernel.process.feel.lexer import Token, tokens
from yiwang.kernel.process.feel.limits import LIMITS, N_, FeelCostError, FeelSyntaxError
from yiwang.kernel.process.feel.values import duration_from_iso, parse_date, parse_datetime

_ORDER = ("=", "!=", "<", "<=", ">", ">=")


class Parser:
    """One text. ``input_allowed`` says whether ``?`` may be used (cells only)."""

    def __init__(self, source: str, *, input_allowed: bool) -> None:
        self.tokens = tokens(source)
        self.at = 0
        self.depth = 0
        self.input_allowed = input_allowed

    # Entry points

    def expression(self) -> tree.Node:
        node = self._expression()
        self._end()
        return node

    def unary_tests(self) -> tree.Node:
        if self._peek("op", "-") and self.tokens[self.at + 1].kind == "end":
            return tree.Anything()
        if self._peek("name", "not") and self._peek("op", "(", 1):
            mark = self.at
            self.at += 2
            tests = self._tests()
            if self._take("op", ")") and self.tokens[self.at].kind == "end":
                return tree.AnyOf(tests, negated=True)
            self.at = mark  # not(...) was only the beginning of a longer expression
        tests = self._tests()
        self._end()
        return tree.AnyOf(tests)

    # Tokens

    @property
    def token(self) -> Token:
        return self.tokens[self.at]

    def _peek(self, kind: str, text: str | None = None, ahead: int = 0) -> bool:
        token = self.tokens[min(self.at + ahead, len(self.tokens) - 1)]
        return token.kind == kind and (text is None or token.text == text)

    def _take(self, kind: str, text: str | None = None) -> Token | None:
        if not self._peek(kind, text):
            return None
        self.at += 1
        return self.tokens[self.at - 1]

    def _need(self, kind: str, text: str) -> Token:
        token = self._take(kind, text)
        if token is None:
            raise FeelSyntaxError(
                N_("“%(wanted)s” is expected, not %(seen)s"), self.token.column, wanted=text, seen=self._seen()
            )
        return token

    def _seen(self) -> str:
        return "…" if self.token.kind == "end" else f"“{self.token.text}”"

    def _end(self) -> None:
        if self.token.kind != "end":
            raise FeelSyntaxError(N_("%(seen)s cannot stand here"), self.token.column, seen=self._seen())

    def _deeper(self) -> None:
        self.depth += 1
        if self.depth > LIMITS.depth:
            raise FeelCostError(
                N_("more than %(allowed)s brackets and operators inside each other"),
                self.token.column,
                allowed=LIMITS.depth,
            )

    # Tests

    def _tests(self) -> tuple[tree.Node, ...]:
        found = [self._test()]
        while self._take("op", ","):
            found.append(self._test())
        return tuple(found)

    def _test(self) -> tree.Node:
        if self.token.kind == "op" and self.token.text in _ORDER:
            op = self.token.text
            self.at += 1
            return tree.Ordered(op, self._sum())
        column = self.token.column
        what = self._expression()
        own = any(isinstance(node, tree.Name) and node.name == tree.INPUT for node in what.walk())
        if not own and isinstance(what, tree.Comparison | tree.Logic | tree.Between | tree.In):
            raise FeelSyntaxError(N_("a condition in a cell has to name the input: write ? for it"), column)
        return tree.Fits(what, own)

    # Expressions, from the loosest binding to the tightest

    def _expression(self) -> tree.Node:
        self._deeper()
        try:
            if self._take("keyword", "if"):
                condition = self._expression()
                self._need("keyword", "then")
                then = self._expression()
                self._need("keyword", "else")
                return tree.If(condition, then, self._expression())
            if self._peek("keyword", "some") or self._peek("keyword", "every"):
                return self._quantified()
            return self._logic("or")
        finally:
            self.depth -= 1

    def _quantified(self) -> tree.Node:
        every = self.token.text == "every"
        self.at += 1
        name = self._take("name")
        if name is None:
            raise FeelSyntaxError(N_("a name is expected, not %(seen)s"), self.token.column, seen=self._seen())
        self._need("keyword", "in")
        members = self._sum()
        self._need("keyword", "satisfies")
        return tree.Quantified(every, name.text, members, self._expression())

    def _logic(self, word: str) -> tree.Node:
        parts = [self._logic("and") if word == "or" else self._comparison()]
        while self._take("keyword", word):
            parts.append(self._logic("and") if word == "or" else self._comparison())
        return parts[0] if len(parts) == 1 else tree.Logic(word == "or", tuple(parts))

    def _comparison(self) -> tree.Node:
        left = self._sum()
        if self.token.kind == "op" and self.token.text in _ORDER:
            op = self.token.text
            self.at += 1
            right = self._sum()
            if self.token.kind == "op" and self.token.text in _ORDER:
                raise FeelSyntaxError(N_("write a < b and b < c instead of a chain"), self.token.column)
            return tree.Comparison(op, left, right)
        if self._take("keyword", "between"):
            low = self._sum()
            self._need("keyword", "and")
            return tree.Between(left, low, self._sum())
        if self._take("keyword", "in"):
            return tree.In(left, tree.AnyOf(self._in_tests()))
        return left

    def _in_tests(self) -> tuple[tree.Node, ...]:
        """``in [1..5]``, ``in list``, ``in (1, < 0, [5..7])``; a bracket alone may also open an interval."""
        if not self._peek("op", "("):
            if self.token.kind == "op" and self.token.text in _ORDER:
                return (self._test(),)
            return (tree.Fits(self._sum(), False),)
        mark = self.at
        self.at += 1
        self._deeper()
        tests = self._tests()
        self.depth -= 1
        if self._peek("op", ".."):
            self.at = mark
            return (tree.Fits(self._primary(), False),)
        self._need("op", ")")
        return tests

    def _sum(self) -> tree.Node:
        left = self._product()
        terms = 0
        while self.token.kind == "op" and self.token.text in "+-":
            terms += 1
            if terms > LIMITS.depth:
                raise FeelCostError(N_("the sum has too many terms"), self.token.column)
            op = self.token.text
            self.at += 1
            left = tree.Arithmetic(op, left, self._product())
        return left

    def _product(self) -> tree.Node:
        left = self._minus()
        terms = 0
        while self.token.kind == "op" and self.token.text in "*/":
            terms += 1
            if terms > LIMITS.depth:
                raise FeelCostError(N_("the product has too many factors"), self.token.column)
            op = self.token.text
            self.at += 1
            left = tree.Arithmetic(op, left, self._minus())
        return left

    def _minus(self) -> tree.Node:
        if not self._take("op", "-"):
            return self._postfix(self._primary())
        self._deeper()
        part = self._minus()
        self.depth -= 1
        return tree.Minus(part)

    def _postfix(self, node: tree.Node, *, filters: bool = True) -> tree.Node:
        links = 0
        while True:
            links += 1
            if links > LIMITS.depth:
                raise FeelCostError(N_("the path is too long"), self.token.column)
            if self._take("op", "."):
                name = self._take("name")
                if name is None:
                    raise FeelSyntaxError(N_("a name is expected, not %(seen)s"), self.token.column, seen=self._seen())
                node = tree.Path(node, name.text)
            elif filters and self._take("op", "["):
                inside = self._expression()
                self._need("op", "]")
                node = tree.Filter(node, inside)
            else:
                return node

    def _primary(self) -> tree.Node:
        token = self.token
        self.at += 1
        match token.kind:
            case "number":
                return tree.Literal(Decimal(token.text))
            case "string":
                return tree.Literal(token.text)
            case "keyword" if token.text in ("true", "false", "null"):
                return tree.Literal({"true": True, "false": False, "null": None}[token.text])
            case "call":
                return self._call(token)
            case "name":
                return self._call(token) if self._peek("op", "(") else tree.Name(token.text)
            case "op":
                return self._bracket(token)
        self.at -= 1
        raise FeelSyntaxError(N_("a value is expected, not %(seen)s"), token.column, seen=self._seen())

    def _bracket(self, token: Token) -> tree.Node:
        if token.text == "?":
            if not self.input_allowed:
                raise FeelSyntaxError(N_("? can only be used in a decision table's cell"), token.column)
            return tree.Name(tree.INPUT)
        if token.text == "@":
            return self._at_literal(token)
        if token.text == "]":
            return self._range(self._endpoint(), low_in=False)
        if token.text == "[":
            if self._take("op", "]"):
                return tree.ListOf(())
            members = [self._expression()]
            if self._peek("op", ".."):
                return self._range(members[0], low_in=True)
            while self._take("op", ","):
                members.append(self._expression())
            self._need("op", "]")
            return tree.ListOf(tuple(members))
        if token.text == "(":
            node = self._expression()
            if self._peek("op", ".."):
                return self._range(node, low_in=False)
            self._need("op", ")")
            return node
        self.at -= 1
        raise FeelSyntaxError(N_("a value is expected, not %(seen)s"), token.column, seen=token.text)

    def _range(self, low: tree.Node, *, low_in: bool) -> tree.Node:
        self._need("op", "..")
        high = self._endpoint()
        for close, high_in in (("]", True), ("[", False), (")", False)):
            if self._take("op", close):
                return tree.RangeOf(low, high, low_in, high_in)
        raise FeelSyntaxError(
            N_("the interval has to end with ] or [, not %(seen)s"), self.token.column, seen=self._seen()
        )

    def _endpoint(self) -> tree.Node:
        """An end of an interval: a literal, name or call, without a filter, because ``[`` may close the interval."""
        minus = self._take("op", "-")
        node = self._postfix(self._primary(), filters=False)
        return tree.Minus(node) if minus else node

    def _call(self, token: Token) -> tree.Node:
        known = FUNCTIONS.get(token.text)
        if known is None:
            raise FeelSyntaxError(
                N_("the function %(name)s() is not known; known are %(known)s"),
                token.column,
                name=token.text,
                known=", ".join(sorted(FUNCTIONS)),
            )
        self._need("op", "(")
        args: list[tree.Node] = []
        if not self._peek("op", ")"):
            args.append(self._expression())
            while self._take("op", ","):
                args.append(self._expression())
        self._need("op", ")")
        if not known.least <= len(args) <= known.most:
            wanted = str(known.least) if known.least == known.most else f"{known.least} to {known.most}"
            raise FeelSyntaxError(
                N_("%(name)s() takes %(wanted)s arguments, not %(given)s"),
                token.column,
                name=token.text,
                wanted=wanted,
                given=len(args),
            )
        return tree.Call(token.text, tuple(args))

    def _at_literal(self, token: Token) -> tree.Node:
        text = self._take("string")
        value = text and (parse_date(text.text) or parse_datetime(text.text) or duration_from_iso(text.text))
        if value is None or value == "":
            raise FeelSyntaxError(
                N_('@ has to be followed by a date, date and time, or duration such as @"2026-07-01"'), token.column
            )
        return tree.Literal(value)
