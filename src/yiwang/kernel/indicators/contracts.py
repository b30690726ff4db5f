"""What passes between the indicator engine, the apps and the pages. Plain Python.

Words: a **measure** (基本数) counts or adds up facts; an **indicator** (指标) is a formula over measures; a **scheme**
(评价方案) weighs indicators into a score for one kind of object. GB/T 30428.4 (绩效评价) gives objects and periods.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

Texts = Mapping[str, str]  # {"zh-Hans": ..., "en": ...}


class Source(StrEnum):
    """What one fact is about: a report (上报), a case (案卷), or a stage of a case (环节: one task of one step)."""

    REPORT = "report"
    CASE = "case"
    STAGE = "stage"


class ObjectKind(StrEnum):
    """What can be judged (评价对象). `ALL` is the whole county."""

    ALL = "all"
    DISTRICT = "district"
    STREET = "street"
    COMMUNITY = "community"
    GRID = "grid"  # unit grid
    BEAT = "beat"  # responsibility grid
    DEPARTMENT = "department"
    POST = "post"
    PERSON = "person"
    CLASS = "class"
    MAJOR = "major"
    CHANNEL = "channel"


AREA_KINDS = (ObjectKind.DISTRICT, ObjectKind.STREET, ObjectKind.COMMUNITY, ObjectKind.GRID)
NOBODY = ""  # the key of what belongs to no object of a kind, so that the parts still add up to the whole


class Aggregate(StrEnum):
    COUNT = "count"
    SUM = "sum"
    AVERAGE = "average"
    MEDIAN = "median"


class PeriodKind(StrEnum):
    DAY = "day"
    WEEK = "week"  # Monday to Sunday
    MONTH = "month"
    QUARTER = "quarter"
    HALF = "half"
    YEAR = "year"
    RANGE = "range"


@dataclass(frozen=True)
class Period:
    """Local days from `first` to `last`, both inside; cut in the zone of each case's own root area."""

    kind: PeriodKind
    first: date
    last: date

    @property
    def code(self) -> str:
        """Name the period in addresses: ``month:2026-10-01`` or ``range:2026-10-05:2026-10-20``."""
        return f"{self.kind}:{self.first}" + (f":{self.last}" if self.kind is PeriodKind.RANGE else "")


@dataclass(frozen=True)
class Band:
    """From `least` on (inside) a value gets this grade, colour token and, in count bands, these points."""

    least: float
    grade: str = ""
    colour: str = ""  # a token of the interface: good, fair, warn, bad, worst
    name: Texts = field(default_factory=dict)
    points: float | None = None


@dataclass(frozen=True, kw_only=True)
class Measure:
    """A count or sum over facts. `on` is the moment by which a fact belongs to a period: each count names its date."""

    code: str
    name: Texts
    source: Source
    on: str  # a moment of the source: reported, filed, due, closed, opened, done ...
    where: str = ""  # a condition in the safe language; empty = every fact
    aggregate: Aggregate = Aggregate.COUNT
    of: str = ""  # what a sum, average or median is taken of
    source_note: str = ""  # where the definition comes from


@dataclass(frozen=True, kw_only=True)
class Indicator:
    """A formula over measures, as it holds from a date on. A zero denominator gives no value, never 0 or 100."""

    code: str
    name: Texts
    formula: str
    unit: str = "percent"  # percent | count | minutes | score | days
    objects: tuple[ObjectKind, ...] = ()
    higher_is_better: bool = True
    target: float | None = None
    bands: tuple[Band, ...] = ()
    version: int = 1
    valid_from: date | None = None
    source_note: str = ""
    function: str = ""  # a named function of an app instead of a formula over facts


