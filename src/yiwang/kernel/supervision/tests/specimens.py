"""Orders, cards and rules for the sweeps: given in several districts, to several bodies and to one person, open and ended."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.utils import timezone

from tests.sweeps.readers import Reader
from tests.sweeps.specimens import Carried, Kind, Listing, Specimen, Write
from yiwang.kernel.base.uid import uuid7
from yiwang.kernel.cases.models import Case, Task
from yiwang.kernel.cases.tests.specimens import Facts
from yiwang.kernel.supervision import services
from yiwang.kernel.supervision.contracts import OrderDraft
from yiwang.kernel.supervision.models import Card, Order, OrderTarget

CITY_RULES = Path(__file__).parents[3] / "apps" / "city" / "data" / "warnings.toml"
NOT_LISTS = {
    "supervision/wall/owed/": "what stands behind one line of the wall, whose sums the listing `wall` compares",
    "supervision/rules/": "every book of rules, for whoever edits rules", "supervision/orders/new/": "a form", "supervision/cards/new/": "a form",
    "supervision/rules/<slug:book>/new/": "a form", "notices/channels/": "the reader's own choice and receipts",
}  # fmt: skip
VIEW, GIVE, CHECK, ANSWER = "supervision.order.view", "supervision.order.give", "supervision.order.check", "supervision.order.answer"
CARD, OWN, GIVE_CARD, WALL = "supervision.card.view", "supervision.card.own", "supervision.card.give", "supervision.wall.view"


def fill(world: Any) -> dict[str, Any]:
    """Give orders and cards: of the whole city, of one district, to two bodies at once, withdrawn, to a person."""
    services.install_shipped()
    services.install_rules("city", CITY_RULES)
    leader, east = world.actor("leader"), world.actor("leader_east")
    case = Task.all_modes.filter(step="handle", state="open", org=world.orgs["company-water"], mode="live").order_by("pk").first().case

    def orgs(*codes: str) -> tuple[Any, ...]:
        return tuple(world.orgs[code].uid for code in codes)

    services.order(leader, OrderDraft(title="供水专题", text="报送清单", orgs=orgs("company-water"), limit=5))
    services.order(east, OrderDraft(title="云东环卫专题", text="报送清单", orgs=orgs("yundong-sanitation"), limit=5))
    both = services.order(leader, OrderDraft(title="案卷与单位", text="限期答复", cases=(case.uid,), orgs=orgs("wangchuan-sanitation"), limit=3))
    gone = services.order(leader, OrderDraft(title="已撤回", text="不再要求", orgs=orgs("nanmo-sanitation"), limit=3))
    services.withdraw_order(leader, gone.uid, "发错")
    services.note(leader, case.uid, "请高度重视", limit=1)
    services.reply(world.actor("handler"), OrderTarget.objects.get(order__uid=both.uid, case__isnull=True).uid, "已办")
    services.give_card(leader, colour="yellow", reason="供水迟缓", org_uid=world.orgs["company-water"].uid)
    services.give_card(east, colour="red", reason="云东迟缓", org_uid=world.orgs["yundong-sanitation"].uid)
    services.give_card(leader, colour="yellow", reason="个人迟缓", case_uid=case.uid, account_uid=world.account("inspector").uid)
    taken = services.give_card(leader, colour="red", reason="有误", org_uid=world.orgs["company-water"].uid)
    services.withdraw_card(leader, taken.uid, "有误")
    return {"pressed": case}


def _sees(reader: Reader, order: Order, parts: list[OrderTarget]) -> bool:
    """Given by him, inside his areas, to be answered by his body or himself."""
    if not reader.holds(VIEW):
        return False
    if reader.account_id is not None and (order.given_by_id == reader.account_id or any(p.account_id == reader.account_id for p in parts)):
        return True
    for area, org in reader.places(VIEW):
        if org and any(p.org_path.startswith(org) and p.area_path.startswith(area) for p in parts):
            return True
        if not org and (order.area_path.startswith(area) or any(p.area_path.startswith(area) for p in parts)):
            return True
    return False


def _sees_part(reader: Reader, order: Order, part: OrderTarget, parts: list[OrderTarget]) -> bool:
    if not _sees(reader, order, parts):
        return False
    if reader.account_id is not None and reader.account_id in (order.given_by_id, part.account_id):
        return True
    return reader.may(VIEW, part.area_path, part.org_path)


def _sees_card(reader: Reader, card: Card) -> bool:
    own = card.account_id is not None and card.account_id == reader.account_id and reader.holds(OWN, CARD)
    return own or reader.may(CARD, card.area_path, card.org_path)


def _orders() -> list[tuple[Order, list[OrderTarget]]]:
    parts: dict[int, list[OrderTarget]] = {}
    for part in OrderTarget.all_modes.order_by("pk"):
        parts.setdefault(part.order_id, []).append(part)
    return [(o, parts.get(o.pk, [])) for o in Order.all_modes.order_by("pk")]


def kinds(made: Any) -> list[Kind]:
    facts, rows = Facts.read(), _orders()
    papers = [Specimen(f"order {o.title}", {"uid": o.uid}, lambda r, o=o, ps=ps: _sees(r, o, ps), (str(o.uid), o.number), (o, ps)) for o, ps in rows]
    parts = [
        Specimen(f"part {'on a case' if p.case_id else p.org_name.get('zh-Hans')} of {o.title}", {"uid": p.uid}, lambda r, o=o, p=p, ps=ps: _sees_part(r, o, p, ps), (str(p.uid),), (o, p))
        for o, ps in rows for p in ps
    ]  # fmt: skip
    tasks = {t.uid: t for t in facts.tasks}

    def gives(r: Reader, s: Specimen) -> bool:
        return s.seen_by(r) and (s.row[0].given_by_id == r.account_id or r.may(GIVE, s.row[0].area_path))

    def answers(r: Reader, s: Specimen) -> bool:
        part = s.row[1]
        may = facts.may_do(r, tasks[part.task_uid]) if part.task_uid else r.may(ANSWER, part.area_path, part.org_path)
        return s.seen_by(r) and part.state == "waiting" and may

    def judges(r: Reader, s: Specimen) -> bool:
        order, part = s.row
        last = part.replies.order_by("-pk").first()
        may = order.given_by_id == r.account_id or r.may(CHECK, order.area_path)
        return s.seen_by(r) and part.state == "replied" and may and last is not None and last.by_id != r.account_id

    def explains(r: Reader, s: Specimen) -> bool:
        card = s.row
        own = card.account_id is not None and card.account_id == r.account_id
        return s.seen_by(r) and card.state == "open" and (own or (card.org_id is not None and r.may(ANSWER, card.area_path, card.org_path)))

    def takes_back(r: Reader, s: Specimen) -> bool:
        return s.seen_by(r) and s.row.state != "withdrawn" and r.may(GIVE_CARD, s.row.area_path, s.row.org_path)

    given = [Specimen(f"{c.colour} card: {c.reason}", {"uid": c.uid}, lambda r, c=c: _sees_card(r, c), (str(c.uid),), c) for c in Card.all_modes.order_by("pk")]
    edits = lambda r, _s: r.holds("supervision.rule.edit")  # noqa: E731
    rule = {"code": "swept", "name_zh": "扫查", "clock": "department", "phase": "at", "colour": "yellow", "tell": "doer", "note": "扫查", "version": 1}
    return [
        Kind("supervision order", ("supervision/orders/<uuid:uid>/",), papers, {"uid": uuid7()}, {
            "supervision:order_withdraw": Write(lambda s: {"reason": "撤回"}, "leader", "order 供水专题", lambda r, s: gives(r, s) and s.row[0].state == "open"),
        }),
        Kind("part of an order", ("supervision/parts/<uuid:uid>/",), parts, {"uid": uuid7()}, {
            "supervision:part_reply": Write(lambda s: {"text": "已办"}, "handler2", "of 供水专题", answers),
            "supervision:part_judge": Write(lambda s: {"accept": "1"}, "leader", "part 望川区环卫所 of 案卷与单位", judges),
            "supervision:part_urge": Write(lambda s: {}, "leader", "of 供水专题", lambda r, s: gives(r, s) and s.row[1].state == "waiting"),
        }),
        Kind("card", ("supervision/cards/<uuid:uid>/",), given, {"uid": uuid7()}, {
            "supervision:card_answer": Write(lambda s: {"text": "说明"}, "handler2", "yellow card: 供水迟缓", explains),
            "supervision:card_withdraw": Write(lambda s: {"reason": "撤销"}, "leader", "yellow card: 供水迟缓", takes_back),
        }),
        Kind("rule", ("supervision/rules/<slug:book>/<slug:code>/",), [Specimen("a rule of the city", {"book": "city", "code": "stage_over"}, lambda r: edits(r, None))],
             {"book": "city", "code": "no-such"}, {
            "supervision:rule": Write(lambda s: {**rule, "code": "stage_over"}, "leader", "a rule", edits),
            "supervision:rule_remove": Write(lambda s: {"version": 1}, "leader", "a rule", edits),
        }),
        Kind("book of rules", ("supervision/rules/<slug:book>/new/",), [Specimen("the city's rules", {"book": "city"}, lambda r: edits(r, None))], {"book": "no-such"}, {
            "supervision:rule_new": Write(lambda s: rule, "leader", "the city's rules", edits),
        }),
    ]  # fmt: skip


def carried(made: Any) -> list[Carried]:
    return [
        Carried("city case", "supervision:order_new", "GET", lambda v: {"case": str(v["uid"])}, ("case",)),
        Carried("city case", "supervision:card_new", "GET", lambda v: {"case": str(v["uid"])}, ("case",)),
    ]  # fmt: skip


# --- lists ------------------------------------------------------------------------------------------------------------


def lists(made: Any) -> list[Listing]:
    def next_page(answer: Any) -> str:
        return answer.context["next_url"]

    return [
        Listing("supervision orders", "supervision:orders", lambda a: [str(r["order"].uid) for r in a.context["rows"]], _wanted_orders,
                {"state": ("", "open", "closed", "withdrawn", "to_judge"), "form": ("", "order", "note")}, next_page=next_page, grow=lambda n: _more_orders(made, n)),
        Listing("cards", "supervision:cards", lambda a: [str(r["card"].uid) for r in a.context["rows"]], _wanted_cards,
                {"colour": ("", "red", "yellow"), "state": ("", "open", "withdrawn")}, next_page=next_page, grow=lambda n: _more_cards(made, n)),
        Listing("wall", "supervision:wall", lambda a: [_line(r["debt"]) for r in a.context["rows"]], _wanted_debts, next_page=next_page, grow=lambda n: _more_orders(made, n, spread=True)),
    ]  # fmt: skip


def _wanted_orders(reader: Reader, given: Mapping[str, str]) -> set[str]:
    found = set()
    for order, parts in _orders():
        state = given.get("state", "")
        fits = not state or order.state == state or (state == "to_judge" and any(p.state == "replied" for p in parts))
        if order.mode == "live" and _sees(reader, order, parts) and fits and given.get("form", order.form) == order.form:
            found.add(str(order.uid))
    return found


def _wanted_cards(reader: Reader, given: Mapping[str, str]) -> set[str]:
    return {
        str(c.uid) for c in Card.all_modes.all()
        if c.mode == "live" and _sees_card(reader, c) and given.get("colour", c.colour) == c.colour and given.get("state", c.state) == c.state
    }  # fmt: skip


def _line(debt: Any) -> str:
    return f"{debt.key} {debt.late} {debt.orders} {debt.notes} {debt.helps}"


def _wanted_debts(reader: Reader, given: Mapping[str, str]) -> set[str]:
    """Who owes what, body by body, out of all open tasks and waiting parts."""
    moment, found = timezone.now(), {}  # type: Any, dict[str, list[int]]

    def add(key: str, at: int) -> None:
        found.setdefault(key, [0, 0, 0, 0])[at] += 1

    for task in Task.all_modes.select_related("org").filter(state="open"):
        late = task.due_at is not None and task.due_at < moment
        if task.mode == "live" and task.kind != "supervise" and (late or task.kind == "consult") and reader.may(WALL, task.area_path, task.org_path):
            add(f"org:{task.org.uid}" if task.org else f"post:{task.permission}", 3 if task.kind == "consult" else 0)
    for part in OrderTarget.all_modes.select_related("org", "order"):
        if part.mode == "live" and part.state == "waiting" and reader.may(WALL, part.area_path, part.org_path):
            add(f"org:{part.org.uid}" if part.org else "nobody", 1 if part.order.form == "order" else 2)
    return {f"{key} {late} {orders} {notes} {helps}" for key, (late, orders, notes, helps) in found.items()}


def _more_orders(made: Any, count: int, *, spread: bool = False) -> None:
    owing = set(OrderTarget.all_modes.values_list("org_id", flat=True)) | set(Task.all_modes.values_list("org_id", flat=True))
    free = [o for o in made.world.orgs.values() if o.pk not in owing]
    for number in range(count):
        org = free[number] if spread else made.world.orgs["company-water"]
        order = Order.objects.create(number=f"督办多{number}-{uuid7()}", form="order", title=f"多 {number}", text="多", area_path=made.world.city.path, given_at=timezone.now())
        OrderTarget.objects.create(order=order, org=org, org_path=org.path, org_name=org.name, area_path=org.area.path, asked_at=timezone.now())


def _more_cards(made: Any, count: int) -> None:
    org, case = made.world.orgs["company-water"], Case.all_modes.order_by("pk").first()
    for _number in range(count):
        Card.objects.create(key=f"many:{uuid7()}", colour="yellow", case=case, org=org, org_path=org.path, org_name=org.name, area_path=case.area_path, given_at=timezone.now(), reason="多")
