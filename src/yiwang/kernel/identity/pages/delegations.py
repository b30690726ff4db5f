"""Standing in for one another (代理): my own, and everybody's for the administrator."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import NotPermitted
from yiwang.kernel.base.rendering import render
from yiwang.kernel.identity import queries, services
from yiwang.kernel.identity.doors import door
from yiwang.kernel.identity.forms import AdminDelegationForm, DelegationForm
from yiwang.kernel.identity.pages.common import SECURITY, actor_of, submitted, typed


@require_http_methods(["GET", "POST"])
@door(signed_in=True)
def delegations(request: HttpRequest) -> HttpResponse:
    """GET, POST delegations/: who stands in for me, for whom I stand in; a new one."""
    actor = actor_of(request)
    if actor.account_id is None:  # another system by key: it has no desk
        raise NotPermitted(permission="")
    me = queries.account(actor.account_id)
    form = DelegationForm(me.pk, typed(request))
    if request.method == "POST" and submitted(form, lambda v: services.delegate(actor, absent=me, **v)):
        messages.success(request, _("Noted. Your tasks appear on the other desk in that time."))
        return redirect("identity:delegations")
    context: dict[str, object] = {
        "form": form, "me": me, "rows": queries.delegations(me.pk)[:100], "now": now(), "is_admin": False, "may_write": True,
    }  # fmt: skip
    return render(request, "identity/delegations.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@door(SECURITY)
def all_delegations(request: HttpRequest) -> HttpResponse:
    """GET, POST delegations/all/: everybody's, or those of one's part; a new one for somebody who is away already."""
    actor = actor_of(request)
    form = AdminDelegationForm(typed(request))  # names everybody: shown to an administrator of the whole, who alone may use it
    if request.method == "POST" and not actor.may(SECURITY):
        raise NotPermitted(permission=SECURITY)
    if request.method == "POST" and submitted(form, lambda v: services.delegate(actor, **v)):
        messages.success(request, _("Saved."))
        return redirect("identity:all_delegations")
    context: dict[str, object] = {
        "form": form, "rows": queries.visible_delegations(actor)[:200], "now": now(), "is_admin": True,
        "may_write": actor.may(SECURITY),
    }  # fmt: skip
    return render(request, "identity/delegations.html", context, status=422 if form.errors else 200)


@require_POST
@door(signed_in=True)
def revoke_delegation(request: HttpRequest, delegation_id: int) -> HttpResponse:
    """POST delegations/<id>/revoke/: end it now; the absent one, the substitute, or an administrator."""
    services.revoke_delegation(actor_of(request), delegation_id)
    messages.success(request, _("Revoked."))
    back = request.headers.get("Referer", "")
    if url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}, require_https=request.is_secure()):
        return redirect(back)
    return redirect("identity:delegations")
