"""The macro-economic base: figures are added and never lost, known as of a day, brought in whole, released by two, taken out safely."""

from __future__ import annotations

import io
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, InternalError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from yiwang.apps.datahub.errors import FigureDoubtful, FigureNotNow, FileRefused, SheetRefused
from yiwang.apps.datahub.models import EconomicFigure, FigureState
from yiwang.apps.datahub.queries import economy as reads
from yiwang.apps.datahub.rules.economy.periods import Period
from yiwang.apps.datahub.services import economy as services
from yiwang.apps.datahub.services.economy.entering import Entry, Publication
from yiwang.apps.datahub.tests.econ import add, make_series, today
from yiwang.kernel.audit.models import Event
from yiwang.kernel.base.errors import BadInput, NotFound

Q1, Q2 = Period(2025, "quarter", 1), Period(2025, "quarter", 2)
pytestmark = pytest.mark.django_db


@pytest.fixture
def gdp(world: Any) -> Any:
    figures = {"2024Q1": 60, "2024Q2": 126, "2025Q1": 63}
    return make_series(world.orgs["bureau-civil"], world.city, "gdp-q", "地区生产总值", figures=figures, is_cumulative=True)


def published(day: date, status: str = "preliminary", reason: str = "") -> Publication:
    return Publication(status=status, released_on=day, reason=reason)


def upload(rows: list[list[Any]], name: str = "月报.xlsx") -> SimpleUploadedFile:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    held = io.BytesIO()
    book.save(held)
    return SimpleUploadedFile(name, held.getvalue())


def test_a_correction_is_a_revision_and_the_past_stays_known(world: Any, gdp: Any) -> None:
    clerk = world.actor("data_clerk")
    with pytest.raises(BadInput) as refused:
        services.put(clerk, gdp.uid, Entry(Q1, Decimal("64.1")), published(date(2026, 1, 15)))
    assert refused.value.errors[0]["field"] == "reason"
    services.put(clerk, gdp.uid, Entry(Q1, Decimal("64.1")), published(date(2026, 1, 15), "final", "第五次经济普查"))
    assert services.put(clerk, gdp.uid, Entry(Q1, Decimal("64.10")), published(date(2026, 1, 15), "final")).unchanged == 1
    assert reads.known([gdp.pk])[gdp.pk][Q1].value == Decimal("64.1")
    assert reads.known([gdp.pk], date(2026, 1, 14))[gdp.pk][Q1].value == 63
    assert Q1 not in reads.known([gdp.pk], date(2025, 4, 1))[gdp.pk]
    with pytest.raises(BadInput):  # a release older than what is known is no correction of it
        services.put(clerk, gdp.uid, Entry(Q1, Decimal(65)), published(date(2025, 12, 1), reason="旧表"))
    services.put(clerk, gdp.uid, Entry(Q1, None), published(date(2026, 2, 1), reason="发错了期别"))
    assert Q1 not in reads.known([gdp.pk])[gdp.pk]
    assert [f.revision for f in reads.history(gdp, "2025Q1")] == [1, 2, 3]
    event = Event.objects.filter(action="datahub.figure.given").order_by("pk").first()
    assert event is not None
    assert event.data["series"] == "gdp-q"


def test_the_database_itself_keeps_figures(gdp: Any) -> None:
    figure = EconomicFigure.objects.filter(series=gdp).first()
    for spoil in (lambda: EconomicFigure.objects.filter(pk=figure.pk).update(value=1), lambda: EconomicFigure.objects.filter(pk=figure.pk).delete()):
        with pytest.raises((IntegrityError, InternalError), match="only added"), transaction.atomic():
            spoil()


