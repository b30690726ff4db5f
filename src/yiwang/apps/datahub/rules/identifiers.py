"""Numbers that say who somebody is: the resident's (公民身份号码), the credit code (统一社会信用代码), the organisation's.

Sources: GB 11643-1999 公民身份号码 (check: ISO 7064 MOD 11-2), GB 32100-2015 法人和其他组织统一社会信用代码编码规则,
GB 11714-1997 全国组织机构代码编制规则, GB/T 2260 for the address part. Nothing here raises on what people type: each reading says
what is wrong with it, in words of a fixed list, so that a page can translate them.

The words: `empty`, `characters`, `length`, `check`, `region`, `birth_impossible`, `birth_future`, `spoiled` (a spreadsheet made a
floating number of it), `category`; and `birth_differs`, `sex_differs` of `disagreements`.

Examples
--------
>>> found = identity_number("11010519491231002x")
>>> found.valid, found.number, found.birth.isoformat(), found.sex
(True, '11010519491231002X', '1949-12-31', 'female')
>>> identity_number("1.10105E+17").faults
('spoiled',)
>>> credit_code("91350100M000100Y43").valid, credit_code("91350100M000100Y4Z").faults
(True, ('characters',))
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container
from dataclasses import dataclass
from datetime import date

RESIDENT = "resident"  # 18 characters
RESIDENT_15 = "resident_15"  # the first generation's 15 digits (第一代)
FOREIGNER = "foreigner"  # permanent residence card of 2023 (外国人永久居留证), begins with 9; unconfirmed
PERMIT = "residence_permit"  # residents of Hong Kong, Macao, Taiwan (港澳台居民居住证), 81/82/83; unconfirmed
UNKNOWN = "unknown"

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"
_SYMBOLS = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # I O S V Z are never used
_VALUES = {sign: value for value, sign in enumerate(_SYMBOLS)}
_CREDIT_WEIGHTS = tuple(pow(3, place, 31) for place in range(17))
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_LETTERS_36 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_CATEGORIES = {"1": "1239", "5": "1239", "9": "123", "Y": "1"}  # authority -> categories printed in the standard's table 1
_DROPPED = re.compile(r"[\s'’‘`\"“”\-‐-―_·.．,，]+")
_SCIENTIFIC = re.compile(r"[+-]?\d(?:\.\d+)?[eE]\+?\d{1,2}")
_SEEN_AS_X = str.maketrans({"Х": "X", "х": "X", "×": "X", "✕": "X", "∗": "X"})
_SEEN_AS = str.maketrans("IOSVZ", "105U2")  # what an eye or a scanner makes of digits
_SEXES = {
    "male": "male", "m": "male", "1": "male", "男": "male", "男性": "male", "man": "male", "boy": "male",
    "female": "female", "f": "female", "2": "female", "女": "female", "女性": "female", "woman": "female", "w": "female", "girl": "female",
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class IdentityNumber:
    """What a typed resident's number says. `number` is its 18-character form, "" where none can be made of it."""

    text: str
    number: str
    kind: str
    faults: tuple[str, ...]
    region: str = ""
    birth: date | None = None
    sex: str = ""  # male, female, or ""

    @property
    def valid(self) -> bool:
        """Whether nothing is wrong with it."""
        return not self.faults


