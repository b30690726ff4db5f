"""Reads of the census (专项普查): orders with how far they are, one order by part and person, one part for its inspector."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Count, Max, Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from yiwang.apps.city.models import CensusAnswer, CensusItem, CensusOrder, CensusPart, CityClass
from yiwang.apps.city.rules import census as rules
from yiwang.apps.city.rules.census import Finding, Item, Part, Progress, Standing
from yiwang.kernel.base import texts
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import NotFound
from yiwang.kernel.cases.models import Case, Task
from yiwang.kernel.cases.queries import work
from yiwang.kernel.geography.models import AssetStatus
from yiwang.kernel.identity.models import Account, Holding

MATTER = "city.census"
ORDER, TASK = "city.census.order", "city.task.census"
MOST_POINTS = 2000
CONDITIONS = [(value, word) for value, word in AssetStatus.choices if value in rules.CONDITIONS]
ITEM_TONES = {
    Item.ASKED: "soon", Item.CONFIRMED: "in_time", Item.CORRECTED: "accent", Item.ADDED: "accent", Item.RETIRED: "paused", Item.NOT_FOUND: "overdue",
    Item.KEPT: "done", Item.DROPPED: "done",
}  # fmt: skip
ITEM_ICONS = {
    Item.ASKED: "circle", Item.CONFIRMED: "circle-check", Item.CORRECTED: "edit", Item.ADDED: "map-pin-plus", Item.RETIRED: "trash", Item.NOT_FOUND: "zoom-question",
    Item.KEPT: "check", Item.DROPPED: "ban",
}  # fmt: skip
FINDING_ICONS = {Finding.APPLIED: "check", Finding.WAITING: "hourglass", Finding.REFUSED: "ban", Finding.REPLACED: "refresh"}
PART_TONES = {Part.OPEN: "accent", Part.DONE: "in_time", Part.GIVEN_BACK: "soon", Part.UNDONE: "overdue"}
FINDING_TONES = {Finding.APPLIED: "in_time", Finding.WAITING: "soon", Finding.REFUSED: "overdue", Finding.REPLACED: "neutral"}


def item_words() -> dict[str, str]:
    return {
        Item.ASKED: _("not answered yet"), Item.CONFIRMED: _("confirmed"), Item.CORRECTED: _("corrected"), Item.ADDED: _("added"),
        Item.RETIRED: _("out of use"), Item.NOT_FOUND: _("not found"), Item.KEPT: _("register kept"), Item.DROPPED: _("not taken up"),
    }  # fmt: skip


def part_words() -> dict[str, str]:
    return {Part.OPEN: _("under way"), Part.DONE: _("done"), Part.GIVEN_BACK: _("given back"), Part.UNDONE: _("left undone")}


def standing_words() -> dict[str, str]:
    return {
        Standing.NOT_BEGUN: _("not begun yet"), Standing.UNDER_WAY: _("under way"), Standing.LATE: _("overdue"), Standing.DONE: _("done"),
        Standing.GIVEN_BACK: _("given back"), Standing.UNDONE: _("left undone"), Standing.ABANDONED: _("never begun"),
    }  # fmt: skip


def finding_words() -> dict[str, str]:
    return {
        Finding.APPLIED: _("in the register"), Finding.WAITING: _("waits for acceptance"), Finding.REFUSED: _("not accepted"),
        Finding.REPLACED: _("replaced by a later answer"),
    }  # fmt: skip


def field_words() -> dict[str, str]:
    return {
        "status": _("Condition"), "road": _("Road"), "address": _("Address or how to find it"), "remark": _("Remark"), "place": _("Place"),
        "class_code": _("Class"),
    }  # fmt: skip


def class_names(codes: Sequence[str]) -> dict[str, str]:
    """Return the names of component classes by code, in the order of codes."""
    rows = CityClass.objects.filter(kind="component", code__in=list(codes)).order_by("code")
    return {r.code: texts.pick(r.name) for r in rows}


def class_choices() -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the component classes by major class, for a form."""
    grouped: dict[str, list[tuple[str, str]]] = {}
    for row in CityClass.objects.filter(kind="component").filter(Q(valid_to__isnull=True) | Q(valid_to__gte=now().date())).order_by("code"):
        grouped.setdefault(texts.pick(row.major_name), []).append((row.code, texts.pick(row.name)))
    return list(grouped.items())


