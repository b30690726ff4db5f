"""The population base: twins, father and son, one number with two people, two numbers with one, and what a wrong merge leaves."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from yiwang.apps.datahub.errors import AlreadySettled, NoPurpose, NotConfirmed, NotMergeable, SecondPersonNeeded
from yiwang.apps.datahub.models import CandidatePair, Change, FieldValue, Handed, IdMap, Merge, SourceRecord, Subject
from yiwang.apps.datahub.queries.base import tracing
from yiwang.apps.datahub.queries.rights import held
from yiwang.apps.datahub.queries.rights import subject as rights_subject
from yiwang.apps.datahub.services.base import filling, merging, reading, review, sealed, subscribing, verifying
from yiwang.apps.datahub.services.rights.identity import confirm
from yiwang.apps.datahub.tests.base_town import WHY, golden_values, load, make_source, number, subject_of
from yiwang.kernel.audit.models import AccessLog, Event
from yiwang.kernel.base.errors import BadInput, NotFound, NotPermitted

pytestmark = pytest.mark.django_db
HOME = "望川区望湖街道柳岸路 12 号 3 单元 402"
WANG = number("19850312", 122)


@pytest.fixture
def town(world):
    make_source(world, "police", "bureau-police", ranks={"*": 10, "name": 1, "id_number": 1})
    make_source(world, "relief", "bureau-civil", ranks={"*": 30, "relief_kind": 1})
    make_source(world, "health", "bureau-health", ranks={"*": 40, "phone": 5})
    return world


def row(key: str, name: str, **more: str) -> dict[str, str]:
    return {"key": key, "name": name, **more}


def pair_of(a: Subject, b: Subject) -> CandidatePair | None:
    left, right = sorted((a.pk, b.pk))
    return CandidatePair.objects.filter(left_id=left, right_id=right).first()


def test_one_number_one_person_however_it_is_written(town) -> None:
    load("police", row("p1", "王芳", id_number=WANG, household_address=HOME))
    short = WANG[:6] + WANG[8:17]  # fifteen figures: the first generation of cards
    old = number("19850312", 122)
    assert load("relief", row("r1", "王 芳", id_number=old.lower(), phone="13800000001")).joined == 1
    assert load("health", row("h1", "王方", id_number=short)).joined == 1  # the same sound: a typing error
    who = subject_of("police", "p1")
    assert who == subject_of("relief", "r1") == subject_of("health", "h1")
    assert who.source_count == 3
    assert golden_values(who)["name"] == "王芳"  # the police is trusted for names
    assert {(m.by, m.method) for m in IdMap.objects.filter(subject=who)} == {("rule", "first"), ("rule", "id_number")}


def test_twins_are_two(town) -> None:
    home = {"birth_date": "2019-05-20", "household_address": HOME, "phone": "13800000002", "sex": "1"}
    load("police", row("a", "张子轩", id_number=number("20190520", 11), **home), row("b", "张子豪", id_number=number("20190520", 13), **home))
    load("health", row("ha", "张子轩", **home), row("hb", "张子豪", **home))  # the clinic has no numbers
    one, two = subject_of("police", "a"), subject_of("police", "b")
    assert one != two
    assert subject_of("health", "ha") == one
    assert subject_of("health", "hb") == two
    assert not Merge.objects.exists()


def test_twins_without_any_number_are_never_joined_by_themselves(town) -> None:
    home = {"birth_date": "2019-05-20", "household_address": HOME, "phone": "13800000002", "sex": "1"}
    load("health", row("ha", "张子轩", **home))
    loaded = load("relief", row("rb", "张子豪", **home))
    one, two = subject_of("health", "ha"), subject_of("relief", "rb")
    assert one != two
    assert loaded.joined == 0
    pair = pair_of(one, two)
    assert pair is not None
    assert pair.why == "other_name"
    assert pair.state == "open"


def test_father_and_son_of_one_house_and_telephone_are_two(town) -> None:
    load("police", row("f", "赵国强", birth_date="1960-02-03", household_address=HOME, phone="13800000003", sex="1"))
    loaded = load("health", row("s", "赵国强", birth_date="1988-07-09", household_address=HOME, phone="13800000003", sex="1"))  # even the same name
    assert subject_of("police", "f") != subject_of("health", "s")
    assert loaded.joined == 0


def test_one_number_with_two_people_goes_to_two_stewards(town) -> None:
    load("police", row("p", "孙伟", id_number=WANG, birth_date="1985-03-12"))
    loaded = load("relief", row("r", "李秀英", id_number=WANG, birth_date="1951-11-30"))
    one, two = subject_of("police", "p"), subject_of("relief", "r")
    assert one != two
    assert (loaded.joined, loaded.pairs) == (0, 1)
    pair = pair_of(one, two)
    assert pair is not None
    assert pair.why == "number_conflict"
    steward, second = town.actor("data_steward"), town.actor("data_steward2")
    assert review.decide(steward, pair.uid, "same") == "second"
    with pytest.raises(SecondPersonNeeded):
        review.decide(steward, pair.uid, "same")
    assert not Merge.objects.exists()
    assert review.decide(second, pair.uid, "different") == "different"
    with pytest.raises(AlreadySettled):
        review.decide(steward, pair.uid, "same")


def test_one_person_with_two_numbers_is_asked_not_done(town) -> None:
    other = number("19850312", 124)
    same = {"birth_date": "1985-03-12", "phone": "13800000001", "household_address": HOME, "sex": "2"}
    load("police", row("p", "王芳", id_number=WANG, **same))
    loaded = load("relief", row("r", "王芳", id_number=other, **same))
    pair = pair_of(subject_of("police", "p"), subject_of("relief", "r"))
    assert loaded.joined == 0
    assert pair is not None
    assert pair.why == "two_numbers"
    told = {c["name"]: (c["level"], c["bits"]) for c in pair.columns}
    assert told["id_number"] == ("differs", -10.0)
    assert told["phone"] == ("exact", 10.0)
    assert round(-13.0 + sum(bits for _level, bits in told.values()), 2) == pair.score  # the reasons add up to the score


def _merged(town) -> Merge:
    """A typed number and the same birth: a steward calls two cousins of one name the same, wrongly."""
    load("police", row("p", "王芳", id_number=WANG, birth_date="1985-03-12", household_address=HOME, sex="2"))
    load("relief", row("r", "王芳", birth_date="1985-03-12", phone="13811112222", relief_kind="低保", sex="2"))
    pair = pair_of(subject_of("police", "p"), subject_of("relief", "r"))
    assert pair is not None
    assert pair.why == "grey"
    assert review.decide(town.actor("data_steward"), pair.uid, "same", key="k1") == "same"
    assert review.decide(town.actor("data_steward"), pair.uid, "same", key="k1") == "same"  # sent twice, done once
    return Merge.objects.get()


def test_a_wrong_merge_is_taken_back_and_who_received_it_is_known(town) -> None:
    from yiwang.apps.datahub.models import Subscription

    subscription = subscribing.subscribe(
        town.actor("data_owner"), kind="person", name="低保动态核查", fields=["relief_kind", "name"], why=WHY, until=timezone.now().date() + timedelta(days=90)
    )
    merge = _merged(town)
    kept, gone = merge.kept, merge.gone
    gone.refresh_from_db()
    assert (gone.state, gone.redirect) == ("merged", kept)
    assert golden_values(kept)["relief_kind"] == "低保"
    feed = subscribing.read_on(town.actor("data_owner"), subscription.uid)
    assert [c.change for c in feed.changes][-1] == "merged"
    assert feed.changes[-1].other == gone
    reading.lookup(town.actor("data_steward"), number=WANG, why=WHY)
    filling.fill_form(town.actor("data_owner"), number=WANG, name="王芳", fields=["relief_kind"], why=WHY)
    undone = merging.undo_merge(town.actor("data_steward"), merge.uid, reason="两人不是同一人，电话核实")
    kept.refresh_from_db(), gone.refresh_from_db()
    assert (gone.state, gone.redirect) == ("live", None)
    assert "relief_kind" not in golden_values(kept)
    assert golden_values(gone)["phone"] == "13811112222"
    assert subject_of("relief", "r") == gone
    traced = tracing.consequences(undone)
    assert [(t.how, t.org.get("zh-Hans", "")) for t in traced] == [("feed", town.orgs["bureau-civil"].name["zh-Hans"]), ("lookup", town.orgs["city-government"].name["zh-Hans"]),
                                                                  ("form", town.orgs["bureau-civil"].name["zh-Hans"])]  # fmt: skip
    told = subscribing.read_on(town.actor("data_owner"), subscription.uid)
    assert "split" in [c.change for c in told.changes]  # the subscriber hears that it was wrong
    assert load("relief", row("r", "王芳", birth_date="1985-03-12", phone="13811112222", relief_kind="特困", sex="2")).pairs == 0  # not proposed again
    with pytest.raises(NotMergeable):
        merging.undo_merge(town.actor("data_steward"), merge.uid, reason="再来一次")
    assert Event.objects.filter(action="datahub.base.unmerged").count() == 1
    assert Subscription.objects.count() == 1


def test_rows_are_versioned_ended_and_never_deleted(town) -> None:
    load("police", row("p", "王芳", id_number=WANG), row("q", "钱进", id_number=number("19700101", 17)))
    assert load("police", row("p", "王芳", id_number=WANG)).same == 1  # last month again
    assert load("police", row("p", "王芳", id_number=WANG, phone="13900000000"), complete=True).ended == 1
    versions = list(SourceRecord.objects.filter(key_index=sealed.key_of("police", "p")).order_by("version").values_list("version", "is_current"))
    assert versions == [(1, False), (2, True)]
    assert subject_of("police", "q").state == "ended"
    with pytest.raises(DatabaseError, match="never deleted"), transaction.atomic():
        SourceRecord.objects.all()._raw_delete("default")
    assert SourceRecord.objects.count() == 3


def test_the_county_keeps_only_what_it_may_hold(town) -> None:
    make_source(town, "clinic", "bureau-health", fields=("name", "birth_date", "sex"))
    loaded = load("clinic", {**row("c", "王芳", birth_date="1985-03-12", sex="2"), "diagnosis": "病历", "phone": "13800000001"})
    assert loaded.left_out == {"diagnosis": 1, "phone": 1}
    body = sealed.open_body(bytes(SourceRecord.objects.get(source__code="clinic").body))
    assert set(body["values"]) == {"name", "birth_date", "sex"}
    make_source(town, "province", "bureau-police", is_remote=True, port="province")
    with pytest.raises(BadInput):
        load("province", row("x", "王芳"))


def test_no_personal_value_lies_readable_in_the_tables(town) -> None:
    from django.db import connection

    load("police", row(WANG, "王芳", id_number=WANG, phone="13800000001", household_address=HOME))
    load("relief", row("r", "王芳", birth_date="1985-03-12", sex="2"))
    for table in ("sourcerecord", "subject", "fieldvalue", "idmap", "candidatepair", "change"):
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT string_agg(t::text, ' ') FROM datahub_{table} t")
            text = cursor.fetchone()[0] or ""
        for secret in ("王芳", WANG, "13800000001", "柳岸路", "1985-03-12"):
            assert secret not in text, table
            assert secret.encode().hex() not in text, table


def test_reading_asks_for_a_reason_masks_and_is_logged(town) -> None:
    load("police", row("p", "王芳", id_number=WANG, phone="13800000001", birth_date="1985-03-12"))
    steward = town.actor("data_steward")
    for missing in ("purpose", "basis", "case_number"):
        with pytest.raises(NoPurpose):
            reading.lookup(steward, number=WANG, why=reading.Why(**{"purpose": "核对", "basis": "法", "case_number": "1", missing: " "}))
    assert not AccessLog.objects.exists()
    (read,) = reading.lookup(steward, number=WANG, why=WHY)
    shown = {v.field: v.value for v in read.values}
    assert shown["name"] == "王*"
    assert shown["id_number"] == "3" + "*" * 16 + WANG[-1]
    assert shown["birth_date"] == "1985"
    assert shown["phone"] == "138****0001"
    (open_,) = reading.lookup(steward, number=WANG, why=WHY, plain=True)
    assert {v.field: v.value for v in open_.values}["id_number"] == WANG
    assert open_.values[0].org == town.orgs["bureau-police"].name
    with pytest.raises(NotPermitted):
        reading.lookup(town.actor("data_owner"), number=WANG, why=WHY, plain=True)
    lines = AccessLog.objects.filter(subject_uid=read.uid, register="datahub.population")
    assert lines.count() == 2
    assert all("MZ-2026-0001" in line.purpose and "社会救助" in line.basis for line in lines)
    assert Handed.objects.filter(how="lookup").count() == 2


def test_a_bureau_sees_those_of_whom_its_registers_tell(town) -> None:
    load("police", row("p", "王芳", id_number=WANG))
    assert reading.lookup(town.actor("data_owner2"), number=WANG, why=WHY) == []
    assert not AccessLog.objects.exists()
    load("health", row("h", "王芳", id_number=WANG))
    assert len(reading.lookup(town.actor("data_owner2"), number=WANG, why=WHY)) == 1
    with pytest.raises(NotFound):
        filling.fill_form(town.actor("data_owner2"), number=WANG, name="李芳", fields=["phone"], why=WHY)


def test_verify_says_yes_or_no_and_nothing_else(town, settings, monkeypatch) -> None:
    load("police", row("p", "王芳", id_number=WANG, birth_date="1985-03-12", phone="13800000001"))
    clerk = town.actor("data_clerk")
    monkeypatch.setattr(sealed, "open_value", lambda *_: pytest.fail("a value was opened"))
    said = verifying.verify(clerk, "person", [
        {"id_number": WANG, "name": "王 芳", "birth_date": "19850312", "relief_kind": "低保"}, {"id_number": WANG.lower(), "name": "王方"}, {"id_number": number("19990101", 15), "name": "某"},
    ], why=WHY)  # fmt: skip
    assert said == [{"found": True, "name": True, "birth_date": True, "relief_kind": None}, {"found": True, "name": False}, {"found": False}]
    with pytest.raises(BadInput):
        verifying.verify(clerk, "person", [{"id_number": WANG, "school": "一中"}], why=WHY)
    with pytest.raises(NoPurpose):
        verifying.verify(clerk, "person", [{"id_number": WANG}], why=reading.Why(purpose="", basis="", case_number=""))
    make_source(town, "province", "bureau-police", is_remote=True, port="province")
    settings.BASE_PORTS = {"province": "yiwang.apps.datahub.tests.test_base_people.province"}
    assert verifying.verify(clerk, "person", [{"id_number": number("19990101", 15), "name": "某"}], why=WHY) == [{"found": True, "name": True}]


def province(kind, claim, why):
    """A province's port, as the tests play it."""
    return {"found": True, "name": claim.get("name") == "某"}


