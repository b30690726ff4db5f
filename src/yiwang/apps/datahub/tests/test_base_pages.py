"""Doors of the population base: masked pages, the review desk walked through, the API's yes and no."""

from __future__ import annotations

import json

import pytest

from yiwang.apps.datahub.models import CandidatePair, Merge
from yiwang.apps.datahub.tests.base_town import WHY, load, make_source, number, subject_of
from yiwang.kernel.audit.models import AccessLog

pytestmark = pytest.mark.django_db
WANG = number("19850312", 122)
REASON = {"purpose": WHY.purpose, "basis": WHY.basis, "case_number": WHY.case_number}


@pytest.fixture
def town(world):
    make_source(world, "police", "bureau-police", ranks={"*": 10})
    make_source(world, "relief", "bureau-civil", ranks={"*": 30})
    load("police", {"key": "p", "name": "王芳", "id_number": WANG, "birth_date": "1985-03-12", "sex": "2", "phone": "13800000001"})
    load("relief", {"key": "r", "name": "王芳", "birth_date": "1985-03-12", "sex": "2", "relief_kind": "低保"}, {"key": "x", "name": "李秀英", "id_number": WANG})
    return world


def test_looking_up_on_the_page_masks_and_refuses_without_a_reason(town) -> None:
    client = town.client("data_steward")
    refused = client.post("/data/people/", {"number": WANG, "purpose": "", "basis": "", "case_number": ""})
    assert refused.status_code == 422
    assert not AccessLog.objects.exists()
    shown = client.post("/data/people/", {"number": WANG, **REASON}).content.decode()
    assert "王*" in shown
    for secret in ("王芳", "1985-03-12", "13800000001"):
        assert secret not in shown
    bare = client.get(f"/data/people/{subject_of('police', 'p').uid}/").content.decode()
    assert "王" not in bare.split("yw-split-main")[1].split("</main>")[0].replace("望", "")  # the record's page names nobody until a reason is given
    opened = client.post(f"/data/people/{subject_of('police', 'p').uid}/", {**REASON, "plain": "on"}).content.decode()
    assert "13800000001" in opened


def test_the_review_desk_leads_from_one_question_to_the_next(town) -> None:
    client = town.client("data_steward")
    listed = client.get("/data/review/").content.decode()
    assert listed.count("data-row") == CandidatePair.objects.count() >= 2
    grey = CandidatePair.objects.get(why="grey")
    shown = client.get(f"/data/review/{grey.uid}/").content.decode()
    assert "低保" not in shown  # a comparison does not need it
    assert 'data-hotkey="s"' in shown
    assert shown.count("<rect") == len(grey.columns) + 1
    body = {"verdict": "same", "note": "电话核实", "idempotency_key": "k-1"}
    answer = client.post(f"/data/review/{grey.uid}/", body)
    other = CandidatePair.objects.get(why="number_conflict")
    assert answer.status_code == 302
    assert answer["Location"] == f"/data/review/{other.uid}/"
    assert client.post(f"/data/review/{grey.uid}/", body).status_code == 302  # sent twice, done once
    assert Merge.objects.count() == 1
    assert client.post(f"/data/review/{grey.uid}/", {**body, "idempotency_key": "k-2"}).status_code == 422  # settled
    client.post(f"/data/review/{other.uid}/", {"verdict": "same"})
    assert "须由他人复核" in client.get(f"/data/review/{other.uid}/").content.decode()
    assert Merge.objects.count() == 1
    town.client("data_steward2").post(f"/data/review/{other.uid}/", {"verdict": "same"})
    assert Merge.objects.count() == 2


def test_a_merge_is_taken_back_on_its_page(town) -> None:
    client = town.client("data_steward")
    client.post(f"/data/review/{CandidatePair.objects.get(why='grey').uid}/", {"verdict": "same"})
    merge = Merge.objects.get()
    client.post("/data/people/", {"number": WANG, "name": "王芳", **REASON})
    page = client.get(f"/data/merges/{merge.uid}/").content.decode()
    assert WHY.case_number in page
    assert client.post(f"/data/merges/{merge.uid}/", {"reason": "不是同一人"}).status_code == 302
    again = client.post(f"/data/merges/{merge.uid}/", {"reason": "再撤一次"})
    assert again.status_code == 422
    assert WHY.case_number in client.get(f"/data/merges/{merge.uid}/").content.decode()  # the trace stays


def test_the_form_is_filled_with_whose_it_is(town) -> None:
    shown = town.client("data_owner").post("/data/people/fill/", {"number": WANG, "name": "王芳", **REASON}).content.decode()
    assert 'value="13800000001"' in shown
    assert "云望市公安局" in shown


def test_the_api_verifies_in_batches_and_feeds_changes(town, django_assert_max_num_queries) -> None:
    client = town.client("data_owner")

    def post(path: str, body: object) -> tuple[int, dict]:
        answer = client.post(f"/api/v1{path}", json.dumps(body), content_type="application/json", headers={"X-CSRFToken": "t"})
        return answer.status_code, json.loads(answer.content or b"{}")

    status, said = post("/base/verify", {"claims": [{"id_number": WANG, "name": "王芳", "phone": "13900000000"}, {"id_number": number("20010101", 5)}], **REASON})
    assert (status, said["answers"]) == (200, [{"found": True, "name": True, "phone": False}, {"found": False}])
    assert post("/base/verify", {"claims": [{"id_number": WANG}]})[1]["code"] == "datahub.base.no-purpose"
    (own,) = post("/base/lookup", {"number": WANG, **REASON})[1]["items"]  # of the two with this number, the one that its own register tells of
    assert {v["field"]: v["value"] for v in own["values"]} == {"id_number": "3" + "*" * 16 + WANG[-1], "name": "李*英"}
    status, made = post("/base/subscriptions", {"name": "低保", "fields": ["phone", "relief_kind"], "until": "2027-01-01", **REASON})
    assert status == 201
    load("relief", {"key": "r", "name": "王芳", "birth_date": "1985-03-12", "sex": "2", "relief_kind": "特困"})
    load("police", {"key": "p", "name": "王芳", "id_number": WANG, "birth_date": "1985-03-12", "sex": "2", "phone": "13800000002"})  # not of their people
    feed = client.get(f"/api/v1/base/subscriptions/{made['uid']}/changes").json()
    assert [(c["subject"], c["change"], c["fields"]) for c in feed["changes"]] == [(str(subject_of("relief", "r").uid), "changed", ["relief_kind"])]
    assert client.get(f"/api/v1/base/subscriptions/{made['uid']}/changes").json()["changes"] == []
    assert client.get(f"/api/v1/base/subscriptions/{made['uid']}/changes?after=0").json()["position"] >= feed["position"]
