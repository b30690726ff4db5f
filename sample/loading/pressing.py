"""Supervision of the last two weeks (督办、批示、黄红牌、应急), through the platform's own services, in every state that a page shows."""

import logging
from collections.abc import Callable, Iterator
from datetime import datetime, time, timedelta
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Max

from sample.loading import living
from sample.spec import ZONE, Spec
from yiwang.apps.city.models import EmergencyTask
from yiwang.apps.city.services import emergency
from yiwang.kernel.audit.models import Event
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.errors import ProblemError
from yiwang.kernel.cases.models import Case
from yiwang.kernel.identity.models import Account, Organization
from yiwang.kernel.identity.queries import actor_for
from yiwang.kernel.supervision import services as supervision
from yiwang.kernel.supervision.contracts import OrderDraft
from yiwang.kernel.supervision.models import OrderTarget

log = logging.getLogger("yiwang.sample")
WAITS = ("pending_handle", "handling")


class Stage:
    """People, bodies and moments of a play; what the platform refuses is told in the log and left out."""

    def __init__(self, spec: Spec, moment: living.Moment) -> None:
        self.spec, self.moment, self.done, self._actors = spec, moment, 0, dict[str, Actor]()
        self.orgs = {o.code: o for o in Organization.objects.all()}

    def at(self, days_before: int, hour: int, minute: int = 0) -> datetime:
        """Go to a moment so many days before the day up to which the county has lived."""
        day = self.spec.as_of - timedelta(days=days_before)
        self.moment.moment = datetime.combine(day, time(hour, minute), ZONE)
        return self.moment.moment

    def actor(self, username: str) -> Actor:
        if username not in self._actors:
            self._actors[username] = actor_for(Account.objects.get(username=username))
        return self._actors[username]

    def body(self, code: str) -> Actor:
        """Return somebody who speaks for a body."""
        return self.actor(f"{code}-1")

    def do(self, act: Callable[[], object]) -> bool:
        try:
            with transaction.atomic():
                act()
        except ProblemError as problem:
            log.warning("left out of the sample: %s", problem)
            return False
        self.done += 1
        return True

    def after_last(self, case: Case, minutes: int = 11) -> bool:
        """Go on where a case's record ends; says whether that is before the county's last midnight."""
        last = Event.objects.filter(case_id=case.pk).aggregate(at=Max("occurred_at"))["at"] or case.reported_at
        self.moment.moment = max(last + timedelta(minutes=minutes), self.spec.end - timedelta(hours=9))
        return self.moment.moment < self.spec.end - timedelta(hours=1)

    def waiting(self, count: int) -> Iterator[Case]:
        """Yield open cases that wait at a body which has people, the oldest first, each with the stage at its last moment."""
        rows = Case.all_modes.filter(state__in=WAITS, org__isnull=False, app="city").select_related("org").order_by("reported_at", "uid")
        for case in rows:
            if count and case.org is not None and Account.objects.filter(username=f"{case.org.code}-1").exists() and self.after_last(case):
                count -= 1
                yield case


def play(spec: Spec) -> int:
    """Play orders, notes, cards and two emergencies; returns how many acts were done."""
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = off")
    with living.staged(spec.stream("pressing")) as moment:
        stage = Stage(spec, moment)
        _orders(stage)
        cases = list(stage.waiting(9))
        _on_cases(stage, cases[:5])
        _cards(stage, cases[3:])
        _emergencies(stage, cases[5:7])
    return stage.done


def _order(stage: Stage, title: str, text: str, *codes: str, limit: int, cases: tuple[UUID, ...] = (), urgent: bool = False) -> list[OrderTarget]:
    given: list[OrderTarget] = []

    def act() -> None:
        draft = OrderDraft(title=title, text=text, orgs=tuple(stage.orgs[c].uid for c in codes), cases=cases, limit=limit, urgent=urgent)
        made = supervision.order(stage.actor("shift_leader"), draft)
        given.extend(OrderTarget.all_modes.filter(order__uid=made.uid).select_related("org", "order").order_by("pk"))

    stage.do(act)
    return given


