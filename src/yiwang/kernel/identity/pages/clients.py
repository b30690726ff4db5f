"""Other systems that call us by key."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from yiwang.kernel.base.rendering import render
from yiwang.kernel.identity import queries, services
from yiwang.kernel.identity.doors import door
from yiwang.kernel.identity.forms import ClientForm
from yiwang.kernel.identity.pages.common import ADMIN, SECURITY, actor_of, submitted, typed


@never_cache
@require_http_methods(["GET", "POST"])
@door(ADMIN, SECURITY)
def clients(request: HttpRequest) -> HttpResponse:
    """GET, POST clients/: who calls us; a new one gets a key, shown once."""
    form = ClientForm(typed(request))
    key = ""
    if request.method == "POST" and (made := submitted(form, lambda v: services.create_client(actor_of(request), **v))):
        key, form = made[1], ClientForm()
    context: dict[str, object] = {
        "form": form, "rows": queries.visible_clients(actor_of(request)), "key": key, "title": _("Other systems"),
        "may_make": actor_of(request).may(ADMIN), "may_grant": actor_of(request).may(SECURITY),
    }  # fmt: skip
    return render(request, "identity/clients.html", context, status=422 if form.errors else 200)


@require_POST
@door(ADMIN, SECURITY)
def set_client_active(request: HttpRequest, uid: UUID) -> HttpResponse:
    """POST clients/<uid>/active/ active=0|1: shut a system out, or let it in again."""
    client = queries.one(queries.visible_clients(actor_of(request)), uid=uid)
    services.set_client_active(actor_of(request), client, request.POST.get("active") == "1")
    return redirect("identity:clients")
