"""My desk (待办、已办、督办)."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET

from yiwang.apps.city.pages.common import APP
from yiwang.kernel.identity.doors import door
from yiwang.kernel.ui.desks.desk import desk_page


@require_GET
@door("city.desk.view")
def desk(request: HttpRequest) -> HttpResponse:
    """GET /city/desk/?tab=todo|done|supervised&when=overdue|today|later."""
    return desk_page(request, app=APP, url_name="city:desk", template="city/desk.html")


@require_GET
@door("city.case.supervise")
def supervised(request: HttpRequest) -> HttpResponse:
    """GET /city/supervised/: supervision orders that I gave or have to answer (督办)."""
    if request.GET.get("tab") not in (None, "supervised"):
        return redirect("city:desk")
    return desk_page(request, app=APP, url_name="city:desk", template="city/desk.html", tab="supervised")
