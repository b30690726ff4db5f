"""The case list with its map, saved views and the export; the map of open cases and the count board."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET, require_POST

from yiwang.apps.city import services
from yiwang.apps.city.pages.common import actor_of
from yiwang.apps.city.queries import board as board_queries
from yiwang.apps.city.queries import lists, map
from yiwang.apps.city.queries.lists import CaseFilter
from yiwang.kernel.base import texts
from yiwang.kernel.base.paging import capped_count, page_by_key
from yiwang.kernel.base.rendering import render
from yiwang.kernel.cases import config as configs
from yiwang.kernel.cases import services as cases
from yiwang.kernel.cases.queries import clocks as clock_queries
from yiwang.kernel.cases.queries.clocks import ClockLine
from yiwang.kernel.cases.queries.views import saved_views
from yiwang.kernel.identity.doors import door
from yiwang.kernel.ui.contracts import Column, Row
from yiwang.kernel.ui.desks import clocks, states
from yiwang.kernel.ui.desks.desk import case_url, place_of
from yiwang.kernel.ui.desks.lists import Listing, address

PAGE = "city.cases"
SIZE = 50


def columns() -> list[Column]:
    return [
        Column(key="title", label=_("Case"), kind="text", main=True), Column(key="state", label=_("State and department"), kind="status"),
        Column(key="clock", label=_("Limit"), kind="clock"), Column(key="reported_at", label=_("Reported at"), kind="datetime"),
    ]  # fmt: skip


def rows(found: list[Any], running: Mapping[int, ClockLine]) -> list[Row]:
    """Return the table's rows; `running` are the clocks of all of them."""
    made = []
    for case in found:
        config = configs.of_version(case.matter_version_id)
        made.append(
            Row(
                href=case_url(case), map_id=str(case.uid),
                cells={
                    "number": case.number or "", "title": case.title, "state": states.chip(case, config),
                    "clock": clocks.view(running.get(case.pk), until=case.suspended_until), "place": place_of(case),
                    "department": texts.pick(case.org.name) if case.org else "", "reported_at": case.reported_at,
                },
                extra={"urgent": case.is_urgent, "supervised": case.supervise_count > 0},
            )
        )  # fmt: skip
    return made


def presets() -> list[tuple[str, dict[str, str]]]:
    return [
        (_("All open"), {"state": "open"}), (_("Overdue"), {"overdue": "1"}), (_("Urgent and open"), {"state": "open", "urgent": "1"}),
        (_("Suspended"), {"state": "suspended"}), (pgettext("state", "Ended"), {"state": "ended"}),
    ]  # fmt: skip


@require_GET
@door("city.case.list")
def case_list(request: HttpRequest) -> HttpResponse:
    """GET /city/cases/?state=&class=&district=&org=&overdue=1&channel=&q=&on=&since=&until=&after=<cursor>."""
    actor = actor_of(request)
    wanted = CaseFilter.read(request.GET.dict())
    query, base = wanted.as_query(), reverse("city:cases")
    found = lists.cases(actor, wanted)
    page = page_by_key(found, sort="reported_at", cursor=request.GET.get("after", ""), size=SIZE, shown=lists.shown())
    total, running, own_views = capped_count(found), clock_queries.of_cases(page.rows), list(saved_views(actor, PAGE))
    listing = Listing(base=base, query=query, words=lists.words(wanted))
    context: dict[str, object] = {
        "wanted": wanted, "query": query, "base": base, "columns": columns(), "rows": rows(page.rows, running), "choices": lists.choices(actor),
        "words": listing.filter_words(), "links": listing.links(page, total), "views": listing.views(own_views, presets()),
        "save_url": reverse("city:save_view"), "own_views": own_views, "query_text": request.GET.urlencode(),
        "export_url": address(reverse("city:export"), query) if actor.may_anywhere("city.case.export") else "",
        "map": {
            "mode": "browse", "table": False,
            "layers": [{"id": "cases", "label": _("Cases on this page"), "kind": "cases", "data": map.features(page.rows, running)}],
        },
    }  # fmt: skip
    return render(request, "city/cases.html", context, part="found")