def orders(actor: Actor) -> QuerySet[CensusOrder]:
    """Return the orders whose cases concern the reader, with counts of their parts."""
    seen = work.visible_cases(actor, app="city").filter(matter__code=MATTER)
    parts = {f"n_{state}": Count("parts", filter=Q(parts__state=state)) for state in Part}
    return CensusOrder.objects.filter(case__in=seen).select_related("case").annotate(n_parts=Count("parts"), **parts)


def progress_of(order_ids: Iterable[int]) -> dict[int, Progress]:
    """Return how far orders are, in one query."""
    found: dict[int, dict[str, int]] = {}
    rows = CensusItem.objects.filter(part__order_id__in=list(order_ids)).order_by().values_list("part__order_id", "state").annotate(n=Count("pk"))
    for order_id, state, number in rows:
        found.setdefault(order_id, {})[state] = number
    return {pk: rules.progress(states) for pk, states in found.items()}


def order_for(actor: Actor, uid: UUID) -> CensusOrder:
    """Return one order, or say that there is nothing for the reader."""
    seen = work.visible_cases(actor, app="city").filter(uid=uid, matter__code=MATTER)
    found = CensusOrder.objects.filter(case__in=seen).select_related("case__matter_version").first()
    if found is None:
        raise NotFound(what="case")
    return found


def of_case(case: Case) -> CensusOrder | None:
    return CensusOrder.objects.filter(case=case).first()


@dataclass(frozen=True)
class PartRow:
    """One part as the progress page shows it."""

    uid: str
    grid: str
    code: str
    inspector: str
    state: str
    word: str
    tone: str
    share: Progress
    waiting: int
    reason: str
    task: str
    icon: str
    person_uid: str = ""
    shape: str = ""
    standing: str = ""  # rules.census.Standing


def parts_of(order: CensusOrder, *, shapes: bool = False) -> list[PartRow]:
    """Return the parts of an order with their shares; three queries, four with shapes."""
    parts = list(CensusPart.objects.filter(order=order).select_related("street", "inspector", "task").order_by("pk"))
    grids = _grids([p.grid_id for p in parts if p.grid_id is not None], shapes=shapes)
    states: dict[int, dict[str, int]] = {}
    for part_id, state, number in CensusItem.objects.filter(part__order=order).order_by().values_list("part_id", "state").annotate(n=Count("pk")):
        states.setdefault(part_id, {})[state] = number
    waiting = dict(
        CensusAnswer.objects.filter(order=order, state=Finding.WAITING).order_by().values_list("item__part_id").annotate(n=Count("pk"))
    )
    words, late, ended = standing_words(), order.due_at < now(), order.case.closed_at is not None
    rows = []
    for part in parts:
        name, code, shape = grids.get(part.grid_id or 0, ("", "", ""))
        share = rules.progress(states.get(part.pk, {}))
        state = part.state if not ended or part.state != Part.OPEN else Part.UNDONE
        stands = rules.standing(part.state, share, late=late, ended=ended)
        tone = "paused" if stands == Standing.ABANDONED else rules.tone(state, share, late=late)
        rows.append(PartRow(
            uid=str(part.uid), grid=name or _outside(part), code=code, inspector=str(part.inspector) if part.inspector else "", state=str(state),
            word=words[stands], tone=tone, share=share, waiting=waiting.get(part.pk, 0), reason=part.reason,
            standing=str(stands),
            task=str(part.task.uid) if part.task else "", icon={Standing.DONE: "circle-check", Standing.ABANDONED: "ban"}.get(stands, ""), person_uid=str(part.inspector.uid) if part.inspector else "", shape=shape,
        ))  # fmt: skip
    return rows


def _outside(part: CensusPart) -> str:
    return _("%(street)s, outside of grids") % {"street": texts.pick(part.street.name)} if part.street else _("outside of grids")


