"""Legal entities: the code decides, old codes and old names lead to it, what is a person's is masked and read with a reason."""

from __future__ import annotations

import json

import pytest

from yiwang.apps.datahub.models import CandidatePair, Handed, Licence, RuleBook, Subject, Subscription
from yiwang.apps.datahub.services import base_jobs
from yiwang.apps.datahub.services.base import books, licences
from yiwang.apps.datahub.tests.base_town import ENTITY, WHY, code, golden_values, load, make_source, number, subject_of
from yiwang.kernel.audit.models import AccessLog
from yiwang.kernel.base.actor import system
from yiwang.kernel.base.errors import BadInput, NotPermitted

pytestmark = pytest.mark.django_db
WEAVER, LI = code(1), number("19700101", 17)
REASON = {"purpose": WHY.purpose, "basis": WHY.basis, "case_number": WHY.case_number}
FACTS = {"legal_representative": "李建国", "address": "望川区望湖街道柳岸路12号", "established_on": "2001-03-04"}


@pytest.fixture
def town(world):
    make_source(world, "market", "bureau-civil", kind="entity", fields=ENTITY, ranks={"*": 1})
    make_source(world, "insured", "bureau-health", kind="entity", fields=ENTITY, ranks={"*": 30, "staff": 1})
    load("market", {"key": "a", "name": "云望纺织有限公司", "credit_code": WEAVER, "status": "存续", "phone": "13800000001", "legal_representative_number": LI, **FACTS})
    return world


def test_the_code_joins_and_the_registers_rank_decides(town) -> None:
    load("insured", {"key": "1", "name": "云望纺织公司", "credit_code": WEAVER.lower(), "staff": "120", "status": "停业"})
    one = subject_of("market", "a")
    assert subject_of("insured", "1") == one
    values = golden_values(one)
    assert (values["status"], values["staff"]) == ("存续", "120")
    assert (one.number, one.label) == (WEAVER, "云望纺织有限公司")


def test_an_old_organisation_code_finds_its_entity(town) -> None:
    plain = WEAVER[8:16] + "-" + WEAVER[16]
    load("insured", {"key": "old", "name": "云望纺织有限公司", "organisation_code": plain})
    assert subject_of("insured", "old") == subject_of("market", "a")


@pytest.mark.parametrize("row", [
    {"name": "望川食品有限公司", "credit_code": WEAVER},  # one code, two bodies: or a renamed one, which a person has to see
    {"name": "云望纺织有限公司", "credit_code": code(2), **FACTS},  # one body, two codes
])  # fmt: skip
def test_what_contradicts_itself_is_asked_of_two_people(town, row) -> None:
    load("insured", {"key": "x", **row})
    assert subject_of("insured", "x") != subject_of("market", "a")
    (pair,) = CandidatePair.objects.filter(kind="entity")
    assert pair.why in ("number_conflict", "two_numbers")
    page = town.client("data_steward").get(f"/data/review/{pair.uid}/")
    assert page.status_code == 200
    assert town.client("data_steward").post(f"/data/review/{pair.uid}/", {"verdict": "same", "idempotency_key": "1"}).status_code == 302
    pair.refresh_from_db()
    assert pair.state == "second"


def test_a_renamed_entity_is_known_by_its_former_name(town) -> None:
    load("market", {"key": "a", "name": "云望兴达纺织集团", "former_name": "云望纺织有限公司", "credit_code": WEAVER, **FACTS})
    load("insured", {"key": "1", "name": "云望纺织有限公司", "credit_code": WEAVER})
    assert subject_of("insured", "1") == subject_of("market", "a")
    assert not CandidatePair.objects.exists()


def test_a_person_behind_it_is_read_with_a_reason_and_sees_it(town) -> None:
    make_source(town, "police", "bureau-police")
    load("police", {"key": "p", "name": "李建国", "id_number": LI, "birth_date": "1970-01-01", "sex": "1"})
    person, entity = subject_of("police", "p"), subject_of("market", "a")
    steward, clerk = town.client("data_steward"), town.client("data_clerk")
    page = clerk.get(f"/data/entities/{entity.uid}/").content.decode()
    assert "李建国" in page
    assert LI not in page
    assert str(person.uid) not in page  # a clerk may not look persons up
    assert not AccessLog.objects.exists()
    assert str(person.uid) in steward.get(f"/data/entities/{entity.uid}/").content.decode()
    assert steward.post(f"/data/entities/{entity.uid}/", {"purpose": "核对"}).status_code == 422
    assert clerk.post(f"/data/entities/{entity.uid}/", REASON).status_code in (403, 422)
    assert not AccessLog.objects.exists()
    assert LI in steward.post(f"/data/entities/{entity.uid}/", REASON).content.decode()
    (line,) = AccessLog.objects.all()
    assert (line.subject_uid, line.register, line.field_names) == (person.uid, "datahub.legal", ["id_number"])
    assert Handed.objects.filter(subject=entity, how="lookup").count() == 1
    opened = steward.post(f"/data/people/{person.uid}/", REASON).content.decode()
    assert "云望纺织有限公司" in opened


