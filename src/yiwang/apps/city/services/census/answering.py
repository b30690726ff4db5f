"""The one door for what an inspector says of a component: from a page, and from the phone when its network is back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.gis.geos import Point
from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from yiwang.apps.city.errors import AnsweredMeanwhile
from yiwang.apps.city.models import CensusAnswer, CensusItem, CensusOrder, CensusPart
from yiwang.apps.city.queries.census import class_names, item_words
from yiwang.apps.city.rules import census as rules
from yiwang.apps.city.rules.census import Answer, Asked, Finding
from yiwang.apps.city.rules.duplicates import distance_m
from yiwang.apps.city.services.census.life import end_part, states_of
from yiwang.apps.city.services.census.writing import write_down
from yiwang.kernel.audit import services as audit
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import BadInput, NotFound
from yiwang.kernel.base.idempotency import once
from yiwang.kernel.base.texts import is_showable
from yiwang.kernel.cases import config as configs
from yiwang.kernel.cases.models import Case, Task
from yiwang.kernel.cases.queries import work
from yiwang.kernel.cases.services import clocks
from yiwang.kernel.cases.services.acting import gone, standing_in
from yiwang.kernel.cases.services.reporting import check_moment
from yiwang.kernel.files import queries as files_queries
from yiwang.kernel.files.services import claim
from yiwang.kernel.geography.queries.places import checked

Place = tuple[float, float]
EMPTIED = ("road", "address", "remark")  # a correction may empty these
NEAR_GRID_M = 30.0  # a component on the border of a grid may be answered from either side
MOST_TEXT = {"road": 100, "address": 256, "remark": 1000, "reason": 500, "status": 12, "class_code": 5}


@dataclass(frozen=True)
class Receipt:
    """What came of an answer. `state` is of rules.census.Finding; `asset` is empty while an added one waits."""

    uid: UUID
    state: str
    asset: str
    asset_code: str
    total: int
    left: int
    part_state: str
    repeated: bool = False


def answer(
    *, actor: Actor, task: UUID, asset: UUID | str | None, answer: str, values: Mapping[str, Any] | None = None, place: Place | None = None,
    occurred_at: datetime | None = None, files: Sequence[UUID | str] = (), key: str = "", device: Mapping[str, Any] | None = None,
    over: UUID | str | None = None,
) -> Receipt:  # fmt: skip
    """Answer for one component of a part: confirm, correct, add, retire or not_found. The same key does it once.

    Parameters
    ----------
    task : the part's task (kind census), open and the actor's
    asset : the component; None for `add`
    values : `correct`: any of the order's `asks`; `add`: class_code, and status, road, address, remark; `retire`: status
        removed (default) or abandoned; every answer: reason. None is not said, "" empties a text of `correct`
    place : (longitude, latitude), degrees WGS 84, where the component stands; of `confirm` and `not_found`, where it was said
    occurred_at : when it was said, with its zone; kept beside the moment at which it arrives
    files : photos uploaded before by the same person
    device : what a phone said of time and place, kept with the event
    over : somebody else's answer about the component that the person has seen and speaks against

    A later answer about the same component takes the place of an earlier one that waits. With the last answer the part
    ends by itself, unless the order also looks for unknown components: then the inspector says when he is through.

    Raises
    ------
    NotFound
        There is no such part or component for the actor.
    TaskGone
        The part, or the whole order, ended meanwhile; says when and how.
    BadInput
        The answer lacks something or cannot be; names the fields. Nothing was written.
    AnsweredMeanwhile
        Somebody else has answered for the component, and not by the answer `over`.
    AssetGone
        Somebody has taken the component out of use.
    KeyReused
        The key came before with something else.
    """
    said = {str(k): str(v).strip() for k, v in (values or {}).items() if v is not None}
    given = {k: v for k, v in said.items() if v or (answer == Answer.CORRECT and k in EMPTIED)}
    numbers = [_uuid(f, "files") for f in files]
    body = {
        "task": str(task), "asset": str(asset or ""), "answer": answer, "values": given, "place": place, "at": occurred_at,
        "files": files_queries.hashes(numbers),  # a browser sends the same photo again under another number
    }  # fmt: skip

    def work(last: bool) -> dict[str, Any]:
        return _answer(actor, task, asset, answer, given, place, occurred_at, numbers, device or {}, _uuid(over, "over") if over else None, last)

    try:
        done, repeated = once(actor, key, body, lambda: work(False))
    except _Last:  # somebody else answered for the other one at the same moment: again, with the case locked first
        done, repeated = once(actor, key, body, lambda: work(True))
    return Receipt(
        UUID(done["uid"]), done["state"], done["asset"], done["code"], done["total"], done["left"], done["part_state"], repeated
    )


def _answer(
    actor: Actor, task_uid: UUID, asset: UUID | str | None, said: str, given: Mapping[str, str], place: Place | None, occurred_at: datetime | None,
    files: Sequence[UUID], device: Mapping[str, Any], over: UUID | None, is_last: bool,
) -> dict[str, Any]:  # fmt: skip
    task, part, last = _lock(actor, task_uid, is_last)
    actor, order, moment = standing_in(actor, task), part.order, now()
    at = check_moment(occurred_at, moment, "occurred_at")
    if at < task.opened_at - clocks.GRACE:
        raise BadInput.one("occurred_at", "past", _("This lies before the part was given out. Check the clock of the device."))
    kind = _kind(said)
    item = None if kind is Answer.ADD else _item(part, asset)
    if item is not None:
        _as_seen(actor, item, over)
    point = _checked(place)
    moved = distance_m(item.asset.point.x, item.asset.point.y, *point) if item and item.asset and point and kind is Answer.CORRECT else None
    asked = Asked(tuple(order.asks), order.asks_photo, order.most_metres, tuple(order.classes))
    found = rules.faults(kind, asked, given, photos=len(files), place=point is not None, moved_m=moved)
    found += [(name, "length") for name, text in given.items() if len(text) > MOST_TEXT.get(name, 0) or not is_showable(text)]
    if found:
        raise BadInput(errors=tuple(_fault(name, word, order, moved) for name, word in dict.fromkeys(found)))
    if kind is Answer.ADD and point is not None:
        _inside(part, point)
        item = CensusItem(part=part)
    if item is None:
        raise NotFound(what="asset")
    wait = not rules.at_once(kind, corrections=order.corrects_at_once, additions=order.adds_at_once)
    row = CensusAnswer(
        order=order, answer=kind, values=dict(given), changed=_changed(item, kind, given, point, moved), reason=given.get("reason", ""),
        point=Point(*point, srid=4326) if point else None, files=list(files), state=Finding.WAITING if wait else Finding.APPLIED,
        by_id=actor.account_id, by_name=actor.recorded_name[:80], occurred_at=at, recorded_at=moment,
    )  # fmt: skip
    item.state, item.answered_at = rules.STATE_OF[kind], at
    item.save()
    row.item = item
    CensusAnswer.objects.filter(item=item, state=Finding.WAITING).update(state=Finding.REPLACED)
    row.save()
    _keep_photos(actor, row, task)
    if not wait:
        write_down(actor, row)
    audit.record(
        actor, action=f"city.census.{kind}", region=order.case.region, area_path=part.area_path, occurred_at=at, task_uid=task.uid, outcome=row.state,
        point=point, data={"order": str(order.case.uid), "part": str(part.uid), "answer": str(row.uid), "asset": item.asset.code if item.asset else "",
                           "changed": row.changed, "reason": row.reason, "files": [str(f) for f in files],
                           **({"device": dict(device)} if device else {})},
    )  # fmt: skip
    share = states_of(part)
    if not share.left and not last and not order.asks_new and part.state == rules.Part.OPEN:
        raise _Last
    if last and not share.left:
        end_part(actor=actor, task=task.uid, outcome="done", occurred_at=occurred_at)
        part.refresh_from_db(fields=["state"])
    known = item.asset
    return {
        "uid": str(row.uid), "state": str(row.state), "asset": str(known.uid) if known else "", "code": known.code if known else "",
        "total": share.total, "left": share.left, "part_state": str(part.state),
    }  # fmt: skip


class _Last(Exception):
    """This answer ends the part, and the case was not locked before the part's task."""