def _orders(stage: Stage) -> None:
    """Orders to bodies without a case: settled, sent back, answered, urged and late, withdrawn."""
    leader = stage.actor("shift_leader")
    stage.at(13, 9, 20)
    for target in _order(stage, "秋季落叶清扫保障", "请安排重点路段每日两扫，并报送清扫人员与车辆安排。", "bureau-sanitation", "wangchuan-sanitation", limit=3):
        stage.at(11, 15, 5 + target.pk % 40)
        code = target.org.code if target.org else ""
        stage.do(lambda t=target, c=code: supervision.reply(stage.body(c), t.uid, "已安排早晚两次清扫，投入人员46名、清扫车8辆，名单附后。"))
        stage.at(10, 9, 30)
        stage.do(lambda t=target: supervision.judge(leader, t.uid, accept=True, reason="安排到位"))
    stage.at(9, 10)
    for target in _order(stage, "井盖隐患排查", "请逐条道路排查检查井盖缺失、松动情况，列出清单与整改时间。", "bureau-municipal", limit=2):
        stage.at(7, 16, 40)
        stage.do(lambda t=target: supervision.reply(stage.body("bureau-municipal"), t.uid, "已开展排查，情况总体良好。"))
        stage.at(6, 8, 50)
        stage.do(lambda t=target: supervision.judge(leader, t.uid, accept=False, reason="没有清单和整改时间，请补充"))
    stage.at(4, 14, 15)
    for target in _order(stage, "路灯成片不亮", "听河街道一带路灯连续三晚不亮，请查明原因并恢复照明。", "crew-lamps", limit=3, urgent=True):
        stage.at(2, 11, 25)
        stage.do(lambda t=target: supervision.reply(stage.body("crew-lamps"), t.uid, "电缆被挖断，已抢通，今晚恢复照明。"))
    stage.at(8, 9, 45)
    for target in _order(stage, "建筑垃圾乱倒专项治理", "请会同街道夜间巡查，依法处理并反馈处罚情况。", "bureau-enforcement", limit=2):
        stage.at(3, 10, 10)
        stage.do(lambda t=target: supervision.urge(leader, t.uid))
    stage.at(5, 17)
    for target in _order(stage, "共享单车占用盲道", "请清理站前广场一带占用盲道的单车。", "company-bikes", limit=2):
        stage.at(4, 9)
        stage.do(lambda t=target: supervision.withdraw_order(leader, t.order.uid, "已由街道现场处理完毕"))


def _on_cases(stage: Stage, cases: list[Case]) -> None:
    """Orders and notes that belong to cases; the last one's note is answered."""
    for n, case in enumerate(cases):
        stage.after_last(case)
        if n < 2:
            _order(stage, "", "群众多次反映，请当日到场处置并答复。", cases=(case.uid,), limit=1, urgent=n == 0)
            continue
        given: list[UUID] = []
        words = ("请分管负责同志到现场看一次，说明为何迟迟未办。", "此处临近学校，务必在上学前处置完毕。", "请举一反三，对同类问题一并排查。")[n % 3]
        stage.do(lambda c=case, w=words, g=given: g.append(supervision.note(stage.actor("leader"), c.uid, w, limit=2).uid))
        if n == len(cases) - 1 and given and case.org is not None:
            stage.moment.moment += timedelta(minutes=37)
            for target in OrderTarget.all_modes.filter(order__uid__in=given):
                stage.do(lambda t=target, c=case: supervision.reply(stage.body(c.org.code), t.uid, "已到现场，今日内完成处置，并对周边同类设施排查。"))  # type: ignore[union-attr]


def _cards(stage: Stage, cases: list[Case]) -> None:
    """Yellow and red cards: unanswered, explained, withdrawn; one to a body alone."""
    given: list[tuple[UUID, str]] = []
    for n, case in enumerate(cases):
        stage.after_last(case, 19)
        colour, reason = ("red", "超过时限仍未到场") if n % 3 == 0 else ("yellow", "时限将到，尚未处置")
        code = case.org.code if case.org else ""
        stage.do(lambda c=case, k=colour, r=reason, o=code: given.append((supervision.give_card(stage.actor("shift_leader"), case_uid=c.uid, colour=k, reason=r).uid, o)))
    stage.at(6, 10, 30)
    stage.do(lambda: given.append((supervision.give_card(
        stage.actor("leader"), colour="yellow", reason="一周内三件案件超期", org_uid=stage.orgs["bureau-municipal"].uid).uid, "bureau-municipal")))  # fmt: skip
    stage.moment.moment = stage.spec.end - timedelta(minutes=50)
    for uid, code in given[1:3]:
        stage.do(lambda u=uid, c=code: supervision.answer_card(stage.body(c), u, "抢修车辆当日全部出勤，已调配第二组赶往现场。"))
    for uid, _code in given[3:4]:
        stage.do(lambda u=uid: supervision.withdraw_card(stage.actor("shift_leader"), u, "因暴雨停工，情况属实，撤回"))


def _emergencies(stage: Stage, cases: list[Case]) -> None:
    """One emergency that was handled, and one that goes on."""
    leader = stage.actor("shift_leader")
    for n, case in enumerate(cases):
        stage.after_last(case, 5)
        begun = stage.moment.moment
        reason = ("现场人员聚集、影响通行，需多部门到场", "存在安全隐患且持续扩大，需立即处置")[n % 2]
        if not stage.do(lambda c=case, r=reason: emergency.raise_case(actor=leader, case=c.uid, reason=r)):
            continue
        tasks = list(EmergencyTask.objects.filter(emergency__case=case).order_by("seq"))
        running = tasks[0].emergency.uid if tasks else None
        if running is None:
            continue
        for k, task in enumerate(tasks if n == 0 else tasks[:2]):
            stage.moment.moment = begun + timedelta(minutes=4 + 6 * k)
            stage.do(lambda t=task, r=running: emergency.finish(actor=leader, emergency=r, task=t.uid, note="已完成"))
        stage.moment.moment += timedelta(minutes=3)
        stage.do(lambda r=running: emergency.say(actor=leader, emergency=r, text="现场已围护，交警到位疏导，处置力量进场。"))
        if n == 0:
            stage.moment.moment += timedelta(minutes=14)
            stage.do(lambda r=running: emergency.end(actor=leader, emergency=r, summary="现场已恢复正常，未造成人员伤害；后续由责任单位跟进。"))
