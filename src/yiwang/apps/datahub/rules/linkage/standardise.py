"""Values as they are compared (标准化): one form for what people write in many. Each function takes a text and returns a text, "" for nothing.

Half width, small letters, no accents; Chinese names with their sound (拼音) so that homophones and traditional forms meet; dates of
any common form as eight digits; numbers of phones without prefixes; addresses as tokens.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import date, timedelta
from functools import lru_cache

from pypinyin import Style, lazy_pinyin

from yiwang.apps.datahub.rules import identifiers

EMPTY = {
    "", "null", "none", "nan", "n/a", "#n/a", "nat", "-", "--", "unknown", "\\n", "不详", "无", "未知", "未填", "未填写", "暂无", "/",
}  # fmt: skip
TITLES = {"mr", "mrs", "ms", "miss", "dr", "prof", "sir", "lord", "lady", "rev", "dame", "hon", "jr", "sr"}
COMPOUND = (
    "欧阳 司马 上官 诸葛 东方 皇甫 尉迟 公孙 令狐 慕容 宇文 长孙 司徒 司空 夏侯 轩辕 端木 南宫 独孤 澹台 呼延 闻人 申屠 太史 歐陽 諸葛 東方 尉遲 公孫 長孫"
)  # fmt: skip
_COMPOUND = frozenset(COMPOUND.split())
_HAN = re.compile(r"[㐀-鿿豈-﫿\U00020000-\U0003134f]")
_LIGATURES = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d", "ı": "i"})
_MONTHS = {m: n for n, m in enumerate(["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], 1)}
_WORDS = re.compile(r"[a-z]+|\d+|[㐀-鿿豈-﫿\U00020000-\U0003134f]+|[^\W\d_a-z]+")


def fold(text: object) -> str:
    """Return a text in half width and small letters, without accents and repeated spaces; "" for the words that mean nothing."""
    if text is None:
        return ""
    raw = str(text)
    if not raw.isascii():
        raw = unicodedata.normalize("NFKC", raw)
    low = raw.casefold()
    if not low.isascii():
        low = "".join(c for c in unicodedata.normalize("NFD", low.translate(_LIGATURES)) if not unicodedata.combining(c))
        low = unicodedata.normalize("NFC", low)
    low = " ".join(low.split())
    return "" if low in EMPTY else low


def is_han(text: str) -> bool:
    """Whether a text holds Chinese characters."""
    return _HAN.search(text) is not None


def name(text: object) -> str:
    """Return a name: letters, digits and single spaces; Chinese names without the spaces and dots inside."""
    plain = re.sub(r"[^\w]+|_+", " ", fold(text).replace("'", "").replace("’", "")).strip()
    return plain.replace(" ", "") if is_han(plain) else plain


def names(given: object, family: object, full: object) -> tuple[str, str, str]:
    """Return given name, family name and whole name, each filled from the others as far as it goes."""
    first, last = name(given), name(family)
    raw = fold(full)
    if not first and not last and raw:
        if is_han(raw):
            return _han_split(name(raw))
        if "," in raw:
            after, before = raw.split(",", 1)
            first, last = name(before), name(after)
        else:
            words = [w for w in name(raw).split() if w not in TITLES] or name(raw).split()
            first, last = words[0] if words else "", words[-1] if len(words) > 1 else ""
        return first, last, " ".join(w for w in (first, last) if w) if "," in raw else name(raw)
    if is_han(first + last):
        return first, last, (last + first) if not first.startswith(last) or not last else first
    return first, last, " ".join(w for w in (first, last) if w)


def _han_split(whole: str) -> tuple[str, str, str]:
    cut = 2 if whole[:2] in _COMPOUND and len(whole) > 2 else 1
    return whole[cut:], whole[:cut] if len(whole) > 1 else "", whole


@lru_cache(maxsize=100_000)
def _sound_of(sign: str) -> str:
    return lazy_pinyin(sign, style=Style.NORMAL)[0]


def sound(text: str) -> str:
    """Return how a name sounds: pinyin for Chinese, a coarse consonant key for letters."""
    if is_han(text):
        return " ".join(_sound_of(sign) for sign in text if not sign.isspace())
    return " ".join(_consonants(word) for word in text.split())


_SOUNDS = (("ph", "f"), ("ck", "k"), ("sch", "s"), ("sh", "s"), ("ch", "c"), ("th", "t"), ("wh", "w"), ("kn", "n"), ("gh", "g"), ("wr", "r"), ("mc", "mac"))  # fmt: skip
_SAME = str.maketrans("qxzvyj", "kssfig")


@lru_cache(maxsize=200_000)
def _consonants(word: str) -> str:
    for long, short in _SOUNDS:
        word = word.replace(long, short)
    word = word.translate(_SAME).replace("c", "k")
    if not word:
        return ""
    kept = word[0] + re.sub(r"[aeiouhw]", "", word[1:])
    return re.sub(r"(.)\1+", r"\1", kept)


def day_first(values: Iterable[object]) -> bool:
    """Whether dates such as 03/04/1970 in a column are day first: yes unless a second part above 12 says no."""
    first = second = 0
    for value in values:
        found = re.match(r"^\s*(\d{1,2})[/.\-](\d{1,2})[/.\-]\d{2,4}", str(value or ""))
        if found:
            first += int(found[1]) > 12
            second += int(found[2]) > 12
    return first >= second


def birth(text: object, *, days_first: bool = True) -> str:
    """Return a date as YYYYMMDD; parts not told are 00; impossible ones stay as they are, for they may be one slip from right."""
    raw = fold(text)
    if not raw:
        return ""
    found = re.match(r"^(\d{4})\s*[-/.年 ]\s*(\d{1,2})\s*[-/.月 ]\s*(\d{1,2})", raw)
    if found:
        return f"{found[1]}{int(found[2]):02d}{int(found[3]):02d}"
    if re.fullmatch(r"\d{8}(\.0)?", raw):
        return raw[:8]
    if re.fullmatch(r"\d{14}|\d{12}", raw):
        return raw[:8]
    if re.fullmatch(r"\d{5}(\.0)?", raw):  # days since 1899-12-30, as spreadsheets count
        days = int(raw[:5])
        return f"{date(1899, 12, 30) + timedelta(days=days):%Y%m%d}" if 3653 <= days <= 65000 else ""
    found = re.match(r"^(\d{1,2})\s*[-/. ]\s*(\d{1,2})\s*[-/. ]\s*(\d{4})", raw)
    if found:
        one, two = int(found[1]), int(found[2])
        day, month = (one, two) if days_first else (two, one)
        if month > 12 >= day:
            day, month = month, day
        return f"{found[3]}{month:02d}{day:02d}"
    found = re.match(r"^(\d{1,2})?\s*-?([a-z]{3})[a-z]*\.?[\s\-]*(\d{1,2})?(?:st|nd|rd|th)?,?[\s\-]*(\d{4})$", raw)
    if found and found[2] in _MONTHS:
        return f"{found[4]}{_MONTHS[found[2]]:02d}{int(found[1] or found[3] or 0):02d}"
    found = re.fullmatch(r"(\d{4})(?:\s*[-/.年]\s*(\d{1,2})月?)?年?", raw)
    if found:
        return f"{found[1]}{int(found[2] or 0):02d}00"
    digits = re.sub(r"\D", "", raw)
    return digits[:8] if len(digits) >= 6 else ""


def phone(text: object) -> str:
    """Return a phone's digits without country code, leading zeros and extension."""
    raw = re.split(r"(?:ext|x|转|,|;|/|、)", re.sub(r"\.0$", "", fold(text)))[0]
    digits = re.sub(r"\D", "", raw)
    if len(digits) > 11 and digits.startswith(("86", "0086")):
        digits = re.sub(r"^(0086|86)", "", digits)
    digits = digits.lstrip("0")
    return digits if len(digits) >= 5 and len(set(digits)) > 1 else ""


