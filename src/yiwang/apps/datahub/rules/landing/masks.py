"""How a personal value is shown where nobody needs it whole (脱敏): refused rows, previews, samples of quality."""

from __future__ import annotations

_TWO = ("欧阳", "司马", "上官", "诸葛", "东方", "皇甫", "尉迟", "公孙", "令狐", "慕容", "夏侯", "司徒", "端木", "百里", "南宫")


def masked(value: object, personal: str) -> str:
    """Return a value as it may be shown.

    >>> masked("11010519491231002X", "id_number"), masked("王小明", "name"), masked("13812348000", "phone"), masked("12.5", "")
    ('110105********002X', '王*明', '138****8000', '12.5')
    """
    text = "" if value is None else str(value)
    if not text or not personal:
        return text
    size = len(text)
    if personal == "name":
        keep = 2 if text[:2] in _TWO and size > 2 else 1
        return text[:keep] + "*" * (size - keep) if size <= keep + 1 else text[:keep] + "*" * (size - keep - 1) + text[-1]
    if personal == "id_number":
        return text[:6] + "*" * (size - 10) + text[-4:] if size > 10 else "*" * size
    if personal == "phone":
        return text[:3] + "****" + text[-4:] if size >= 11 else "*" * max(size - 2, 1) + text[-2:]
    if personal == "bank_card":
        return "*" * max(size - 4, 1) + text[-4:]
    if personal == "email":
        return text[:1] + "***@" + text.partition("@")[2]
    if personal == "plate":
        return text[:2] + "***" + text[-1:]
    if personal == "birth_date":
        return text[:4] + "-**-**"
    if personal == "address":
        return text[:6] + "****"
    return "*" * min(size, 8)