def test_wrong_units_are_doubted_and_strangers_enter_nothing(world: Any, gdp: Any) -> None:
    clerk, day = world.actor("data_clerk"), today()
    with pytest.raises(FigureDoubtful):
        services.put(clerk, gdp.uid, Entry(Q2, Decimal(1_320_000)), published(day))
    with pytest.raises(FigureDoubtful):
        services.put(clerk, gdp.uid, Entry(Q2, Decimal(62)), published(day))  # below the first quarter's own
    with pytest.raises(NotFound):
        services.put(world.actor("data_owner2"), gdp.uid, Entry(Q2, Decimal(132)), published(day))
    with pytest.raises(BadInput):
        services.put(clerk, gdp.uid, Entry(Q2, Decimal(132)), published(day + timedelta(days=1)))
    assert EconomicFigure.objects.filter(series=gdp).count() == 3
    assert services.put(clerk, gdp.uid, Entry(Q2, Decimal(62)), published(day), sure=True).new == 1


def test_sensitive_figures_need_two(world: Any) -> None:
    secret = make_series(world.orgs["bureau-civil"], world.city, "relief-q", "救助支出", grade=3)
    owner, steward = world.actor("data_owner"), world.actor("data_steward")
    assert services.put(owner, secret.uid, Entry(Q1, Decimal(7)), published(today())).waiting == 1
    figure = EconomicFigure.objects.get(series=secret)
    assert reads.known([secret.pk])[secret.pk] == {}
    with pytest.raises(BadInput):
        services.decide(owner, figure.uid, release=True)  # who gave it
    with pytest.raises(BadInput):
        services.put(owner, secret.uid, Entry(Q1, Decimal(8)), published(today(), reason="改"))  # one waits already
    with pytest.raises(BadInput):
        services.decide(steward, figure.uid, release=False)  # without a word
    services.decide(steward, figure.uid, release=True)
    assert reads.known([secret.pk])[secret.pk][Q1].value == 7
    with pytest.raises(FigureNotNow):
        services.decide(steward, figure.uid, release=False, said="重复")
    assert not reads.series(world.actor("data_owner2")).filter(pk=secret.pk).exists()


def test_a_sheet_is_kept_whole_or_not_at_all(world: Any, gdp: Any) -> None:
    clerk, day = world.actor("data_clerk"), today()
    primary = make_series(world.orgs["bureau-civil"], world.city, "primary-q", "第一产业", is_cumulative=True, whole=gdp)
    rows = [["主要指标"], ["指标", "单位", "2025年1-3月", "2025年1-6月"], ["地区生产总值", "万元", 630000, 1_321_000], ["  #第一产业", "亿元", "5.1", "约十一"]]
    with pytest.raises(SheetRefused) as refused:
        services.bring_in(clerk, upload(rows), published(day))
    assert [(c["cell"], c["text"]) for c in refused.value.cells] == [("D4", "约十一")]
    assert EconomicFigure.objects.count() == 3
    rows[3][3] = 11.2
    looked = services.bring_in(clerk, upload(rows), published(day), keep=False)
    assert (looked.written.new, looked.written.unchanged, looked.scaled, looked.refused) == (3, 1, 2, [])
    assert EconomicFigure.objects.count() == 3
    assert services.bring_in(clerk, upload(rows), published(day)).written.new == 3
    assert services.bring_in(clerk, upload(rows), published(day)).written.new == 0  # the same sheet again
    given, _told = reads.given([primary])
    assert given[primary.pk].figures[Q2] == Decimal("11.2")
    assert EconomicFigure.objects.get(series=primary, period="2025Q2").origin == "月报.xlsx D4"
    rows[2][3] = 1_335_000
    with pytest.raises(SheetRefused) as changed:
        services.bring_in(clerk, upload(rows), published(day))
    assert changed.value.cells[0]["cell"] == "D3"
    assert services.bring_in(clerk, upload(rows), published(day, "revised", "核实")).written.revised == 4
    with pytest.raises(FileRefused):
        services.bring_in(clerk, SimpleUploadedFile("a.xlsx", b"PK\x03\x04 half"), published(day))
    gbk = "指标,代码,2025年1-9月\n=HYPERLINK(1),gdp-q,199\n".encode("gb18030")
    assert services.bring_in(clerk, SimpleUploadedFile("月报.csv", gbk), published(day)).written.new == 1