@dataclass(frozen=True, kw_only=True)
class CreditCode:
    """What a typed credit code says. `warnings` do not make it invalid: old subjects may lack a right inner check."""

    text: str
    code: str
    faults: tuple[str, ...]
    warnings: tuple[str, ...] = ()
    authority: str = ""
    category: str = ""
    region: str = ""
    organisation_code: str = ""

    @property
    def valid(self) -> bool:
        """Whether nothing is wrong with it."""
        return not self.faults


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A number that one slip away would be right. `position` counts from 1; `slip` is digit, swap or look."""

    number: str
    position: int
    slip: str


def sex_word(text: object) -> str:
    """Return male, female, or "" for what says neither (GB/T 2261.1 codes 0 and 9 among it)."""
    return _SEXES.get(unicodedata.normalize("NFKC", str(text or "")).strip().casefold(), "")


def tidied(text: object) -> str:
    """Return the characters that count: half width, upper case, without spaces, hyphens, quotes and dots."""
    plain = unicodedata.normalize("NFKC", str(text if text is not None else "")).translate(_SEEN_AS_X)
    return _DROPPED.sub("", plain).upper()


def identity_check(first17: str) -> str:
    """Return the check character of 17 digits (ISO 7064 MOD 11-2)."""
    return _CHECKS[sum(int(digit) * weight for digit, weight in zip(first17, _WEIGHTS, strict=True)) % 11]


def upgraded(number15: str) -> str:
    """Return the 18-character form of a 15-digit number: 19 before the year, and the check."""
    first17 = number15[:6] + "19" + number15[6:]
    return first17 + identity_check(first17)


def identity_number(text: object, *, regions: Container[str] | None = None, today: date | None = None) -> IdentityNumber:
    """Read a resident's number.

    Parameters
    ----------
    text
        As typed, scanned or read from a spreadsheet; also a number.
    regions
        Address codes that were ever in use (any year since 1981). Without it the address part is not judged. Codes of a
        province or a city alone do not stand in numbers, so a table of counties and above is what is wanted.
    today
        The day that births may not lie after; births to come are not judged without it.
    """
    raw = unicodedata.normalize("NFKC", str(text if text is not None else "")).strip()
    if not raw:
        return IdentityNumber(text=raw, number="", kind=UNKNOWN, faults=("empty",))
    if _SCIENTIFIC.fullmatch(raw.strip("'\" ").replace(" ", "")):
        return IdentityNumber(text=raw, number="", kind=UNKNOWN, faults=("spoiled",))
    plain = tidied(re.sub(r"\.0+$", "", raw))
    if len(plain) not in (15, 18):
        odd = () if re.fullmatch(r"[0-9X]*", plain) else ("characters",)
        return IdentityNumber(text=raw, number="", kind=UNKNOWN, faults=(*odd, "length"))
    if not re.fullmatch(r"[0-9]{17}[0-9X]|[0-9]{15}", plain):
        return IdentityNumber(text=raw, number="", kind=UNKNOWN, faults=("characters",))
    number = upgraded(plain) if len(plain) == 15 else plain
    kind = _kind(number, short=len(plain) == 15)
    faults: list[str] = []
    if identity_check(number[:17]) != number[17]:
        # Spreadsheets keep 15 digits of a number and write zeros for the rest.
        faults.append("spoiled" if re.search(r"0{3}$", number) else "check")
    if regions is not None and kind in (RESIDENT, RESIDENT_15) and number[:6] not in regions:
        faults.append("region")
    birth = _birth(number[6:14])
    if birth is None:
        faults.append("birth_impossible")
    elif today is not None and birth > today:
        faults.append("birth_future")
    sex = "male" if int(number[16]) % 2 else "female"
    if "spoiled" in faults:
        sex = ""  # its digit is among those that were lost
    return IdentityNumber(text=raw, number=number, kind=kind, faults=tuple(faults), region=number[:6], birth=birth, sex=sex)


def _kind(number: str, *, short: bool) -> str:
    if number[0] == "9" and not short:
        return FOREIGNER
    if number[:6] in ("810000", "820000", "830000"):
        return PERMIT
    return RESIDENT_15 if short else RESIDENT


def _birth(digits: str) -> date | None:
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None


def disagreements(found: IdentityNumber, *, birth: date | None = None, sex: object = "") -> tuple[str, ...]:
    """Return what a form's own fields say otherwise: `birth_differs`, `sex_differs`. What is not given cannot differ."""
    said = sex_word(sex)
    wrong = []
    if birth and found.birth and birth != found.birth:
        wrong.append("birth_differs")
    if said and found.sex and said != found.sex:
        wrong.append("sex_differs")
    return tuple(wrong)


def identity_candidates(
    text: object, *, regions: Container[str] | None = None, today: date | None = None, birth: date | None = None, sex: object = ""
) -> tuple[Candidate, ...]:
    """Return the valid numbers one wrong digit, or one swap of neighbours, away.

    None for a number that is valid, and none of foreigners' cards.

    What is known besides (birth, sex) narrows them. The last place's own digit is among them: then only the check was wrong.
    """
    given = tidied(text)
    if not re.fullmatch(r"[0-9X]{18}", given) or identity_number(given, regions=regions, today=today).valid:
        return ()
    tried: dict[str, Candidate] = {}
    for place in range(18):
        for digit in "0123456789X" if place == 17 else "0123456789":
            made = given[:place] + digit + given[place + 1 :]
            tried.setdefault(made, Candidate(number=made, position=place + 1, slip="digit"))
    for place in range(17):
        swapped = given[:place] + given[place + 1] + given[place] + given[place + 2 :]
        tried.setdefault(swapped, Candidate(number=swapped, position=place + 1, slip="swap"))
    return tuple(one for number, one in tried.items() if _fits(number, regions, today, birth, sex))


