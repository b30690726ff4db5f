"""Rows of the command manual (指挥手册) that may be chosen for a case."""

from datetime import date

from yiwang.apps.city.models import CityCase
from yiwang.apps.city.rules import manual as rules
from yiwang.apps.city.rules.dictionary import Kind
from yiwang.apps.city.rules.dictionary import rows as shipped_rows
from yiwang.apps.city.rules.texts import both
from yiwang.kernel.areas.queries import zone_of
from yiwang.kernel.base.clock import now
from yiwang.kernel.cases.models import Case, ManualRow


def manual_rows(case: Case) -> list[ManualRow]:
    """Return every row of the case's own manual version for its class (a component's class also under its matter)."""
    typed = CityCase.objects.get(case=case)
    version_id = case.matter_version.manual_id
    kind, code = rules.manual_key(typed.kind, typed.class_code)
    return list(ManualRow.objects.filter(version_id=version_id, class_kind=kind, class_code=code).order_by("key"))


def selectable_conditions(case: Case, on: date | None = None) -> list[ManualRow]:
    """Return the filing conditions that apply on the day: area level (fallback A), season, phase, validity."""
    typed = CityCase.objects.select_related("district").get(case=case)
    day = on or now().astimezone(zone_of(case.area_path)).date()
    rows = {row.key: row for row in manual_rows(case)}
    seasons = rules.seasons_on((_season(raw) for raw in shipped_rows("seasons")), day)
    chosen = rules.select(
        [as_rule(row) for row in rows.values()], kind=typed.kind, code=typed.class_code, on=day,
        area_level=typed.district.manual_level if typed.district else "A", seasons=seasons,
    )
    return [rows[row.condition_id] for row in chosen]


def row_of(case: Case, key: str) -> ManualRow | None:
    return ManualRow.objects.filter(version_id=case.matter_version.manual_id, key=key).first()


def as_rule(row: ManualRow) -> rules.ManualRow:
    """Return the stored row as the value that the pure rules read."""
    return rules.ManualRow(
        condition_id=row.key, class_kind=Kind(row.class_kind), class_code=row.class_code, condition=row.condition,
        closing=row.closing, limit=rules.Limit(value=row.limit_value, unit=rules.Unit(row.limit_unit)),
        supervisor=row.supervisor, department=row.department, area_level=row.area_level, season=row.season,
        phase=row.phase, urgent=row.urgent, informs_only=row.informs_only, valid_from=row.valid_from, valid_to=row.valid_to,
    )


def _season(raw: dict[str, str]) -> rules.Season:
    return rules.Season(code=raw["code"], name=both(raw["name_zh"], raw["name_en"]), starts=raw["starts"], ends=raw["ends"])