def test_pages_and_files(world: Any, gdp: Any) -> None:
    clerk, owner = world.client("data_clerk"), world.client("data_owner")
    make_series(world.orgs["bureau-health"], world.district, "x-calc-q", "=HYPERLINK(1)", figures={"2025Q1": 2, "2025Q2": 4})
    other = reads.series(world.actor("data_clerk")).get(code="x-calc-q")
    add(gdp, "2025Q1", 64, revision=2, released_on=date(2026, 1, 15), status="final", reason="年度核实")
    page = clerk.get(reverse("datahub:economy"))
    assert [r["series"].code for r in page.context["rows"]] == ["gdp-q", "x-calc-q"]
    with CaptureQueriesContext(connection) as few:
        clerk.get(reverse("datahub:economy"))
    for n in range(6):
        make_series(world.orgs["bureau-civil"], world.city, f"more-{n}-q", f"指标{n}", figures={"2025Q1": 1})
    with CaptureQueriesContext(connection) as many:
        clerk.get(reverse("datahub:economy"))
    assert len(many) == len(few)
    one = reverse("datahub:economy_series", args=[gdp.uid])
    body = clerk.get(one + "?period=2025Q1").content.decode()
    assert "年度核实" in body
    assert "2025年1–3月" in body
    assert "64.00" in body
    assert ">63.00<" in clerk.get(one + "?as_of=2025-12-31").content.decode()
    assert clerk.get(one + "?as_of=soon").status_code == 422
    posted = clerk.post(one, {"period": "2025年上半年", "value": "1", "status": "preliminary", "released_on": "2026-01-02"})
    assert posted.status_code == 422
    assert "低于上期" in posted.content.decode()
    both = reverse("datahub:economy_compare") + f"?s={gdp.uid}&s={other.uid}"
    compared = clerk.get(both)
    assert len(compared.context["chart"]["series"]) == 2
    for address in (reverse("datahub:economy_series_file", args=[gdp.uid]), reverse("datahub:economy_compare_file") + f"?s={gdp.uid}&s={other.uid}"):
        book = openpyxl.load_workbook(io.BytesIO(owner.get(address).content))
        cells = [c for sheet in book for row in sheet.iter_rows() for c in row]
        assert not [c.value for c in cells if c.data_type == "f" or str(c.value or "").startswith("=")]
        assert any(c.value == 64 for c in cells)
    made = clerk.post(reverse("datahub:economy_bring_in"), {"file": upload([["指标", "2025年1-9月"], ["地区生产总值", "x"]]), "status": "preliminary", "released_on": str(today())})
    assert made.status_code == 422
    assert "B2" in made.content.decode()
    assert clerk.get(reverse("datahub:economy_new")).status_code == 403
    new = {"code": "jobs-y", "indicator": "jobs", "name": "城镇新增就业", "theme": "people", "area": world.city.code, "org": "bureau-civil", "period_kind": "year", "kind": "flow", "unit": "万人", "decimals": "2", "grade": "2"}
    assert owner.post(reverse("datahub:economy_new"), new).status_code == 302
    assert owner.post(reverse("datahub:economy_new"), new).status_code == 422  # the code is taken


def test_the_api_tells_what_was_known(world: Any, gdp: Any) -> None:
    add(gdp, "2025Q1", 64, revision=2, released_on=date(2026, 1, 15), status="final", reason="年度核实")
    client = world.client("data_owner2")
    listed = client.get("/api/v1/economy/series?theme=accounts").json()
    assert [s["code"] for s in listed["items"]] == ["gdp-q"]
    now_ = client.get(f"/api/v1/economy/series/{gdp.uid}").json()["figures"][-1]
    assert (now_["value"], now_["status"], now_["reckoned"]["yoy"]) == (64.0, "final", 6.6667)
    then = client.get(f"/api/v1/economy/series/{gdp.uid}?as_of=2025-12-31").json()["figures"][-1]
    assert (then["value"], then["revision"], then["reckoned"]["yoy"]) == (63.0, 1, 5.0)
    assert world.client("inspector").get(f"/api/v1/economy/series/{gdp.uid}").status_code == 403
    assert FigureState.RELEASED == "released"
