"""Data standards for the sweeps: elements, lists, a mapping, suggested grades of two bureaus."""

from __future__ import annotations

from typing import Any

from tests.sweeps.specimens import Kind, Specimen, Write
from yiwang.apps.datahub.models import CodeList, DataElement, Dataset, GradeSuggestion
from yiwang.apps.datahub.services.standards import load
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.uid import uuid7

SEE, EDIT, GRADE, VIEW = "datahub.standard.view", "datahub.standard.edit", "datahub.dataset.edit", "datahub.dataset.view"
COMMON = "the dictionary is one for the whole platform; its door alone decides"
NOT_IDS = dict.fromkeys(
    ("data/standards/elements/<slug:code>/", "data/standards/codes/<slug:code>/", "data/standards/codes/<slug:source>/to/<slug:target>/"), COMMON,
)  # fmt: skip
NOT_LISTS = {
    **dict.fromkeys(("data/standards/", "data/standards/elements/new/", "data/standards/codes/", "data/standards/codes/new/"), COMMON),
    "data/standards/columns/": "data sets that the reader may see, held by test_standards", "data/standards/grades/": "held by test_standards: a bureau's own sets",
}  # fmt: skip


def fill(world: Any) -> dict[str, Any]:
    load()
    for dataset in Dataset.objects.filter(code__in=("civil-relief", "health-vaccination")).order_by("code"):
        GradeSuggestion.objects.create(
            dataset=dataset, org_path=dataset.org_path, area_path=dataset.area_path, column="amount", label="月金额", present_grade=1, grade=3, made_at=now(),
            reasons=[{"source": "words", "code": "money", "share": None}],
        )  # fmt: skip
    assert DataElement.objects.exists()
    assert CodeList.objects.exists()
    return {}


def kinds(made: Any) -> list[Kind]:
    def may(reader: Any, row: Any, permission: str) -> bool:
        return bool(reader.may(permission, row.area_path, row.org_path))

    sets = [Specimen(f"columns of {d.code}", {"code": d.code}, lambda r, d=d: may(r, d, VIEW) and d.state != "withdrawn", (), d) for d in Dataset.objects.order_by("pk")]
    graded = [Specimen(f"graded {d.code}", {"code": d.code}, lambda r, d=d: may(r, d, GRADE) and d.state != "withdrawn", (), d) for d in Dataset.objects.order_by("pk")]
    found = [Specimen(f"grade of {s.dataset.code}", {"uid": s.uid}, lambda r, s=s: may(r, s, GRADE), (str(s.uid),), s) for s in GradeSuggestion.objects.select_related("dataset").order_by("pk")]
    return [
        Kind("columns of a data set", ("data/standards/columns/<slug:code>/",), sets, {"code": "never-was"}),
        Kind("data set to be graded", ("data/standards/grades/of/<slug:code>/",), graded, {"code": "never-was"}, {
            "datahub:grading_look": Write(lambda s: {}, "data_owner", "graded civil-relief", lambda r, s: s.seen_by(r)),
        }),
        Kind("suggested grade", ("data/standards/grades/<uuid:uid>/",), found, {"uid": uuid7()}, {
            "datahub:grade": Write(lambda s: {"grade": "3"}, "data_owner", "grade of civil-relief", lambda r, s: s.seen_by(r)),
        }),
    ]  # fmt: skip