def _fits(number: str, regions: Container[str] | None, today: date | None, birth: date | None, sex: object) -> bool:
    found = identity_number(number, regions=regions, today=today)
    return found.valid and found.kind == RESIDENT and not disagreements(found, birth=birth, sex=sex)


def organisation_check(first8: str) -> str:
    """Return the check character of an organisation code's first eight (GB 11714); letters count 10 to 35."""
    rest = 11 - sum(_LETTERS_36.index(sign) * weight for sign, weight in zip(first8, _ORGANISATION_WEIGHTS, strict=True)) % 11
    return {10: "X", 11: "0"}.get(rest, str(rest))


def organisation_code(text: object) -> tuple[str, tuple[str, ...]]:
    """Return an organisation code (组织机构代码) of nine characters and what is wrong with it."""
    plain = tidied(text)
    if not plain:
        return "", ("empty",)
    if len(plain) != 9:
        return plain, ("length",)
    if not re.fullmatch(r"[0-9A-Z]{8}[0-9X]", plain):
        return plain, ("characters",)
    return plain, () if organisation_check(plain[:8]) == plain[8] else ("check",)


def credit_check(first17: str) -> str:
    """Return the check character of a credit code's first seventeen (GB 32100)."""
    rest = (31 - sum(_VALUES[sign] * weight for sign, weight in zip(first17, _CREDIT_WEIGHTS, strict=True)) % 31) % 31
    return _SYMBOLS[rest]


def credit_code(text: object, *, regions: Container[str] | None = None) -> CreditCode:
    """Read a credit code. `regions` as in `identity_number`; 100000 is the state's own register and always known."""
    raw = unicodedata.normalize("NFKC", str(text if text is not None else "")).strip()
    plain = tidied(raw)
    if not plain:
        return CreditCode(text=raw, code="", faults=("empty",))
    if _SCIENTIFIC.fullmatch(raw.replace(" ", "")) and len(plain) < 18:
        return CreditCode(text=raw, code="", faults=("spoiled",))
    if len(plain) != 18:
        return CreditCode(text=raw, code="", faults=("length",))
    if not all(sign in _VALUES for sign in plain):
        return CreditCode(text=raw, code=plain, faults=("characters",))
    faults, warnings = [], []
    if not plain[2:8].isdigit():
        faults.append("region")
    elif regions is not None and plain[2:8] not in regions and plain[2:8] != "100000":
        warnings.append("region")  # registers of development zones use codes that no list of counties holds
    if credit_check(plain[:17]) != plain[17]:
        faults.append("check")
    if plain[1] not in _CATEGORIES.get(plain[0], "123456789"):
        warnings.append("category")
    if organisation_code(plain[8:17])[1]:
        warnings.append("organisation_check")
    return CreditCode(
        text=raw, code=plain, faults=tuple(faults), warnings=tuple(warnings), authority=plain[0], category=plain[1], region=plain[2:8],
        organisation_code=plain[8:17],
    )  # fmt: skip


def credit_candidates(text: object, *, regions: Container[str] | None = None) -> tuple[Candidate, ...]:
    """Return the credit codes one slip away whose inner organisation code is right too; none for a code that is valid."""
    given = tidied(text)
    if len(given) != 18 or credit_code(given).valid:
        return ()
    seen = given.translate(_SEEN_AS)
    if seen != given:
        place = next(n for n, (a, b) in enumerate(zip(given, seen, strict=True), 1) if a != b)
        return (Candidate(number=seen, position=place, slip="look"),) if credit_code(seen).valid else ()
    tried: dict[str, Candidate] = {}
    for place in range(18):
        for sign in _SYMBOLS:
            made = given[:place] + sign + given[place + 1 :]
            tried.setdefault(made, Candidate(number=made, position=place + 1, slip="digit"))
    for place in range(17):
        made = given[:place] + given[place + 1] + given[place] + given[place + 2 :]
        tried.setdefault(made, Candidate(number=made, position=place + 1, slip="swap"))
    kept = []
    for made, one in tried.items():
        found = credit_code(made, regions=regions)
        if found.valid and not set(found.warnings) & {"organisation_check", "region"}:
            kept.append(one)
    return tuple(kept)
