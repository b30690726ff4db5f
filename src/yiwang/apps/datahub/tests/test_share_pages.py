"""The pages of sharing as people walk them; the register of systems; flows and figures; faults that axe finds are looked for elsewhere."""

from __future__ import annotations

import doctest
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils.timezone import localdate

from yiwang.apps.datahub.models.share import InfoSystem, SharingGrant, SharingRequest
from yiwang.apps.datahub.rules.share import overlap
from yiwang.apps.datahub.services.share import systems
from yiwang.apps.datahub.tests.share_town import Caller, granted, make_set, wish
from yiwang.kernel.base.errors import BadInput, NotPermitted

pytestmark = pytest.mark.django_db


def test_from_asking_to_calling_on_pages(world: Any) -> None:
    make_set(world)
    mine, owner = world.client("data_owner2"), world.client("data_owner")
    body = wish(org=world.orgs["bureau-health"].pk, row_filter="street = 望湖\namount >= 500", addresses="", query="") | {"promise": "on", "valid_until": (localdate() + timedelta(days=30)).isoformat()}
    assert mine.get("/data/sharing/ask/civil-pay/").status_code == 200
    wrong = mine.post("/data/sharing/ask/civil-pay/", body | {"basis": "工作需要", "row_filter": "what?"})
    assert wrong.status_code == 422
    assert "无法识别这一行" in wrong.content.decode()
    wrong = mine.post("/data/sharing/ask/civil-pay/", body | {"basis": "工作需要"})
    assert "不是依据" in wrong.content.decode()
    assert mine.post("/data/sharing/ask/civil-pay/", body).status_code == 302
    request = SharingRequest.objects.get()
    assert [p["column"] for p in request.row_filter] == ["street", "amount"]
    assert mine.post(f"/data/sharing/requests/{request.uid}/", {"do": "approve"}).status_code == 403
    assert owner.post(f"/data/sharing/requests/{request.uid}/", {"do": "refuse", "reason": "不"}).status_code == 422
    page = owner.get(f"/data/sharing/requests/{request.uid}/").content.decode()
    assert 'name="mask-id_number"' in page
    assert owner.post(f"/data/sharing/requests/{request.uid}/", {"do": "approve", "mask-name": "strong", "lookups": ["id_number"]}).status_code == 302
    grant = SharingGrant.objects.get()
    assert (grant.masks["name"], grant.lookups) == ("strong", ["id_number"])
    shown = mine.post(f"/data/sharing/grants/{grant.uid}/", {"do": "show"})
    assert shown.status_code == 200
    assert "只显示一次" in shown.content.decode()
    assert mine.post(f"/data/sharing/grants/{grant.uid}/", {"do": "show"}).status_code == 422
    assert "显示密钥" not in owner.get(f"/data/sharing/grants/{grant.uid}/").content.decode()
    assert owner.post(f"/data/sharing/grants/{grant.uid}/", {"do": "suspend", "reason": "核查"}).status_code == 302
    listed = owner.get("/data/sharing/").content.decode()
    assert request.number in listed


def test_a_query_is_run_on_its_page(world: Any) -> None:
    made = granted(world, make_set(world), way="query", columns=["street", "amount"], query="SELECT street, count(*) AS n FROM civil_pay GROUP BY street")
    page = world.client("data_owner2").post(f"/data/sharing/grants/{made.uid}/", {"do": "run", "reason": "YB-7"})
    assert page.status_code == 200
    assert "不足 5 人" in page.content.decode()
    assert made.log.get().purpose == "YB-7"
    assert world.client("data_owner").post(f"/data/sharing/grants/{made.uid}/", {"do": "run", "reason": "x"}).status_code == 403