def _as_seen(actor: Actor, item: CensusItem, over: UUID | None) -> None:
    """Refuse an answer of who has not seen what somebody else said of the component."""
    last = CensusAnswer.objects.filter(item=item).order_by("-pk").first()
    if last is None or last.uid == over or last.by_id == actor.account_id:
        return
    at = timezone.localtime(last.recorded_at).strftime("%Y-%m-%d %H:%M")
    raise AnsweredMeanwhile(by=last.by_name or "–", at=at, said=item_words()[rules.STATE_OF[Answer(last.answer)]])


def _lock(actor: Actor, uid: UUID, is_last: bool) -> tuple[Task, CensusPart, bool]:
    """Lock the part's task: whoever ends the part or the order waits for this answer, or this answer is told of the end.

    The flag says that this may be the answer which ends the part: then the case is locked first, as every action does.
    """
    known = CensusPart.objects.filter(task__uid=uid, order__asks_new=False).values_list("pk", "order_id").first()
    last = known is not None and (is_last or CensusItem.objects.filter(part_id=known[0], state=rules.Item.ASKED)[:2].count() <= 1)
    if known is not None and last:
        Case.all_modes.select_for_update(of=("self",)).get(pk=known[1])
    task = Task.all_modes.select_for_update(of=("self",)).select_related("org", "case").filter(uid=uid, kind="census").first()
    part = CensusPart.objects.select_related("order__case", "grid").filter(uid=task.data.get("part")).first() if task else None
    if task is None or part is None or not work.may_do(actor, task):
        raise NotFound(what="task")
    if task.state != "open":
        raise gone(task, configs.of_version(task.case.matter_version_id))
    return task, part, last


