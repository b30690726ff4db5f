"""Judging (评价): second checks, precedents, missed reports, an appeal, voices from outside; then closed periods, bulletins and a contract's month.

`play` comes before the facts are made, `close` after it: a closed period holds what was settled until then.
"""

from collections import Counter
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any
from uuid import UUID

from django.core.files.base import ContentFile
from django.db import connection
from django.db.models import Exists, F, OuterRef, Q

from sample.loading import living, patrols, pictures
from sample.loading.pressing import WAITS, Stage
from sample.spec import ZONE, Spec
from yiwang.apps.city.models import FieldMark, MissedReport, NoFixSpan, Position, Precedent, SecondCheck
from yiwang.apps.city.queries.judging import contracting as sheets
from yiwang.apps.city.rules.judging import contracting as money
from yiwang.apps.city.services.judging import checks, contracting, missed, outside
from yiwang.kernel.areas.models import Area
from yiwang.kernel.audit.services import ensure_partitions
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.cases.contracts import ActionRequest
from yiwang.kernel.cases.models import Case, Clock, Task
from yiwang.kernel.cases.services import act
from yiwang.kernel.files.services import store_upload
from yiwang.kernel.geography.models import GridInspector
from yiwang.kernel.identity.models import Account
from yiwang.kernel.identity.queries import actor_for
from yiwang.kernel.indicators.contracts import Period, PeriodKind
from yiwang.kernel.indicators.rules import periods
from yiwang.kernel.indicators.services import bulletins, closing

TWO_LEVEL = "371591"
SCHEMES = ("department", "district", "street")
LOOKED_AGAIN, DISAGREE, STILL_OPEN = 18, (2, 7, 13), 3
FAR_M = 60.0  # an inspector who passed at that distance saw nothing


def play(spec: Spec) -> int:
    """Play what is judged case by case; returns how many acts were done."""
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = off")
    with living.staged(spec.stream("judging")) as moment:
        stage = Stage(spec, moment)
        _precedents(stage)
        _second_checks(stage)
        _missed(stage)
        _appeals(stage)
        _outside(stage)
    return stage.done


def _photo(actor: Actor, case: Case, at: datetime) -> UUID:
    place = (case.point.x, case.point.y) if case.point is not None else (0.0, 0.0)
    file = ContentFile(pictures.photo(case.pk, "check", place=place, at=at), name="check.jpg")
    return store_upload(actor=actor, file=file, stage="check", photo_only=True, is_sample=True).uid


def _precedents(stage: Stage) -> None:
    """Two returns that are turned down, with what the decision rests on; one precedent is overruled later."""
    rows = [c for c in stage.waiting(40) if TWO_LEVEL not in c.area.code and c.state == "pending_handle"] if Case.all_modes.filter(state__in=WAITS).exists() else []
    for case in rows[-3:]:
        if case.org is None or not stage.after_last(case, 9):
            continue
        task = Task.all_modes.filter(case=case, step="handle", state="open").order_by("-pk").first()
        if task is None:
            continue
        hands = stage.body(case.org.code)
        if not stage.do(lambda t=task, h=hands: act(h, ActionRequest(action="return", task_uid=t.uid, outcome="", reason="该处已移交街道管养", data={}))):
            continue
        asked = Task.all_modes.filter(case=case, kind="return", state="open").order_by("-pk").first()
        stage.moment.moment += timedelta(minutes=25)
        if asked is not None:
            said = {"basis": "《云望市市政设施移交管养办法》第九条"}
            stage.do(lambda t=asked, s=said: act(stage.actor("dispatcher"), ActionRequest(action="complete", task_uid=t.uid, outcome="deny", reason="尚未办理移交手续，仍由原单位养护", data=s)))
    del rows
    if Precedent.objects.count() > 2:
        from yiwang.apps.city.services.judging import precedents

        stage.moment.moment = stage.spec.end - timedelta(minutes=20)
        stage.do(lambda: precedents.overrule(stage.actor("leader"), Precedent.objects.order_by("pk")[0], "移交协议已补签，此件不再作为依据"))


def _closed(stage: Stage, days: int) -> Any:
    since = stage.spec.end - timedelta(days=days)
    return Case.all_modes.filter(app="city", matter__code="city.problem", mode="live", outcome="closed", closed_at__gte=since, closed_at__lt=stage.spec.end - timedelta(days=3))


def _second_checks(stage: Stage) -> None:
    """Cases of the last weeks, looked at again by another inspector; a few disagree, one of these is settled, some wait."""
    checked = Task.all_modes.filter(case=OuterRef("pk"), step="check", kind="process", state="done")
    cases = list(_closed(stage, 40).filter(Exists(checked)).order_by("-closed_at", "uid")[: LOOKED_AGAIN + STILL_OPEN])
    made: list[SecondCheck] = []
    for n, case in enumerate(reversed(cases)):
        stage.moment.moment = case.closed_at + timedelta(minutes=8)
        found: list[SecondCheck | None] = []
        stage.do(lambda c=case, f=found: f.append(checks.open_second(c)))
        row = found[0] if found else None
        if row is None or row.account is None or n >= len(cases) - STILL_OPEN:
            continue
        actor = actor_for(row.account)
        stage.moment.moment += timedelta(hours=3 + n % 9)
        fails = n % 16 in DISAGREE
        photo = _photo(actor, case, stage.moment.moment)
        why = "路面仍有破损，未完全修复" if fails else ""
        if stage.do(lambda a=actor, r=row, f=fails, p=photo, w=why: checks.answer(a, r.uid, outcome="fail" if f else "pass", reason=w, photos=[p])) and fails:
            made.append(row)
    for row in made[:1]:
        stage.moment.moment = stage.spec.end - timedelta(days=2, hours=6)
        stage.do(lambda r=row: checks.settle(stage.actor("evaluator"), r.uid, verdict="second", reason="照片显示修复不彻底，以第二次核查为准"))