def test_flows_figures_and_lists(world: Any, django_assert_max_num_queries: Any) -> None:
    caller = Caller(world, granted(world, make_set(world)))
    caller.call()
    make_set(world, "banned", sharing="none", sharing_reason="《统计法》第九条")
    client = world.client("data_steward")
    page = client.get("/data/sharing/flows/")
    told = page.content.decode()
    assert page.context["streams"] == [{"giver": "市民政局", "getter": "市卫生健康委员会", "many": 1, "calls": 1}] or len(page.context["streams"]) == 1
    assert "<svg" in told
    assert "《统计法》第九条" in told
    figures = {f["word"]: (f["numerator"], f["denominator"]) for f in page.context["figures"]}
    assert (1, 2) in figures.values()  # one of two sets is in use
    assert (1, 1) in figures.values()  # the one request was met
    with django_assert_max_num_queries(60):
        client.get("/data/sharing/flows/")
    sheet = client.get("/data/sharing/catalogue.json")
    again = client.post("/data/sharing/flows/", {"file": SimpleUploadedFile("c.json", sheet.content)})
    assert again.status_code == 200
    assert "与现有一致" in again.content.decode()
    assert client.post("/data/sharing/flows/", {"file": SimpleUploadedFile("c.xlsx", b"x")}).status_code == 422
    assert world.client("data_clerk").post("/data/sharing/flows/", {"file": SimpleUploadedFile("c.json", sheet.content)}).status_code == 403


def _system(world: Any, code: str, org: str, **more: Any) -> InfoSystem:
    values = {"name": f"系统{code}", "elements": ["person_name", "identity_number", "phone"], "items": ["低保审核"], "users": 50, "active": 20, "cost_year": "10000"} | more
    return systems.describe(world.actor("data_steward"), code=code, org=world.orgs[org], values=values)


def test_register_overlap_assessment_and_merger(world: Any) -> None:
    one, other, lone = _system(world, "relief", "bureau-civil"), _system(world, "clinic", "bureau-health"), _system(world, "trees", "bureau-greening", elements=["tree"], items=[])
    steward, owner = world.actor("data_steward"), world.actor("data_owner")
    with pytest.raises(NotPermitted):
        systems.assess(owner, one, verdict="stop", reason="x", merge_into=None, until=None)
    for into, until in ((None, localdate()), (other, localdate()), (one, None)):
        with pytest.raises(BadInput):
            systems.assess(steward, other, verdict="merge", reason="重合", merge_into=into, until=until)
    systems.assess(steward, other, verdict="merge", reason="与低保系统重合", merge_into=one, until=localdate() + timedelta(days=200))
    with pytest.raises(BadInput):  # no circle
        systems.assess(steward, one, verdict="merge", reason="重合", merge_into=other, until=localdate())
    page = world.client("data_steward").get("/data/systems/")
    assert page.context["pairs"][0]["percent"] == 100
    assert [m["cells"] for m in page.context["matrix"]] == [[None, 100], [100, None]]
    assert {r["code"] for r in page.context["rows"]} == {"relief", "clinic", "trees"}
    assert {r["code"] for r in world.client("data_owner").get("/data/systems/").context["rows"]} == {"relief"}
    assert world.client("data_owner").get(f"/data/systems/{lone.code}/").status_code == 404
    assert world.client("data_owner").get("/data/systems/relief/").status_code == 200
    assert world.client("data_owner").get("/data/systems/new/").status_code == 200


def test_register_as_a_sheet_out_and_in(world: Any) -> None:
    _system(world, "relief", "bureau-civil", note="=1+1")
    steward = world.actor("data_steward")
    made = systems.export(steward)
    InfoSystem.objects.all().delete()
    assert systems.take_in(steward, made.content) == {"kept": ["relief"], "refused": []}
    row = InfoSystem.objects.get()
    assert (row.elements, row.items, row.users, row.note) == (["person_name", "identity_number", "phone"], ["低保审核"], 50, "=1+1")
    with pytest.raises(BadInput):
        systems.take_in(steward, b"no sheet")
    for bad in ({"users": "many"}, {"cost": "-1"}, {"built_on": "someday"}, {"kind": "robot"}, {"users": 3, "active": 9}):
        with pytest.raises(BadInput):
            systems.describe(steward, code="relief", org=None, values=bad)
    told = systems.take_in(world.actor("data_owner2"), made.content)  # another bureau's system
    assert len(told["refused"]) == 1


def test_examples_of_the_docstrings() -> None:
    assert doctest.testmod(overlap).failed == 0
