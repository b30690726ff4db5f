"""Masks of personal values (脱敏), once as Python and once as DuckDB SQL: one definition, so both say the same.

After GB/T 37964-2019 (个人信息去标识化指南). A mask is a short list of cases: a pattern that the whole value must fit, and
what is made of its groups. `[0]` of a part is a group kept, `[*]` one replaced by as many stars. The first case that fits
holds; what fits none is hidden altogether. Which strength a reader meets is data: data/masking.toml.

Masks hide from readers; they do not make anonymous. The first six and last four of an identity number hide just the birth
date: `warnings` says where that is shown beside it.

Examples
--------
>>> mask("id_number", "110105194912310021"), mask("id_number", "110105194912310021", "strong")
('110105********0021', '1****************1')
>>> mask("name", "王小明"), mask("name", "欧阳修"), mask("phone", "0571-88001234")
('王*明', '欧阳*', '0571-******34')
>>> mask("address", "浙江省德清县武康街道永安街1号")
'浙江省德清县武康街道****'
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

PLAIN, MASK, STRONG, HIDDEN = "plain", "mask", "strong", "hidden"
STRENGTHS = (PLAIN, MASK, STRONG, HIDDEN)  # each hides more than the one before
READERS = ("open", "bureau", "grant", "owner", "steward")
COVER = "***"
_END = r"\z"  # RE2 has no fullmatch for groups
_SPACES = r"[ \t\r\n　]+"
_WIDE, _NARROW = "０１２３４５６７８９Ｘｘ＠", "0123456789Xx@"
_COMPOUND = (
    "欧阳|太史|端木|上官|司马|东方|独孤|南宫|万俟|闻人|夏侯|诸葛|尉迟|公羊|赫连|澹台|皇甫|宗政|濮阳|公冶|太叔|申屠|公孙|慕容|"
    "仲孙|钟离|长孙|宇文|司徒|鲜于|司空|闾丘|子车|亓官|司寇|巫马|公西|颛孙|壤驷|公良|漆雕|乐正|宰父|谷梁|拓跋|夹谷|轩辕|"
    "令狐|段干|百里|呼延|东郭|南门|羊舌|微生|公户|公玉|公仪|梁丘|公仲|公上|公门|公山|公坚|左丘|公伯|西门|公祖|第五|贯丘|公皙|南荣|东里|东宫|仲长|子书|子桑|即墨|达奚|褚师"
)  # 复姓
_FAMILY = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜"
    "范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文施洪褚卫尤"
)
_TITLES = "先生|女士|同志|老师|医生|大夫|阿姨|师傅|老人|主任|同学|小姐|太太"
_NAMED = "姓名|联系人|户主|申请人|当事人|投诉人|举报人|负责人|收件人|患者|死者|监护人|法定代表人"
_OUTSIDE = "[^0-9号路弄巷栋幢楼室组]*?"  # what may stand before the end of a street's name: nothing of a house's number


@dataclass(frozen=True)
class Case:
    """One case of a mask: (pattern of the whole value, parts: `[n]` group kept, `[*n]` group as stars, else text)."""

    pattern: str
    parts: tuple[str, ...]


def _case(pattern: str, *parts: str) -> Case:
    return Case(f"(?s){pattern}", parts)


_STARS = _case("(.*)", "[*1]")
_LATIN = _case(r"([A-Za-z])([A-Za-z .,'-]*)", "[1]", COVER)
_AREA = (
    _case(f"({_OUTSIDE}(?:街道|镇|乡|苏木)).*", "[1]", "****"),
    _case(f"({_OUTSIDE}(?:区|县|旗)).*", "[1]", "****"),
    _case(f"({_OUTSIDE}市).*", "[1]", "****"),
)
_DATE = "((?:18|19|20)[0-9]{2})(?:[-/.年]?[01]?[0-9].*)?"
_REST = _case(".*", COVER)

# kind -> strength -> cases. What stands before them is cleaned: full-width figures, and blanks where `_BARE` names the kind.
_CASES: dict[str, dict[str, tuple[Case, ...]]] = {
    "id_number": {MASK: (_case("(.{6})(.{2,})(.{4})", "[1]", "[*2]", "[3]"), _STARS), STRONG: (_case("(.)(.+)(.)", "[1]", "[*2]", "[3]"), _STARS)},
    "phone": {
        MASK: (
            _case(r"(?:\+?86-?)?(1[3-9][0-9])([0-9]{4})([0-9]{4})", "[1]", "[*2]", "[3]"), _case("(0[0-9]{2,3})-?([0-9]{5,6})([0-9]{2})", "[1]", "-", "[*2]", "[3]"),
            _case("(.{3,})(.{2})", "[*1]", "[2]"), _STARS,
        ),
        STRONG: (_case("(.{3,})(.{2})", "[*1]", "[2]"), _STARS),
    },
    "name": {
        MASK: (
            _LATIN, _case("(.)(.)", "[1]", "[*2]"), _case(f"({_COMPOUND})(.+)", "[1]", "[*2]"), _case("(.)(.)(.)", "[1]", "[*2]", "[3]"),
            _case("(.)(.{2,})(.)", "[1]", "[*2]", "[3]"), _STARS,
        ),
        STRONG: (_LATIN, _case(f"({_COMPOUND}).+", "[1]", "**"), _case("(.).+", "[1]", "**"), _STARS),
    },
    "address": {MASK: (*_AREA, _case(".*", "****")), STRONG: (*_AREA[1:], _case(".*", "****"))},
    "bank_card": {MASK: (_case("(.{4,})(.{4})", "[*1]", "[2]"), _STARS), STRONG: (_STARS,)},
    "email": {MASK: (_case("(.)[^@]*@(.+)", "[1]", "***@", "[2]"), _REST), STRONG: (_case("[^@]+@(.+)", "***@", "[1]"), _REST)},
    "plate": {MASK: (_case("(.{2})(.+)(.)", "[1]", "[*2]", "[3]"), _STARS), STRONG: (_case("(.)(.{3,})", "[1]", "[*2]"), _STARS)},
    "birth_date": {MASK: (_case(_DATE, "[1]"), _case(".*", "****")), STRONG: (_case(_DATE.replace("[0-9]{2})", "[0-9])[0-9]", 1), "[1]", "0s"), _case(".*", "****"))},
    "credit_code": {  # of a sole trader (个体工商户, begins with 92) it is a person's; of others it is public
        MASK: (_case("(92)(.{12})(.{4})", "[1]", "[*2]", "[3]"), _case("(.*)", "[1]")), STRONG: (_case("(92)(.+)", "[1]", "[*2]"), _case("(.*)", "[1]")),
    },
    "other": {MASK: (_case("(.).+", "[1]", COVER), _REST), STRONG: (_REST,)},
}  # fmt: skip
_BARE = {
    "id_number": _SPACES,
    "phone": r"[ \t\r\n　()（）]+",
    "bank_card": r"[ \t\r\n　-]+",
    "plate": "[ \t\r\n　·.-]+",
    "email": _SPACES,
    "credit_code": _SPACES,
}

# What is looked for in free text, in this order; names last, when no figure is left to be cut in two.
_TEXT: tuple[tuple[str, str], ...] = (
    (r"[0-9]{6}[ -]?[0-9]{8}[ -]?[0-9]{3}[0-9Xx]", "〔证件号码〕"),
    (r"[0-9]{4}[ -][0-9]{4}[ -][0-9]{4}[ -][0-9]{4}(?:[ -]?[0-9]{1,3})?", "〔账号〕"),
    (r"[0-9]{14,}", "〔账号〕"),
    (r"1[3-9][0-9][ -]?[0-9]{4}[ -]?[0-9]{4}", "〔电话〕"),
    (r"0[0-9]{2,3}[ -]?[0-9]{7,8}", "〔电话〕"),
    (r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+", "〔邮箱〕"),
    (r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-Z][·. ]?[A-HJ-NP-Z0-9]{5,6}", "〔车牌〕"),
    (rf"({_NAMED})(?:[:：是为]|\s)\s*[一-龥]{{2,4}}", r"\1：〔姓名〕"),
    (rf"(?:{_COMPOUND}|[{_FAMILY}])[一-龥]{{0,2}}({_TITLES})", r"〔姓名〕\1"),
)
KINDS = (*_CASES, "free_text")


def clean(kind: str, value: str) -> str:
    """Return a value as its mask looks at it: figures of half width, without the blanks that people put in."""
    value = value.translate(str.maketrans(_WIDE, _NARROW))
    if kind in _BARE:
        return re.sub(_BARE[kind], "", value)
    return re.sub(rf"^{_SPACES}|{_SPACES}$", "", value)


def mask(kind: str, value: Any, strength: str = MASK) -> str | None:
    """Return a value as a reader may see it: None and "" stay; `plain` returns it as text; an unknown kind is hidden.

    Examples
    --------
    >>> mask("email", "zhang.san@example.cn"), mask("plate", "鲁P12345"), mask("birth_date", "1949-12-31")
    ('z***@example.cn', '鲁P****5', '1949')
    >>> mask("free_text", "张三先生电话13800138000，身份证110105194912310021")
    '〔姓名〕先生电话〔电话〕，身份证〔证件号码〕'
    """
    if value is None:
        return None
    text = str(value)
    if not text or strength == PLAIN:
        return text
    if strength == HIDDEN:
        return COVER
    if kind == "free_text":
        return "〔已隐去〕" if strength == STRONG else _scanned(text)
    text = clean(kind, text)
    for case in _CASES.get(kind, _CASES["other"])[strength]:
        if found := re.fullmatch(case.pattern, text):
            return "".join(_part(found, part) for part in case.parts)
    return COVER


def shown(value: Any, kind: str, strength: str = MASK) -> str:
    """Return a value as text wherever nobody needs it whole: None is "", and what is no person's (`kind` "") stays as it is.

    Examples
    --------
    >>> shown("11010519491231002X", "id_number"), shown(12.5, ""), shown(None, "name"), shown("已婚", "hidden")
    ('110105********002X', '12.5', '', '***')
    """
    text = "" if value is None else str(value)
    if not text or not kind:
        return text
    return mask(kind, text, HIDDEN if kind == HIDDEN else strength) or ""


def _part(found: re.Match[str], part: str) -> str:
    if part.startswith("[*"):
        return "*" * len(found[int(part[2:-1])])
    return found[int(part[1:-1])] if part.startswith("[") else part


def _scanned(text: str) -> str:
    text = text.translate(str.maketrans(_WIDE, _NARROW))
    for pattern, tag in _TEXT:
        text = re.sub(pattern, tag, text)
    return text


def found_in(text: str) -> tuple[str, ...]:
    """Return which personal things a free text holds, as the tags that would stand for them; () when it holds none.

    Examples
    --------
    >>> found_in("请回电 0635-8123456"), found_in("路灯不亮")
    (('〔电话〕',), ())
    """
    scanned = _scanned(text)
    return tuple(tag for tag in dict.fromkeys(re.findall("〔[^〕]+〕", scanned)) if tag not in text)


def sql(kind: str, expression: str, strength: str = MASK) -> str:
    """Return the same mask as a DuckDB expression over `expression` (a quoted column, say), of type VARCHAR.

    Examples
    --------
    >>> sql("id_number", '"id"', "hidden")
    'CASE WHEN CAST("id" AS VARCHAR) IS NULL OR CAST("id" AS VARCHAR) = \\'\\' THEN CAST("id" AS VARCHAR) ELSE \\'***\\' END'
    """
    text = f"CAST({expression} AS VARCHAR)"
    if strength == PLAIN:
        return text
    if strength == HIDDEN:
        body = _quote(COVER)
    elif kind == "free_text":
        body = _quote("〔已隐去〕") if strength == STRONG else _scanned_sql(text)
    else:
        body = _cases_sql(kind, text, strength)
    return f"CASE WHEN {text} IS NULL OR {text} = '' THEN {text} ELSE {body} END"


def _cases_sql(kind: str, text: str, strength: str) -> str:
    value = f"translate({text}, {_quote(_WIDE)}, {_quote(_NARROW)})"
    pattern = _BARE.get(kind, rf"^{_SPACES}|{_SPACES}$")
    value = f"regexp_replace({value}, {_quote(pattern)}, '', 'g')"
    whens = []
    for case in _CASES.get(kind, _CASES["other"])[strength]:
        parts = " || ".join(_part_sql(value, case.pattern, part) for part in case.parts)
        whens.append(f"WHEN regexp_full_match({value}, {_quote(case.pattern)}) THEN {parts}")
    return f"CASE {' '.join(whens)} ELSE {_quote(COVER)} END"


def _part_sql(value: str, pattern: str, part: str) -> str:
    if not part.startswith("["):
        return _quote(part)
    number = int(part.strip("[*]"))
    group = f"regexp_extract({value}, {_quote(pattern + _END)}, {number})"
    return f"repeat('*', length({group}))" if part.startswith("[*") else group


def _scanned_sql(text: str) -> str:
    made = f"translate({text}, {_quote(_WIDE)}, {_quote(_NARROW)})"
    for pattern, tag in _TEXT:
        made = f"regexp_replace({made}, {_quote(pattern)}, {_quote(tag)}, 'g')"
    return made


def _quote(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


@cache
def policy() -> dict[str, tuple[str, str, str, str]]:
    """Return for each kind of reader the strengths for grades 1 to 4 (data/masking.toml)."""
    data = tomllib.loads((Path(__file__).parents[1] / "data" / "masking.toml").read_text(encoding="utf-8"))
    return {name: (row["1"], row["2"], row["3"], row["4"]) for name, row in data["readers"].items()}


def kind_of(column: Any) -> str:
    """Return which mask a column of a contract wears; "" when it holds nothing of a person."""
    return str(column.personal or ("credit_code" if column.element == "credit_code" else ""))


def strength_for(column: Any, reader: str, rules: Mapping[str, tuple[str, str, str, str]] | None = None) -> str:
    """Return how strongly a column is masked for a reader of `READERS`, by its grade and whether it is personal.

    What is no person's is shown at grade 1, and above it hidden wherever the policy says so much as `strong`.
    """
    wanted = (rules or policy())[reader][column.grade - 1]
    if kind_of(column):
        return wanted
    return HIDDEN if column.grade > 1 and wanted in (STRONG, HIDDEN) else PLAIN


def strengths(columns: Iterable[Any], reader: str) -> dict[str, str]:
    """Return the strength of every column for a reader, by name."""
    return {column.name: strength_for(column, reader) for column in columns}


def select_list(columns: Iterable[Any], wanted: Mapping[str, str]) -> str:
    """Return the SELECT list that reads the columns of `wanted` (name -> strength) masked; plain columns keep their type."""
    made = []
    for column in columns:
        if column.name not in wanted:
            continue
        name = '"' + column.name.replace('"', '""') + '"'
        strength = wanted[column.name]
        made.append(name if strength == PLAIN else f"{sql(kind_of(column) or 'other', name, strength)} AS {name}")
    return ", ".join(made)


def masked_row(columns: Iterable[Any], row: Mapping[str, Any], wanted: Mapping[str, str]) -> dict[str, Any]:
    """Return a row as `select_list` would have read it: the columns of `wanted` alone."""
    made: dict[str, Any] = {}
    for column in columns:
        if column.name in wanted and column.name in row:
            value, strength = row[column.name], wanted[column.name]
            made[column.name] = value if strength == PLAIN else mask(kind_of(column) or "other", value, strength)
    return made


@dataclass(frozen=True)
class Warned:
    """Two columns that together give back what a mask hid. `code`: `recoverable` (all of it) or `narrowed` (a few dozen left)."""

    code: str
    column: str
    by: str


def warnings(columns: Iterable[Any], wanted: Mapping[str, str]) -> tuple[Warned, ...]:
    """Return which masked identity numbers can be put together again from what is shown beside them.

    First six and last four hide the eight figures of the birth date alone. With the date shown nothing is hidden; with its
    year about 33 numbers fit (365 days, one of eleven check figures).
    """
    rows = [c for c in columns if c.name in wanted]
    made = []
    for number in (c for c in rows if c.personal == "id_number" and wanted[c.name] == MASK):
        for date in (c for c in rows if c.personal == "birth_date" or c.element in ("birth_date", "age")):
            if wanted[date.name] == PLAIN and date.element != "age":
                made.append(Warned("recoverable", number.name, date.name))
            elif wanted[date.name] in (PLAIN, MASK):
                made.append(Warned("narrowed", number.name, date.name))
    return tuple(made)
