"""A pothole from the street to "closed": every step by the one who may, the clocks running, all of it on record."""

import io
from uuid import UUID

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from tests.world import World
from yiwang.kernel.audit.models import Event
from yiwang.kernel.cases import services as cases
from yiwang.kernel.cases.contracts import ActionRequest, ReportDraft
from yiwang.kernel.cases.models import Case, Clock, Task
from yiwang.kernel.files.services import store_upload

ROAD_DAMAGE = "matter:06013"
_shade = iter(range(1, 250))


def photo(actor: object, stage: str = "other") -> UUID:
    """Upload a picture like no other one in the test."""
    raw = io.BytesIO()
    value = next(_shade)
    image = Image.effect_noise((320, 240), 30 + value).convert("RGB")
    image.save(raw, "JPEG")
    return store_upload(actor=actor, file=SimpleUploadedFile("p.jpg", raw.getvalue(), "image/jpeg"), stage=stage).uid


class Walk:
    """One case being carried along; `do` acts as somebody on the open task of a step."""

    def __init__(self, world: World, case_uid: UUID) -> None:
        self.world, self.uid = world, case_uid

    @property
    def case(self) -> Case:
        return Case.all_modes.get(uid=self.uid)

    def task(self, step: str) -> Task:
        return Task.all_modes.get(case__uid=self.uid, step=step, state="open")

    def do(self, who: str, step: str, outcome: str = "", action: str = "complete", photos: int = 0, reason: str = "", **data):
        actor = self.world.actor(who)
        files = tuple(photo(actor) for _i in range(photos))
        request = ActionRequest(
            action=action, task_uid=self.task(step).uid, outcome=outcome, reason=reason, data=data, files=files
        )
        return cases.act(actor, request)

    def on_case(self, who: str, action: str, reason: str = "", **data):
        return cases.act(self.world.actor(who), ActionRequest(action=action, case_uid=self.uid, reason=reason, data=data))


def report(world: World, who: str = "inspector", channel: str = "inspector", text: str = "路面有一个大坑，直径约半米", **more) -> Walk:
    actor = world.actor(who) if who != "public" else world.public()
    lon, lat = world.point()
    files = (photo(actor),) if who != "public" else ()
    draft = ReportDraft(channel=channel, text=text, answers={"class": ROAD_DAMAGE}, lon=lon, lat=lat, files=files, **more)
    return Walk(world, cases.report(actor, "city.problem", draft).case_uid)


def condition(walk: Walk, urgent: bool = False) -> str:
    from yiwang.apps.city.queries import selectable_conditions

    return next(r.key for r in selectable_conditions(walk.case) if r.urgent == urgent)


def to_handle(walk: Walk) -> Walk:
    walk.do("acceptor", "accept", "pass")
    walk.do("shift_leader", "file", "file", condition=condition(walk))
    walk.do("dispatcher", "dispatch", "dispatch", departments=[str(walk.world.orgs["wangchuan-sanitation"].uid)])
    return walk


@pytest.mark.django_db
def test_seven_roles_carry_one_report_through(world: World):
    walk = report(world)
    assert walk.case.state == "reported"
    assert walk.case.number is None
    walk.do("acceptor", "accept", "pass")
    assert walk.case.state == "pending_file"
    walk.do("shift_leader", "file", "file", condition=condition(walk))
    assert walk.case.number.startswith("371592")
    assert walk.case.state == "pending_dispatch"
    walk.do("dispatcher", "dispatch", "dispatch", departments=[str(world.orgs["wangchuan-sanitation"].uid)])
    assert walk.case.state == "pending_handle"
    assert {c.name for c in Clock.objects.filter(case=walk.case, state="running")} == {"case", "department"}
    walk.do("handler", "handle", "done", photos=1, reason="已修补")
    assert walk.case.state == "handled"
    assert set(Clock.objects.filter(case=walk.case, name__in=("case", "department")).values_list("state", flat=True)) == {"stopped"}
    walk.do("dispatcher", "screen", "pass")
    walk.do("acceptor", "send_check", "send")
    assert walk.case.state == "checking"
    walk.do("inspector2", "check", "pass", photos=1)
    walk.do("shift_leader", "close", "close", closing=walk.case.filing_row.key)
    case = walk.case
    assert (case.state, case.outcome) == ("closed", "closed")
    assert not Task.all_modes.filter(case=case, state="open").exists()
    events = list(Event.all_modes.filter(case_id=case.pk).order_by("case_seq"))
    assert [e.case_seq for e in events] == list(range(1, len(events) + 1))
    assert case.event_count == len(events)
    assert bytes(events[-1].hash) == bytes(case.event_head)
