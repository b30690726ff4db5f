"""What is shown of a value to whoever has not asked for all of it (脱敏)."""

from __future__ import annotations


def masked(value: str, mask: str) -> str:
    """Return the value as its field is shown.

    Of an identity number less than usual is left: with the birth date beside it, six first and four last figures give it away.

    Examples
    --------
    >>> masked("欧阳若云", "name"), masked("11010519491231002X", "id_number"), masked("1949-12-31", "birth_date")
    ('欧***', '110***************', '1949-**-**')
    """
    if not value or not mask:
        return value
    if mask == "hidden":
        return "***"
    if mask == "birth_date":
        return f"{value[:4]}-**-**"
    if mask == "phone":
        return f"{value[:3]}****{value[-4:]}" if len(value) >= 11 else "***" + value[-2:]
    if mask == "address":
        at = max((value.find(w) + 1 for w in ("街道", "镇", "乡", "区", "县", "市") if w in value), default=0)
        return value[: min(at + 1, len(value)) if value[at - 1 : at + 1] == "街道" else max(at, 2)] + "****"
    keep = 3 if mask == "id_number" else 1
    return value[:keep] + "*" * (len(value) - keep)
