"""Confirming owners (确权): how far it is, the lists that went out, and sending a new one."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from yiwang.apps.city import services
from yiwang.apps.city.pages.common import actor_of
from yiwang.apps.city.queries import ownership
from yiwang.apps.city.rules import ownership as rules
from yiwang.kernel.base.errors import BadInput, NotPermitted, ProblemError
from yiwang.kernel.base.paging import page_by_key
from yiwang.kernel.base.rendering import render
from yiwang.kernel.base.texts import whole
from yiwang.kernel.cases import config as configs
from yiwang.kernel.geography.pages.components import filter_context, share_of
from yiwang.kernel.geography.queries import components as desk
from yiwang.kernel.geography.queries.components import AssetFilter
from yiwang.kernel.identity.doors import door
from yiwang.kernel.identity.forms import attach
from yiwang.kernel.ui.desks import states
from yiwang.kernel.ui.desks.desk import case_url


class OrderForm(forms.Form):
    """A list that shall go out."""

    body = forms.ChoiceField(label=gettext_lazy("Whom to ask"), required=False)
    due_on = forms.DateField(label=gettext_lazy("To be answered until"), widget=forms.DateInput(attrs={"type": "date"}))
    note = forms.CharField(label=gettext_lazy("What the body has to know"), required=False, max_length=1000, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["body"].choices = [("", _("each known owner for his own")), *desk.organizations()]  # type: ignore[attr-defined]


@never_cache
@require_http_methods(["GET", "POST"])
@door("city.ownership.order")
def ownership_page(request: HttpRequest) -> HttpResponse:
    """GET, POST /city/ownership/?<filters of components>: share and lists; do=preview counts, do=send sends `expected`."""
    actor, base = actor_of(request), reverse("city:ownership")
    wanted = AssetFilter.read(request.GET.dict())
    form = OrderForm(request.POST if request.method == "POST" else None)
    preview: list[tuple[str, int, int]] = []
    count = 0
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            if request.POST.get("do") == "send":
                expected = whole(request.POST.get("expected", ""))
                made = services.order_lists(
                    actor=actor, wanted=wanted, body=values["body"], due_on=values["due_on"], note=values["note"], expected=-1 if expected is None else expected
                )
                messages.success(request, _("%(count)s lists went out.") % {"count": len(made)})
                return redirect(base)
            rows = services.open_to_ask(actor, wanted)
            count = len(rows)
            divided = rules.lists(rows, -1 if values["body"] else None)
            names = ownership.body_names({k for k in divided if k > 0}) | {-1: dict(form.fields["body"].choices).get(values["body"], "")}  # type: ignore[attr-defined]
            preview = [(names.get(pk, ""), len(groups), sum(map(len, groups))) for pk, groups in divided.items()]
        except NotPermitted:
            raise
        except BadInput as problem:
            attach(form, problem)
        except ProblemError as problem:
            form.add_error(None, str(problem))
    page = page_by_key(ownership.lists(actor), sort="case_id", cursor=request.GET.get("after", ""), size=30)
    made_rows = [
        {
            "url": case_url(row.case), "body": row.body, "due_on": row.due_on, "total": row.total, "agreed": row.agreed,
            "open": row.open_items, "disputed": row.disputed, "chip": states.chip(row.case, configs.of_version(row.case.matter_version_id)), "title": row.case.title,
        }
        for row in page.rows
    ]  # fmt: skip
    context: dict[str, object] = {
        **filter_context(actor, wanted, base), "share": share_of(desk.shares(actor, wanted)), "form": form, "preview": preview, "count": count,
        "lists": made_rows, "older": page.next,
    }  # fmt: skip
    return render(request, "city/ownership.html", context, status=422 if form.errors else 200)
