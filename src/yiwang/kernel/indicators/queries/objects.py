"""What the objects of evaluation are called, and which of them there are at all."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db.models import F
from django.utils.translation import gettext as _

from yiwang.kernel.areas.models import Area
from yiwang.kernel.base import texts
from yiwang.kernel.base.registry import dotted
from yiwang.kernel.cases.models import MatterVersion
from yiwang.kernel.geography.models import ResponsibilityGrid
from yiwang.kernel.identity.models import Account, Holding, Organization, Post
from yiwang.kernel.indicators.contracts import AREA_KINDS, NOBODY, ObjectKind, Scheme
from yiwang.kernel.indicators.queries.fact_sql import columns


def names(kind: ObjectKind, keys: Iterable[str]) -> dict[str, str]:
    """Return the names of objects by key, in the reader's language; a key that is gone keeps its number."""
    wanted = [k for k in dict.fromkeys(keys) if k != NOBODY]
    found = dict(_names(kind, wanted))
    return {NOBODY: nobody(kind)} | {k: found.get(k) or k for k in wanted}


def nobody(kind: ObjectKind) -> str:
    """Name what belongs to no object of the kind."""
    return {
        ObjectKind.ALL: _("All together"),
        ObjectKind.DEPARTMENT: _("No department yet"),
        ObjectKind.PERSON: _("No named person"),
        ObjectKind.POST: _("No post"),
        ObjectKind.BEAT: _("Outside of every responsibility grid"),
        ObjectKind.GRID: _("Outside of every unit grid"),
    }.get(kind, _("Without one"))


def _names(kind: ObjectKind, keys: list[str]) -> Mapping[str, str]:
    if not keys:
        return {}
    if kind in AREA_KINDS:
        return {str(pk): texts.pick(name) for pk, name in Area.objects.filter(pk__in=keys).values_list("pk", "name")}
    if kind is ObjectKind.DEPARTMENT:
        return {str(pk): texts.pick(name) for pk, name in Organization.objects.filter(pk__in=keys).values_list("pk", "name")}
    if kind is ObjectKind.POST:
        return {str(pk): texts.pick(name) for pk, name in Post.objects.filter(pk__in=keys).values_list("pk", "name")}
    if kind is ObjectKind.PERSON:
        return {str(a.pk): str(a) for a in Account.objects.filter(pk__in=keys)}
    if kind is ObjectKind.BEAT:
        rows = ResponsibilityGrid.objects.filter(pk__in=keys).values_list("pk", "code", "name")
        return {str(pk): texts.pick(name) or code for pk, code, name in rows}
    if kind is ObjectKind.CHANNEL:
        return _channels()
    found: dict[str, str] = {}
    for told in columns().values():
        if told.names:
            found |= {k: texts.pick(n) for k, n in dotted(told.names)(kind, keys).items()}
    return found


def _channels() -> dict[str, str]:
    found: dict[str, str] = {}
    for config in MatterVersion.objects.filter(matter__current=F("pk")).values_list("config", flat=True):
        found |= {code: texts.pick(name) for code, name in config.get("channels", {}).items()}
    return found




@dataclass(frozen=True)
class Population:
    """Whom a scheme judges: `present` also without a fact in the period; `all` besides, who is gone but did something.

    `all` is None where the kind alone decides.
    """

    present: frozenset[str]
    all: frozenset[str] | None = None


def population(scheme: Scheme, *, area_path: str = "", org_path: str = "") -> Population:
    """Return whom the scheme judges; one query. A body that was merged and a person who left keep what they did."""
    kind = scheme.judges
    if kind in AREA_KINDS and kind is not ObjectKind.GRID:
        rows = Area.objects.filter(level=kind.value, valid_to__isnull=True, path__startswith=area_path)
        return Population(frozenset(map(str, rows.values_list("pk", flat=True))))
    if kind is ObjectKind.DEPARTMENT and scheme.org_kinds:
        bodies = Organization.objects.filter(kind__in=scheme.org_kinds, path__startswith=org_path).values_list("pk", "is_active")
        return Population(frozenset(str(pk) for pk, active in bodies if active), frozenset(str(pk) for pk, _active in bodies))
    if kind is ObjectKind.PERSON and scheme.roles:
        held = Holding.objects.filter(post__role__code__in=scheme.roles).values_list("account_id", "valid_to")
        return Population(frozenset(str(pk) for pk, until in held if until is None), frozenset(str(pk) for pk, _until in held))
    return Population(frozenset())