def postcode(text: object) -> str:
    """Return a postcode's letters and digits."""
    return re.sub(r"[^0-9a-z]+", "", re.sub(r"\.0$", "", fold(text)))


def email(text: object) -> str:
    """Return an address of mail, "" for what holds no @."""
    plain = fold(text).replace(" ", "")
    return plain if "@" in plain else ""


def words(text: object) -> str:
    """Return a text's words, joined by single spaces."""
    return " ".join(_WORDS.findall(fold(text)))


def tokens(text: str) -> list[str]:
    """Return what two addresses can share: words, numbers, pairs of neighbouring Chinese characters."""
    found: list[str] = []
    for word in _WORDS.findall(text):
        if is_han(word) and len(word) > 2:
            found += [word[n : n + 2] for n in range(len(word) - 1)]
        else:
            found.append(word)
    return list(dict.fromkeys(found))


def identity(text: object) -> tuple[str, bool, str, str]:
    """Return an identity number, whether it is a valid resident's number, and the birth (YYYYMMDD) and sex that it tells."""
    raw = fold(text)
    if not raw:
        return "", False, "", ""
    found = identifiers.identity_number(raw)
    if found.valid:
        return found.number, True, f"{found.birth:%Y%m%d}" if found.birth else "", found.sex
    if "spoiled" in found.faults:
        return "", False, "", ""
    plain = re.sub(r"[^0-9a-z]+", "", re.sub(r"\.0$", "", raw)).upper()
    return (plain if len(set(plain)) > 1 else ""), False, "", ""
