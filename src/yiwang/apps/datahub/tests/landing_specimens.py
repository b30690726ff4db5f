"""Deliveries, given-back rows and issues of two bureaus, for the sweeps."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from lxml import html

from tests.sweeps.readers import Reader
from tests.sweeps.specimens import Kind, Listing, Specimen, Write
from yiwang.apps.datahub.models import Dataset, HandBack, QualityIssue, QualityRun, RefusedRow, Run
from yiwang.apps.datahub.services.landing.sealing import sealed
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.uid import uuid7

HAND_IN, GOVERN, EDIT = "datahub.run.hand_in", "datahub.dataset.govern", "datahub.dataset.edit"
NOT_LISTS = {"data/quality/contradictions/": "what sources say against each other, for the steward; held by test_quality"}


def fill(world: Any) -> dict[str, Any]:
    moment = now()
    for dataset in Dataset.objects.filter(code__in=("civil-relief", "health-vaccination")).order_by("code"):
        paths = {"org_path": dataset.org_path, "area_path": dataset.area_path}
        run = Run.objects.create(dataset=dataset, contract=dataset.contract, state="done", idempotency_key="specimen", rows_in=3, accepted=2, refused=1, made_at=moment, ended_at=moment, **paths)
        Run.objects.create(dataset=dataset, contract=dataset.contract, state="failed", idempotency_key="stopped", made_at=moment, **paths)
        RefusedRow.objects.create(run=run, number=4, reasons=[{"column": "name", "code": "required"}], masked={"amount": "1"}, body=sealed({"amount": "1"}, run=str(run.uid), number=4))
        HandBack.objects.create(run=run, dataset=dataset, rows=1, rows_open=1, opened_at=moment, due_at=moment + timedelta(days=5), **paths)
        checked = QualityRun.objects.create(dataset=dataset, run=run, rows=2, score=91.5, dimensions={"accuracy": 91.5}, made_at=moment)
        QualityIssue.objects.create(
            dataset=dataset, code="range:amount:1", kind="range", failed=1, first_run=checked, last_run=checked, opened_at=moment, due_at=moment + timedelta(days=5), **paths
        )
    return {}


def _sees(reader: Reader, row: Any, permission: str = HAND_IN) -> bool:
    return bool(reader.may(permission, row.area_path, row.org_path))


def kinds(made: Any) -> list[Kind]:
    sets = [Specimen(f"data set {d.code}", {"code": d.code}, lambda r, d=d: _sees(r, d) and d.state != "withdrawn", (), d) for d in Dataset.objects.order_by("pk")]
    edited = [Specimen(f"described {d.code}", {"code": d.code}, lambda r, d=d: _sees(r, d, EDIT), (), d) for d in Dataset.objects.order_by("pk")]
    runs = [Specimen(f"run {x.dataset.code} {x.idempotency_key}", {"uid": x.uid}, lambda r, x=x: _sees(r, x), (str(x.uid),), x) for x in Run.objects.select_related("dataset").order_by("pk")]
    backs = [Specimen(f"given back {b.dataset.code}", {"uid": b.uid}, lambda r, b=b: _sees(r, b), (str(b.uid),), b) for b in HandBack.objects.select_related("dataset").order_by("pk")]
    found = [Specimen(f"issue {i.dataset.code}", {"uid": i.uid}, lambda r, i=i: _sees(r, i), (str(i.uid),), i) for i in QualityIssue.objects.select_related("dataset").order_by("pk")]
    absent = {"uid": uuid7()}
    text = "dataset: civil-relief\nname: 低保\ncolumns:\n  - {name: id_number, label: 证件号}\n"
    return [
        Kind("data set of deliveries", ("data/deliveries/of/<slug:code>/", "data/quality/of/<slug:code>/"), sets, {"code": "never-was"}, {
            "datahub:delivery_set": Write(lambda s: {}, "data_clerk", "data set civil-relief", unproved="it needs a file"),
        }),
        Kind("contract of a data set", ("data/deliveries/of/<slug:code>/contract/",), edited, {"code": "never-was"}, {
            "datahub:contract_edit": Write(lambda s: {"text": text, "reason": "增加列"}, "data_owner", "described civil-relief", lambda r, s: s.row.code == "civil-relief" and s.seen_by(r)),
        }),
        Kind("delivery", ("data/deliveries/runs/<uuid:uid>/",), runs, absent, {
            "datahub:run": Write(lambda s: {"do": "discard"}, "data_clerk", "run civil-relief stopped", lambda r, s: s.seen_by(r) and s.row.state == "failed"),
        }),
        Kind("rows given back", ("data/deliveries/given-back/<uuid:uid>/",), backs, absent, {
            "datahub:hand_back": Write(lambda s: {"do": "give_up", "number": "4", "note": "已注销"}, "data_clerk", "given back civil-relief", lambda r, s: s.seen_by(r)),
        }),
        Kind("quality issue", ("data/quality/issues/<uuid:uid>/",), found, absent, {
            "datahub:issue": Write(lambda s: {"do": "dispute", "words": "一次性补发"}, "data_clerk", "issue civil-relief", lambda r, s: s.seen_by(r)),
        }),
    ]  # fmt: skip


def _next(answer: Any) -> str:
    rel = [a.get("href") for a in html.fromstring(answer.content.decode()).iter("a") if a.get("rel") == "next"]
    return rel[0] if rel else ""


def lists(made: Any) -> list[Listing]:
    fits = {"open": lambda b: b.closed_at is None, "closed": lambda b: b.closed_at is not None}
    return [
        Listing(
            "data sets to hand in", "datahub:deliveries", lambda a: [d.code for d in a.context["rows"]],
            lambda r, g: {d.code for d in Dataset.objects.all() if _sees(r, d) and d.state != "withdrawn"}, next_page=_next,
        ),
        Listing(
            "rows given back", "datahub:hand_backs", lambda a: [row["uid"] for row in a.context["rows"]],
            lambda r, g: {str(b.uid) for b in HandBack.objects.all() if _sees(r, b) and fits.get(g.get("state", ""), lambda b: True)(b)}, {"state": ("", "open", "closed", "x")}, next_page=_next,
        ),
        Listing(
            "quality issues", "datahub:issues", lambda a: [row["uid"] for row in a.context["rows"]],
            lambda r, g: {
                str(i.uid) for i in QualityIssue.objects.all() if _sees(r, i) and (g.get("state", "") not in ("open", "disputed", "accepted", "closed") or i.state == g["state"])
            }, {"state": ("", "open", "disputed", "closed", "x")}, next_page=_next,
        ),
    ]  # fmt: skip
