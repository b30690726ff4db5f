"""Closed results and bulletins for the sweeps: of the whole county and of two districts, published and not."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from tests.sweeps.specimens import Kind, Specimen, Write
from yiwang.kernel.base.uid import uuid7
from yiwang.kernel.indicators.models import Bulletin, BulletinPlan, Result, ResultRow
from yiwang.kernel.indicators.services import defining

NOT_IDS = {
    "indicators/export.<str:ext>": "a format",
    "indicators/definitions/new/<str:kind>/": "a kind of definition",
    "indicators/definitions/check/<str:kind>/": "a kind of definition",
    "indicators/definitions/try/<str:kind>/": "a kind of definition",
    "indicators/definitions/<str:kind>/<str:code>/": "who defines sees every definition; its code is no secret",
    "indicators/definitions/<str:kind>/<str:code>/retire/": "who defines sees every definition; its code is no secret",
}
NOT_LISTS = {
    "indicators/": "a league table: published ones are whole for everybody who may see rankings, those of the moment are tested beside access.py",
    "indicators/object/": "one object", "indicators/number/": "the cases behind a number go through visible_cases; tested in test_ranking_pages.py",
    "indicators/results/": "results of the reader's areas and published ones; each is swept by its uid",
    "indicators/results/<uuid:uid>/": "one result", "indicators/results/<uuid:uid>/since/": "one result",
    "indicators/definitions/": "who defines sees every definition", "indicators/definitions/<str:kind>/<str:code>/": "one definition",
    "indicators/definitions/new/<str:kind>/": "an empty form", "indicators/bulletins/": "who may see rankings reads every bulletin",
    "indicators/bulletins/<uuid:uid>/": "one bulletin", "api/v1/indicators/definitions": "who may see rankings may read how they are computed",
    "api/v1/indicators/league": "as the page of rankings", "api/v1/indicators/number": "as the page of a number",
}  # fmt: skip


def fill(world: Any) -> dict[str, Any]:
    """Close September for the county and for two districts; publish the county's."""
    defining.load_shipped()
    moment = datetime(2026, 10, 1, tzinfo=UTC)
    for area in ("", "371592", "371591"):
        path = world.areas[area].path if area else ""
        result = Result.objects.create(
            scheme="department", period="month:2026-09-01", first=date(2026, 9, 1), last=date(2026, 9, 30), area_path=path, as_of=moment,
            catalogue=_catalogue(), hash="0" * 64, closed_at=moment, published_at=None if area else moment,
        )  # fmt: skip
        ResultRow.objects.create(result=result, kind="all", key="", name="合计", measures={"rework": 0, "need_dispose": 1}, figures={"rework_rate": [0.0, 0.0, 1.0]})
    Bulletin.objects.create(year=2026, serial=1, kind="month", period="month:2026-09-01", first=date(2026, 9, 1), last=date(2026, 9, 30), schemes=["department"],
                            content={"parts": [], "overdue": {"bodies": [], "cases": [], "total": 0}}, sha256="0" * 64, issued_at=moment)  # fmt: skip
    for number, area in enumerate(("", "371592", "371591"), 1):
        BulletinPlan.objects.create(name=f"计划{number}", schemes=["department"], kind="week", day=1, roles=["leader"], created_at=moment,
                                    area_path=world.areas[area].path if area else "")  # fmt: skip
    from yiwang.kernel.indicators.tests import story

    story.evaluator(world)
    return {}


def _catalogue() -> dict[str, Any]:
    name = {"zh-Hans": "返工率", "en": "Rework rate"}
    measures = [{"code": c, "name": name, "source": "stage", "on": "due", "where": 'step = "handle"'} for c in ("rework", "need_dispose")]
    return {
        "scheme": {"code": "department", "name": name, "objects": "department", "items": [{"indicator": "rework_rate", "weight": 100.0}], "grades": [], "version": 1},
        "indicators": {"rework_rate": {"code": "rework_rate", "name": name, "formula": "rework / need_dispose", "unit": "percent"}}, "measures": measures,
    }  # fmt: skip


SEE = ("indicators.view", "indicators.close", "indicators.publish")


def _covers(reader: Any, permission: str, path: str, root: str) -> bool:
    """Say whether the reader holds it there, bound to no body; the whole county is the root area."""
    return any(not org and (path or root).startswith(area) for area, org in reader.places(permission))


def kinds(made: Any) -> list[Kind]:
    root = made.world.city.path
    results = [
        Specimen(
            f"result of {r.area_path or 'everything'}", {"uid": r.uid},
            lambda reader, r=r: reader.holds(*SEE) and ((bool(r.published_at) and reader.holds("indicators.view")) or any(_covers(reader, p, r.area_path, root) for p in SEE)),
            (str(r.uid),), r,
        )
        for r in Result.objects.order_by("pk")
    ]  # fmt: skip
    again = [
        Specimen(r.label, r.values, lambda reader, r=r: reader.holds(*SEE) and any(_covers(reader, p, r.row.area_path, root) for p in ("indicators.view", "indicators.close")), (), r.row)  # its number is its kind's own to look for
        for r in results
    ]
    bulletins = [Specimen("bulletin", {"uid": b.uid}, lambda reader: reader.holds("indicators.view"), (str(b.uid),), b) for b in Bulletin.objects.order_by("pk")]
    plans = [
        Specimen(f"plan {p.name}", {"uid": p.uid}, lambda reader, p=p: _covers(reader, "indicators.publish", p.area_path, root), (str(p.uid),), p)
        for p in BulletinPlan.objects.order_by("pk")
    ]  # fmt: skip
    return [
        Kind("closed result", ("indicators/results/<uuid:uid>/",), results, {"uid": uuid7()}, {
            "indicators:publish": Write(lambda s: {}, "leader", results[1].label, lambda r, s: _covers(r, "indicators.publish", s.row.area_path, root)),
            "indicators:correct": Write(lambda s: {"reason": "申诉成立"}, "evaluator", results[1].label, lambda r, s: _covers(r, "indicators.close", s.row.area_path, root)),
        }),
        Kind("closed result counted again", ("indicators/results/<uuid:uid>/since/",), again, {"uid": uuid7()}),
        Kind("bulletin", ("indicators/bulletins/<uuid:uid>/",), bulletins, {"uid": uuid7()}),
        Kind("bulletin plan", ("indicators/bulletins/plans/<uuid:uid>/end/",), plans, {"uid": uuid7()}, {
            "indicators:end_plan": Write(lambda s: {}, "leader", plans[0].label, lambda r, s: s.seen_by(r)),
        }),
    ]  # fmt: skip
