"""Steps that make a column coarser (泛化), written as SQL of DuckDB. A recipe is {column: step}; what is not in it is left out.

>>> step_sql("month", "born", "date")
"strftime(CAST(\\"born\\" AS DATE), '%Y-%m')"
>>> step_sql("round:100", "pay", "decimal")
'round(CAST("pay" AS DOUBLE) / 100.0) * 100.0'
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

# What each step makes of a value, and of which kinds of column it can be asked.
STEPS: Mapping[str, tuple[str, ...]] = {
    "keep": ("string", "code", "integer", "decimal", "date", "datetime", "boolean", "geometry"),
    "month": ("date", "datetime"),
    "year": ("date", "datetime"),
    "decade": ("date", "datetime"),
    "age5": ("date", "integer"),  # age bands of five years, of a birth date at the day of reference or of an age
    "age10": ("date", "integer"),
    "age20": ("date", "integer"),
    "street": ("string",),  # an address down to its street office or town
    "county": ("string",),
    "prefix": ("string", "code"),  # prefix:6, a region code cut
    "round": ("integer", "decimal"),  # round:100
    "top": ("integer", "decimal"),  # top:100000, larger ones are that
    "grid": ("decimal",),  # grid:0.01, degrees
    "scrub": ("string",),  # free text with tags in the place of what was found
}
KIND_AFTER = {"month": "string", "year": "integer", "decade": "string", "age5": "string", "age10": "string", "age20": "string"}
_COUNTY = r"^(.*?(?:县|区|旗|[^省]市(?:[^区县旗]{1,6}[区县旗])?))"
_STREET = r"^(.*?(?:街道|[镇乡]|开发区))"


class BadStep(ValueError):
    """A step that is not known, or not for this kind of column."""


def _number(step: str, rest: str) -> float:
    if not re.fullmatch(r"\d{1,12}(\.\d{1,6})?", rest) or float(rest) <= 0:
        raise BadStep(f"{step} wants a number above 0")
    return float(rest)


def step_sql(step: str, column: str, kind: str, *, as_of: str = "2026-01-01") -> str:
    """Return the SQL of a step over a column. `as_of` is the day at which ages are counted.

    Raises
    ------
    BadStep
        The step is not known, or not for this kind.
    """
    name, _colon, rest = step.partition(":")
    if name not in STEPS or kind not in STEPS[name]:
        raise BadStep(f"{step} is no step for a column of {kind}")
    q = '"' + column.replace('"', '""') + '"'
    if name in ("keep",):
        return q
    if name == "month":
        return f"strftime(CAST({q} AS DATE), '%Y-%m')"
    if name == "year":
        return f"CAST(year(CAST({q} AS DATE)) AS BIGINT)"
    if name == "decade":
        return f"CAST(year(CAST({q} AS DATE)) // 10 * 10 AS VARCHAR) || 's'"
    if name in ("age5", "age10", "age20"):
        band = int(name[3:])
        age = f"date_diff('year', CAST({q} AS DATE), DATE '{as_of}')" if kind == "date" else f"CAST({q} AS BIGINT)"
        low = f"least(greatest({age}, 0), 90) // {band} * {band}"
        return f"CASE WHEN {q} IS NULL THEN NULL WHEN {age} >= 90 THEN '90+' ELSE CAST({low} AS VARCHAR) || '-' || CAST({low} + {band - 1} AS VARCHAR) END"
    if name in ("county", "street"):
        return f"nullif(regexp_extract({q}, '{_COUNTY if name == 'county' else _STREET}', 1), '')"
    if name == "prefix":
        return f"substr(CAST({q} AS VARCHAR), 1, {int(_number(name, rest))})"
    if name == "scrub":
        return f"privacy_scrub(CAST({q} AS VARCHAR))"
    amount = _number(name, rest)
    if name == "top":
        return f"least(CAST({q} AS {'BIGINT' if kind == 'integer' else 'DOUBLE'}), {int(amount) if kind == 'integer' else amount})"
    if kind == "integer" and amount == int(amount):
        return f"CAST(round(CAST({q} AS DOUBLE) / {int(amount)}) * {int(amount)} AS BIGINT)"
    return f"round(CAST({q} AS DOUBLE) / {amount}) * {amount}"


def select(
    recipe: Mapping[str, str], kinds: Mapping[str, str], source: str, *, as_of: str = "2026-01-01",
    alike: Sequence[str] = (), k: int = 0, sensitive: str = "", diversity: int = 0, order: str = "",
) -> str:  # fmt: skip
    """Return the SELECT that applies a recipe; with `alike` and `k` rows whose group has fewer than k rows are left out
    (抑制), and with `sensitive` and `diversity` those whose group has too few different sensitive values."""
    parts = [f'{step_sql(step, name, kinds[name], as_of=as_of)} AS "{name}"' for name, step in recipe.items()]
    made = f"SELECT {', '.join(parts)} FROM {source}"
    if alike and k > 1:
        listed = ", ".join(f'"{name}"' for name in alike)
        enough = f"count(*) OVER (PARTITION BY {listed}) >= {int(k)}"
        if sensitive and diversity > 1:
            values = f'count(DISTINCT "{sensitive}") OVER (PARTITION BY {listed})'
            missing = f'CAST(count(*) OVER (PARTITION BY {listed}) > count("{sensitive}") OVER (PARTITION BY {listed}) AS INTEGER)'
            enough += f" AND {values} + {missing} >= {int(diversity)}"
        made = f"SELECT * FROM ({made}) QUALIFY {enough}"
    return f"{made} ORDER BY {order}" if order else made
