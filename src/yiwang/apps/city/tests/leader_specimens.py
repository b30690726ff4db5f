"""What the leader's phone tells the sweeps: orders of two leaders, requests that wait, and the case that is pressed."""

from __future__ import annotations

from typing import Any

from tests.sweeps.readers import Reader
from tests.sweeps.specimens import Carried, Kind, Specimen, Write
from tests.world import World
from yiwang.apps.city.queries.leader.decisions import HERE
from yiwang.kernel.base.uid import uuid7
from yiwang.kernel.cases.models import Case, Task
from yiwang.kernel.cases.tests.specimens import Facts
from yiwang.kernel.supervision import services
from yiwang.kernel.supervision.contracts import OrderDraft
from yiwang.kernel.supervision.models import Order, OrderTarget

NOT_LISTS = {
    "city/leader/": "the counts of the reader's area and its oldest red lines, held by test_leader", "city/leader/red/": "red lines of the reader's area, held by test_leader",
    "city/leader/decide/": "what waits for the reader's own word: a part of his desk, held by test_leader", "city/leader/press/": "a form, and the bodies that owe work there",
    "city/leader/follow/": "the reader's own orders, held by test_leader", "city/leader/week/": "the counts of the reader's area, held by test_leader",
}  # fmt: skip
VIEW, GIVE = "supervision.order.view", "supervision.order.give"


def fill(world: World) -> None:
    """Two leaders order something of two bodies."""
    for who, body in (("leader", "company-water"), ("leader_east", "yundong-sanitation")):
        services.order(world.actor(who), OrderDraft(title=f"掌上督办 {body}", text="三日内报送", orgs=(world.orgs[body].uid,), limit=3))


def kinds(made: Any) -> list[Kind]:
    facts = Facts.read()
    parts: dict[int, list[OrderTarget]] = {}
    for part in OrderTarget.all_modes.order_by("pk"):
        parts.setdefault(part.order_id, []).append(part)
    papers = [
        Specimen(f"paper {o.title}.", {"uid": o.uid}, lambda r, o=o: _sees(r, o, parts.get(o.pk, [])), (str(o.uid), o.number), o)
        for o in Order.all_modes.order_by("pk")
    ]  # fmt: skip
    first = Order.objects.get(title="掌上督办 company-water")
    urged = {"do": "urge", "part": str(parts[first.pk][0].uid)}

    def urges(r: Reader, s: Specimen) -> bool:
        return s.row.pk == first.pk and s.seen_by(r) and (first.given_by_id == r.account_id or r.may(GIVE, first.area_path))

    asked = []
    for task in Task.all_modes.select_related("case").filter(kind__in=HERE, state="open", case__app="city").order_by("pk"):
        case = facts.cases.get(task.case_id) or Case.all_modes.get(pk=task.case_id)

        def seen(r: Reader, c: Any = case, t: Any = task) -> bool:
            return facts.sees(r, c) or facts.may_do(r, t)

        asked.append(Specimen(f"request {task.kind} {task.pk}.", {"uid": task.uid}, seen, (str(task.uid),), task))
    denied = {"outcome": "deny", "text": "理由不充分"}
    return [
        Kind("order on the phone", ("city/leader/orders/<uuid:uid>/",), papers, {"uid": uuid7()}, {
            "city:leader_order": Write(lambda s: urged, "leader", "paper 掌上督办 company-water", urges),
        }),
        Kind("request on the phone", ("city/leader/decide/<uuid:uid>/",), asked, {"uid": uuid7()}, {
            "city:leader_decide_one": Write(
                lambda s: denied, "shift_leader", asked[0].label, lambda r, s: s.seen_by(r) and facts.may_do(r, s.row) and s.row.data.get("asked_by") != r.account_id,
            ),
        }),
    ]  # fmt: skip


def _sees(reader: Reader, order: Order, parts: list[OrderTarget]) -> bool:
    """Given by him, inside his areas, or to be answered by his body or himself."""
    if not reader.holds(VIEW):
        return False
    if reader.account_id is not None and (order.given_by_id == reader.account_id or any(p.account_id == reader.account_id for p in parts)):
        return True
    for area, org in reader.places(VIEW):
        if any((p.org_path.startswith(org) if org else True) and p.area_path.startswith(area) for p in parts) or (not org and order.area_path.startswith(area)):
            return True
    return False


def carried(made: Any) -> list[Carried]:
    return [
        Carried("city case", "city:leader_press", "GET", lambda v: {"case": str(v["uid"])}, ("case",)),
        Carried("city case", "city:leader_press", "POST", lambda v: {"case": str(v["uid"]), "way": "red", "reason": "rework"}, ("case",)),
    ]
