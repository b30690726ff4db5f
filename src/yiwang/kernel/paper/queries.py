"""Reads of forms and plates."""

from typing import Any

from django.db.models import QuerySet

from yiwang.kernel.areas.queries import zone_of
from yiwang.kernel.base import texts
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.errors import NotFound
from yiwang.kernel.cases import config as configs
from yiwang.kernel.cases.models import Case, Task
from yiwang.kernel.cases.queries import moves, work
from yiwang.kernel.geography.models import Asset
from yiwang.kernel.geography.queries.assets import GONE, visible_assets
from yiwang.kernel.identity.models import Account
from yiwang.kernel.identity.permits import visible
from yiwang.kernel.identity.queries import actor_for
from yiwang.kernel.paper.models import PaperForm, PaperLine, Plate
from yiwang.kernel.paper.rules.serials import read_code, read_serial

ENTER, PLATES = "paper.enter", "paper.plates"


def forms(actor: Actor) -> QuerySet[PaperForm]:
    """Return the forms of the actor's areas, newest first."""
    rows = visible(PaperForm.objects.all(), actor, ENTER, org="")
    return rows.select_related("case", "printed_by").order_by("-printed_at", "-pk")


def form(actor: Actor, typed: str) -> PaperForm:
    """Return a form by its number as somebody typed it.

    Raises
    ------
    NotFound
        There is none, the check letter does not fit, or it is of another area.
    """
    serial = read_serial(typed)
    found = forms(actor).filter(serial=serial).first() if serial else None
    if found is None:
        raise NotFound(what="form")
    return found


def lines(form: PaperForm) -> QuerySet[PaperLine]:
    return form.lines.select_related("entered_by", "done_by").order_by("number")


def open_cases(actor: Actor, area_path: str = "") -> QuerySet[Case]:
    """Return the open cases that concern the actor, by place and limit: what is printed before the lights go out."""
    rows = work.visible_cases(actor).filter(closed_at__isnull=True)
    if area_path:
        rows = rows.filter(area_path__startswith=area_path)
    return rows.select_related("matter_version", "area").order_by("area_path", "due_at", "pk")


def doer(username: str) -> Actor | None:
    """Return whom the paper names, as an actor with what his posts grant."""
    account = Account.objects.filter(username=username.strip(), is_active=True).first()
    return actor_for(account) if account else None


def moves_of(person: Actor, case: Case) -> list[dict[str, Any]]:
    """Return what the person may have done on the case, as choices; nothing for somebody whom it does not concern."""
    if not work.may_see(person, case):
        return []
    found = []
    for move in moves.moves_for(person, case):
        if move.blocked:
            continue
        label = " · ".join(p for p in (move.task_name, move.label, move.outcome_label) if p)
        found.append({"value": f"{move.action}|{move.task_uid or ''}|{move.outcome}", "label": label, "reason": move.needs_reason})
    return found


def facts_of(case: Case) -> list[tuple[str, str]]:
    """Return what stands on a case's form: number, state, what, where, since when. No personal value."""
    from django.utils.translation import gettext as _

    config, zone = configs.of_version(case.matter_version_id), zone_of(case.area_path)
    place = f"{case.point.x:.6f}, {case.point.y:.6f}" if case.point else ""
    found = [
        (_("Case number"), case.number or _("not filed yet")),
        (_("State"), config.state_name(case.state)),
        (_("What it is about"), case.title),
        (_("Description"), case.description[:400] if case.description != case.title else ""),
        (_("Place"), case.address),
        (_("Area"), texts.pick(case.area.name)),
        (_("Longitude and latitude"), place),
        (_("Reported at"), case.reported_at.astimezone(zone).strftime("%Y-%m-%d %H:%M")),
        (_("To be done until"), case.due_at.astimezone(zone).strftime("%Y-%m-%d %H:%M") if case.due_at else ""),
    ]
    return [(label, value) for label, value in found if value]


def steps_of(case: Case) -> list[tuple[str, str, str]]:
    """Return the open steps: what, whose, until when."""
    zone = zone_of(case.area_path)
    tasks = Task.all_modes.filter(case=case, state="open").select_related("org", "account").order_by("pk")
    return [
        (
            texts.pick(task.name), texts.pick(task.org.name) if task.org else (task.account.name if task.account else ""),
            task.due_at.astimezone(zone).strftime("%Y-%m-%d %H:%M") if task.due_at else "",
        )
        for task in tasks
    ]  # fmt: skip


def plates(actor: Actor) -> QuerySet[Plate]:
    return visible(Plate.objects.filter(retired_at__isnull=True), actor, PLATES, org="").select_related("asset").order_by("-made_at", "-pk")


def plate(typed: str) -> Plate:
    """Return a plate by its code; whoever stands before it may ask, signed in or not.

    Raises
    ------
    NotFound
        There is none, or it was retired.
    """
    found = Plate.objects.filter(code=read_code(typed), retired_at__isnull=True).select_related("asset").first()
    if found is None:
        raise NotFound(what="plate")
    return found


def place_of(found: Plate) -> dict[str, Any]:
    """Return what a report page fills in: lon, lat, address and the asset's code and class."""
    asset = found.asset
    return {
        "lon": round(found.point.x, 7), "lat": round(found.point.y, 7), "address": found.address or found.label,
        "component": asset.code if asset else "", "class": f"component:{asset.class_code}" if asset else "",
    }  # fmt: skip


def assets_without_plate(actor: Actor, *, class_code: str = "", area_path: str = "") -> QuerySet[Asset]:
    rows = visible_assets(actor).exclude(status__in=GONE)
    rows = rows.exclude(pk__in=Plate.objects.filter(retired_at__isnull=True, asset__isnull=False).values("asset_id"))
    if class_code:
        rows = rows.filter(class_code=class_code)
    if area_path:
        rows = rows.filter(area_path__startswith=area_path)
    return rows.order_by("area_path", "code")
