"""Who is told of changes in the base databases: what runs, for what and until when; asking for it, ending it."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from yiwang.apps.datahub.pages.base.common import WhyForm, actor_of, labels
from yiwang.apps.datahub.queries.base import subscriptions as queries
from yiwang.apps.datahub.services.base import books, subscribing
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import ProblemError
from yiwang.kernel.base.paging import page_by_key
from yiwang.kernel.base.rendering import render
from yiwang.kernel.base.texts import pick
from yiwang.kernel.identity.doors import door
from yiwang.kernel.identity.forms import refuse


class SubscribeForm(WhyForm):
    """One base, some of its fields, a name, what for, until when."""

    name = forms.CharField(label=gettext_lazy("Name of the subscription"), max_length=120)
    fields_wanted = forms.MultipleChoiceField(label=gettext_lazy("Fields whose changes are told"), widget=forms.CheckboxSelectMultiple)
    until = forms.DateField(label=gettext_lazy("Until"), widget=forms.DateInput(attrs={"type": "date"}))
    field_order = ["name", "fields_wanted", "purpose", "basis", "case_number", "until"]

    def __init__(self, kind: str, data: Any = None) -> None:
        super().__init__(data, initial={"until": now().date() + timedelta(days=365)})
        wanted = self.fields["fields_wanted"]
        assert isinstance(wanted, forms.MultipleChoiceField)
        wanted.choices = [(f.name, pick(f.label)) for f in books.in_force(kind).fields]


@require_http_methods(["GET", "POST"])
@door(subscribing.SUBSCRIBE)
def subscription_list(request: HttpRequest) -> HttpResponse:
    """GET, POST /data/subscriptions/?kind=&after=: subscriptions of the reader's bodies; a new one."""
    actor = actor_of(request)
    kind = request.GET.get("kind", "")
    kind = kind if kind in queries.KINDS else "person"
    form = SubscribeForm(kind, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            subscribing.subscribe(actor, kind=kind, name=given["name"], fields=given["fields_wanted"], why=form.why(), until=given["until"])
            messages.success(request, _("Changes from now on are told; they are read over the API."))
            return redirect(f"{request.path}?kind={kind}")
        except ProblemError as problem:
            refuse(form, problem)
    page = page_by_key(queries.visible_to(actor).select_related("org"), cursor=request.GET.get("after", ""), size=30)
    names = {k: labels(books.in_force(k)) for k in queries.KINDS}
    today = now().date()
    rows = [
        {"uid": s.uid, "name": s.name, "org": pick(s.org.name), "kind": s.get_kind_display(), "fields": "、".join(pick(names[s.kind].get(f, {"zh-Hans": f})) for f in s.fields), "purpose": s.purpose, "basis": s.basis,
         "until": s.until, "position": s.position, "ended": s.ended_at is not None or s.until < today}
        for s in page.rows
    ]  # fmt: skip
    context: dict[str, object] = {"rows": rows, "form": form, "kind": kind, "kinds": list(queries.KINDS.items()), "next": page.next, "previous": page.previous}
    return render(request, "datahub/base/subscriptions.html", context, status=422 if form.errors else 200)


@require_POST
@door(subscribing.SUBSCRIBE)
def end(request: HttpRequest, uid: UUID) -> HttpResponse:
    """POST /data/subscriptions/<uid>/end/: no more is told; twice is the same as once."""
    subscribing.unsubscribe(actor_of(request), uid)
    messages.success(request, _("The subscription has ended."))
    return redirect("datahub:subscriptions")
