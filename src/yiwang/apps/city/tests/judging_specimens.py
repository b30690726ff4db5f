"""What checks, appeals and the like tell the sweeps: rows in two districts and of two bodies, and what each list must hold."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.utils import timezone
from lxml import html

from tests.sweeps.readers import Reader
from tests.sweeps.specimens import Kind, Listing, Specimen, Write
from tests.world import World
from yiwang.apps.city.models import (
    AcceptanceSample,
    CheckDraw,
    CityAppeal,
    Contract,
    LotterySeed,
    MediaReport,
    MissedReport,
    OutsideFigure,
    Precedent,
    RuleProposal,
    SecondCheck,
)
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.uid import uuid7
from yiwang.kernel.cases.models import Case, CaseOrg
from yiwang.kernel.geography.models import ResponsibilityGrid

NOT_LISTS: dict[str, str] = {"city/acceptance/": "figures of one area, held by test_acceptance; the samples are those of that area"}


def fill(world: World, found: Mapping[str, Any]) -> None:
    """Contest counts of cases in two districts, each by its own body."""
    for key in ("work", "east_work"):
        case = Case.all_modes.get(pk=found[key].pk)
        part = CaseOrg.objects.filter(case=case).select_related("org").order_by("pk").first()
        if part is not None:
            CityAppeal.objects.create(
                case=case, org=part.org, contests="overdue", area_path=case.area_path, org_path=part.org_path, reason="停电无法施工", asked_at=now()
            )


    _checks(world, found)
    _precedents(world, found)
    _missed(world, found)
    for code in ("371592", "371591"):
        area, day = world.areas[code], timezone.localdate()
        Contract.objects.create(
            code=f"HT-{code}", name=f"养护 {code}", kind="upkeep", org=world.orgs["company-water"], area=area, area_path=area.path, prices={"handled": "80.00"}, valid_from=day,
            valid_to=day, entered_at=now(),
        )  # fmt: skip
        AcceptanceSample.objects.create(area=area, area_path=area.path, seed="ab" * 32, size=1, population=1, codes=[f"{code}01001000001"], drawn_at=now())
        MediaReport.objects.create(source="云望晚报", title=f"报道 {code}", published_on=day, area=area, area_path=area.path, entered_at=now())
        OutsideFigure.objects.create(
            kind="survey", period_from=day, period_to=day, area=area, area_path=area.path, numerator=1, denominator=2, version=1, source="局", entered_at=now()
        )


def _missed(world: World, found: Mapping[str, Any]) -> None:
    """Ask in two districts whether somebody missed a case: one waits, one was judged."""
    for key, who, grid, verdict in (("work", "inspector", "371592Z0001", ""), ("east_work", "inspector3", "371591Z0001", "missed")):
        case = Case.all_modes.get(pk=found[key].pk)
        MissedReport.objects.create(
            case=case, grid=ResponsibilityGrid.objects.get(code=grid), area_path=case.area_path, account=world.account(who), shift_uid=uuid7(),
            shift_began_at=now() - timedelta(hours=2), reported_at=now(), raised_at=now(), verdict=verdict, reason="轨迹经过" if verdict else "",
            judged_at=now() if verdict else None, judged_by_id=world.account("administrator").pk if verdict else None, counted=True if verdict else None,
        )  # fmt: skip


def _precedents(world: World, found: Mapping[str, Any]) -> None:
    """Settle a question of duty in two districts; the second would be a rule."""
    for key in ("work", "east_work"):
        case = Case.all_modes.get(pk=found[key].pk)
        org = world.orgs["wangchuan-sanitation"]
        row = Precedent.objects.create(
            kind="return", case=case, class_kind="matter", class_code="02001", class_name={"zh-Hans": "暴露垃圾"}, area_id=case.area_id, area_path=case.area_path,
            outcome="given", org=org, reason=f"环卫负责 {key}", decided_at=now(),
        )  # fmt: skip
        district = next(a for a in world.areas.values() if a.level == "district" and case.area_path.startswith(a.path))
        proposal = RuleProposal.objects.create(class_kind="matter", class_code="02001", class_name=row.class_name, area=district, org=org, proposed_at=now())
        proposal.precedents.add(row)


def _checks(world: World, found: Mapping[str, Any]) -> None:
    """Draw in two districts, and let two cases be checked again: one waits for an inspector, one disagrees."""
    seed = LotterySeed.objects.get_or_create(day=timezone.localdate() - timedelta(days=1), defaults={"seed": "ab" * 32, "made_at": now()})[0]
    for key, who, outcome in (("work", "inspector2", ""), ("east_work", "inspector3", "fail")):
        case = Case.all_modes.get(pk=found[key].pk)
        account = world.account(who)
        CheckDraw.objects.create(
            case=case, kind="second", round=1, seed=seed, eligible=[str(account.uid)], drawn=account, drawn_at=now() - timedelta(hours=1)
        )
        SecondCheck.objects.create(
            case=case, area_path=case.area_path, account=account, first_account_id=world.account("leader").pk, first_task_uid=uuid7(), first_outcome="pass",
            opened_at=now() - timedelta(hours=1), due_at=now() + timedelta(days=1), outcome=outcome, reason="未修好" if outcome else "",
            done_at=now() if outcome else None, agrees=False if outcome else None,
        )  # fmt: skip


def kinds(made: Any) -> list[Kind]:
    settles = lambda r, s: r.may("city.judging.settle", s.row.area_path) and s.seen_by(r) and s.row.agrees is False  # noqa: E731
    seconds = SecondCheck.objects.select_related("case").order_by("pk")
    checks = [Specimen(f"second check of {s.case_id}", {"uid": s.uid}, lambda r, s=s: _sees(r, s.area_path), (), s) for s in seconds]
    own = [Specimen(f"own second check of {s.case_id}", {"uid": s.uid}, lambda r, s=s: r.account_id == s.account_id, (), s) for s in seconds]
    draws = [
        Specimen(f"draw of {d.case_id} {d.kind} {d.round}", {"uid": d.uid}, lambda r, d=d: _sees(r, d.case.area_path), (), d)
        for d in CheckDraw.objects.select_related("case").filter(case__mode="live").order_by("pk")
    ]
    east = made.town["east_work"]
    body = {"do": "settle", "verdict": "second", "reason": "复看属实"}
    return [
        Kind("second check", ("city/checks/<uuid:uid>/",), checks, {"uid": uuid7()}, {
            "city:check": Write(lambda s: body, "shift_leader", f"second check of {east.pk}", settles),
        }),
        Kind("own second check", ("city/second/<uuid:uid>/",), own, {"uid": uuid7()}, {
            "city:second": Write(lambda s: {"outcome": "pass"}, "inspector2", f"own second check of {made.town['work'].pk}", unproved="it needs a photo"),
        }),
        Kind("contract", ("city/contracts/<uuid:uid>/",), [
            Specimen(f"contract {c.code}", {"uid": c.uid}, lambda r, c=c: _enters(r, c.area_path, "city.contract.edit"), (), c) for c in Contract.objects.order_by("pk")
        ], {"uid": uuid7()}, {
            "city:contract": Write(lambda s: {"expected": ""}, "leader", "contract HT-371592", unproved="its month has to end first, and the sheet has to be looked at"),
        }),
        Kind("sample of components", ("city/acceptance/samples/<uuid:uid>/",), [
            Specimen(f"sample {a.pk}", {"uid": a.uid}, lambda r, a=a: _sees(r, a.area_path), (), a) for a in AcceptanceSample.objects.order_by("pk")
        ], {"uid": uuid7()}),
        Kind("missed report", ("city/missed/<uuid:uid>/",), [
            Specimen(f"missed {m.pk}.", {"uid": m.uid}, lambda r, m=m: _sees(r, m.area_path), (), m) for m in MissedReport.objects.order_by("pk")
        ], {"uid": uuid7()}, {
            "city:missed_one": Write(lambda s: {"verdict": "missed", "reason": "轨迹经过"}, "leader", f"missed {MissedReport.objects.order_by('pk')[0].pk}.",
                                     lambda r, s: s.seen_by(r) and r.may("city.judging.settle", s.row.area_path) and not s.row.verdict),
        }),
        Kind("own missed report", ("city/missed/mine/<uuid:uid>/",), [
            Specimen(f"own missed {m.pk}.", {"uid": m.uid}, lambda r, m=m: bool(m.verdict) and r.account_id == m.account_id, (), m)
            for m in MissedReport.objects.order_by("pk")
        ], {"uid": uuid7()}, {
            "city:own_missed": Write(lambda s: {"reason": "当时完好"}, "inspector3", f"own missed {MissedReport.objects.order_by('pk')[1].pk}.", lambda r, s: s.seen_by(r)),
        }),
        Kind("precedent", ("city/precedents/<uuid:uid>/",), _books(Precedent.objects.order_by("pk"), lambda p: [p.area_path]), {"uid": uuid7()}, {
            "city:precedent": Write(lambda s: {"reason": "新的职责清单"}, "leader", f"of {Precedent.objects.order_by('pk')[0].pk}.", _edits),
        }),
        Kind("rule proposal", ("city/precedents/rules/<uuid:uid>/",), _books(RuleProposal.objects.select_related("area").order_by("pk"), lambda p: [x.area_path for x in p.precedents.all()]), {"uid": uuid7()}, {
            "city:rule_proposal": Write(lambda s: {"do": "refuse", "reason": "个案"}, "leader", f"of {RuleProposal.objects.order_by('pk')[0].pk}.", _edits),
        }),
        Kind("draw", ("city/draws/<uuid:uid>/",), draws, {"uid": uuid7()}),
    ]  # fmt: skip


def _books(rows: Any, paths: Any) -> list[Specimen]:
    def seen(reader: Reader, row: Any) -> bool:
        places = reader.places("city.precedent.view") | reader.places("city.matter.edit")
        return any(not org and path.startswith(area) for area, org in places for path in paths(row))

    return [Specimen(f"of {row.pk}.", {"uid": row.uid}, lambda r, row=row: seen(r, row), (), row) for row in rows]


def _edits(reader: Reader, specimen: Specimen) -> bool:
    path = getattr(specimen.row, "area_path", "") or specimen.row.area.path
    return specimen.seen_by(reader) and reader.may("city.matter.edit", path)


def _sees(reader: Reader, path: str) -> bool:
    return any(not org and path.startswith(area) for area, org in reader.places("city.judging.view"))


def lists(made: Any) -> list[Listing]:
    uids = lambda a: [row["uid"] for row in a.context["rows"]]  # noqa: E731
    return [
        Listing("appeals", "city:appeals", uids, _appeals, {"state": ("", "open", "accepted", "denied", "x")}, next_page=_next),
        Listing("second checks", "city:checks", uids, _seconds, {"state": ("", "to_settle", "open", "nobody", "done", "x")}, next_page=_next),
        Listing("own second checks", "city:second_list", uids, _own, next_page=_next),
        Listing("media register", "city:media", uids, lambda r, g: _entered(r, MediaReport), next_page=_next),
        Listing("counts from outside", "city:outside", uids, lambda r, g: _entered(r, OutsideFigure), next_page=_next),
        Listing("contracts", "city:contracts", uids, lambda r, g: {str(c.uid) for c in Contract.objects.all() if _enters(r, c.area_path, "city.contract.edit")}, next_page=_next),
        Listing("missed reports", "city:missed", uids, _all_missed, {"state": ("", "open", "objected", "counted", "not_counted", "x")}, next_page=_next),
        Listing("own missed reports", "city:own_missed_list", uids, _own_missed, next_page=_next),
        Listing("precedents", "city:precedents", uids, _book, {"kind": ("", "return", "ownership", "x"), "class": ("", "02", "01001"), "q": ("", "环卫", "无此")}, next_page=_next),
        Listing("draws", "city:draws", uids, _draws, next_page=_next),
    ]


def _seconds(reader: Reader, given: Mapping[str, str]) -> set[str]:
    fits = {
        "to_settle": lambda s: s.agrees is False and s.settled_at is None, "open": lambda s: s.done_at is None and s.account_id is not None,
        "nobody": lambda s: s.account_id is None, "done": lambda s: s.done_at is not None,
    }.get(given.get("state", ""), lambda s: True)  # fmt: skip
    return {str(s.uid) for s in SecondCheck.objects.all() if fits(s) and _sees(reader, s.area_path)}


def _own(reader: Reader, given: Mapping[str, str]) -> set[str]:
    return {str(s.uid) for s in SecondCheck.objects.all() if reader.account_id is not None and s.account_id == reader.account_id}


def _enters(reader: Reader, path: str, permission: str) -> bool:
    places = reader.places("city.judging.view") | reader.places(permission)
    return any(not org and path.startswith(area) for area, org in places)


def _entered(reader: Reader, model: Any) -> set[str]:
    places = reader.places("city.judging.view") | reader.places("city.outside.edit")
    return {str(m.uid) for m in model.objects.all() if any(not org and m.area_path.startswith(area) for area, org in places)}


def _all_missed(reader: Reader, given: Mapping[str, str]) -> set[str]:
    fits = {
        "open": lambda m: not m.verdict, "objected": lambda m: m.objected_at is not None and not m.review, "counted": lambda m: m.counted is True,
        "not_counted": lambda m: m.counted is False,
    }.get(given.get("state", ""), lambda m: True)  # fmt: skip
    return {str(m.uid) for m in MissedReport.objects.all() if fits(m) and _sees(reader, m.area_path)}


def _own_missed(reader: Reader, given: Mapping[str, str]) -> set[str]:
    return {str(m.uid) for m in MissedReport.objects.all() if m.verdict and m.account_id == reader.account_id}


def _book(reader: Reader, given: Mapping[str, str]) -> set[str]:
    places = reader.places("city.precedent.view") | reader.places("city.matter.edit")
    return {
        str(p.uid) for p in Precedent.objects.all()
        if any(not org and p.area_path.startswith(area) for area, org in places) and p.class_code.startswith(given.get("class", ""))
        and (given.get("kind", "") not in ("return", "ownership") or p.kind == given["kind"]) and given.get("q", "") in p.reason + "02001暴露垃圾"
    }  # fmt: skip


def _draws(reader: Reader, given: Mapping[str, str]) -> set[str]:
    return {str(d.uid) for d in CheckDraw.objects.select_related("case") if d.case.mode == "live" and _sees(reader, d.case.area_path)}


def _next(answer: Any) -> str:
    rel = [a.get("href") for a in html.fromstring(answer.content.decode()).iter("a") if a.get("rel") == "next"]
    return rel[0] if rel else ""


def _appeals(reader: Reader, given: Mapping[str, str]) -> set[str]:
    wanted = {"open": None, "accepted": True, "denied": False}.get(given.get("state", ""), "any")
    asks = ("city.case.appeal", "city.judging.view", "city.task.judge_appeal_dispatch", "city.task.judge_appeal_accept")
    return {
        str(a.case.uid) for a in CityAppeal.objects.select_related("case")
        if (wanted == "any" or a.accepted is wanted) and a.case.mode == "live" and any(reader.may(p, a.area_path, a.org_path) for p in asks)
    }  # fmt: skip
