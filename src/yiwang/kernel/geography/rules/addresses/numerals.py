"""Numbers written in Chinese (一百二十三, 〇, 两) and back."""

import re

_DIGITS = {c: n for n, c in enumerate("〇一二三四五六七八九")} | {"零": 0, "两": 2, "壹": 1, "贰": 2, "叁": 3}
_TENS = {"十": 10, "百": 100, "千": 1000}
_CHARS = "〇零一二两三四五六七八九十百千壹贰叁"
_BEFORE_UNIT = re.compile(rf"([{_CHARS}]+)(?=号(?!路|街|线|桥|井|门(?![口前外旁对]))|弄|栋|幢|单元|室|层|楼(?!梯|道)|米|公里|附|之[{_CHARS}\d])")
_SUB = re.compile(rf"(?<=[附之])([{_CHARS}]+)")
_RUN = re.compile(rf"([{_CHARS}]{{1,7}})")
_FIGURES = re.compile(r"\d{1,4}")


def value_of(text: str) -> int | None:
    """Return the number that the characters say, None when they say none.

    >>> value_of("一百二十三"), value_of("十二"), value_of("二〇五"), value_of("一百零五"), value_of("百千")
    (123, 12, 205, 105, None)
    """
    if not text or any(c not in _DIGITS and c not in _TENS for c in text):
        return None
    if not any(c in _TENS for c in text):
        return int("".join(str(_DIGITS[c]) for c in text))
    total, digit, last = 0, -1, 10_000
    for c in text:
        if c in _DIGITS:
            digit = _DIGITS[c]
            continue
        unit = _TENS[c]
        if unit >= last or (digit < 0 and not (unit == 10 and total == 0)):
            return None
        total, digit, last = total + (1 if digit < 0 else digit) * unit, -1, unit
    return total + max(digit, 0)


def _figures(match: re.Match[str]) -> str:
    value = value_of(match[1])
    return match[1] if value is None else str(value)


def numbers_to_figures(text: str) -> str:
    """Write numbers before 号, 栋, 单元, 室, 层, 米 and after 附, 之 in figures; names keep theirs.

    >>> numbers_to_figures("五一路一百二十三号附二")
    '五一路123号附2'
    >>> numbers_to_figures("三号路七弄")
    '三号路7弄'
    """
    return _SUB.sub(_figures, _BEFORE_UNIT.sub(_figures, text))


def names_in_figures(text: str) -> str:
    """Write every number in figures, for names like 第三十二中学.

    >>> names_in_figures("第三十二中学")
    '第32中学'
    """
    return _RUN.sub(_figures, text)


def names_in_characters(text: str) -> str:
    """Write figures that are part of a name (not before 号, 栋 ...) in characters: 第32中学 as 第三十二中学."""
    return _FIGURES.sub(lambda m: characters_of(int(m[0])) if not re.match(r"[号弄栋幢单室层楼米\-之]", text[m.end() :]) else m[0], text)


def characters_of(value: int) -> str:
    """Return 0 to 9999 in characters.

    >>> characters_of(123), characters_of(12), characters_of(105), characters_of(20)
    ('一百二十三', '十二', '一百零五', '二十')
    """
    if value == 0:
        return "零"
    made, gap = "", False
    for unit, sign in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = value // unit % 10
        if digit:
            made += ("零" if gap else "") + "〇一二三四五六七八九"[digit] + sign
            gap = False
        elif made:
            gap = True
    return made[1:] if made.startswith("一十") else made
