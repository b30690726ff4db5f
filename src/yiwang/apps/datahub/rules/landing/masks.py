"""How a value of a column is shown where nobody needs it whole: refused rows, previews, samples of quality."""

from __future__ import annotations

from yiwang.apps.datahub.rules.masking import mask


def masked(value: object, personal: str) -> str:
    """Return a value as it may be shown.

    >>> masked("11010519491231002X", "id_number"), masked("12.5", ""), masked(None, "name")
    ('110105********002X', '12.5', '')
    """
    text = "" if value is None else str(value)
    if not text or not personal:
        return text
    return mask(personal, text) or "*" * min(len(text), 8)
