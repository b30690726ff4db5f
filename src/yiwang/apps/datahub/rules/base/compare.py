"""Comparing two rows: level by level, weight by weight, with the guards that no weight overrules.

Match weights after Fellegi and Sunter (1969). The guards are what real life taught: twins share everything but the given
name; father and son share address and telephone; a clerk types one man's number for another.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from pypinyin import Style, lazy_pinyin
from rapidfuzz import fuzz
from rapidfuzz.distance import DamerauLevenshtein

from yiwang.apps.datahub.rules.base.book import Book
from yiwang.apps.datahub.rules.base.keys import identity_of

Row = Mapping[str, str]
AUTO, REVIEW, NO = "auto", "review", "no"
PRIOR = "prior"  # the column that stands for what is so before anything is compared
NUMBER_CONFLICT, TWO_NUMBERS, OTHER_NAME, GREY = "number_conflict", "two_numbers", "other_name", "grey"


@dataclass(frozen=True, kw_only=True)
class Column:
    """What one column says: how far it agrees, and how much that weighs in bits."""

    name: str
    level: str  # exact, sound, close, differs; empty: one side says nothing
    bits: float


@dataclass(frozen=True, kw_only=True)
class Compared:
    """What two rows say of each other."""

    score: float
    verdict: str  # auto, review, no
    why: str  # for review: which guard or "grey"
    columns: tuple[Column, ...]


def plain(text: str) -> str:
    """Return a text as it is compared: half width, no spaces, no dots between names, capital letters."""
    return re.sub(r"[\s·•・.．]+", "", unicodedata.normalize("NFKC", text)).upper()


@lru_cache(maxsize=50_000)
def sound(text: str) -> str:
    """Return the pinyin without tones, by which 王芳 and 王方 sound alike."""
    return " ".join(lazy_pinyin(text, style=Style.NORMAL))


def name_level(a: str, b: str) -> str:
    """Compare two names of persons: with 2 to 4 characters an edit distance says little, so sound and place count.

    Examples
    --------
    >>> name_level("王芳", "王 芳"), name_level("王芳", "王方"), name_level("张子轩", "张子豪"), name_level("张伟", "李伟")
    ('exact', 'sound', 'differs', 'differs')
    """
    left, right = plain(a), plain(b)
    if left == right:
        return "exact"
    if sound(left) == sound(right):
        return "sound"
    if len(left) == len(right) >= 2 and sorted(left) == sorted(right):
        return "close"  # 子轩 typed as 轩子
    if len(left) > 4 and len(right) > 4 and DamerauLevenshtein.distance(left, right) <= max(1, len(left) // 8):
        return "close"  # names of other peoples, written in six characters and more
    return "differs"


def _date_level(a: str, b: str) -> str:
    left, right = re.sub(r"\D", "", a), re.sub(r"\D", "", b)
    if left == right:
        return "exact"
    if len(left) == len(right) == 8 and (DamerauLevenshtein.distance(left, right) == 1 or left == right[:4] + right[6:] + right[4:6]):
        return "close"
    return "differs"


def _text_level(a: str, b: str) -> str:
    left, right = plain(a), plain(b)
    if left == right:
        return "exact"
    return "close" if fuzz.ratio(left, right) >= 82 else "differs"


def _number_level(a: str, b: str) -> str:
    left, right = identity_of(a) or plain(a), identity_of(b) or plain(b)
    if left == right:
        return "exact"
    both_valid = bool(identity_of(a)) and bool(identity_of(b))
    return "close" if not both_valid and DamerauLevenshtein.distance(left, right) == 1 else "differs"


def _code_level(a: str, b: str) -> str:
    return _same(a.replace("-", ""), b.replace("-", ""))  # organisation codes are printed with and without the hyphen


def _same(a: str, b: str) -> str:
    return "exact" if plain(a) == plain(b) else "differs"


LEVELS_OF: Mapping[str, Callable[[str, str], str]] = {
    "name": name_level, "legal_representative": name_level, "birth_date": _date_level, "established_on": _date_level, "id_number": _number_level,
    "credit_code": _number_level, "organisation_code": _code_level, "address": _text_level,
}  # fmt: skip


def _values(row: Row, column: str) -> list[str]:
    if column == "address" and "address" not in row:
        return [v for v in (row.get("household_address", ""), row.get("residence_address", "")) if v]
    return [v for v in (row.get(column, ""),) if v]


def _level(book: Book, a: Row, b: Row, column: str) -> str:
    left, right = _values(a, column), _values(b, column)
    if column == "name":
        left, right = left + _values(a, "former_name"), right + _values(b, "former_name")
    measure = LEVELS_OF.get(column, _same)
    if column == "name" and book.kind == "entity":
        measure = _text_level
    found = {measure(x, y) for x in left for y in right}
    return next((level for level in ("exact", "sound", "close", "differs") if level in found), "")


def compare(book: Book, a: Row, b: Row) -> Compared:
    """Weigh two rows. What is empty on one side says nothing."""
    columns = []
    coded = bool(identity_of(a.get("credit_code", "")) and identity_of(b.get("credit_code", "")))
    for column, weights in book.bits.items():
        # The organisation code lies within the credit code: where both have that one, it would speak twice.
        level = "" if column == "organisation_code" and coded else _level(book, a, b, column)
        fallback = weights["exact"] if level == "sound" and "sound" not in weights else weights.get("differs", 0.0)
        columns.append(Column(name=column, level=level, bits=weights.get(level, fallback) if level else 0.0))
    score = round(book.prior + sum(c.bits for c in columns), 2)
    levels = {c.name: c.level for c in columns}
    key = "id_number" if book.kind == "person" else "credit_code"
    same_number = levels.get(key) == "exact" and bool(identity_of(a.get(key, "")))
    same_name = levels["name"] in ("exact", "sound")
    if same_number and (not same_name and levels["name"] != "close"):
        return Compared(score=score, verdict=REVIEW, why=NUMBER_CONFLICT, columns=tuple(columns))
    if same_number and levels.get("birth_date") == "differs" and levels["name"] != "exact":
        return Compared(score=score, verdict=REVIEW, why=NUMBER_CONFLICT, columns=tuple(columns))
    if same_number:
        return Compared(score=score, verdict=AUTO, why=key, columns=tuple(columns))
    if score < book.review:
        return Compared(score=score, verdict=NO, why="", columns=tuple(columns))
    guard = ""
    if levels.get(key) == "differs" and identity_of(a.get(key, "")) and identity_of(b.get(key, "")):
        guard = TWO_NUMBERS
    elif levels["name"] == "differs":
        guard = OTHER_NAME  # twins, brothers, husband and wife: never by a program alone
    elif score < book.auto or levels.get("birth_date") == "differs":
        guard = GREY
    return Compared(score=score, verdict=REVIEW if guard else AUTO, why=guard or "weights", columns=tuple(columns))


def blocks(book: Book, row: Row) -> list[str]:
    """Return the keys under which rows are looked for that may be the same; plain here, hashed where they are stored."""
    found = []
    name, birth = plain(row.get("name", "")), re.sub(r"\D", "", row.get("birth_date", ""))
    spoken = sound(name)
    if number := identity_of(row.get("id_number", "") or row.get("credit_code", "")):
        found.append(f"n:{number}")
    elif number := plain(row.get("id_number", "")):
        found += [f"m:{number[:-1]}", f"m:{number[-8:]}"]
    if book.kind == "person":
        if number := identity_of(row.get("id_number", "")):
            found += [f"m:{number[:-1]}", f"m:{number[-8:]}"]
        found += [f"sb:{spoken}:{birth}", f"sy:{spoken}:{birth[:4]}"] if birth else []
        if birth and name:
            found.append(f"fb:{name[0]}:{birth}")
        for former in filter(None, [plain(row.get("former_name", ""))]):
            found.append(f"sy:{sound(former)}:{birth[:4]}")
    else:
        found += [f"en:{n[:20]}" for n in (name, plain(row.get("former_name", ""))) if n]
        if code := plain(row.get("organisation_code", "")).replace("-", ""):
            found.append(f"oc:{code}")
        if number := plain(row.get("registration_number", "")):
            found.append(f"rn:{number}")
        if name:
            found.append(f"ep:{plain(row.get('address', ''))[:24]}:{plain(row.get('legal_representative', ''))}")
    if phone := re.sub(r"\D", "", row.get("phone", "")):
        found.append(f"ph:{phone[-11:]}")
    return list(dict.fromkeys(f for f in found if len(f) > 4))