def test_rules_choose_a_value_say_why_and_a_lock_stands_until_its_day(town) -> None:
    load("police", {**row("p", "王芳", id_number=WANG, phone="13100000000", household_address=HOME), "at": "2020-01-01"})
    load("health", {**row("h", "王芳", id_number=WANG, phone="13200000000", household_address="旧址"), "at": "2026-06-01"})
    who = subject_of("police", "p")
    kept = {v.field: v for v in FieldValue.objects.filter(subject=who)}
    assert golden_values(who)["phone"] == "13200000000"
    assert kept["phone"].why == "newest"
    assert golden_values(who)["household_address"] == HOME
    assert kept["household_address"].why == "rank"
    assert [(x["value"], x["why"]) for x in sealed.open_lost(bytes(kept["phone"].lost))] == [("13100000000", "newest")]
    police = SourceRecord.objects.get(source__code="police")
    until = timezone.now() + timedelta(days=30)
    lock = merging.lock_field(town.actor("data_steward"), who.uid, "phone", police.uid, until=until, reason="本人来电更正")
    assert golden_values(who)["phone"] == "13100000000"
    lock.until = timezone.now() - timedelta(seconds=1)
    lock.save()
    assert merging.end_locks() == 1
    assert golden_values(who)["phone"] == "13200000000"


