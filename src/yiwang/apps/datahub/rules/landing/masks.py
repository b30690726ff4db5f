"""How a value of a column is shown where nobody needs it whole: refused rows, previews, samples of quality.

What the bureau and the authority's steward both see is masked as strongly as the stricter of the two wants for its grade.
"""

from __future__ import annotations

from yiwang.apps.datahub.rules import masking
from yiwang.apps.datahub.rules.contract import Column
from yiwang.apps.datahub.rules.masking import PLAIN, STRENGTHS, kind_of, strength_for

READERS = ("owner", "steward")


def shown(value: object, column: Column | None) -> str:
    """Return a value as the bureau and the steward may see it: by the column's grade and kind (data/masking.toml).

    >>> shown("肺结核", Column(name="diagnosis", personal="other", grade=4)), shown("13800001111", Column(name="phone", personal="phone", grade=2))
    ('***', '138****1111')
    >>> shown("12.5", Column(name="amount")), shown("12.5", Column(name="amount", grade=4)), shown("王五", None)
    ('12.5', '***', '王***')
    """
    text = "" if value is None else str(value)
    if not text:
        return text
    if column is None:  # nobody knows what it is
        return masking.shown(text, "other")
    strength = max((strength_for(column, reader) for reader in READERS), key=STRENGTHS.index)
    if strength == PLAIN:
        return text
    return masking.shown(text, kind_of(column) or "other", strength)
