"""The citizen's right to know for the sweeps: a reading of the citizen, his record, his question to a bureau."""

from __future__ import annotations

from typing import Any

from tests.sweeps.specimens import Kind, Specimen, Write
from yiwang.apps.datahub.models import PublicPerson, RightsRequest
from yiwang.apps.datahub.queries.rights.subject import subject_of
from yiwang.apps.datahub.services.rights import load_texts, watched
from yiwang.apps.datahub.services.rights import requests as services
from yiwang.kernel.audit.models import AccessLog
from yiwang.kernel.audit.services import log_access
from yiwang.kernel.base.uid import uuid7

BASIS = "社会救助暂行办法第十一条"
OWN = "the reader's own, whoever he is; held by test_rights"
NOT_IDS = {"data/mine/copy.<str:format>": OWN, "data/mine/correct/<uuid:uid>/": OWN}
NOT_LISTS = {
    **dict.fromkeys(("data/mine/", "data/mine/confirm/", "data/mine/held/", "data/mine/consents/", "data/mine/requests/", "data/mine/relative/"), OWN),
    "data/mine/copy.<str:format>": OWN, "data/answers/": "held by test_rights: a bureau's own questions",
    "data/watched/": "the auditor's own list, of no body and no area",
}  # fmt: skip


def fill(world: Any) -> dict[str, Any]:
    load_texts()
    citizen = world.actor("citizen")
    person = subject_of(citizen.account_id).account_uid
    reader = world.actor("data_owner")
    log_access(reader, subject_uid=person, fields=["name"], purpose="低保复核", register="datahub.population", basis=BASIS)
    log_access(reader, subject_uid=person, fields=["phone"], purpose="电话核实", register="datahub.population", basis=BASIS)
    services.ask_why(citizen, AccessLog.objects.filter(subject_uid=person).earliest("position").position, text="为什么查阅我？")
    watched.watch_person(world.actor("audit_administrator"), name="王名", phone="13800009999", label="市民代表")
    return {}


def kinds(made: Any) -> list[Kind]:
    row, famous = RightsRequest.objects.select_related("org").get(), PublicPerson.objects.get()
    mine = lambda r: r.account_id == row.account_id  # noqa: E731
    answers = lambda r: r.may("datahub.rights.answer", row.area_path, row.org_path)  # noqa: E731
    keeps = lambda r: r.may("audit.judge", "", "")  # noqa: E731
    position = AccessLog.objects.filter(subject_uid=row.account.uid).latest("position").position
    return [
        Kind("watched person", ("data/watched/<uuid:uid>/",), [Specimen("a person of public life", {"uid": famous.uid}, keeps, (famous.label,), famous)], {"uid": uuid7()}, {
            "datahub:unwatch": Write(lambda s: {}, "audit_administrator", "a person of public life"),
        }),
        Kind("reading", ("data/mine/why/<int:position>/",), [Specimen("a reading of the citizen", {"position": position}, mine)], {"position": 999999999}, {
            "datahub:ask_why": Write(lambda s: {"text": "为什么查我的电话？"}, "citizen", "a reading"),
        }),
        Kind("own request", ("data/mine/requests/<uuid:uid>/",), [Specimen("the citizen's question", {"uid": row.uid}, mine, (row.number,), row)], {"uid": uuid7()}, {
            "datahub:my_request": Write(lambda s: {}, "citizen", "the citizen's question"),
        }),
        Kind("question", ("data/answers/<uuid:uid>/",), [Specimen("a question to a bureau", {"uid": row.uid}, answers, (), row)], {"uid": uuid7()}, {
            "datahub:answer": Write(lambda s: {"do": "answer", "granted": "yes", "answer": "依法核对"}, "data_owner", "a question", lambda r, _s: answers(r)),
        }),
    ]  # fmt: skip