def test_a_rule_that_joined_wrongly_is_split(town) -> None:
    load("police", row("p", "王芳", id_number=WANG))
    load("health", row("h", "王芳", id_number=WANG, phone="13800000009"))
    who = subject_of("police", "p")
    wrong = SourceRecord.objects.get(source__code="health")
    fresh = merging.split(town.actor("data_steward"), who.uid, [wrong.uid], reason="卡号录错")
    assert subject_of("health", "h") == fresh != who
    assert golden_values(fresh)["phone"] == "13800000009"
    pair = pair_of(who, fresh)
    assert pair is not None
    assert pair.state == "different"
    assert Change.objects.filter(change="split").count() == 2
    with pytest.raises(BadInput):
        merging.split(town.actor("data_steward"), who.uid, [SourceRecord.objects.get(source__code="police").uid], reason="全部")


def test_a_citizen_is_vouched_for_and_sees_who_read_him_and_what_is_held(town) -> None:
    load("police", row("p", "王芳", id_number=WANG))
    reading.lookup(town.actor("data_steward"), number=WANG, why=WHY)
    citizen = town.actor("citizen")
    with pytest.raises(NotConfirmed):
        confirm(citizen, name="李芳", id_number=WANG)
    confirm(citizen, name="王 芳", id_number=WANG)
    subject = rights_subject.subject_of_actor(citizen)
    assert subject.person_uid == subject_of("police", "p").uid
    (holding,) = (h for h in held.holdings(subject) if h.register == "人口基础信息库")
    assert holding.source == town.orgs["bureau-police"].name["zh-Hans"]
    assert {v.field: v.masked for v in holding.values}["name"] == "王*"
    page = town.client("citizen").get("/data/mine/").content.decode()
    assert "人口基础信息库" in page
    assert WHY.purpose in page
    assert WANG not in page
