"""Persons for the sweeps: of registers of three bureaus, one merged, with a question and a merge; a subscription of two bureaus."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from tests.sweeps.readers import Reader
from tests.sweeps.specimens import Kind, Specimen, Write
from yiwang.apps.datahub.models import CandidatePair, IdMap, Merge, SourceRecord, Subject, Subscription
from yiwang.apps.datahub.services.base import review
from yiwang.apps.datahub.tests.base_town import ENTITY, WHY, code, load, make_source, number, subject_of
from yiwang.kernel.base.uid import uuid7

LOOKUP, GOVERN, REVIEW, SUBSCRIBE = "datahub.person.lookup", "datahub.base.govern", "datahub.base.review", "datahub.base.subscribe"
NOT_LISTS = {
    "data/people/": "registers and counts; persons only one by one, with a reason", "data/people/rules/": "the rules in force, for whoever governs the base",
    "data/entities/": "what is registered of legal entities is public: whoever may look them up sees them all", "data/entities/rules/": "the rules in force, for whoever governs the base",
    "data/subscriptions/": "subscriptions of the reader's bodies; each is swept by its number",
    "data/review/": "questions of the reader's areas; each is swept by its number", "api/v1/base/subscriptions": "subscriptions of the reader's bodies; each is swept by its number",
}  # fmt: skip
BIRTH = {"birth_date": "1985-03-12", "sex": "2"}


def fill(world: Any) -> dict[str, Any]:
    make_source(world, "sweep-police", "bureau-police", ranks={"*": 10})
    make_source(world, "sweep-relief", "bureau-civil", ranks={"*": 30})
    make_source(world, "sweep-health", "bureau-health", ranks={"*": 40})
    load("sweep-police", {"key": "p1", "name": "王芳", "id_number": number("19850312", 122), **BIRTH}, {"key": "p2", "name": "钱进", "id_number": number("19700101", 17)},
         {"key": "p3", "name": "钱近", "birth_date": "1991-02-02", "sex": "1", "area_code": "371591"})  # fmt: skip
    load("sweep-relief", {"key": "r1", "name": "王芳", **BIRTH, "relief_kind": "低保"}, {"key": "r2", "name": "钱进", "id_number": number("19700101", 17)})
    load("sweep-health", {"key": "h1", "name": "孙宁", **BIRTH}, {"key": "h2", "name": "钱晋", "birth_date": "1991-02-02", "sex": "1", "area_code": "371591"})
    asked = CandidatePair.objects.get(left=subject_of("sweep-police", "p1"), right=subject_of("sweep-relief", "r1"))
    review.decide(world.actor("data_steward"), asked.uid, "same")
    for org in ("bureau-civil", "bureau-health"):
        Subscription.objects.create(
            kind="person", name=f"订阅 {org}", org=world.orgs[org], org_path=world.orgs[org].path, fields=["name"], purpose=WHY.purpose, basis=WHY.basis,
            until=timezone.now().date() + timedelta(days=30),
        )  # fmt: skip
    make_source(world, "sweep-market", "bureau-civil", kind="entity", fields=ENTITY)
    load("sweep-market", {"key": "e1", "name": "云望纺织有限公司", "credit_code": code(1), "status": "存续"}, {"key": "e2", "name": "望川小吃店", "area_code": "371591"})
    make_source(world, "sweep-tax", "bureau-health", kind="entity", fields=ENTITY)
    load("sweep-tax", {"key": "t1", "name": "云望纺织有限公司", "credit_code": code(1), "staff": "12"})
    return {}


def _sees(subject: Subject) -> Any:
    """Area of the record, and for the bureaus a register of theirs that tells of it: plain loops over all rows."""
    paths = [m.source.org_path for m in IdMap.objects.select_related("source") if m.subject_id == subject.pk and m.valid_to is None]

    def seen(reader: Reader) -> bool:
        return any(subject.area_path.startswith(area) and (not org or any(p.startswith(org) for p in paths)) for area, org in reader.places(LOOKUP))

    return seen


def _unbound(permission: str, path: str) -> Any:
    return lambda reader: any(not org and path.startswith(area) for area, org in reader.places(permission))


def _unbound_too(permission: str, path: str) -> Any:
    """Area alone: bodies are not bound to their own registers there."""
    return lambda reader: any(path.startswith(area) for area, _org in reader.places(permission))


def kinds(made: Any) -> list[Kind]:
    bodies_ = [Specimen(f"entity {s.pk}", {"uid": s.uid}, _unbound_too("datahub.entity.lookup", s.area_path), (str(s.uid),), s) for s in Subject.objects.filter(kind="entity").order_by("pk")]
    coded = [Specimen(f"entity {s.row.number}", {"credit_code": s.row.number}, s.seen_by, (s.row.number,), s.row) for s in bodies_ if s.row.number]
    both = next(s.row for s in bodies_ if s.row.record_count > 1)
    told = SourceRecord.objects.get(source__code="sweep-tax")
    live = [s for s in Subject.objects.filter(kind="person").order_by("pk") if s.state != "merged"]
    people = [Specimen(f"person {s.pk}", {"uid": s.uid}, _sees(s), (str(s.uid),), s) for s in live]
    two = next(s for s in live if s.record_count > 1)
    row = SourceRecord.objects.get(source__code="sweep-relief", key_index=IdMap.objects.filter(subject=two, source__code="sweep-relief").latest("pk").key_index)
    pairs = [Specimen(f"pair {p.pk} {p.state}", {"uid": p.uid}, _unbound(REVIEW, p.area_path), (str(p.uid),), p) for p in CandidatePair.objects.order_by("pk")]
    merges = [Specimen(f"merge {m.pk}", {"uid": m.uid}, _unbound(GOVERN, m.kept.area_path), (str(m.uid),), m) for m in Merge.objects.select_related("kept").order_by("pk")]
    bodies = [
        Specimen(s.name, {"uid": s.uid}, lambda r, s=s: r.may(SUBSCRIBE, s.org.area.path, s.org_path), (str(s.uid),), s)
        for s in Subscription.objects.select_related("org__area").order_by("pk")
    ]
    open_pair = next(s.label for s in pairs if s.row.state == "open")
    return [
        Kind("person", ("data/people/<uuid:uid>/",), people, {"uid": uuid7()}, {
            "datahub:person": Write(lambda s: {"purpose": "核对", "basis": "条例", "case_number": "1"}, "data_steward", people[0].label, lambda r, s: s.seen_by(r)),
            "datahub:person_split": Write(lambda s: {"records": [str(row.uid)], "reason": "录错"}, "data_steward", f"person {two.pk}", lambda r, s: s.seen_by(r) and r.may(GOVERN, s.row.area_path)),
        }),
        Kind("entity", ("data/entities/<uuid:uid>/",), bodies_, {"uid": uuid7()}, {
            "datahub:entity": Write(lambda s: {"purpose": "核对", "basis": "条例", "case_number": "1"}, "data_steward", bodies_[0].label, lambda r, s: s.seen_by(r) and r.may("datahub.person.reveal", s.row.area_path)),
            "datahub:entity_split": Write(lambda s: {"records": [str(told.uid)], "reason": "录错"}, "data_steward", f"entity {both.pk}", lambda r, s: s.seen_by(r) and r.may(GOVERN, s.row.area_path)),
        }),
        Kind("entity by code", ("api/v1/base/entities/<credit_code>",), coded, {"credit_code": code(9)}, {}),
        Kind("pair", ("data/review/<uuid:uid>/",), pairs, {"uid": uuid7()}, {
            "datahub:pair": Write(lambda s: {"verdict": "later"}, "data_steward", open_pair, lambda r, s: s.seen_by(r)),
        }),
        Kind("merge", ("data/merges/<uuid:uid>/",), merges, {"uid": uuid7()}, {
            "datahub:merge": Write(lambda s: {"reason": "不是同一人"}, "data_steward", merges[0].label, lambda r, s: s.seen_by(r)),
        }),
        Kind("subscription", ("api/v1/base/subscriptions/<uuidstr:uid>", "data/subscriptions/<uuid:uid>/"), bodies, {"uid": uuid7()}, {
            "datahub:subscription_end": Write(lambda s: {}, "data_owner", "订阅 bureau-civil", lambda r, s: s.seen_by(r)),
            "api-v1:unsubscribe": Write(lambda s: {}, "data_owner", "订阅 bureau-civil", lambda r, s: s.seen_by(r)),
        }),
    ]  # fmt: skip
