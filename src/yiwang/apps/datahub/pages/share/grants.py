"""One grant: its bounds, its secret shown once, calls and receipts, deliveries, review; and its end."""

from datetime import datetime, time
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.timezone import get_default_timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from yiwang.apps.datahub.pages.share.common import actor_of
from yiwang.apps.datahub.pages.share.requests import EVERYBODY
from yiwang.apps.datahub.queries.share import requests as queries
from yiwang.apps.datahub.queries.share import rows, settings
from yiwang.apps.datahub.rules.share import requests as rules
from yiwang.apps.datahub.services.share import calls, delivering, granting
from yiwang.kernel.base import texts
from yiwang.kernel.base.errors import NotFound, ProblemError
from yiwang.kernel.base.paging import page_by_key
from yiwang.kernel.base.rendering import render
from yiwang.kernel.identity.doors import door
from yiwang.kernel.identity.forms import refuse

TONES = {"active": "in_time", "suspended": "soon", "revoked": "overdue", "ended": "done"}


class GrantForm(forms.Form):
    """What any step of a grant may say."""

    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 2}))
    until = forms.DateField(label=gettext_lazy("Lasts until"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    seq = forms.IntegerField(required=False, min_value=1, widget=forms.HiddenInput)


@never_cache
@require_http_methods(["GET", "POST"])
@door(*EVERYBODY)
def grant_page(request: HttpRequest, uid: UUID) -> HttpResponse:
    """GET, POST /data/sharing/grants/<uid>/: do=show|rotate|suspend|revoke|reopen|keep|end|deliver|prove|run."""
    actor, grant = actor_of(request), queries.grant_for(actor_of(request), uid)
    form = GrantForm(request.POST if request.method == "POST" else None)
    shown: dict[str, Any] = {}
    if request.method == "POST" and form.is_valid():
        try:
            shown = _done(request, actor, grant, form.cleaned_data)
            if not shown:
                return redirect("datahub:grant", uid)
            grant = queries.grant_for(actor, uid)
        except ProblemError as problem:
            refuse(form, problem)
    contract = rows.contract_of(grant.dataset)
    labels = {c.name: c.label or c.name for c in (contract.columns if contract else ())}
    order = {name: at for at, name in enumerate(labels)}
    words = {"plain": _("as it is"), "mask": _("masked"), "strong": _("masked strongly"), "hidden": _("hidden")}
    page = page_by_key(queries.calls_of(grant), sort="at", cursor=request.GET.get("after", ""), size=20)
    ours = actor.may(queries.REQUEST, org_path=grant.org_path, area_path=grant.org.area.path)
    owner = actor.may(queries.DECIDE, org_path=grant.owner_path, area_path=grant.area_path)
    authority = actor.may(queries.SETTLE, org_path=grant.owner_path, area_path=grant.area_path)
    active = grant.state == "active"
    context: dict[str, object] = {
        "grant": grant, "name": texts.pick(grant.dataset.name), "org": texts.pick(grant.org.name), "owner": texts.pick(grant.dataset.org.name), "form": form, "shown": shown,
        "tone": TONES[grant.state], "columns": [{"name": n, "label": labels.get(n, n), "mask": words[m], "lookup": n in grant.lookups} for n, m in sorted(grant.masks.items(), key=lambda pair: order.get(pair[0], 999))],
        "filter": rules.filter_text(grant.row_filter), "calls": page.rows, "next": page.next, "previous": page.previous, "deliveries": list(queries.deliveries_of(grant)[:30]),
        "request_url": reverse("datahub:request", args=[grant.request.uid]), "entry_url": reverse("datahub:entry", args=[grant.dataset.code]),
        "api_url": request.build_absolute_uri(reverse("datahub_api_rows", args=[grant.dataset.code])), "may_show": ours and active and grant.shown_at is None,
        "may_rotate": ours and active and grant.shown_at is not None, "may_stop": (ours or owner or authority) and grant.state in ("active", "suspended"),
        "may_reopen": (owner or authority) and grant.state == "suspended", "may_review": owner and active, "may_deliver": (ours or owner) and active and grant.way in ("file", "table"),
        "ours": ours, "may_run": ours and active and grant.way == "query",
    }  # fmt: skip
    return render(request, "datahub/share/grant.html", context, status=422 if form.errors else 200)


def _done(request: HttpRequest, actor: Any, grant: Any, given: dict[str, Any]) -> dict[str, Any]:
    """Do what was asked; what it returns is shown on this answer alone."""
    what, reason = request.POST.get("do", ""), given["reason"]
    if what in ("show", "rotate"):
        key, secret = granting.show_secret(actor, grant) if what == "show" else granting.rotate(actor, grant, reason)
        return {"key": key, "secret": secret}
    if what in ("suspend", "revoke", "reopen"):
        granting.close(actor, grant, {"suspend": "suspended", "revoke": "revoked", "reopen": "active"}[what], reason)
        messages.success(request, _("Done; calls obey it at once."))
    elif what in ("keep", "end"):
        until = datetime.combine(given["until"], time.max, get_default_timezone()) if given["until"] else None
        most = int(settings.in_force()["limits"]["grants"]["most_days"])
        granting.review(actor, grant, keep=what == "keep", until=until, reason=reason, most_days=most)
        messages.success(request, _("Reviewed."))
    elif what == "deliver":
        made = delivering.deliver(actor, grant)
        messages.success(request, _("Delivered.") if made else _("Nothing has changed since the last delivery."))
    elif what == "prove":
        delivering.prove_deletion(actor, grant, given["seq"] or 0, reason)
        messages.success(request, _("The deletion stands on record."))
    elif what == "run":
        actor.require(queries.REQUEST, org_path=grant.org_path, area_path=grant.org.area.path)
        found = calls.run_query(grant, purpose=reason, address=str(request.META.get("REMOTE_ADDR", "")), nonce=uuid4().hex)
        names = list(found["rows"][0]) if found["rows"] else []
        return {"names": names, "rows": [list(r.values()) for r in found["rows"]], "hidden": found["hidden_groups"], "k": found["k"], "ran": True}
    return {}


@never_cache
@require_GET
@door(queries.REQUEST)
def delivery_page(request: HttpRequest, uid: UUID, seq: int) -> HttpResponse:
    """GET /data/sharing/grants/<uid>/deliveries/<seq>/: the file, for the receiving bureau."""
    actor, grant = actor_of(request), queries.grant_for(actor_of(request), uid)
    if not actor.may(queries.REQUEST, org_path=grant.org_path, area_path=grant.org.area.path):
        raise NotFound(what="delivery")  # the source bureau has its own rows
    row, content = delivering.fetched(actor, grant, seq)
    answer = HttpResponse(content, content_type="text/csv; charset=utf-8" if row.kind == "file" else "application/x-ndjson")
    answer["Content-Disposition"] = f'attachment; filename="{row.name}"'
    answer["X-Content-SHA256"] = row.sha256
    return answer