@dataclass(frozen=True)
class SchemeItem:
    """An indicator and how much it weighs. `score`: value (as it is), inverse (100 - value), bands (points of a band)."""

    indicator: str
    weight: float
    score: str = "value"
    bands: tuple[Band, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Consequence:
    """What follows by rule (奖惩) for who fits every condition that is given: a text, and an amount that is added or taken off."""

    text: Texts
    kind: str = "reward"  # reward | penalty
    amount: float = 0.0
    rank_to: int | None = None  # the first so many
    last: int | None = None  # the last so many
    grades: tuple[str, ...] = ()
    score_from: float | None = None
    score_below: float | None = None


class Missing(StrEnum):
    """What a scheme does about an indicator without a value (零分母)."""

    REWEIGH = "reweigh"  # the others carry its weight
    ZERO = "zero"
    UNRANKED = "unranked"  # no score at all


@dataclass(frozen=True, kw_only=True)
class Scheme:
    """How one kind of object is judged. Weights add up to 100; `least_share` of the weight must have a value to be ranked."""

    code: str
    name: Texts
    judges: ObjectKind  # `objects` in the data
    items: tuple[SchemeItem, ...]
    grades: tuple[Band, ...]
    missing: Missing = Missing.REWEIGH
    least_share: float = 0.5
    roles: tuple[str, ...] = ()  # persons and posts: only the holders of these roles
    org_kinds: tuple[str, ...] = ()  # departments: only these kinds of organisation
    consequences: tuple[Consequence, ...] = ()
    version: int = 1
    valid_from: date | None = None
    source_note: str = ""


@dataclass(frozen=True)
class Catalogue:
    """All definitions that hold on a day, by code."""

    measures: Mapping[str, Measure]
    indicators: Mapping[str, Indicator]
    schemes: Mapping[str, Scheme]


@dataclass(frozen=True)
class Figure:
    """One number that can be taken apart: the value, and the two it was divided from (None where the formula has none)."""

    value: float | None
    numerator: float | None = None
    denominator: float | None = None


@dataclass(frozen=True)
class Judged:
    """An object with its measures, indicators and, by a scheme, score, grade and rank (None = not ranked)."""

    kind: ObjectKind
    key: str
    name: str
    measures: Mapping[str, float | None]
    figures: Mapping[str, Figure]
    points: Mapping[str, float | None] = field(default_factory=dict)
    score: float | None = None
    grade: str = ""
    colour: str = ""
    rank: int | None = None


@dataclass(frozen=True)
class League:
    """A ranking (排名): everybody of a kind in a period, those without a score last; `whole` is all together."""

    scheme: Scheme
    period: Period
    as_of: datetime
    rows: Sequence[Judged]
    whole: Judged


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What is asked of the engine. `area_path` and `org_path` narrow it; modes other than live are named."""

    period: Period
    as_of: datetime
    kinds: tuple[ObjectKind, ...] = (ObjectKind.ALL,)
    area_path: str = ""
    org_path: str = ""
    matter: str = ""
    modes: tuple[str, ...] = ("live",)


@dataclass(frozen=True, kw_only=True)
class FactColumns:
    """What an app tells of its cases (its typed 1:1 table), as SQL for the statement that makes facts.

    `joins` may use the aliases c (case) and must keep one row a case; the columns may use its own aliases and c. Only
    shipped code declares it: nothing here ever comes from a person.
    """

    joins: str
    class_code: str = "''"
    class_major: str = "''"
    beat_id: str = "NULL::bigint"
    is_counted: str = "true"
    recurs: str = "false"  # it came back at the same place (复发)
    as_of: str = "NULL::timestamptz"  # when an imported file was drawn: what was open then is judged as of then
    stage_joins: str = ""  # may also use t (task)
    lifted: str = "'{}'::text[]"  # of a case: what an accepted appeal took off (overdue, rework, return)
    stage_lifted: str = "'{}'::text[]"  # of a stage of it; may use `stage_joins`
    names: str = ""  # dotted: f(kind, keys) -> {key: texts} of classes and majors


ObjectNames = Mapping[str, Texts]
Json = Mapping[str, Any]
