"""Writing an answer into the register of components: the room of geography does it, with its history and events."""

from datetime import date

from django.utils.translation import gettext as _

from yiwang.apps.city.models import CensusAnswer, CensusItem, CensusPart, CityClass
from yiwang.apps.city.rules.census import ASKABLE, Answer
from yiwang.kernel.base.actor import Actor, Grant, Scope
from yiwang.kernel.base.clock import now
from yiwang.kernel.files.services import pass_on
from yiwang.kernel.geography import services as geography
from yiwang.kernel.geography.queries.assets import EDIT, VIEW


def lent(actor: Actor, part: CensusPart) -> Actor:
    """Return the actor with what an order lends: to see and change components where the part lies, for this act alone.

    Inspectors are no editors of the map; the record still names them.
    """
    scope = Scope(area_path=part.order.case.area_path)
    return actor.with_grants((*actor.grants, Grant(VIEW, scope), Grant(EDIT, scope)))


def write_down(actor: Actor, row: CensusAnswer, *, accepted_for: str = "") -> None:
    """Write one answer into the register. `accepted_for` names who said it when somebody else accepts it.

    Raises
    ------
    AssetGone, BadInput, OutsideArea
        The register cannot take it (any more); nothing was written.
    """
    item = row.item
    who = lent(actor, item.part)
    title = row.order.case.title
    reason = _("%(order)s: %(who)s reported it, accepted by %(by)s") % {"order": title, "who": accepted_for, "by": actor.name} if accepted_for else title
    reason = f"{reason} · {row.reason}" if row.reason else reason
    if row.answer == Answer.ADD:
        _add(who, row, item)
    elif row.answer == Answer.CORRECT and item.asset is not None:
        changes: dict[str, object] = {n: c["to"] for n, c in row.changed.items() if n in ASKABLE}
        if changes:
            geography.edit_asset(actor=who, uid=item.asset.uid, changes=changes, reason=reason[:500])
        if row.point is not None and "place" in row.changed:
            geography.move_asset(actor=who, uid=item.asset.uid, lon=row.point.x, lat=row.point.y, reason=reason[:500])
    elif row.answer == Answer.RETIRE and item.asset is not None:
        geography.edit_asset(actor=who, uid=item.asset.uid, changes={"status": row.values.get("status") or "removed"}, reason=reason[:500])


def _add(actor: Actor, row: CensusAnswer, item: CensusItem) -> None:
    """Enter a new component; its code is given by rule, its photos go over to it."""
    values, point = row.values, row.point
    known = CityClass.objects.get(kind="component", code=values["class_code"])
    seen: date = row.occurred_at.date()
    made = geography.add_asset(
        actor=actor, class_code=known.code, name=known.name, lon=point.x if point else None, lat=point.y if point else None, surveyed_on=seen,
        road=values.get("road", ""), address=values.get("address", ""), remark=values.get("remark", ""), status=values.get("status") or "intact",
        changed_on=now().date(),
    )  # fmt: skip
    item.asset = made
    item.save(update_fields=["asset"])
    pass_on(uids=row.files, from_subject=("case", row.order.case.uid), to_subject=("asset", made.uid), area_path=made.area_path)
