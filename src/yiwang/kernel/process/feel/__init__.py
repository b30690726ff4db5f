"""The FEEL subset of conditions and decision tables: text in, syntax tree, value out; never Python (DMN 1.3, clause 10.3).

>>> evaluate('if area = "一类" then 2 else 4', {"area": "一类"})
2
>>> matches('"井盖","路灯"', "路灯", {})
True

What the subset can say is listed in ``docs/reference/expressions.md``. Cost is bounded: source length, nesting, list
and text size, and the number of steps of one evaluation. Unknown variables are null, as in FEEL; unknown functions and
everything outside the subset are refused when the text is read, with the column.
"""

from yiwang.kernel.process.feel.api import compile_expression, compile_tests, evaluate, is_true, matches, raw_value
from yiwang.kernel.process.feel.limits import FeelCostError, FeelError, FeelSyntaxError, Limits
from yiwang.kernel.process.feel.values import duration_from_iso, iso_duration, to_plain

__all__ = [
    "FeelCostError",
    "FeelError",
    "FeelSyntaxError",
    "Limits",
    "compile_expression",
    "compile_tests",
    "duration_from_iso",
    "evaluate",
    "is_true",
    "iso_duration",
    "matches",
    "raw_value",
    "to_plain",
]
