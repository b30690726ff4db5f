"""What the city's case page shows and offers beside the kernel's: facts, findings, conditions, departments, inspectors."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from yiwang.apps.city.models import CityCase
from yiwang.apps.city.queries import manual
from yiwang.apps.city.queries.classes import class_choices
from yiwang.apps.city.queries.dispatching import proposal
from yiwang.apps.city.queries.duplicates import Twin, likely_duplicates
from yiwang.apps.city.queries.field.told import told_by_phone
from yiwang.apps.city.queries.ground import Bodies, bodies_of_day
from yiwang.apps.city.queries.lists import typed
from yiwang.apps.city.rules import photos
from yiwang.apps.city.rules.texts import fill
from yiwang.kernel.base import texts
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.cases.models import Case, ManualRow
from yiwang.kernel.cases.queries import work
from yiwang.kernel.cases.queries.story import StoryLine
from yiwang.kernel.files import queries as files
from yiwang.kernel.geography import queries as geography
from yiwang.kernel.identity.models import Organization
from yiwang.kernel.identity.queries import holders, organizations


@dataclass(frozen=True)
class Finding:
    """Something worth a second look, with where it leads."""

    text: str
    tone: str = "soon"
    case_uid: UUID | None = None
    label: str = ""


@dataclass(frozen=True)
class DepartmentChoice:
    """A department that the dispatcher may choose, with why it is proposed."""

    uid: str
    name: str
    why: str
    can_return: bool = True


@dataclass(frozen=True)
class CityFacts:
    """The city's side of a case, in words."""

    typed: CityCase
    class_text: str
    channel: str
    grid: str
    findings: list[Finding]
    dispatch_why: str
    scene: str
    scene_tone: str
    component_url: str = ""
    bodies: Bodies | None = None  # whose the component was on the day of the report


def facts(actor: Actor, case: Case, channel: str) -> CityFacts:
    """Return the facts of a case page; two queries, three more where there is a component."""
    side = typed(case)
    grid = " · ".join(
        part for part in (
            side.unit_grid.code if side.unit_grid else "", side.responsibility_grid.code if side.responsibility_grid else ""
        ) if part
    )  # fmt: skip
    words = {"likely": (_("Same scene: likely"), "in_time"), "not": (_("Same scene: not likely"), "soon"), "unsure": (_("Same scene: not sure"), "neutral")}
    scene, scene_tone = words.get(side.scene_verdict, ("", "neutral"))
    return CityFacts(
        typed=side, class_text=class_text(side), channel=channel, grid=grid, findings=findings(actor, case, side),
        dispatch_why=rule_words().get(side.dispatch_rule, ""), scene=scene, scene_tone=scene_tone,
        bodies=bodies_of_day(side),
        component_url=reverse("components:one", args=[side.component.uid]) if side.component and actor.may_anywhere("geography.asset.view") else "",
    )


def data_language() -> str:
    """Return the key of the reader's language in data texts."""
    return "en" if (get_language() or "").startswith("en") else "zh-Hans"


def class_text(side: CityCase) -> str:
    """Return "01001 上水井盖 (component)"; a sentence when there is none yet."""
    if not side.class_code:
        return _("not classed yet")
    kind = {"component": _("component"), "matter": _("matter")}.get(side.kind, side.kind)
    return f"{side.class_code} {texts.pick(side.class_name)} ({kind})"


def rule_words() -> Mapping[str, str]:
    return {
        "precedent": _("precedents that became a rule name it"), "keeper": _("it keeps the component in order"), "owner": _("it owns the component"), "supervisor": _("it supervises the component"),
        "manual": _("the command manual names it for this area"), "street": _("last resort by place; cannot be returned"),
        "hand": _("chosen by hand"),
    }  # fmt: skip


def findings(actor: Actor, case: Case, side: CityCase) -> list[Finding]:
    """Return what a person should look at: place of the photo, re-used picture, recurrence, no grid."""
    found = []
    if side.exif_verdict in ("doubtful", "elsewhere"):
        metres = {"distance_m": round(side.exif_distance_m or 0)}
        tone = "soon" if side.exif_verdict == "doubtful" else "overdue"
        found.append(Finding(fill(photos.TEXTS[photos.Verdict(side.exif_verdict)], metres, data_language()), tone))
    if side.same_picture_case_id and side.same_picture_case:
        other = side.same_picture_case
        link = other.uid if work.may_see(actor, other) else None
        found.append(Finding(_("A picture was already used in another case."), "overdue", link, other.number or other.title))
    if side.recurrence_of_id and side.recurrence_of:
        other = side.recurrence_of
        link = other.uid if work.may_see(actor, other) else None
        found.append(Finding(_("The same was closed here a few days ago (recurrence)."), "soon", link, other.number or other.title))
    if side.unit_grid_id is None and not side.place_is_default:
        found.append(Finding(_("No unit grid is drawn at this place."), "neutral"))
    return found


