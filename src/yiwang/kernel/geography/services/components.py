"""Changes of components (部件管理): every one an event and a line of history, told to whoever had an old page open."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.contrib.gis.geos import Point
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from yiwang.kernel.audit import services as audit
from yiwang.kernel.base.actor import Actor, ActorKind
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import BadInput, NotFound, NotPermitted, NotSignedIn
from yiwang.kernel.base.texts import is_showable
from yiwang.kernel.geography import ground
from yiwang.kernel.geography.errors import AssetChanged, AssetGone, ListChanged
from yiwang.kernel.geography.models import SRID, Asset, AssetPast, AssetStatus, Ownership
from yiwang.kernel.geography.queries.assets import EDIT as EDIT_ASSET
from yiwang.kernel.geography.queries.assets import GONE
from yiwang.kernel.geography.queries.components import AssetFilter, component, editable, may_edit, organization
from yiwang.kernel.geography.queries.places import checked, place
from yiwang.kernel.geography.services.assets import add_asset
from yiwang.kernel.geography.services.past import keep_assets
from yiwang.kernel.identity.models import Organization

BODIES = ("supervisor_org", "owner_org", "keeper_org")
TEXTS = {"road": 100, "address": 256, "source": 30, "remark": 1000}
BATCH, MOST_BULK = 1000, 20_000


def _locked(actor: Actor, uid: UUID | str, version: int | None) -> Asset:
    """Return the row, locked, of the version that the page showed; None takes any.

    Raises
    ------
    NotFound, NotPermitted, AssetGone, AssetChanged
    """
    seen = component(actor, uid)
    # Ordinary select_related would lock the bodies' rows too.
    found = Asset.objects.select_for_update(of=("self",)).select_related(*BODIES).get(pk=seen.pk)
    if not may_edit(actor, found):
        raise NotSignedIn if actor.kind is ActorKind.PUBLIC else NotPermitted(permission=EDIT_ASSET)
    if version is not None and version != found.version:
        last = AssetPast.objects.filter(asset_id=found.pk).order_by("-valid_to", "-pk").first()
        at = timezone.localtime(last.valid_to).strftime("%Y-%m-%d %H:%M") if last else "–"
        raise AssetChanged(asset_code=found.code, by=(last.by_name if last else "") or "–", at=at)
    if found.status in GONE:
        raise AssetGone(asset_code=found.code)
    return found


def _store(actor: Actor, found: Asset, action: str, data: dict[str, Any], reason: str, values: Mapping[str, object]) -> Asset:
    """Write event, history and row."""
    moment = now()
    ref = audit.record(
        actor, action=action, area_path=found.area_path, point=(found.point.x, found.point.y),
        data={"asset": found.code, **data, **({"reason": reason[:500]} if reason else {})},
    )  # fmt: skip
    keep_assets([found.pk], actor=actor, at=moment, action=action, reason=reason, event_uid=ref.uid)
    for name, value in values.items():
        setattr(found, name, value)
    found.changed_on = timezone.localdate(moment)
    found.version += 1  # keep_assets counted it up in the table
    found.save(update_fields=[*values, "changed_on"])
    return found


def _checked_changes(given: Mapping[str, object]) -> dict[str, object]:
    """Return column values; bodies are organisations, their uids, or "" for none."""
    errors: list[dict[str, str]] = []
    values: dict[str, object] = {}
    for name, value in given.items():
        if name in BODIES:
            values[name] = _body(value, name, errors)
        elif name in TEXTS:
            text = str(value or "").strip()
            if len(text) > TEXTS[name] or not is_showable(text):
                errors.append(_error(name, "length", _("At most %(most)s ordinary characters.") % {"most": TEXTS[name]}))
            values[name] = text
        elif name == "accuracy":
            if value not in ("A", "B", "C"):
                errors.append(_error(name, "choice", _("Accuracy is A (0.5 m), B (1 m) or C (10 m).")))
            values[name] = value
        elif name == "status":
            if value not in AssetStatus.values:
                errors.append(_error(name, "status", _("Choose one of the five conditions.")))
            values[name] = value
        else:
            errors.append(_error(name, "unknown", _("This cannot be changed here.")))
    if errors:
        raise BadInput(errors=tuple(errors))
    return values


def _error(field: str, code: str, message: str) -> dict[str, str]:
    return {"field": field, "code": code, "message": message}


def _body(value: object, field: str, errors: list[dict[str, str]]) -> Organization | None:
    if value is None or isinstance(value, Organization) or value == "":
        return value or None  # type: ignore[return-value]
    found = organization(str(value))
    if found is None:
        errors.append(_error(field, "unknown", _("There is no such organization.")))
    return found


def _said(value: object) -> object:
    return value.code if isinstance(value, Organization) else value


@transaction.atomic
def edit_asset(
    *, actor: Actor, uid: UUID | str, version: int | None = None, changes: Mapping[str, object], reason: str = ""
) -> Asset:
    """Change condition, bodies, words and accuracy of a component; the same values again change nothing.

    Another owner than the confirmed one has to be confirmed anew (确权). `removed` and `abandoned` end the component: it
    keeps its code, which nobody gets again.

    Raises
    ------
    BadInput
        A value cannot be; nothing is written.
    AssetChanged
        Somebody was faster.
    AssetGone
        It was taken out of use.
    """
    found = _locked(actor, uid, version)
    values = {name: value for name, value in _checked_changes(changes).items() if getattr(found, name) != value}
    if not values:
        return found
    data = {"changed": {name: {"from": _said(getattr(found, name)), "to": _said(value)} for name, value in values.items()}}
    if "owner_org" in values and found.ownership != Ownership.UNCONFIRMED:
        values |= {"ownership": Ownership.UNCONFIRMED, "ownership_on": None}
    action = "geography.asset.retired" if values.get("status") in GONE else "geography.asset.changed"
    return _store(actor, found, action, data, reason, values)


@transaction.atomic
def move_asset(
    *, actor: Actor, uid: UUID | str, version: int | None = None, lon: object, lat: object, reason: str = ""
) -> Asset:
    """Put a component where it really stands (移位); areas and grid follow, the code stays.

    Raises
    ------
    BadInput
        It is no point, or in another district: the code names its district, so there it is another component.
    OutsideArea, NotPermitted
        The new place is outside, or not the actor's.
    """
    found = _locked(actor, uid, version)
    x, y = checked(lon, lat)
    if (round(found.point.x, 7), round(found.point.y, 7)) == (x, y):
        return found
    facts = place(x, y)
    actor.require(EDIT_ASSET, area_path=facts.area_path)
    district = facts.district or facts.root
    if district is None or facts.area is None:
        raise BadInput.one("point", "area", _("No jurisdiction is drawn there yet."))
    if found.code[:6] != district.code[:6]:
        message = _("This place lies in another district, and the code names the district. Take the component out of use and enter it there anew.")
        raise BadInput.one("point", "district", message)
    data = {"from": [found.point.x, found.point.y], "to": [x, y]}
    values = {
        "point": Point(x, y, srid=SRID), "area_id": facts.area.id, "area_path": facts.area_path,
        "grid_id": facts.unit_grid.id if facts.unit_grid else None,
    }  # fmt: skip
    return _store(actor, found, "geography.asset.moved", data, reason, values)


@transaction.atomic
def enter_asset(
    *, actor: Actor, class_code: str, name: str, lon: object, lat: object, code: str = "", address: str = "", owner: str = "",
    keeper: str = "",
) -> Asset:  # fmt: skip
    """Enter a component as the desk does: bodies by their uids, the class's name as its own.

    Raises
    ------
    BadInput
        A body or a text cannot be; and what `add_asset` refuses.
    """
    values = _checked_changes({"owner_org": owner, "keeper_org": keeper, "address": address})
    return add_asset(
        actor=actor, class_code=class_code, name={"zh-Hans": name}, lon=lon, lat=lat, code=code, owner=values["owner_org"],  # type: ignore[arg-type]
        keeper=values["keeper_org"], address=values["address"], source="",  # type: ignore[arg-type]
    )  # fmt: skip


@transaction.atomic
def add_photos(*, actor: Actor, uid: UUID | str, files: Sequence[Any]) -> int:
    """Keep photos of a component; returns how many. Their bytes are the business of the room of files."""
    found = component(actor, uid)
    if not may_edit(actor, found):
        raise NotPermitted(permission=EDIT_ASSET)
    keeper = ground.photos()
    if not files or keeper is None:
        raise BadInput.one("photos", "required", _("Take or choose a photo."))
    kept = keeper.keep(actor, files, subject_uid=found.uid, area_path=found.area_path)
    audit.record(actor, action="geography.asset.photographed", area_path=found.area_path, data={"asset": found.code, "photos": kept})
    return kept


def bulk_edit(
    *, actor: Actor, wanted: AssetFilter, changes: Mapping[str, object], expected: int, reason: str = ""
) -> int:
    """Change all components of a list that the actor may change; returns how many were.

    `expected` is the number of the preview. Batches of a thousand are a transaction and an event each, with a line of
    history for every component: killed in between, the same again does the rest.

    Raises
    ------
    BadInput
        No value, one that cannot be, or more than twenty thousand components.
    ListChanged
        The list is no longer that of the preview.
    """
    values = _checked_changes({name: value for name, value in changes.items() if name in (*BODIES, "status", "accuracy")})
    if not values:
        raise BadInput.one("changes", "required", _("Say what shall change."))
    ids = list(editable(actor, wanted).order_by("pk").values_list("pk", flat=True)[: MOST_BULK + 1])
    if len(ids) > MOST_BULK:
        raise BadInput.one("filter", "many", _("At most %(most)s components at once. Narrow the list.") % {"most": MOST_BULK})
    if len(ids) != expected:
        raise ListChanged(expected=expected, found=len(ids))
    return sum(_bulk_batch(actor, ids[at : at + BATCH], values, reason) for at in range(0, len(ids), BATCH))


@transaction.atomic
def _bulk_batch(actor: Actor, ids: list[int], values: Mapping[str, object], reason: str) -> int:
    same = {name: value for name, value in values.items() if value is not None}
    rows = Asset.objects.select_for_update(of=("self",)).filter(pk__in=ids).exclude(status__in=GONE)
    differing = [
        a for a in rows.order_by("pk")
        if any(getattr(a, f"{n}_id" if n in BODIES else n) != (v.pk if isinstance(v, Organization) else v) for n, v in values.items())
    ]  # fmt: skip
    if not differing:
        return 0
    moment = now()
    action = "geography.asset.retired" if same.get("status") in GONE else "geography.asset.bulk_changed"
    common = common_path([a.area_path for a in differing])
    data = {
        "count": len(differing), "changed": {name: _said(value) for name, value in values.items()}, "reason": reason[:500],
        "first": differing[0].code, "last": differing[-1].code,
    }  # fmt: skip
    ref = audit.record(actor, action=action, area_path=common, data=data)
    chosen = [a.pk for a in differing]
    keep_assets(chosen, actor=actor, at=moment, action=action, reason=reason, event_uid=ref.uid)
    other_owner = [a.pk for a in differing if "owner_org" in values and a.owner_org_id != getattr(values["owner_org"], "pk", None)]
    Asset.objects.filter(pk__in=chosen).update(**dict(values), changed_on=timezone.localdate(moment))
    Asset.objects.filter(pk__in=other_owner).update(ownership=Ownership.UNCONFIRMED, ownership_on=None)
    return len(chosen)


def common_path(paths: Sequence[str]) -> str:
    """Return the path of the smallest area that holds all."""
    parts = [p.strip(".").split(".") for p in paths]
    common: list[str] = []
    for column in zip(*parts, strict=False):
        if len(set(column)) > 1:
            break
        common.append(column[0])
    return ".".join(common) + "." if common else ""


@transaction.atomic
def set_ownership(
    *, actor: Actor, asset_ids: Sequence[int], ownership: str, owner: Organization | None = None, keep_owner: bool = True,
    reason: str = "",
) -> int:  # fmt: skip
    """Say how sure the owner of components is (确权), for whoever conducts the asking; history and one event.

    The caller answers for the permission: a bureau that accepts its components need not be an editor of the map.
    `keep_owner` leaves the owner as he is; otherwise `owner` is written, None for nobody.
    """
    if ownership not in Ownership.values:
        raise BadInput.one("ownership", "choice", _("Choose one of the four."))
    rows = list(Asset.objects.select_for_update(of=("self",)).filter(pk__in=list(asset_ids)).order_by("pk"))
    if len(rows) != len(set(asset_ids)):
        raise NotFound(what="asset")
    changed = [
        a for a in rows
        if a.status not in GONE and (a.ownership != ownership or (not keep_owner and a.owner_org_id != getattr(owner, "pk", None)))
    ]  # fmt: skip
    if not changed:
        return 0
    moment, action = now(), f"geography.ownership.{ownership}"
    data: dict[str, Any] = {"count": len(changed), "assets": [a.code for a in changed][:200], "reason": reason[:500]}
    if not keep_owner:
        data["owner"] = owner.code if owner else None
    ref = audit.record(actor, action=action, area_path=common_path([a.area_path for a in changed]), data=data)
    ids = [a.pk for a in changed]
    keep_assets(ids, actor=actor, at=moment, action=action, reason=reason, event_uid=ref.uid)
    values: dict[str, Any] = {"ownership": ownership, "ownership_on": timezone.localdate(moment)}
    if not keep_owner:
        values["owner_org"] = owner
    Asset.objects.filter(pk__in=ids).update(**values)
    return len(ids)