def _kind(said: str) -> Answer:
    try:
        return Answer(said)
    except ValueError as error:
        raise BadInput.one("answer", "unknown", _("Choose one of: %(list)s.") % {"list": ", ".join(Answer)}) from error


def _item(part: CensusPart, asset: UUID | str | None) -> CensusItem:
    number = _uuid(asset, "asset") if asset else None
    found = CensusItem.objects.select_for_update(of=("self",)).select_related("asset").filter(part=part, asset__uid=number).first() if number else None
    if found is None:
        raise NotFound(what="asset")
    return found


def _uuid(value: UUID | str, field: str) -> UUID:
    try:
        return value if isinstance(value, UUID) else UUID(str(value))
    except ValueError as error:
        raise BadInput.one(field, "uid", _("This is not one of our numbers.")) from error


def _checked(place: Place | None) -> Place | None:
    if place is None:
        return None
    return checked(*place)


def _changed(item: CensusItem, kind: Answer, given: Mapping[str, str], point: Place | None, moved: float | None) -> dict[str, Any]:
    """Return what a correction changes against the register as it is now."""
    if kind is not Answer.CORRECT or item.asset is None:
        return {}
    changed: dict[str, Any] = {
        name: {"from": getattr(item.asset, name), "to": value} for name, value in given.items() if name in rules.ASKABLE and getattr(item.asset, name) != value
    }
    if point is not None and moved is not None and moved >= 0.1:
        changed["place"] = {"from": [item.asset.point.x, item.asset.point.y], "to": list(point), "metres": round(moved, 1)}
    if not changed:
        raise BadInput.one("values", "nothing", _("This is what the register says already. Confirm it instead."))
    return changed


def _inside(part: CensusPart, point: Place) -> None:
    """Refuse a new component outside of the part's own grid."""
    if part.grid_id is None:
        return
    sql = "SELECT ST_DWithin(shape::geography, ST_SetSRID(ST_MakePoint(%s, %s), 4326)::geography, %s) FROM yw_geography_responsibilitygrid WHERE id = %s"
    with connection.cursor() as cursor:
        cursor.execute(sql, [*point, NEAR_GRID_M, part.grid_id])
        row = cursor.fetchone()
    if row is not None and row[0] is False:
        raise BadInput.one("place", "grid", _("This place lies in another grid, where somebody else answers."))


def _keep_photos(actor: Actor, row: CensusAnswer, task: Task) -> None:
    """Tie the photos to the component; those of one that is not entered yet stay with the case until it is."""
    known = row.item.asset
    kind, uid = ("asset", known.uid) if known is not None else ("case", task.case.uid)
    claim(actor=actor, uids=row.files, subject_kind=kind, subject_uid=uid, area_path=row.item.part.area_path)


def _fault(name: str, word: str, order: CensusOrder, moved: float | None) -> dict[str, str]:
    far = _("This is %(moved)s m away; the order allows %(most)s m. Take it out of use and add it where it stands.")
    far %= {"moved": round(moved or 0), "most": order.most_metres}
    words = {
        "required": {"reason": _("Say why it is taken out of use."), "photos": _("Take a photo."), "place": _("Mark the place on the map.")}.get(name, ""),
        "choice": _("Choose one of: %(list)s.") % {"list": "、".join(class_names(order.classes).values()) if name == "class_code" else _("the conditions")},
        "nothing": _("Say what is different, or confirm the component."), "far": far, "length": _("Too long, or with characters that cannot be shown."),
        "unknown": _("The order does not ask for this."),
    }  # fmt: skip
    return {"field": name, "code": word, "message": words[word] or _("This is needed.")}
