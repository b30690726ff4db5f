"""Reads of layers (图层): which there are for whom, their rows, and the version that caches go by."""

from functools import reduce
from operator import or_

from django.db.models import Count, Q, QuerySet

from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.errors import NotFound
from yiwang.kernel.geography.models import Feature, Layer, LayerTouch

DEFINE = "geography.layer.define"
VIEW = "geography.layer.view"
EDIT = "geography.layer.edit"


def live() -> QuerySet[Layer]:
    return Layer.objects.filter(retired_on__isnull=True).select_related("owner_org")


def visible_layers(actor: Actor) -> QuerySet[Layer]:
    """Return the layers that the actor sees anywhere. A secret one (涉密) is shown online to nobody, whatever he may."""
    permissions = set(live().order_by().values_list("view_permission", flat=True).distinct())
    return live().filter(is_secret=False, view_permission__in=[p for p in permissions if actor.may_anywhere(p)])


def editable_layers(actor: Actor) -> QuerySet[Layer]:
    """Return the layers of which the actor changes rows somewhere."""
    permissions = set(live().order_by().values_list("edit_permission", flat=True).distinct())
    return visible_layers(actor).filter(edit_permission__in=[p for p in permissions if actor.may_anywhere(p)])


def layer(actor: Actor, code: str) -> Layer:
    """Return one layer by code, or say that there is nothing for the actor."""
    found = visible_layers(actor).filter(code=code).first()
    if found is None:
        raise NotFound(what="layer")
    return found


def definition(actor: Actor, code: str) -> Layer:
    """Return a layer for who defines layers: also secret and retired ones (their rows he sees no more than others)."""
    actor.require(DEFINE)
    found = Layer.objects.select_related("owner_org").filter(code=code).first()
    if found is None:
        raise NotFound(what="layer")
    return found


def definitions(actor: Actor) -> QuerySet[Layer]:
    """Return what the list of layers shows: all for who defines them, else those he sees."""
    return Layer.objects.select_related("owner_org") if actor.may(DEFINE) else visible_layers(actor)


def versions(codes: list[str] | None = None) -> dict[str, int]:
    """Return the version of layers by code, in two small queries; it grows with every committed change and never falls."""
    layers = Layer.objects.all() if codes is None else Layer.objects.filter(code__in=codes)
    touches = LayerTouch.objects.all() if codes is None else LayerTouch.objects.filter(layer_code__in=codes)
    # Touches first: one that is folded into the version in between is counted twice, not lost.
    newer = {row["layer_code"]: row["n"] for row in touches.order_by().values("layer_code").annotate(n=Count("id"))}
    return {code: version + newer.get(code, 0) for code, version in layers.values_list("code", "version")}


def version_of(found: Layer) -> int:
    return versions([found.code]).get(found.code, found.version)


def within(actor: Actor, permission: str, field: str = "area_path") -> Q | None:
    """Return the condition for rows where the actor holds the permission; None for none at all, an empty Q for all.

    A holding that is tied to a body shows no rows of layers that know no body.
    """
    places = [scope.area_path for scope in actor.scopes(permission) if not scope.org_path]
    if not places:
        return None
    if "" in places:
        return Q()
    return reduce(or_, (Q(**{f"{field}__startswith": path}) for path in places))


def visible_features(actor: Actor, found: Layer) -> QuerySet[Feature]:
    """Return the live rows of a layer of its own that lie where the actor may see them."""
    condition = None if found.is_secret else within(actor, found.view_permission)
    if condition is None:
        return Feature.objects.none()
    return Feature.objects.filter(condition, layer=found, valid_to__isnull=True)
