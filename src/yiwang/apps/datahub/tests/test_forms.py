"""Reporting by form: asked, reminded, filled in by hand, paste and workbook, judged, landed; each bureau its own rows."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from yiwang.apps.datahub.errors import SheetChanged, SheetNotNow
from yiwang.apps.datahub.lake.engine import connect
from yiwang.apps.datahub.models import FormSheet, FormTask, Run
from yiwang.apps.datahub.queries.landing import relation
from yiwang.apps.datahub.services import forms as services
from yiwang.apps.datahub.tests.forms_specimens import TEXT
from yiwang.apps.datahub.tests.hub import make_dataset
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import BadInput, NotFound
from yiwang.kernel.notices.models import Notice


@pytest.fixture
def task(world: Any) -> FormTask:
    dataset = make_dataset(world.orgs["bureau-civil"], "care-beds", "养老床位", text=TEXT.format(code="care-beds"))
    return services.create(
        world.actor("data_owner"), title="养老床位月报", dataset=dataset.uid, orgs=[world.orgs["bureau-civil"].uid, world.orgs["bureau-health"].uid], cycle="monthly", period="2026-11",
        due_at=now() + timedelta(days=3),
    )  # fmt: skip


def sheet_of(task: FormTask, org: str) -> FormSheet:
    return task.sheets.get(org__code=org, period=task.period)


def landed() -> dict[str, int]:
    with connect() as con:
        return dict(relation(con, "care-beds").project("village, beds").fetchall())


def test_from_asking_to_landed_rows_on_the_pages(world: Any, task: FormTask) -> None:
    assert set(Notice.objects.filter(kind="datahub.form.asked").values_list("account__username", flat=True)) == {"data_clerk", "data_owner2"}  # who has no clerk: his officer
    sheet, clerk = sheet_of(task, "bureau-civil"), world.client("data_clerk")
    at = f"/data/forms/{sheet.uid}/"
    assert "养老床位月报" in clerk.get("/data/forms/").content.decode()
    assert clerk.post(at, {"do": "row", "version": 0, "c_village": "东村", "c_beds": "９９９"}).status_code == 302
    page = clerk.get(at).content.decode()
    assert "999" in page  # full-width digits are read as digits
    refused = clerk.post(at, {"do": "hand_in", "version": 1})
    assert refused.status_code == 422  # 999 lies outside 0 to 500
    assert sheet_of(task, "bureau-civil").state == "draft"
    assert clerk.post(at, {"do": "row", "version": 1, "number": 0, "c_village": "东村", "c_beds": "40"}).status_code == 302
    assert clerk.post(at, {"do": "paste", "version": 2, "text": "床位数\t村居\n12\t西村\n"}).status_code == 302
    book = openpyxl.load_workbook(BytesIO(clerk.get(f"{at}sheet.xlsx").content))
    lines = [[c.value for c in row] for row in book.worksheets[0].iter_rows()]
    assert ["西村", "12"] in [[str(v) for v in line[:2]] for line in lines]
    assert clerk.post(at, {"do": "hand_in", "version": 3}).status_code == 302
    assert clerk.post(at, {"do": "row", "version": 3, "c_village": "南村", "c_beds": "1"}).status_code == 422  # handed in: no more changes
    officer = world.client("data_owner")
    assert officer.post(at, {"do": "accept"}).status_code == 302
    assert landed() == {"东村": 40, "西村": 12}
    officer.post(at, {"do": "accept"})
    assert Run.objects.filter(source="form").count() == 1  # accepted twice, landed once


def test_by_workbook_as_bureaus_send_it(world: Any, task: FormTask) -> None:
    officer, sheet = world.actor("data_owner2"), sheet_of(task, "bureau-health")
    book = openpyxl.Workbook()
    for line in (["卫健局养老床位表"], [], ["床位数（张）", "村 居", "备注"], [8, "北村", "新"], [9, "中村", None]):
        book.active.append(line)
    content = BytesIO()
    book.save(content)
    sheet = services.add_file(officer, sheet.uid, 0, SimpleUploadedFile("beds.xlsx", content.getvalue()), replace=False)
    assert services.rows_of(sheet) == [["北村", "8"], ["中村", "9"]]
    assert "北村" not in sheet.body  # kept as a cipher
    with pytest.raises(SheetChanged):  # a colleague's page that is older
        services.save_row(officer, sheet.uid, 0, None, {"village": "x"})
    from yiwang.apps.datahub.errors import FileRefused

    with pytest.raises(FileRefused):
        services.add_file(officer, sheet.uid, 1, SimpleUploadedFile("half.xlsx", content.getvalue()[:900]), replace=True)
    sheet.refresh_from_db()
    assert sheet.rows == 2


def test_bureaus_do_not_see_each_other_and_land_side_by_side(world: Any, task: FormTask) -> None:
    owner, other = world.actor("data_owner"), world.actor("data_owner2")
    mine, theirs = sheet_of(task, "bureau-civil"), sheet_of(task, "bureau-health")
    with pytest.raises(NotFound):
        services.save_row(other, mine.uid, 0, None, {"village": "x"})
    for actor, sheet, village in ((owner, mine, "东村"), (other, theirs, "北村")):
        services.save_row(actor, sheet.uid, 0, None, {"village": village, "beds": "5"})
        services.hand_in(actor, sheet.uid, 1)
    with pytest.raises(NotFound):
        services.accept(other, mine.uid)  # fills in, does not judge
    services.send_back(owner, theirs.uid, "床位数请核对")
    assert Notice.objects.filter(kind="datahub.form.returned", account__username="data_owner2").exists()
    with pytest.raises(SheetNotNow):
        services.accept(owner, theirs.uid)
    services.hand_in(other, theirs.uid, 1)
    services.accept(owner, mine.uid)
    services.accept(owner, theirs.uid)
    assert landed() == {"东村": 5, "北村": 5}


def test_urging_goes_to_those_who_wait_and_once(world: Any, task: FormTask) -> None:
    owner, sheet = world.actor("data_owner"), sheet_of(task, "bureau-civil")
    services.save_row(owner, sheet.uid, 0, None, {"village": "东村", "beds": "5"})
    services.hand_in(owner, sheet.uid, 1)
    assert services.urge() == 0
    FormSheet.objects.update(due_at=now() - timedelta(days=1, hours=1))
    assert (services.urge(), services.urge()) == (1, 0)
    assert set(Notice.objects.filter(kind="datahub.form.after").values_list("account__username", flat=True)) == {"data_owner2"}
    assert (services.urge_now(owner, task.uid), services.urge_now(owner, task.uid)) == (1, 0)
    FormTask.objects.update(due_at=now() - timedelta(minutes=1))
    assert (services.open_rounds(), services.open_rounds()) == (1, 0)
    task.refresh_from_db()
    assert (task.period, task.sheets.filter(period="2026-12").count()) == ("2026-12", 2)


def test_a_task_that_would_wipe_rows_is_refused(world: Any) -> None:
    dataset = make_dataset(world.orgs["bureau-civil"], "care-all", "整体替换")
    orgs = [world.orgs["bureau-civil"].uid, world.orgs["bureau-health"].uid]
    with pytest.raises(BadInput) as caught:
        services.create(world.actor("data_owner"), title="x", dataset=dataset.uid, orgs=orgs, cycle="monthly", period="2026年11月", due_at=now() - timedelta(days=1))
    assert {e["field"] for e in caught.value.errors} == {"dataset", "period", "due_at"}
    assert not FormTask.objects.exists()