def test_branches_and_licences_follow_the_code(town) -> None:
    load("market", {"key": "b", "name": "云望纺织有限公司望川分公司", "credit_code": code(3), "parent_credit_code": WEAVER})
    make_source(town, "food", "bureau-civil", kind="entity", fields=(licences.FIELD,))
    rows = [
        {"number": "F1", "credit_code": WEAVER, "issued_on": "2019-01-01", "valid_until": "2024-01-01", "state": "有效"}, {"number": "F2", "credit_code": WEAVER[:-1] + "0", "state": "有效"},
        {"number": "F3", "credit_code": WEAVER, "issued_on": "2024-13-01"}, {"number": "F1", "credit_code": WEAVER},
    ]  # fmt: skip
    done = licences.load_licences(system("test"), "food", rows)
    assert (done.fresh, [n for n, _why in done.refused]) == (1, [2, 3, 4])
    assert licences.load_licences(system("test"), "food", rows[:1]).same == 1
    with pytest.raises(NotPermitted):
        licences.load_licences(town.actor("data_owner2"), "food", rows)
    page = town.client("data_clerk").get(f"/data/entities/{subject_of('market', 'a').uid}/").content.decode()
    assert all(text in page for text in ("F1", "已过期", "望川分公司", code(3)))
    assert licences.load_licences(system("test"), "food", [], complete=True).ended == 1
    assert Licence.objects.count() == 1  # ended, not deleted


def test_finding_and_verifying_over_page_and_api(town) -> None:
    clerk = town.client("data_clerk")
    for text in ("纺织", WEAVER[:10].lower()):
        assert "云望纺织有限公司" in clerk.get("/data/entities/", {"q": text}).content.decode()
    assert "云望纺织有限公司" not in clerk.get("/data/entities/", {"q": "无此"}).content.decode()
    assert town.client("citizen").get("/data/entities/").status_code == 403
    shown = clerk.get(f"/api/v1/base/entities/{WEAVER}").json()
    values = {v["field"]: v["value"] for v in shown["values"]}
    assert values["name"] == "云望纺织有限公司"
    assert values["legal_representative_number"] == LI[0] + "*" * 16 + LI[-1]
    assert clerk.get(f"/api/v1/base/entities/{code(9)}").status_code == 404
    claims = [{"credit_code": WEAVER, "name": "云望 纺织有限公司", "legal_representative": "王五"}, {"credit_code": code(9), "name": "无"}]
    said = clerk.post("/api/v1/base/entities/verify", json.dumps({"claims": claims, **REASON}), content_type="application/json").json()
    assert said["answers"] == [{"found": True, "name": True, "legal_representative": False}, {"found": False}]
    assert clerk.post("/api/v1/base/entities/verify", json.dumps({"claims": claims}), content_type="application/json").status_code == 422


def test_rules_are_changed_on_their_page_and_records_follow(town) -> None:
    books.install_books()
    load("insured", {"key": "1", "name": "云望纺织有限公司", "credit_code": WEAVER, "status": "停业", "at": "2026-11-01"})
    steward, book = town.client("data_steward"), books.in_force("entity")
    form = {f"way_{f.name}": " ".join(book.ways(f.name)) for f in book.fields} | {"auto": book.auto, "review": book.review, "reason": "社保更新快"}
    assert steward.post("/data/entities/rules/", form).status_code == 422  # nothing is different
    assert steward.post("/data/entities/rules/", form | {"auto": 1, "review": 5}).status_code == 422
    assert steward.post("/data/entities/rules/", form | {"way_status": "newest rank complete"}).status_code == 302
    assert RuleBook.objects.filter(kind="entity").count() == 2
    assert base_jobs.rebuild_all("entity") == Subject.objects.filter(kind="entity").count()
    assert golden_values(subject_of("market", "a"))["status"] == "停业"
    with pytest.raises(BadInput):
        books.change_rules(town.actor("data_steward"), "entity", ways={"status": ("newest",)}, auto=12, review=2, reason=" ")


def test_a_bureau_subscribes_and_ends_it_on_the_page(town) -> None:
    owner = town.client("data_owner")
    form = {"name": "企业状态", "fields_wanted": ["status"], "until": "2027-06-01", **REASON}
    assert owner.post("/data/subscriptions/?kind=entity", form | {"fields_wanted": ["school"]}).status_code == 422
    assert owner.post("/data/subscriptions/?kind=entity", form).status_code == 302
    page = owner.get("/data/subscriptions/").content.decode()
    assert "企业状态" in page
    uid = Subscription.objects.get().uid
    assert f"/data/subscriptions/{uid}/end/" in page
    assert town.client("data_owner2").post(f"/data/subscriptions/{uid}/end/").status_code == 404
    assert owner.post(f"/data/subscriptions/{uid}/end/").status_code == 302
    assert Subscription.objects.get().ended_at is not None
