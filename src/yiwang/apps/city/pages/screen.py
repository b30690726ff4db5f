"""The command screen (大屏幕监督指挥): one page for a wall, its numbers, its points, the detail of a case, its settings."""

import json
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from yiwang.apps.city.pages.common import APP, actor_of
from yiwang.apps.city.pages.emergency import may_raise
from yiwang.apps.city.queries import screen as queries
from yiwang.apps.city.queries.lists import typed
from yiwang.apps.city.queries.screen import Moved, Numbers, Place, shared
from yiwang.apps.city.rules.screen import LAYOUTS, spec
from yiwang.apps.city.services import screen as services
from yiwang.kernel.base import texts
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.errors import NotFound
from yiwang.kernel.base.rendering import render
from yiwang.kernel.cases import config as configs
from yiwang.kernel.cases.queries import clocks as clock_queries
from yiwang.kernel.cases.queries import story, work
from yiwang.kernel.cases.queries.places import lonlat_of
from yiwang.kernel.identity.doors import door
from yiwang.kernel.ui.desks import clocks, files, states, timeline

LINES = 6


def address(name: str, **query: str) -> str:
    kept = {k: v for k, v in query.items() if v}
    return f"{reverse(name)}?{urlencode(kept)}" if kept else reverse(name)


def list_url(figure: Any) -> str:
    """Return the list of exactly the cases that a figure counts."""
    return address("city:cases", **figure.query)


def card_names() -> dict[str, tuple[str, str]]:
    """Return title and icon of each card."""
    return {
        "today": (_("Today"), "calendar"), "stages": (_("Where open cases stand"), "progress-check"), "areas": (_("By area"), "map"),
        "bureaus": (_("Overdue by bureau"), "building"), "classes": (_("Hot classes"), "flame"), "spots": (_("Where it comes back"), "refresh"),
        "ticker": (_("What moves now"), "activity"), "people": (_("Inspectors on shift"), "users"), "vehicles": (_("Vehicles"), "truck"),
    }  # fmt: skip


def _bars(rows: list[Any], most: int) -> list[dict[str, Any]]:
    return [{**row, "share": round(100 * row["value"] / most) if most else 0} for row in rows]


def _cards(found: Numbers, place: Place) -> dict[str, dict[str, Any]]:
    """Return what each card's template shows; numbers carry the address of their list."""
    size = spec().rows

    def figures(rows: Any) -> list[dict[str, Any]]:
        return [{"label": f.label, "value": f.value, "tone": f.tone if f.value else "neutral", "url": list_url(f), "code": f.code} for f in rows]

    def splits(rows: Any, column: str) -> list[dict[str, Any]]:
        most = max((r.open.value for r in rows), default=0) or 1
        return [
            {"label": r.label, "open": r.open.value, "late": r.overdue.value, "open_url": list_url(r.open), "late_url": list_url(r.overdue),
             "share": round(100 * r.open.value / most), "late_share": round(100 * r.overdue.value / most), "code": r.open.query[column]}
            for r in rows
        ]  # fmt: skip

    areas = splits(found.areas, "district")
    for row in areas:
        row["drill"] = address("city:screen", area=row["code"])
    stages, classes = figures(found.stages), figures(found.classes)
    return {
        "today": {"rows": figures(found.today)},
        "stages": {"rows": _bars(stages, max((r["value"] for r in stages), default=0))},
        "areas": {"rows": areas[:size], "more": max(0, len(areas) - size)},
        "bureaus": {"rows": splits(found.bureaus, "org")[:size], "more": max(0, len(found.bureaus) - size)},
        "classes": {"rows": _bars(classes, max((r["value"] for r in classes), default=0)), "days": found.class_days},
        "spots": {"rows": found.spots, "again_url": reverse("city:again")},
        "ticker": {"rows": found.ticker},
        "people": {"rows": found.people or [], "hidden": found.people is None},
        "vehicles": {"rows": found.vehicles},
        "emergencies": {"rows": found.emergencies},
    }  # fmt: skip


def _rendered(found: Numbers, place: Place) -> dict[str, str]:
    """Render every card, once for all who look at the same numbers."""

    def make() -> dict[str, str]:
        return {
            code: render_to_string(f"city/screen/cards/{code}.html", {**context, "place": place}) for code, context in _cards(found, place).items()
        }

    return shared.get(("cards", place.path, found.people is None, get_language(), found.at), make, seconds=30)


def _time(moment: Any) -> str:
    return timezone.localtime(moment).strftime("%H:%M") if moment else ""


