"""What the inspector's phone and the patrols tell the sweeps: a shift with a track, the grids, the lists of the phone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from tests.sweeps.readers import Reader
from tests.sweeps.specimens import Carried, Kind, Listing, Specimen
from tests.world import World
from yiwang.apps.city.contracts import FieldAct, FieldPlace, Fix
from yiwang.apps.city.models import FieldMark
from yiwang.apps.city.services import field
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.uid import uuid7
from yiwang.kernel.cases.tests.specimens import Facts
from yiwang.kernel.geography.models import ResponsibilityGrid
from yiwang.kernel.notices.models import Notice

ON_STREET = {"verify": "city.task.verify", "verify_parallel": "city.task.verify", "check": "city.task.check"}


def fill(world: World) -> UUID:
    """Sign an inspector in and let him walk a little; returns the shift."""
    actor, moment = world.actor("inspector"), now()
    lon, lat = world.point()
    grid = ResponsibilityGrid.objects.get(code="371592Z0001")
    act = FieldAct(uid=uuid7(), kind="shift_in", occurred_at=moment - timedelta(minutes=30), sent_at=moment, place=FieldPlace(lon, lat, 5.0), data={"grid_uid": str(grid.uid)})
    field.take(actor=actor, act=act)
    points = [Fix(moment - timedelta(minutes=20) + timedelta(seconds=20 * n), lon + 0.0002 * n, lat, 5.0) for n in range(10)]
    field.take_track(actor=actor, uid=uuid7(), shift_uid=act.uid, sent_at=moment, points=points, gaps=[])
    return act.uid


def kinds(made: Any) -> list[Kind]:
    rows = [
        Specimen(f"patrols of grid {g.code}", {"uid": g.uid}, lambda r, g=g: r.may("city.patrol.view", g.area_path), (), g)
        for g in ResponsibilityGrid.objects.filter(valid_to__isnull=True).order_by("code")
    ]
    shifts = [Specimen("a shift", {"uid": m.shift_uid}, lambda r, m=m: r.account_id == m.account_id, (), m) for m in FieldMark.objects.filter(kind="in")]
    return [
        Kind("patrolled grid", ("city/patrols/<uuid:uid>/",), rows, {"uid": uuid7()}),
        Kind("shift", (), shifts, {"uid": uuid7()}),
    ]


def carried(made: Any) -> list[Carried]:
    """Where numbers of others come in what a phone or a badge sends."""
    moment = now().isoformat()
    lon, lat = made.world.point()
    act = {"kind": "report", "occurred_at": moment, "sent_at": moment, "place": {"lon": lon, "lat": lat}, "data": {"class_code": "component:01001"}}
    point = [moment, lon, lat, 5.0]
    return [
        Carried("file", "api-v1:field_act", "POST", lambda v: {**act, "uid": str(uuid7()), "files": [str(v["uid"])]}, ("files",), json=True),
        Carried("shift", "api-v1:field_track", "POST", lambda v: {"uid": str(uuid7()), "shift_uid": str(v["uid"]), "sent_at": moment, "points": [point]},
                ("shift_uid",), json=True),
        Carried("account", "api-v1:field_positions", "POST", lambda v: {"device": "d", "person_uid": str(v["uid"]), "points": [point]}, ("person_uid",), json=True),
    ]  # fmt: skip


def lists(made: Any) -> list[Listing]:
    return [
        Listing("patrols", "city:patrol", lambda a: [r["uid"] for r in a.context["rows"]], _grids, {"district": ("", "371592", "371591", "000000")}),
        Listing("phone's tasks", "api-v1:field_tasks", lambda a: [t["uid"] for t in a.json()["tasks"]], _tasks),
        Listing("phone's messages", "api-v1:field_messages", lambda a: [m["uid"] for m in a.json()["messages"]], _messages),
        Listing("phone's grids", "api-v1:field_pack", lambda a: [g["uid"] for g in a.json()["grids"] if g["kind"] == "responsibility"], _own_grids),
    ]


def _grids(reader: Reader, given: Mapping[str, str]) -> set[str]:
    codes = given.get("district", "")
    rows = ResponsibilityGrid.objects.filter(valid_to__isnull=True)
    return {str(g.uid) for g in rows if reader.may("city.patrol.view", g.area_path) and g.code.startswith(codes)}


def _tasks(reader: Reader, given: Mapping[str, str]) -> set[str]:
    facts = Facts.read()
    hands = {"verify": ("handle",), "verify_parallel": ("handle",), "check": ("handle", "verify", "verify_parallel", "report")}
    found = set()
    for task in facts.tasks:
        if task.state != "open" or task.mode != "live" or facts.cases[task.case_id].app != "city" or not facts.may_do(reader, task):
            continue
        if task.kind == "process" and task.step in ON_STREET:
            acted = _hands(task.case_id, reader.account_id)
            if acted & set(hands[task.step]) or facts.cases[task.case_id].suspended_until is not None:
                continue
            found.add(str(task.uid))
        elif task.kind == "census":
            found.add(str(task.uid))
    return found


def _hands(case_id: int, account_id: int | None) -> set[str]:
    from yiwang.kernel.cases.models import CaseActor

    return {row.step for row in CaseActor.objects.all() if row.case_id == case_id and row.account_id == account_id}


def _messages(reader: Reader, given: Mapping[str, str]) -> set[str]:
    return {str(n.uid) for n in Notice.objects.filter(channel="in_app") if n.account_id == reader.account_id and n.account_id is not None}


def _own_grids(reader: Reader, given: Mapping[str, str]) -> set[str]:
    from yiwang.kernel.geography.models import GridInspector

    own = {row.grid_id for row in GridInspector.objects.all() if row.account_id == reader.account_id and row.valid_to is None}
    rows = ResponsibilityGrid.objects.filter(valid_to__isnull=True)
    return {str(g.uid) for g in rows if (g.pk in own if own else reader.may("city.field.use", g.area_path))}
