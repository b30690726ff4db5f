"""Series and figures of two bureaus, one of them sensitive, for the sweeps."""

from __future__ import annotations

from typing import Any

from lxml import html

from tests.sweeps.readers import Reader
from tests.sweeps.specimens import Carried, Kind, Listing, Specimen, Write
from yiwang.apps.datahub.models import EconomicFigure, EconomicSeries
from yiwang.apps.datahub.tests.econ import add, make_series
from yiwang.kernel.base.uid import uuid7

VIEW, ENTER, RELEASE, DEFINE = "datahub.economy.view", "datahub.economy.enter", "datahub.economy.release", "datahub.economy.define"
NOT_LISTS = {"data/economy/compare/": "series that its query names, and those of the list beside; held by test_economy"}


def fill(world: Any) -> dict[str, Any]:
    civil, health = world.orgs["bureau-civil"], world.orgs["bureau-health"]
    make_series(civil, world.city, "gdp-q", "地区生产总值", figures={"2025Q1": 61, "2025Q2": 64}, is_cumulative=False)
    make_series(health, world.district, "clinics-y", "卫生总费用", figures={"2024": 3}, period_kind="year")
    for org, code in ((civil, "secret-relief-q"), (health, "secret-drugs-q")):
        secret = make_series(org, world.city, code, f"敏感{code}", figures={"2025Q1": 5}, grade=3)
        add(secret, "2025Q2", 6, state="waiting")
    return {}


def _sees(reader: Reader, series: Any, permission: str = VIEW) -> bool:
    anywhere = bool(reader.may(permission, series.area_path, series.org_path))
    return anywhere or (permission == VIEW and series.grade <= 2 and reader.holds(VIEW))


def _all() -> list[Any]:
    return list(EconomicSeries.objects.select_related("area", "org").order_by("pk"))


def kinds(made: Any) -> list[Kind]:
    series = [Specimen(f"series {s.code}", {"uid": s.uid}, lambda r, s=s: _sees(r, s), (str(s.uid), s.code) if s.grade > 2 else (str(s.uid),), s) for s in _all()]
    body = {"period": "2025Q3", "value": "70", "status": "preliminary", "released_on": "2025-10-20"}
    return [
        Kind("series of figures", ("data/economy/series/<uuid:uid>/", "api/v1/economy/series/<uuidstr:uid>"), series, {"uid": uuid7()}, {
            "datahub:economy_series": Write(lambda s: body, "data_clerk", "series gdp-q", lambda r, s: s.row.period_kind == "quarter" and _sees(r, s.row, ENTER)),
        }),
    ]  # fmt: skip


def carried(made: Any) -> list[Carried]:
    return [Carried("series of figures", "datahub:economy_compare", "GET", lambda v: {"s": str(v["uid"])}, ("s",))]


def _next(answer: Any) -> str:
    rel = [a.get("href") for a in html.fromstring(answer.content.decode()).iter("a") if a.get("rel") == "next"]
    return rel[0] if rel else ""


def lists(made: Any) -> list[Listing]:
    def wanted(reader: Reader, given: Any) -> set[str]:
        return {str(s.uid) for s in _all() if _sees(reader, s) and (not given.get("area") or s.area.code == given["area"])}

    def waits(reader: Reader, given: Any) -> set[str]:
        rows = EconomicFigure.objects.filter(state="waiting").select_related("series")
        return {str(f.uid) for f in rows if _sees(reader, f.series, RELEASE)}

    codes = tuple(sorted({s.area.code for s in _all()}))
    return [
        Listing("series", "datahub:economy", lambda a: [r["uid"] for r in a.context["rows"]], wanted, {"area": ("", *codes)}, next_page=_next),
        Listing("figures that wait", "datahub:economy_waiting", lambda a: [r["uid"] for r in a.context["rows"]], waits, next_page=_next),
        Listing("series of the api", "api-v1:economy_series_list", lambda a: [i["uid"] for i in a.json()["items"]], wanted, {"area": ("", *codes)}),
    ]  # fmt: skip
