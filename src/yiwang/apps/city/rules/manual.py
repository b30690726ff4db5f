"""The command manual (指挥手册): limit texts, rows, selection, and checks that name line and mend (reference: GB/T 30428.8).

A row is a filing condition (立案条件) with its one closing condition (结案条件), its limit and who answers for it. Rows
that differ by area level, season, phase or validity are variants: their ids share the part before the first dot
(``M06010-01``, ``M06010-01.B``).
"""

import csv
import io
import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from yiwang.apps.city.rules.dictionary import LAST_COMPONENT_MAJOR, Kind
from yiwang.apps.city.rules.texts import Texts, both, fill


class Unit(StrEnum):
    """Units of limits; the counting itself is `kernel.worktime`."""

    URGENT_MINUTE = "urgent_minute"
    URGENT_HOUR = "urgent_hour"
    NATURAL_DAY = "natural_day"
    WORK_HOUR = "work_hour"
    WORK_DAY = "work_day"


UNIT_WORDS: Mapping[str, Unit] = {
    "紧急工作时": Unit.URGENT_HOUR,
    "紧急工作日": Unit.NATURAL_DAY,
    "工作时": Unit.WORK_HOUR,
    "小时": Unit.WORK_HOUR,
    "工作日": Unit.WORK_DAY,
    "自然日": Unit.NATURAL_DAY,
    "天": Unit.WORK_DAY,
    "分钟": Unit.URGENT_MINUTE,
}
_LIMIT = re.compile("([0-9]+)(" + "|".join(UNIT_WORDS) + ")")
_FULL_WIDTH = str.maketrans("０１２３４５６７８９", "0123456789")
# Minutes of a unit on its own clock: working minutes for work_*, continuous ones for the others.
UNIT_MINUTES: Mapping[Unit, int] = {
    Unit.URGENT_MINUTE: 1,
    Unit.URGENT_HOUR: 60,
    Unit.NATURAL_DAY: 24 * 60,
    Unit.WORK_HOUR: 60,
    Unit.WORK_DAY: 8 * 60,
}
CONTINUOUS = frozenset({Unit.URGENT_MINUTE, Unit.URGENT_HOUR, Unit.NATURAL_DAY})
COLUMNS = (
    "condition_id", "class_kind", "class_code", "condition_zh", "condition_en", "limit_text", "limit_unit", "limit_value",
    "closing_zh", "closing_en", "supervisor", "department", "area_level", "season", "phase", "urgent", "informs_only",
    "milestones", "notes_zh", "notes_en", "source", "document_number", "valid_from", "valid_to",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Limit:
    """A limit in units; `minutes` on the unit's own clock."""

    value: int
    unit: Unit

    @property
    def minutes(self) -> int:
        return self.value * UNIT_MINUTES[self.unit]

    @property
    def is_continuous(self) -> bool:
        return self.unit in CONTINUOUS


def parse_limit(text: str) -> Limit | None:
    """Read a limit text; None when it says anything else, so that nothing gets a silent default.

    小时 counts as 工作时 and 天 as 工作日, as the common Excel form means them.

    >>> parse_limit("2紧急工作时")
    Limit(value=2, unit=<Unit.URGENT_HOUR: 'urgent_hour'>)
    >>> parse_limit("尽快") is None
    True
    """
    match = _LIMIT.fullmatch(re.sub(r"\s", "", text).translate(_FULL_WIDTH))
    if match is None or int(match[1]) == 0:
        return None
    return Limit(value=int(match[1]), unit=UNIT_WORDS[match[2]])


@dataclass(frozen=True, kw_only=True)
class Milestone:
    """A limit inside a condition, say 制止 (stop), 罚 (fine), 拆 (remove); counted from the same start as the row's."""

    code: str
    name: Texts
    limit: Limit


@dataclass(frozen=True, kw_only=True)
class ManualRow:
    """One row. Empty `area_level`, `season` and `phase` hold for all; `department` may be a duty such as ``@street``."""

    condition_id: str
    class_kind: Kind
    class_code: str
    condition: Texts
    closing: Texts
    limit: Limit
    supervisor: str = ""
    department: str = ""
    area_level: str = ""
    season: str = ""
    phase: str = ""
    urgent: bool = False
    informs_only: bool = False  # 告知性结案 allowed
    milestones: tuple[Milestone, ...] = ()
    notes: Texts = field(default_factory=lambda: both("", ""))
    source: str = ""
    document_number: str = ""
    valid_from: date | None = None
    valid_to: date | None = None

    @property
    def group(self) -> str:
        """The condition that this row is a variant of."""
        return self.condition_id.split(".", 1)[0]

    def is_valid(self, on: date) -> bool:
        return (self.valid_from is None or self.valid_from <= on) and (self.valid_to is None or on <= self.valid_to)


def manual_key(kind: Kind | str, code: str) -> tuple[Kind, str]:
    """Return under which class the manual is read: a derived matter (01-05) is read under its component."""
    if code[:2] <= LAST_COMPONENT_MAJOR:
        return Kind.COMPONENT, code
    return Kind(kind), code


def select(rows: Iterable[ManualRow], *, kind: Kind | str, code: str, on: date, area_level: str = "A",
           seasons: Collection[str] = (), phase: str = "") -> list[ManualRow]:
    """Return the conditions that may be chosen for a class here and now, one row for each condition, in manual order.

    Of the variants of one condition the closest wins: phase first, then season, then the grid's management level
    (exact, else all levels, else A, which is the default). A variant for another phase or season never applies.
    An empty list means that the manual does not know the class.
    """
    wanted = manual_key(kind, code)
    best: dict[str, tuple[tuple[int, int, int], ManualRow]] = {}
    levels = {area_level: 3, "": 2, "A": 1} if area_level else {"": 2, "A": 1}
    for row in rows:
        if (row.class_kind, row.class_code) != wanted or not row.is_valid(on):
            continue
        if row.phase not in ("", phase) or (row.season and row.season not in seasons) or row.area_level not in levels:
            continue
        rank = (int(row.phase != ""), int(row.season != ""), levels[row.area_level])
        if row.group not in best or rank > best[row.group][0]:
            best[row.group] = (rank, row)
    return [row for _, row in best.values()]


@dataclass(frozen=True, kw_only=True)
class Season:
    """A season by month and day, both inclusive; it may run over the new year."""

    code: str
    name: Texts
    starts: str  # MM-DD
    ends: str

    def holds(self, on: date) -> bool:
        today = on.strftime("%m-%d")
        if self.starts <= self.ends:
            return self.starts <= today <= self.ends
        return today >= self.starts or today <= self.ends


def seasons_on(seasons: Iterable[Season], on: date) -> frozenset[str]:
    """Return the codes of the seasons that hold on a day; several may."""
    return frozenset(s.code for s in seasons if s.holds(on))


PROBLEMS: Mapping[str, Texts] = {
    "columns": both("缺少列：{missing}。请补齐表头", "Columns missing: {missing}. Add them to the header"),
    "empty": both("“{column}”不能为空", "“{column}” must not be empty. Fill it in"),
    "twice": both("编号{value}重复（首次出现在第{first}行）。请改用新的编号",
                  "The id {value} was already used in line {first}. Give this row its own id"),
    "limit": both("时限“{value}”无法识别。请写成“2紧急工作时”“4工作时”“3工作日”等",
                  "The limit “{value}” cannot be read. Write it as 2紧急工作时, 4工作时, 3工作日 and so on"),
    "limit-parts": both("时限文字“{text}”与单位和数值“{parts}”不一致。请以文字为准改正",
                        "The limit text “{text}” and its parts “{parts}” differ. Correct the parts"),
    "class": both("分类代码{value}不在字典中。请核对分类代码或先增加扩展分类",
                  "The class {value} is not in the dictionary. Correct it, or add an extension class first"),
    "department": both("处置单位“{value}”不在机构表或职责表中。请改用已有代码",
                       "The department “{value}” is neither an organisation nor a duty. Use a code that exists"),
    "flag": both("“{column}”只能填0或1，不能填“{value}”", "“{column}” must be 0 or 1, not “{value}”"),
    "level": both("区域等级“{value}”只能为A、B、C或空", "The area level “{value}” must be A, B, C or empty"),
    "season": both("季节“{value}”未定义。请先在季节表中增加", "The season “{value}” is not defined. Add it to the seasons first"),
    "dates": both("有效期“{value}”有误。请写成YYYY-MM-DD，且止期不早于起期",
                  "The validity “{value}” is wrong. Write YYYY-MM-DD, and end it no earlier than it begins"),
    "milestones": both("分步时限有误：{value}", "The milestones are wrong: {value}"),
    "overlap": both("与第{first}行对同一立案条件、区域等级、季节、阶段的有效期重叠。请调整有效期",
                    "Line {first} holds for the same condition, area level, season and phase at the same time. "
                    "Change one of the two validities"),
    "sheet-header": both("工作表“{sheet}”第2行表头应为“{expected}”，实为“{found}”",
                         "Sheet “{sheet}”: the header in row 2 must be “{expected}”, found “{found}”"),
    "no-class": both("工作表“{sheet}”：此行之前没有小类代码", "Sheet “{sheet}”: no minor class code in or above this row"),
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Problem:
    """A row that cannot be taken. `line` counts from 1 with the header as line 1, as an editor shows it."""

    line: int
    rule: str
    facts: Mapping[str, object] = field(default_factory=dict)

    def text(self, language: str = "zh-Hans") -> str:
        where = f"Line {self.line}: " if language == "en" else f"第{self.line}行："
        return where + fill(PROBLEMS[self.rule], self.facts, language)


@dataclass(frozen=True)
class Reading:
    """What a file gave: the good rows and every problem. A manual with problems is not loaded at all."""

    rows: tuple[ManualRow, ...]
    problems: tuple[Problem, ...]


def read_csv(text: str, *, classes: Collection[tuple[Kind, str]] | None = None, departments: Collection[str] | None = None,
             duties: Collection[str] = (), seasons: Collection[str] | None = None) -> Reading:
    """Read and check `manual.csv`. What is given as None is not checked against.

    `duties` are names without ``@``. A leading byte order mark is taken.
    """
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
    missing = [c for c in COLUMNS if c not in (reader.fieldnames or ())]
    if missing:
        return Reading((), (Problem(line=1, rule="columns", facts={"missing": ", ".join(missing)}),))
    rows: list[ManualRow] = []
    lines: list[int] = []
    problems: list[Problem] = []
    seen: dict[str, int] = {}
    for raw in reader:
        line = reader.line_num
        found = _check(raw, line, classes, departments, duties, seasons)
        key = raw["condition_id"]
        if key in seen:
            found.append(Problem(line=line, rule="twice", facts={"value": key, "first": seen[key]}))
        seen.setdefault(key, line)
        if found:
            problems += found
        else:
            rows.append(_row(raw))
            lines.append(line)
    problems += _overlaps(rows, lines)
    return Reading(tuple(rows), tuple(sorted(problems, key=lambda p: p.line)))


def _check(raw: Mapping[str, str], line: int, classes: Collection[tuple[Kind, str]] | None,
           departments: Collection[str] | None, duties: Collection[str], seasons: Collection[str] | None) -> list[Problem]:
    found: list[Problem] = []

    def bad(rule: str, **facts: object) -> None:
        found.append(Problem(line=line, rule=rule, facts=facts))

    for column in ("condition_id", "class_kind", "class_code", "condition_zh", "condition_en", "limit_text",
                   "closing_zh", "closing_en", "department"):
        if not (raw[column] or "").strip():
            bad("empty", column=column)
    if found:
        return found
    kind, code = raw["class_kind"], raw["class_code"]
    if kind not in tuple(Kind) or (classes is not None and (Kind(kind), code) not in classes):
        bad("class", value=f"{kind} {code}")
    limit = parse_limit(raw["limit_text"])
    if limit is None:
        bad("limit", value=raw["limit_text"])
    elif (raw["limit_unit"], raw["limit_value"]) != (limit.unit, str(limit.value)):
        bad("limit-parts", text=raw["limit_text"], parts=f"{raw['limit_value']} {raw['limit_unit']}")
    department = raw["department"]
    if departments is not None:
        known = department[1:] in duties if department.startswith("@") else department in departments
        if not known:
            bad("department", value=department)
    for column in ("urgent", "informs_only"):
        if raw[column] not in ("0", "1"):
            bad("flag", column=column, value=raw[column])
    if raw["area_level"] not in ("", "A", "B", "C"):
        bad("level", value=raw["area_level"])
    if raw["season"] and seasons is not None and raw["season"] not in seasons:
        bad("season", value=raw["season"])
    try:
        starts, ends = _day(raw["valid_from"]), _day(raw["valid_to"])
        if starts and ends and ends < starts:
            raise ValueError("order")
    except ValueError:
        bad("dates", value=f"{raw['valid_from']} - {raw['valid_to']}")
    try:
        steps = _milestones(raw["milestones"])
        late = [m.code for m in steps if limit and m.limit.minutes > limit.minutes]
        if late:
            raise ValueError(f"{', '.join(late)} > {raw['limit_text']}")
    except (ValueError, KeyError, TypeError) as error:
        bad("milestones", value=str(error))
    return found


def _overlaps(rows: Sequence[ManualRow], lines: Sequence[int]) -> list[Problem]:
    problems = []
    same: dict[tuple[str, str, str, str], list[tuple[ManualRow, int]]] = {}
    for row, line in zip(rows, lines, strict=True):
        others = same.setdefault((row.group, row.area_level, row.season, row.phase), [])
        for other, first in others:
            starts = max(row.valid_from or date.min, other.valid_from or date.min)
            if starts <= min(row.valid_to or date.max, other.valid_to or date.max):
                problems.append(Problem(line=line, rule="overlap", facts={"first": first}))
                break
        others.append((row, line))
    return problems


def _row(raw: Mapping[str, str]) -> ManualRow:
    return ManualRow(
        condition_id=raw["condition_id"],
        class_kind=Kind(raw["class_kind"]),
        class_code=raw["class_code"],
        condition=both(raw["condition_zh"], raw["condition_en"]),
        closing=both(raw["closing_zh"], raw["closing_en"]),
        limit=Limit(value=int(raw["limit_value"]), unit=Unit(raw["limit_unit"])),
        supervisor=raw["supervisor"],
        department=raw["department"],
        area_level=raw["area_level"],
        season=raw["season"],
        phase=raw["phase"],
        urgent=raw["urgent"] == "1",
        informs_only=raw["informs_only"] == "1",
        milestones=_milestones(raw["milestones"]),
        notes=both(raw["notes_zh"], raw["notes_en"]),
        source=raw["source"],
        document_number=raw["document_number"],
        valid_from=_day(raw["valid_from"]),
        valid_to=_day(raw["valid_to"]),
    )


def _milestones(text: str) -> tuple[Milestone, ...]:
    if not text:
        return ()
    return tuple(
        Milestone(code=m["code"], name=m["name"], limit=Limit(value=int(m["limit_value"]), unit=Unit(m["limit_unit"])))
        for m in json.loads(text)
    )


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None
