"""How a value of a column is shown where nobody needs it whole: refused rows, previews, samples of quality.

What the bureau and the authority's steward both see is masked as strongly as the stricter of the two wants for its grade.
"""

from __future__ import annotations

from yiwang.apps.datahub.rules.contract import Column
from yiwang.apps.datahub.rules.masking import PLAIN, STRENGTHS, kind_of, mask, strength_for

READERS = ("owner", "steward")


def masked(value: object, personal: str) -> str:
    """Return a value as it may be shown, of a column of which only the kind of personal value is known.

    >>> masked("11010519491231002X", "id_number"), masked("12.5", ""), masked(None, "name")
    ('110105********002X', '12.5', '')
    """
    text = "" if value is None else str(value)
    if not text or not personal:
        return text
    return mask(personal, text) or "*" * min(len(text), 8)


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
        return masked(text, "other")
    strength = max((strength_for(column, reader) for reader in READERS), key=STRENGTHS.index)
    if strength == PLAIN:
        return text
    return str(mask(kind_of(column) or "other", text, strength)) or "*" * min(len(text), 8)