def _beside(found: Numbers) -> dict[str, Any]:
    """Return what the map shows besides cases."""
    return {
        "people": [
            {"uid": p.uid, "name": p.name, "grid": p.grid, "lon": p.lon, "lat": p.lat, "since": _time(p.since), "at": _time(p.at)}
            for p in found.people or []
        ],
        "spots": [{"key": s.key, "label": f"{s.label} {s.times}", "lon": round(s.lon, 6), "lat": round(s.lat, 6), "times": s.times} for s in found.spots],
        "emergencies": [{"uid": str(e.uid), "title": e.title, "lon": e.lon, "lat": e.lat, "url": reverse("city:emergency", args=[e.uid])} for e in found.emergencies],
        "vehicles": found.vehicles,
        "open": next((f.value for f in found.today if f.code == "open"), 0),
        "areas": {row.open.query["district"]: [row.open.value, row.overdue.value] for row in found.areas},
    }  # fmt: skip


def _moved(moved: Moved | None) -> dict[str, Any] | None:
    if moved is None:
        return None
    return {"reload": True} if moved.reload else {"points": moved.points, "gone": moved.gone}


@never_cache
@require_GET
@door("city.screen.view")
def screen(request: HttpRequest) -> HttpResponse:
    """GET /city/screen/?area=<code>: the wall of an area; everything on it stands in the page, script keeps it moving."""
    actor = actor_of(request)
    place = queries.place_for(actor, request.GET.get("area", "")[:32].replace("\0", ""))
    setup, found = queries.setup_for(actor), queries.numbers(actor, place)
    rendered, known = _rendered(found, place), card_names()
    layout = setup.layout if setup.layout != "auto" else "standard"
    on = {c for c in setup.cards if not (c == "vehicles" and not found.vehicles) and not (c == "people" and found.people is None)}
    places = {
        side: [{"code": c, "title": known[c][0], "icon": known[c][1], "html": rendered[c]} for c in codes if c in on]
        for side, codes in spec().layouts[layout].items()
    }  # fmt: skip
    config = {
        "area": place.code, "position": found.position, "zone": settings.TIME_ZONE, "layout": setup.layout, "layouts": spec().layouts, "on": sorted(on),
        "gap": spec().gap_ms, "idle": spec().idle_ms, "blind": spec().blind_ms, "beside": _beside(found),
        "urls": {
            "page": reverse("city:screen"), "numbers": reverse("city:screen_numbers"), "points": reverse("city:screen_points"),
            "live": urlencode({"board": "city.screen", "lang": get_language() or ""}), "case": reverse("city:screen_case", args=[UUID(int=0)]), "full": reverse("city:case", args=[UUID(int=0)]),
        },
        "words": _words(),
    }  # fmt: skip
    context: dict[str, object] = {
        "place": place, "crumbs": [(c.name, address("city:screen", area=c.code), c.code == place.code) for c in place.crumbs],
        "others": [(c.name, address("city:screen", area=c.code)) for c in place.others if c.code != place.root.code],
        "places": places, "emergencies": rendered["emergencies"], "config": config, "setup": setup, "layouts": _layout_words(), "choices": [(c, known[c][0], c in setup.cards) for c in spec().cards],
        "people": rendered["people"] if "people" in on else "", "may_set": actor.may_anywhere(services.SET), "layout": layout,
        "list_url": address("city:cases", state="open", district=place.code), "open": config["beside"]["open"],  # type: ignore[index]
    }  # fmt: skip
    return render(request, "city/screen/screen.html", context)


def _layout_words() -> list[tuple[str, str]]:
    said = {"auto": _("By the width of the wall"), "standard": _("16:9"), "ultra": _("Ultra-wide (21:9, 32:9)")}
    return [(code, said[code]) for code in LAYOUTS]


def _words() -> dict[str, str]:
    """Return the sentences that the wall's script says."""
    return {
        "live": _("Live"), "cut": _("Cut off since {time}; asked every {n} s"), "close": pgettext("button", "Close"),
        "loading": _("Loading…"), "failed": _("This could not be read. It is tried again."), "shown": _("{n} of {all} open cases on the map"),
        "grid": _("Responsibility grid"), "since": _("On shift since"), "last": _("Last position"), "person": _("Inspector on shift"),
        "spots": _("Where it comes back"), "table": _("Open cases as a table"),
        "case": pgettext("column", "Case"), "state": pgettext("column", "State"), "due": pgettext("column", "Limit"), "none": _("No open case here"),
        "open_late": _("{n} open, {late} overdue"), "first_rows": _("The first {n}; the list has them all."),
    }  # fmt: skip


