"""Which areas somebody may put on a wall, and the way down from county to street to grid."""

from dataclasses import dataclass
from functools import cached_property

from django.contrib.gis.db.models import Extent
from django.contrib.gis.db.models.functions import AsGeoJSON
from django.db.models import Func, Q
from django.utils.translation import get_language

from yiwang.apps.city.queries.screen import shared
from yiwang.kernel.areas.models import Area
from yiwang.kernel.base import texts
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.errors import NotFound, NotPermitted
from yiwang.kernel.geography.models import AreaShape

VIEW = "city.screen.view"
CASES = "city.case.view"
AREAS_S = 10.0  # the tree of areas moves seldom; whose areas they are is asked each time
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Crumb:
    code: str
    name: str


class Place:
    """One area on the screen. Everything about it is read when it is asked for."""

    def __init__(self, area: Area, root: Area, others: list[Crumb]) -> None:
        self.area, self.root, self.others = area, root, others
        self.code, self.path = area.code, area.path

    @property
    def name(self) -> str:
        return texts.pick(self.area.name)

    @cached_property
    def crumbs(self) -> list[Crumb]:
        """Return the way from the reader's own area down to this one, this one last."""
        ids = [int(part) for part in self.path.strip(".").split(".")]
        found = {a.pk: a for a in Area.objects.filter(pk__in=ids)}
        return [Crumb(found[i].code, texts.pick(found[i].name)) for i in ids if i in found and found[i].path.startswith(self.root.path)]

    @cached_property
    def children(self) -> list[Area]:
        return list(Area.objects.filter(parent=self.area, valid_to__isnull=True).order_by("code"))

    @property
    def depth(self) -> int:
        """Return how many parts the path has; its child's id is the next one."""
        return self.path.count(".")

    def bounds(self) -> Box | None:
        """Return west, south, east, north of the area, else of what has a shape below it."""
        rows = AreaShape.objects.filter(area=self.area)
        if not rows.exists():
            rows = AreaShape.objects.filter(area_path__startswith=self.path)
        found = rows.aggregate(box=Extent("shape"))["box"]
        return tuple(found) if found else None

    def shapes(self) -> list[tuple[Area, str]]:
        """Return the areas one step below with their outlines (GeoJSON), fine enough for a wall."""
        simple = Func("shape", 0.00002, function="ST_SimplifyPreserveTopology", output_field=AreaShape._meta.get_field("shape").__class__(srid=4326))
        rows = AreaShape.objects.filter(area__in=self.children).annotate(outline=AsGeoJSON(simple, precision=6)).values_list("area_id", "outline")
        by_id = {a.pk: a for a in self.children}
        return [(by_id[pk], outline) for pk, outline in rows if outline]

    def outline(self) -> str | None:
        """Return the border of the area itself (GeoJSON)."""
        row = AreaShape.objects.filter(area=self.area).annotate(outline=AsGeoJSON("shape", precision=6)).values_list("outline", flat=True).first()
        return str(row) if row else None


def whole_paths(actor: Actor, *permissions: str) -> list[str]:
    """Return the paths in which the actor holds all permissions over everything, not only over his own body's."""
    found = [""]
    for permission in permissions:
        own = [s.area_path for s in actor.scopes(permission) if not s.org_path]
        found = [max(a, b, key=len) for a in found for b in own if a.startswith(b) or b.startswith(a)]
    return sorted({p for p in found if not any(p != q and p.startswith(q) for q in found)})


def roots(actor: Actor) -> list[Area]:
    """Return the highest areas that the actor may put on a wall."""
    paths = whole_paths(actor, VIEW, CASES)
    wanted = Q(parent__isnull=True) if "" in paths else Q(path__in=paths)
    return list(Area.objects.filter(wanted, valid_to__isnull=True).order_by("code")) if paths else []


def place_for(actor: Actor, code: str = "") -> Place:
    """Return the area with this code, or the actor's own when none is named.

    Raises
    ------
    NotPermitted
        No post of his gives him a whole area.
    NotFound
        There is no such area below his.
    """
    paths = tuple(whole_paths(actor, VIEW, CASES))
    if not paths:
        raise NotPermitted(permission=VIEW)
    found = shared.get(("place", paths, code, get_language()), lambda: _place(roots(actor), code), seconds=AREAS_S)
    if found is None:
        raise NotFound(what="area")
    return found


def _place(own: list[Area], code: str) -> Place | None:
    area = (Area.objects.filter(code=code, valid_to__isnull=True).first() if code else own[0]) if own else None
    root = next((r for r in own if area is not None and area.path.startswith(r.path)), None)
    return Place(area, root, [Crumb(a.code, texts.pick(a.name)) for a in own]) if area is not None and root is not None else None