def _grids(ids: Sequence[int], *, shapes: bool) -> dict[int, tuple[str, str, str]]:
    """Return name, code and (simplified) shape of responsibility grids; also of those that were closed meanwhile."""
    shape = "ST_AsGeoJSON(ST_SimplifyPreserveTopology(shape, 0.00002), 6)" if shapes else "''"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT id, name, code, {shape} FROM yw_geography_responsibilitygrid WHERE id = ANY(%s)", [list(ids)])
        rows = cursor.fetchall()
    return {pk: (texts.pick(json.loads(name) if isinstance(name, str) else name) or code, code, geometry or "") for pk, name, code, geometry in rows}


def tone_words() -> dict[str, str]:
    """Return what the colours of grids mean."""
    return {
        "in_time": _("all answered"), "soon": _("half or more"), "accent": _("begun"), "neutral": _("nothing yet"), "overdue": _("late or left undone"),
        "paused": _("never begun, or given back"),
    }  # fmt: skip


def part_layers(rows: Iterable[PartRow]) -> list[dict[str, Any]]:
    """Return the grids as layers of the map, one for each colour, so that the legend says what it means."""
    found: dict[str, list[dict[str, Any]]] = {}
    for r in _by_grid(rows):
        if r.shape:
            facts = {"uid": r.uid, "code": r.code, "name": f"{r.grid} {r.share.percent}%", "label": r.grid, "tone": r.tone, "status": f"{r.word} · {r.share.percent}%"}
            found.setdefault(r.tone, []).append({"type": "Feature", "geometry": json.loads(r.shape), "properties": facts})
    return [
        {"id": f"parts-{tone}", "label": word, "kind": "areas", "tone": tone, "fill_opacity": 0.45, "data": {"type": "FeatureCollection", "features": found[tone]}}
        for tone, word in tone_words().items() if tone in found
    ]  # fmt: skip


def _by_grid(rows: Iterable[PartRow]) -> list[PartRow]:
    """Return one row for each grid: parts of several shifts lie on the same ground."""
    held: dict[str, list[PartRow]] = {}
    for row in rows:
        held.setdefault(row.code or row.uid, []).append(row)
    found = []
    for mine in held.values():
        share, tones = sum((r.share for r in mine), Progress()), {r.tone for r in mine}
        worst = next((t for t in ("overdue", "paused") if t in tones), rules.tone(Part.OPEN, share, late=False))
        words = "、".join(dict.fromkeys(r.word for r in mine))
        found.append(mine[0] if len(mine) == 1 else replace(mine[0], share=share, word=words, tone=mine[0].tone if len(tones) == 1 else worst))
    return found


def standings_of(rows: Iterable[PartRow]) -> dict[str, int]:
    """Count the parts of an order by how they stand."""
    found = dict.fromkeys(map(str, Standing), 0)
    for row in rows:
        found[row.standing] += 1
    return found


@dataclass(frozen=True)
class PersonRow:
    name: str
    parts: int
    answers: int
    last_at: datetime | None
    share: Progress


def people_of(order: CensusOrder, parts: Sequence[PartRow]) -> list[PersonRow]:
    """Return the numbers by inspector: his parts with what is left, and when he answered last; one query more."""
    said = {
        str(uid or ""): (name, number, last)
        for uid, name, number, last in CensusAnswer.objects.filter(order=order).order_by().values_list("by__uid", "by_name").annotate(n=Count("pk"), last=Max("occurred_at"))
    }  # fmt: skip
    held: dict[str, list[PartRow]] = {}
    for row in parts:
        held.setdefault(row.person_uid, []).append(row)
    found = []
    for uid in dict.fromkeys([*held, *said]):
        name, number, last = said.get(uid, ("", 0, None))
        mine = held.get(uid, [])
        found.append(PersonRow((mine[0].inspector if mine else "") or name, len(mine), number, last, sum((r.share for r in mine), Progress())))
    return sorted(found, key=lambda p: (not p.name, -p.share.left, p.name))


def summary_of(order: CensusOrder) -> rules.Summary:
    """Add up an order; three queries."""
    states = dict(CensusItem.objects.filter(part__order=order).order_by().values_list("state").annotate(n=Count("pk")))
    corrections = CensusAnswer.objects.filter(order=order, answer=rules.Answer.CORRECT, state__in=(Finding.APPLIED, Finding.WAITING))
    findings = dict(CensusAnswer.objects.filter(order=order).order_by().values_list("state").annotate(n=Count("pk")))
    return rules.summary(states, corrections.values_list("changed", flat=True), findings)


