"""Quality of data in the six dimensions of GB/T 36344-2018 (数据质量评价指标): rules as data, SQL made from them, scores."""

from yiwang.apps.datahub.rules.quality.rule import DIMENSIONS, KINDS, Rule, RuleError, rules_of
from yiwang.apps.datahub.rules.quality.scores import Result, grade_of, score

__all__ = ["DIMENSIONS", "KINDS", "Result", "Rule", "RuleError", "grade_of", "rules_of", "score"]
