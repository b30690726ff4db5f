"""Rewards and penalties by rule (奖惩规则): what follows from a rank, a grade or a score, as the scheme's data say."""

from collections.abc import Iterator, Sequence

from yiwang.kernel.indicators.contracts import Consequence, Judged, League


def fits(rule: Consequence, row: Judged, last: int) -> bool:
    """Say whether a rule fits a row; `last` is the worst rank there is, so that "the last two" can be said."""
    if row.score is None or row.rank is None:
        return False
    if rule.rank_to is not None and row.rank > rule.rank_to:
        return False
    if rule.last is not None and row.rank <= last - rule.last:
        return False
    if rule.grades and row.grade not in rule.grades:
        return False
    return not ((rule.score_from is not None and row.score < rule.score_from) or (rule.score_below is not None and row.score >= rule.score_below))


def of(table: League) -> Iterator[tuple[Judged, Consequence]]:
    """Yield what follows for whom, in the order of ranks; who is not ranked is neither rewarded nor punished."""
    rules: Sequence[Consequence] = table.scheme.consequences
    last = max((r.rank for r in table.rows if r.rank is not None), default=0)
    for row in table.rows:
        for rule in rules:
            if fits(rule, row, last):
                yield row, rule