def answers_of(order: CensusOrder, state: str = "") -> QuerySet[CensusAnswer]:
    rows = CensusAnswer.objects.filter(order=order).select_related("item__asset", "item__part__grid", "item__part__street")
    return rows.filter(state=state) if state in tuple(Finding) else rows


def answer_row(row: CensusAnswer, names: Mapping[str, str]) -> dict[str, Any]:
    """Return one answer as a list shows it."""
    asset, part = row.item.asset, row.item.part
    code = row.values.get("class_code", "") if asset is None else asset.class_code
    return {
        "uid": str(row.uid), "code": asset.code if asset else "", "name": names.get(code, code), "url": reverse("components:one", args=[asset.uid]) if asset else "",
        "address": row.values.get("address") or (asset.address or asset.road if asset else "") or row.values.get("road", ""), "answer": row.answer,
        "word": item_words()[rules.STATE_OF[rules.Answer(row.answer)]], "tone": ITEM_TONES[rules.STATE_OF[rules.Answer(row.answer)]],
        "state": row.state, "state_word": finding_words()[Finding(row.state)], "state_tone": FINDING_TONES[Finding(row.state)], "state_icon": FINDING_ICONS[Finding(row.state)],
        "icon": ITEM_ICONS[rules.STATE_OF[rules.Answer(row.answer)]],
        "changes": changes_in_words(row.changed), "reason": row.reason, "by": row.by_name, "at": row.occurred_at,
        "later": row.recorded_at if (row.recorded_at - row.occurred_at).total_seconds() > 60 else None,
        "files": [str(f) for f in row.files], "lon": row.point.x if row.point else None, "lat": row.point.y if row.point else None,
        "grid": texts.pick(part.grid.name) or part.grid.code if part.grid else _outside(part), "decided_by": row.decided_by_name, "decided_at": row.decided_at,
        "decided_reason": row.decided_reason,
    }  # fmt: skip


