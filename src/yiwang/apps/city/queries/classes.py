"""The dictionary of classes (部件和事项分类)."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db.models import Q, QuerySet

from yiwang.apps.city.models import CityClass
from yiwang.kernel.base import texts


def active_classes(on: date) -> QuerySet[CityClass]:
    """Return classes in force on a day, components before matters, by code."""
    return (
        CityClass.objects.filter(Q(valid_from__isnull=True) | Q(valid_from__lte=on))
        .filter(Q(valid_to__isnull=True) | Q(valid_to__gte=on)).order_by("kind", "code")
    )


def city_class(kind: str, code: str) -> CityClass | None:
    """Return one class by its kind and 5-digit code; in 2026 a component and a matter share the number."""
    return CityClass.objects.filter(kind=kind, code=code).first()


def class_choices(on: date, *, derived: bool = False) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return [(major, [("matter:06001", "私搭乱建"), ...]), ...] for a select, in the reader's language."""
    grouped: dict[str, list[tuple[str, str]]] = {}
    for row in active_classes(on).filter(is_derived=derived) if not derived else active_classes(on):
        label = texts.pick(row.major_name)
        grouped.setdefault(label, []).append((f"{row.kind}:{row.code}", texts.pick(row.name)))
    return list(grouped.items())


def search_classes(words: str, on: date, most: int = 20) -> list[CityClass]:
    """Return classes whose name or code holds the words; codes by prefix."""
    words = words.strip()
    rows = active_classes(on).filter(is_derived=False)
    if words:
        rows = rows.filter(Q(**{"name__zh-Hans__icontains": words}) | Q(name__en__icontains=words) | Q(code__startswith=words))
    return list(rows[:most])


def class_rows(on: date, *, kind: str = "", text: str = "", derived: bool = False) -> list[dict[str, Any]]:
    """Return classes in force as plain values, in one query; an unknown kind gives none."""
    rows = active_classes(on)
    if not derived:
        rows = rows.filter(is_derived=False)
    if kind:
        rows = rows.filter(kind=kind)
    if text := text.strip():
        rows = rows.filter(Q(**{"name__zh-Hans__icontains": text}) | Q(name__en__icontains=text) | Q(code__startswith=text))
    return [dict(row) for row in rows.values("kind", "code", "name", "major", "major_name", "standard_ref")]


def names_of(kind: str, keys: Sequence[str]) -> dict[str, dict[str, str]]:
    """Return the names of classes ("matter 01001") or majors ("matter 01") as facts call them."""
    wanted = [k.split(" ", 1) for k in keys if " " in k]
    field, name = ("code", "name") if kind == "class" else ("major", "major_name")
    rows = CityClass.objects.filter(kind__in={k for k, _code in wanted}, **{f"{field}__in": {c for _kind, c in wanted}})
    return {f"{k} {code}": texts for k, code, texts in rows.values_list("kind", field, name)}
