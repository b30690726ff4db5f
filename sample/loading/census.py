"""Two censuses (专项普查), ordered and answered through the platform's own services: one closed, one under way."""

from datetime import date, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from django.core.files.base import ContentFile
from django.db import connection
from django.db.models import Count

from sample.loading import living, pictures
from sample.spec import ZONE, Spec
from yiwang.apps.city.models import CensusAnswer, CensusItem, CensusPart
from yiwang.apps.city.rules.census import Wanted
from yiwang.apps.city.services import census
from yiwang.kernel.areas.models import Area
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.cases.contracts import ActionRequest
from yiwang.kernel.cases.models import Case, Task
from yiwang.kernel.cases.services import act
from yiwang.kernel.files.services import store_upload
from yiwang.kernel.geography.models import Asset, GridInspector
from yiwang.kernel.identity.models import Account
from yiwang.kernel.identity.queries import actor_for
from yiwang.kernel.worktime.queries import calendar_for

FEW = 30  # components of the one that ended: enough to look at, little to load
SAID = 4  # answers of a part of the one that is under way
COVERS = tuple(f"010{n:02d}" for n in range(1, 23) if n not in (4, 13, 16))  # the covers of manholes


def play(spec: Spec) -> list[UUID]:
    """Order both, answer the first whole and the second in part; returns their cases."""
    found = _streets()
    if not found:
        return []
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = off")
    with living.staged(spec.stream("census")) as stage:
        made = [_Census(spec, stage, *found[1], whole=True).run(), _Census(spec, stage, *found[0], whole=False).run()]
    Case.all_modes.filter(uid__in=made).update(is_sample=True)
    return made


def _streets() -> list[tuple[Area, str]]:
    """Return two streets with a class each: that of the shown inspector with its most frequent covers, another with few of something."""
    rows = Asset.objects.filter(grid__isnull=False).order_by().values_list("grid__parent__parent_id", "class_code").annotate(n=Count("pk"))
    counts: dict[int, dict[str, int]] = {}
    for street, code, number in rows:
        counts.setdefault(street, {})[code] = number
    own = set(GridInspector.objects.filter(account__username="inspector", valid_to__isnull=True).values_list("grid__area_id", flat=True))
    streets = sorted(Area.objects.filter(pk__in=counts, level="street"), key=lambda a: (a.pk not in own, a.code))[:2]
    if len(streets) < 2:
        return []
    often, few = counts[streets[0].pk], counts[streets[1].pk]
    covers = [c for c in often if c in COVERS] or list(often)
    return [(streets[0], min(covers, key=lambda c: (-often[c], c))), (streets[1], min(few, key=lambda c: (abs(few[c] - FEW), c)))]


class _Census:
    def __init__(self, spec: Spec, stage: living.Moment, street: Area, class_code: str, *, whole: bool) -> None:
        self.spec, self.stage, self.street, self.class_code, self.whole = spec, stage, street, class_code, whole
        self.rng, self.calendar = Random(f"census:{street.code}"), calendar_for(street.path)

    def _workday(self, day: date, step: int) -> date:
        while not self.calendar.is_working_day(day):
            day += timedelta(days=step)
        return day

    def _at(self, day: date, hour: int) -> datetime:
        return datetime(day.year, day.month, day.day, hour, tzinfo=ZONE)

    def run(self) -> UUID:
        begun = self._workday(self.spec.as_of - timedelta(days=26 if self.whole else 3), -1)
        due = self._workday((begun if self.whole else self.spec.as_of) + timedelta(days=4), 1)
        self.stage.moment = self._at(begun, 9)
        leader = self._actor("shift_leader")
        wanted = Wanted(
            classes=(self.class_code,), areas=(self.street.code,), due_on=due, text="逐个核对是否完好、位置是否准确；已拆除的注明原因并拍照。", asks_new=False, asks=("status", "address"),
        )  # fmt: skip
        uid = census.order(actor=leader, wanted=wanted)
        for part in CensusPart.objects.filter(order__case__uid=uid).select_related("task__account").order_by("pk"):
            self._part(part)
        if self.whole:
            self._accept(uid)
        return uid

    def _actor(self, username: str) -> Actor:
        return actor_for(Account.objects.get(username=username))

    def _part(self, part: CensusPart) -> None:
        """Answer a part: all of it, or about the first half; a part of the running order is given back."""
        if part.task is None:
            return
        actor = actor_for(part.task.account) if part.task.account else self._actor("shift_leader")
        items = list(CensusItem.objects.filter(part=part).select_related("asset").order_by("pk"))
        if not self.whole:
            items = items[: min(SAID, len(items) - 1, self.rng.randrange(1, 2 * SAID))]
        for item in items:
            self.stage.moment += timedelta(minutes=self.rng.randrange(1, 4))
            self._answer(actor, part, item)
        parts = list(part.order.parts.order_by("pk"))
        if not self.whole and len(parts) > 1 and parts[-1] == part and CensusItem.objects.filter(part=part, state="asked").exists():
            census.end_part(actor=actor, task=part.task.uid, outcome="give_back", reason="路段封闭施工，暂时无法进入")

    def _answer(self, actor: Actor, part: CensusPart, item: CensusItem) -> None:
        asset, draw = item.asset, self.rng.random()
        if part.task is None or asset is None:
            return
        say: dict[str, Any] = {"actor": actor, "task": part.task.uid, "asset": asset.uid}
        if draw < 0.86:
            census.answer(**say, answer="confirm")
        elif draw < 0.95:
            other = "damaged" if asset.status == "intact" else "intact"
            census.answer(**say, answer="correct", values={"status": other})
        elif draw < 0.98:
            census.answer(**say, answer="not_found", values={"reason": "被车辆占压，未能找到"})
        else:
            at, place = self.stage.moment, (asset.point.x, asset.point.y)
            photo = ContentFile(pictures.photo(asset.pk, "check", place=place, at=at), name="census.jpg")
            row = store_upload(actor=actor, file=photo, photo_only=True, is_sample=True)
            census.answer(**say, answer="retire", values={"reason": "道路改造时已拆除"}, files=[row.uid])

    def _accept(self, uid: UUID) -> None:
        """Accept what waits and close the order."""
        case, leader = Case.all_modes.get(uid=uid), self._actor("leader")
        self.stage.moment += timedelta(hours=2)
        if waiting := list(CensusAnswer.objects.filter(order__case=case, state="waiting").values_list("uid", flat=True)):
            census.decide(actor=leader, case_uid=uid, answers=waiting, accept=True)
        task = Task.all_modes.filter(case=case, step="accept", state="open").first()
        if task is not None:
            act(self._actor("shift_leader"), ActionRequest(action="complete", task_uid=task.uid, outcome="close"))
