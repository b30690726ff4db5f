"""What a stranger may read of a report's words: phone, identity and mail numbers are masked (个人信息脱敏)."""

import re

_ID = re.compile(r"(?<!\d)(\d{3})\d{11}(?:\d{3}[\dXx]|\d)(?!\d)")  # 居民身份证 of 18 or 15 places
_MOBILE = re.compile(r"(?<!\d)(1[3-9]\d)[\s-]?\d{4}[\s-]?(\d{4})(?!\d)")
_LANDLINE = re.compile(r"(?<!\d)(0\d{2,3}[\s-]?)\d{7,8}(?!\d)")
_MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")


def mask_personal(text: str) -> str:
    """Return the text with what names a person masked.

    >>> mask_personal("请联系 138 1234 5678 或 a.b@example.org，2026-11-23 起积水")
    '请联系 138****5678 或 ***，2026-11-23 起积水'
    >>> mask_personal("身份证371502199001011234，电话0635-8200000")
    '身份证371***，电话0635-***'
    """
    text = _ID.sub(r"\1***", text)
    text = _MOBILE.sub(r"\1****\2", text)
    text = _LANDLINE.sub(r"\1***", text)
    return _MAIL.sub("***", text)