def _position(text: str) -> int:
    return texts.whole(text) or 0


@never_cache
@require_GET
@door("city.screen.view")
def screen_numbers(request: HttpRequest) -> HttpResponse:
    """GET numbers.json?area=&since=<position>&heard=<position>: the cards of an area, and what moved since."""
    actor = actor_of(request)
    place = queries.place_for(actor, request.GET.get("area", "")[:32].replace("\0", ""))
    heard, since = _position(request.GET.get("heard", "")), texts.whole(request.GET.get("since", ""))
    return JsonResponse(answer(actor, place, heard=heard, since=since))


def answer(actor: Actor, place: Place, *, heard: int, since: int | None) -> dict[str, Any]:
    """Return the cards of an area and what moved behind `since`: for whoever asks, and for the live stream."""
    found = queries.numbers(actor, place, heard=heard)
    moved = queries.moved(actor, place, since, found.position) if since is not None else None
    return {
        "area": place.code, "since": since, "position": max(found.position, since or 0), "at": timezone.localtime(found.at).strftime("%H:%M:%S"), "cards": _rendered(found, place),
        "beside": _beside(found), "moved": _moved(moved),
    }  # fmt: skip


@never_cache
@require_GET
@door("city.screen.view")
def screen_points(request: HttpRequest) -> HttpResponse:
    """GET points.json?area=: the area's outline, the areas below, its open cases as points; asked once for an area."""
    actor = actor_of(request)
    place = queries.place_for(actor, request.GET.get("area", "")[:32].replace("\0", ""))
    found = queries.points(actor, place)
    outline = place.outline()
    return JsonResponse({
        "area": place.code, "name": place.name, "position": found.position, "points": found.points, "total": found.total, "bounds": place.bounds(),
        "crumbs": [[c.code, c.name, address("city:screen", area=c.code)] for c in place.crumbs],
        "outline": json.loads(outline) if outline else None, "list_url": address("city:cases", state="open", district=place.code),
        "below": [
            {"type": "Feature", "geometry": json.loads(shape), "properties": {"uid": a.code, "code": a.code, "name": texts.pick(a.name)}}
            for a, shape in place.shapes()
        ],
    })  # fmt: skip


@never_cache
@require_GET
@door("city.screen.view")
def screen_case(request: HttpRequest, uid: UUID) -> HttpResponse:
    """GET /city/screen/cases/<uid>/: one case beside the map, in the words of its page."""
    actor = actor_of(request)
    found = work.case_for(actor, uid)
    if found.app != APP:
        raise NotFound(what="case")
    config = configs.of_version(found.matter_version_id)
    running = clock_queries.of_cases([found]).get(found.pk)
    side = typed(found) if hasattr(found, "city") else None
    lines = story.story(found)[-LINES:]
    photos = [files.file_view(row, plain=True) for row in files.of_case(found.uid) if row.kind == "photo" and not row.is_personal][:3]
    context: dict[str, object] = {
        "case": found, "state": states.chip(found, config), "clock": clocks.view(running, until=found.suspended_until), "department": texts.pick(found.org.name) if found.org else "",
        "class_text": texts.pick(side.class_name) if side else "", "grid": side.responsibility_grid.code if side and side.responsibility_grid else "",
        "lines": [(line.at, timeline.what(line, config, found.matter_version_id)) for line in reversed(lines)], "photos": photos,
        "raise_url": _raise_url(actor, found), "lonlat": lonlat_of(found),
    }  # fmt: skip
    return render(request, "city/screen/case.html", context)


def _raise_url(actor: Actor, case: Any) -> str:
    return reverse("city:emergency_raise", args=[case.uid]) if may_raise(actor, case) else ""


@require_POST
@door("city.screen.view")
def screen_setup(request: HttpRequest) -> HttpResponse:
    """POST layout, card (several), who=me|all|usual: what this wall shows."""
    actor, who = actor_of(request), request.POST.get("who", "me")
    if who == "usual":
        services.drop_setup(actor=actor)
    else:
        services.save_setup(actor=actor, layout=request.POST.get("layout", ""), cards=request.POST.getlist("card"), for_all=who == "all")
    messages.success(request, _("The wall shows it now."))
    return redirect(address("city:screen", area=request.POST.get("area", "")[:32].replace("\0", "")))