def changes_in_words(changed: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return (field, "old → new") of a correction."""
    words, conditions = field_words(), dict(AssetStatus.choices)
    found = []
    for name, change in changed.items():
        if name == "place":
            found.append((words[name], _("moved by %(metres)s m") % {"metres": change.get("metres", "?")}))
            continue
        old, new = (str(conditions.get(v, v)) if name == "status" else str(v) for v in (change.get("from", ""), change.get("to", "")))
        found.append((words.get(name, name), f"{old or '–'} → {new or '–'}"))
    return found


# --- the inspector's part -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class PartView:
    """One part as somebody may see it; `may_answer`: it is his to do now."""

    part: CensusPart
    task: Task
    may_answer: bool


def part_for(actor: Actor, task_uid: UUID) -> PartView:
    """Return a part by its task: for who may do it, who did it, and who may order there.

    Raises
    ------
    NotFound
    """
    task = Task.all_modes.filter(uid=task_uid, kind="census").select_related("org", "case").first()
    part = CensusPart.objects.filter(uid=task.data.get("part")).select_related("order__case", "grid", "street", "inspector").first() if task else None
    if task is None or part is None:
        raise NotFound(what="task")
    may = work.may_do(actor, task)
    own = actor.account_id is not None and actor.account_id in (task.account_id, task.done_by_id)
    if not (may or own or actor.may(ORDER, area_path=part.area_path)):
        raise NotFound(what="task")
    return PartView(part, task, may and task.state == "open")


def own_part(actor: Actor, case_uid: UUID) -> Task | None:
    """Return the actor's open part of an order, by the number of its case."""
    tasks = Task.all_modes.filter(case__uid=case_uid, kind="census", state="open").select_related("org")
    wanted = work.task_filter(actor)
    return tasks.filter(wanted).order_by("due_at", "pk").first() if wanted else None


def items_of(part: CensusPart, *, left: bool) -> QuerySet[CensusItem]:
    """Return the part's components: those without an answer, or those that have one."""
    rows = CensusItem.objects.filter(part=part).select_related("asset")
    return rows.filter(state=Item.ASKED) if left else rows.exclude(state=Item.ASKED)


def item_row(item: CensusItem, names: Mapping[str, str]) -> dict[str, Any]:
    asset = item.asset
    state = Item(item.state)
    return {
        "uid": str(asset.uid) if asset else "", "code": asset.code if asset else "", "name": (names.get(asset.class_code) or texts.pick(asset.name)) if asset else _("New component"),
        "address": asset.address or asset.road if asset else "", "state": str(state), "word": item_words()[state], "tone": ITEM_TONES[state], "icon": ITEM_ICONS[state],
        "status": asset.get_status_display() if asset else "", "at": item.answered_at,
    }  # fmt: skip


def part_map(part: CensusPart, href: str) -> dict[str, Any]:
    """Return the part's grid and components as layers of the map; a click opens the answer."""
    words = item_words()
    rows = CensusItem.objects.filter(part=part, asset__isnull=False).select_related("asset").order_by("state", "pk")[:MOST_POINTS]
    points = [
        {"type": "Feature", "geometry": {"type": "Point", "coordinates": [round(i.asset.point.x, 7), round(i.asset.point.y, 7)]},
         "properties": {"uid": str(i.asset.uid), "code": i.asset.code, "label": i.asset.address or i.asset.road or i.asset.code, "tone": ITEM_TONES[Item(i.state)],
                        "status": words[Item(i.state)], "href": f"{href}?asset={i.asset.uid}"}}
        for i in rows if i.asset is not None
    ]  # fmt: skip
    layers: list[dict[str, Any]] = []
    if part.grid_id is not None and (shape := _grids([part.grid_id], shapes=True).get(part.grid_id, ("", "", ""))[2]):
        grid = {"type": "Feature", "geometry": json.loads(shape), "properties": {"uid": str(part.uid), "name": "", "tone": "accent"}}
        layers.append({"id": "grid", "label": _("Grid"), "kind": "areas", "tone": "accent", "fill_opacity": 0.06, "data": {"type": "FeatureCollection", "features": [grid]}})
    layers.append({"id": "items", "label": _("Components"), "kind": "points", "data": {"type": "FeatureCollection", "features": points}})
    return {"mode": "browse", "table": False, "layers": layers}


def bounds_of(part: CensusPart) -> list[float] | None:
    """Return west, south, east and north of the part's grid, for choosing a place in it."""
    if part.grid_id is None:
        return None
    with connection.cursor() as cursor:
        cursor.execute("SELECT ST_XMin(shape), ST_YMin(shape), ST_XMax(shape), ST_YMax(shape) FROM yw_geography_responsibilitygrid WHERE id = %s", [part.grid_id])
        row = cursor.fetchone()
    return list(row) if row and row[0] is not None else None


def item_for(part: CensusPart, asset: UUID) -> CensusItem:
    """Return one component of a part, or say that it has none of that number."""
    found = CensusItem.objects.filter(part=part, asset__uid=asset).select_related("asset").first()
    if found is None:
        raise NotFound(what="asset")
    return found


def last_answer(item: CensusItem) -> CensusAnswer | None:
    return CensusAnswer.objects.filter(item=item).order_by("-pk").first()


def inspectors_in(area_path: str) -> list[tuple[str, str]]:
    """Return (uid, name) of people who may answer for a part below a place, at most two hundred."""
    moment = now()
    parts = [p for p in area_path.strip(".").split(".") if p]
    above = [".".join(parts[:n]) + "." for n in range(1, len(parts) + 1)]
    able = (
        Holding.objects.filter(post__is_active=True, post__role__grants__permission=TASK)
        .filter(Q(area__isnull=True) | Q(area__path__in=above) | Q(area__path__startswith=area_path))
        .filter(Q(valid_from__isnull=True) | Q(valid_from__lte=moment)).filter(Q(valid_to__isnull=True) | Q(valid_to__gt=moment))
    )  # fmt: skip
    rows = Account.objects.filter(pk__in=able.values("account_id"), is_active=True).order_by("name", "pk")[:200]
    return [(str(a.uid), str(a)) for a in rows]