def same_picture_flags(case: Case) -> dict[UUID, str]:
    """Return the photos of the case that another subject already holds, with the words for their thumbnail."""
    found: dict[UUID, str] = {}
    for row in files.of_subject("case", case.uid):
        if row.kind == "photo" and files.used_before(row):
            found[row.uid] = _("used before")
    return found


def condition_choices(case: Case) -> list[ManualRow]:
    """Return the filing conditions that may be chosen today, urgent ones first."""
    return sorted(manual.selectable_conditions(case), key=lambda r: (not r.urgent, r.key))


def has_manual_rows(case: Case) -> bool:
    return bool(manual.manual_rows(case))


def department_choices(case: Case) -> list[DepartmentChoice]:
    """Return the proposed department and the runners-up, each with its reason; empty when nobody is clear."""
    offered = proposal(case)
    choices = [c for c in (offered.chosen, *offered.runners_up) if c is not None]
    orgs = {o.code: o for o in Organization.objects.filter(code__in=[c.organization for c in choices], is_active=True)}
    return [
        DepartmentChoice(str(orgs[c.organization].uid), texts.pick(orgs[c.organization].name), c.text(data_language()), c.can_return)
        for c in choices if c.organization in orgs
    ]


def all_departments() -> list[tuple[str, str]]:
    """Return every body as (uid, name) for a free choice."""
    return [(str(o.uid), texts.pick(o.name)) for o in organizations()]


def inspectors_for(case: Case) -> list[tuple[str, str]]:
    """Return who may be sent to the place: inspectors of its responsibility grid first, then those of the area."""
    side = CityCase.objects.select_related("responsibility_grid").get(case=case)
    found: dict[int, tuple[str, str]] = {}
    if side.responsibility_grid is not None:
        for account in geography.inspectors_of(side.responsibility_grid.pk):
            found[account.pk] = (str(account.uid), _("%(name)s (this grid)") % {"name": account.name or account.username})
    for account in holders(role="inspector", area_path=case.area_path)[:50]:
        found.setdefault(account.pk, (str(account.uid), account.name or account.username))
    return list(found.values())


def classes() -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the classes in force for a select, grouped by major class, codes in front."""
    return [
        (major, [(value, f"{value.split(':')[1]} {name}") for value, name in rows])
        for major, rows in class_choices(now().date())
    ]


def twins(actor: Actor, case: Case) -> list[Twin]:
    """Return likely duplicates that the actor may see; none for a case without a place."""
    return [t for t in likely_duplicates(case) if work.may_see(actor, t.case)]


def event_facts(line: StoryLine) -> tuple[tuple[str, str], ...]:
    """Return what the city's own events say: condition, department with its reason, how it was closed."""
    data, found = line.data, []
    if data.get("condition"):
        found.append((_("Filing condition"), str(data["condition"])))
    if isinstance(data.get("departments"), list):
        codes = [str(c) for c in data["departments"]]
        orgs = dict(Organization.objects.filter(code__in=codes).values_list("code", "name"))
        found.append((_("Department"), "、".join(texts.pick(orgs.get(c, {})) or c for c in codes)))
        if data.get("why"):
            found.append((_("because"), str(data["why"])))
    if data.get("to") == "district":
        found.append((_("To"), _("the district's own centre")))
    if data.get("closing"):
        found.append((_("Closing condition"), str(data["closing"])))
    if line.action == "regrid":
        found.append((_("Grid"), f"{data.get('from', '')} → {data.get('to', '')}"))
    if data.get("informing"):
        found.append((_("How"), _("closed by informing")))
    if isinstance(data.get("device"), dict):
        found += told_by_phone(data["device"])
    return tuple(found)


__all__ = [
    "CityFacts", "DepartmentChoice", "Finding", "all_departments", "class_text", "classes", "condition_choices",
    "department_choices", "event_facts", "facts", "findings", "has_manual_rows", "inspectors_for", "same_picture_flags", "twins",
]