@require_GET
@door("city.case.export")
def export(request: HttpRequest) -> HttpResponse:
    """GET /city/cases/export.xlsx with the list's filters: what is on screen, marked with who exported it."""
    actor = actor_of(request)
    wanted = CaseFilter.read(request.GET.dict())
    made = services.export_cases(actor, wanted)
    response = HttpResponse(made.content, content_type=made.content_type)
    response["Content-Disposition"] = f'attachment; filename="{made.name}"'
    return response


@require_POST
@door("city.case.list")
def save_view(request: HttpRequest) -> HttpResponse:
    """POST name, query: keep the list's filters under a name (保存的视图)."""
    query = address("", CaseFilter.read(_query(request.POST.get("query", ""))).as_query()).lstrip("?")
    view = cases.save_view(actor_of(request), PAGE, request.POST.get("name", ""), query)
    messages.success(request, _("Kept as “%(name)s”.") % {"name": view.name})
    return redirect(f"{reverse('city:cases')}?{query}" if query else reverse("city:cases"))


@require_POST
@door("city.case.list")
def delete_view(request: HttpRequest, view_id: int) -> HttpResponse:
    cases.delete_view(actor_of(request), view_id)
    return redirect("city:cases")


def _query(text: str) -> dict[str, str]:
    from django.http import QueryDict

    return QueryDict(text[:1000]).dict()


@require_GET
@door("city.map.view")
def case_map(request: HttpRequest) -> HttpResponse:
    """GET /city/map/: open cases, counted far away, single near by; the same facts as a table."""
    actor = actor_of(request)
    wanted = CaseFilter.read({**request.GET.dict(), "state": request.GET.get("state") or "open"})
    query = wanted.as_query()
    url = reverse("map_layer", args=["city.open_cases"])
    sent = {("class_code" if k == "class" else k): v for k, v in query.items()}
    sent_query = address("", sent).lstrip("?")
    found = lists.cases(actor, wanted)
    first = list(lists.as_rows(found).order_by("due_at", "pk")[:SIZE])
    listing = Listing(base=reverse("city:map"), query=query, words=lists.words(wanted))
    context: dict[str, object] = {
        "wanted": wanted, "query": query, "base": reverse("city:map"), "choices": lists.choices(actor), "words": listing.filter_words(),
        "columns": columns()[:3], "rows": rows(first, clock_queries.of_cases(first)), "total": capped_count(found), "list_url": address(reverse("city:cases"), query),
        "map": {
            "mode": "browse", "table": True, **({"bounds": bounds} if (bounds := map.extent(found)) else {}),
            "layers": [{"id": "cases", "label": _("Open cases"), "kind": "cases", "url": f"{url}?bbox={{bbox}}&zoom={{zoom}}&{sent_query}"}],
        },
    }  # fmt: skip
    return render(request, "city/map.html", context)


@require_GET
@door("city.board.view")
def board(request: HttpRequest) -> HttpResponse:
    """GET /city/board/: today, where cases stand, by district and department, fourteen days; every number opens."""
    found = board_queries.board(actor_of(request))
    base = reverse("city:cases")

    def link(figure: Any) -> str:
        return address(base, figure.query)

    context: dict[str, object] = {
        "today": [(f, link(f)) for f in found.today], "states": [(f, link(f)) for f in found.states],
        "districts": [(s, link(s.open), link(s.overdue)) for s in found.districts],
        "departments": [(s, link(s.open), link(s.overdue)) for s in found.departments], "days": _days(found.days, base),
    }
    return render(request, "city/board.html", context)


def _days(days: list[Any], base: str) -> dict[str, Any]:
    """Return the fourteen-day chart; a point opens its rows."""
    def series(name: str, on: str, tone: str) -> dict[str, Any]:
        return {
            "name": name, "values": [getattr(d, on) for d in days], "tone": tone,
            "links": [address(base, {"on": on, "since": d.day.isoformat(), "until": d.day.isoformat()}) for d in days],
        }

    return {
        "type": "line", "title": _("Reported, filed and ended in the last 14 days"), "x_label": _("Day"), "unit": _("cases"),
        "x": [d.day.strftime("%m-%d") for d in days],
        "series": [series(_("Reported"), "reported", "accent"), series(_("Filed"), "filed", "soon"), series(_("Ended"), "closed", "done")],
    }  # fmt: skip


__all__ = ["board", "case_list", "case_map", "delete_view", "export", "save_view"]