def _missed(stage: Stage) -> None:
    """Reports of others that were found true where an inspector had patrolled the day before: missed, not missed, objected, still asked."""
    told = Task.all_modes.filter(case=OuterRef("pk"), step__in=missed.VERIFYING, state="done", outcome="confirmed")
    rows = Case.all_modes.filter(Exists(told), mode="live", channel__in=("public", "hotline", "12345", "open311"), city__responsibility_grid__isnull=False,
                                 reported_at__gte=stage.spec.end - timedelta(days=60)).select_related("city").order_by("-reported_at", "uid")  # fmt: skip
    verdicts = (("missed", "轨迹在其旁经过，问题明显，应当发现"), ("missed", "当日两次经过，未上报"), ("missed", "同一路段当日已巡查，未上报"), ("", ""), ("", ""))
    chosen: dict[tuple[int, date], tuple[Case, GridInspector]] = {}
    for case in rows:
        if len(chosen) >= len(verdicts):
            break
        row = GridInspector.objects.filter(grid_id=case.city.responsibility_grid_id, valid_to__isnull=True, is_substitute=False).select_related("account", "grid").order_by("pk").first()
        day = (case.reported_at.astimezone(ZONE) - timedelta(hours=14)).date()
        if row is not None and day < stage.spec.as_of - timedelta(days=1):
            chosen.setdefault((row.account_id, day), (case, row))
    asked_of = 0
    for (_account, day), (case, row) in sorted(chosen.items(), key=lambda item: (item[0][1], item[0][0])):  # one shift of a person after the other
        ensure_partitions(day, day, [m._meta.db_table for m in (FieldMark, Position, NoFixSpan)])
        patrols.shift(stage.moment, row, datetime.combine(day, time(8), ZONE), Random(f"missed:{case.uid}"))
        stage.moment.moment = max(stage.moment.moment, case.reported_at) + timedelta(hours=2)
        if not missed.ask(case, stage.moment.moment):
            continue
        verdict, reason = verdicts[asked_of]
        asked_of += 1
        asked = MissedReport.objects.filter(case=case, account_id=row.account_id).first()
        if asked is None or not verdict:
            continue
        if asked.passed_m is None or asked.passed_m > FAR_M:
            verdict, reason = "not_missed", "轨迹未经过该处，不属于漏报"
        stage.moment.moment += timedelta(days=1)
        stage.do(lambda a=asked, v=verdict, r=reason: missed.judge(stage.actor("evaluator"), a.uid, verdict=v, reason=r))
        if asked_of == 3:
            stage.moment.moment += timedelta(hours=20)
            stage.do(lambda a=asked, who=row.account: missed.object_to(actor_for(who), a.uid, "当时该路段封闭施工，无法进入"))


def _appeals(stage: Stage) -> None:
    """A body contests that a case was late: one appeal is accepted, one turned down, one waits."""
    late = Clock.objects.filter(case=OuterRef("pk"), name="department", task__org=OuterRef("org")).filter(Q(consumed_minutes__gt=F("total_minutes")) | Q(stopped_at__gt=F("due_at")))
    rows = _closed(stage, 24).filter(Exists(late), org__isnull=False).exclude(area__code__startswith=TWO_LEVEL).select_related("org").order_by("closed_at", "uid")
    played = 0
    for case in rows:
        username = f"{case.org.code}-1"
        if played == 3:
            break
        if not Account.objects.filter(username=username).exists():
            continue
        stage.moment.moment = case.closed_at + timedelta(hours=20)
        words = "暴雨红色预警期间停止户外作业，已报备，请予剔除。"
        if not stage.do(lambda c=case, u=username, w=words: act(stage.actor(u), ActionRequest(action="appeal", case_uid=c.uid, reason=w, data={"contests": ["overdue"]}))):
            continue
        played += 1
        if played == 3:
            break
        for who, minutes in (("dispatcher", 190), ("acceptor", 65)):
            task = Task.all_modes.filter(case=case, kind="appeal", state="open").order_by("-pk").first()
            stage.moment.moment += timedelta(minutes=minutes)
            outcome = "agree" if played == 1 else "deny"
            if task is None or not stage.do(lambda t=task, w=who, o=outcome: act(stage.actor(w), ActionRequest(
                action="complete", task_uid=t.uid, outcome=o, reason="报备属实，同意剔除" if o == "agree" else "未在停工期间内，维持原评价"))):  # fmt: skip
                break


def _outside(stage: Stage) -> None:
    """The media's register, a survey of last month, citizens' own ratings of it."""
    evaluator, month = stage.actor("evaluator"), _last_month(stage.spec)
    areas = {a.code: a for a in Area.objects.filter(valid_to__isnull=True, level="district")}
    stage.at(15, 9)
    said = (
        ("云望晚报", "望湖街道路面塌陷多日无人修", "371592", "bureau-municipal", "true", "现场核实，已督办修复"),
        ("云望电视台《民生直通车》", "听河小区外垃圾堆放", "371591", "yundong-sanitation", "partly", "部分属实，当日清运"),
        ("云望发布网友留言", "南陌路灯不亮", "371593", "crew-lamps", "", ""),
    )
    for n, (source, title, area, org, verdict, reason) in enumerate(said):
        stage.at(14 - 4 * n, 9, 30)
        found: list[Any] = []
        stage.do(lambda s=source, t=title, a=area, o=org, f=found, d=stage.spec.as_of - timedelta(days=15 - 4 * n): f.append(outside.register_media(
            evaluator, source=s, title=t, url="", published_on=d, area=areas[a], org=stage.orgs[o], case=None)))  # fmt: skip
        if found and verdict:
            stage.at(12 - 4 * n, 16)
            stage.do(lambda f=found[0], v=verdict, r=reason: outside.judge_media(evaluator, f.uid, verdict=v, reason=r))
    stage.at(18, 10)
    lines = ["区域编码,满意数,调查数,得分", *(f"{code},{satisfied},{asked},{100 * satisfied / asked:.1f}" for code, satisfied, asked in zip(sorted(areas), (412, 389, 367), (460, 455, 448), strict=False))]
    stage.do(lambda: outside.import_survey(evaluator, "\n".join(lines).encode(), source="市统计调查队电话调查", period=(month.first, month.last)))
    stage.do(lambda: outside.publish_satisfaction(evaluator, period=(month.first, month.last)))


def _last_month(spec: Spec) -> Period:
    return periods.of_day(PeriodKind.MONTH, spec.as_of.replace(day=1) - timedelta(days=1))


def close(spec: Spec) -> int:
    """Close last month and two weeks, publish, issue bulletins and plan them, settle a contract's month; returns how many papers there are."""
    with living.staged(spec.stream("closing")) as moment:
        stage = Stage(spec, moment)
        evaluator, month = stage.actor("evaluator"), _last_month(spec)
        last_week = periods.of_day(PeriodKind.WEEK, spec.as_of - timedelta(days=7))
        weeks = [periods.of_day(PeriodKind.WEEK, last_week.first - timedelta(days=7)), last_week]
        for period, schemes in ((month, SCHEMES), (weeks[0], SCHEMES[:1]), (weeks[1], SCHEMES[:1])):
            moment.moment = datetime.combine(period.last + timedelta(days=1), time(9), ZONE)
            for scheme in schemes:
                held: list[Any] = []
                stage.do(lambda s=scheme, p=period, h=held: h.append(closing.close(evaluator, s, p)))
                moment.moment += timedelta(minutes=6)
                if held:
                    stage.do(lambda r=held[0]: closing.publish(evaluator, str(r.uid)))
            moment.moment += timedelta(minutes=20)
            stage.do(lambda p=period, s=schemes: bulletins.issue(evaluator, s[:2], p, remark="请各单位对照短板，限期整改。"))
        stage.do(lambda: bulletins.plan(evaluator, name="每周通报", schemes=["department"], kind="week", day=1, hour=9, roles=["leader"]))
        _contract(stage, month)
    return stage.done


def _contract(stage: Stage, month: Period) -> None:
    """Two contracts of upkeep, one with its last month settled and one to be looked at."""
    leader = stage.actor("leader")
    busy = Counter(Task.all_modes.filter(
        step="handle", state="done", org__kind__in=("contractor", "crew"), done_at__date__gte=month.first, done_at__date__lte=month.last).values_list("org__code", flat=True))  # fmt: skip
    for n, code in enumerate(sorted(busy, key=lambda c: (-busy[c], c))[:2]):
        stage.at(20 - n, 10)
        org, begin = stage.orgs[code], date(month.first.year, 1, 1)
        made: list[Any] = []
        stage.do(lambda o=org, b=begin, m=made, n=n: m.append(contracting.enter(
            leader, code=f"YH-{b.year}-{n + 1:03d}", name=f"{o.name['zh-Hans']}{b.year}年度养护", kind="upkeep", org=o, area=o.area, prices={"handled": "260"},
            deductions=[{"code": "overdue", "amount": "80", "free": 1}, {"code": "rework", "amount": "120", "free": 0}], valid_from=b, valid_to=date(b.year, 12, 31))))  # fmt: skip
        if made and n == 0:
            stage.moment.moment += timedelta(minutes=40)
            sheet = sheets.plain(made[0], month.first, sheets.sheet_of(made[0], month.first))
            stage.do(lambda c=made[0], s=sheet: contracting.settle(leader, c, month.first, expected=money.fingerprint(s)))
