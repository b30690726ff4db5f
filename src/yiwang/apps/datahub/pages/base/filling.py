"""Filling a form for somebody at the counter: the page that shows what a form of any bureau can do."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from yiwang.apps.datahub import facade
from yiwang.apps.datahub.pages.base.common import WhyForm, actor_of
from yiwang.apps.datahub.services.base import books
from yiwang.apps.datahub.services.base.filling import FILL
from yiwang.kernel.base.errors import NotFound, ProblemError
from yiwang.kernel.base.rendering import render
from yiwang.kernel.base.texts import pick
from yiwang.kernel.identity.doors import door
from yiwang.kernel.identity.forms import refuse

SHOWN = ("name", "id_number", "sex", "birth_date", "household_address", "residence_address", "phone", "relief_kind", "medical_scheme")


class FillForm(WhyForm):
    number = forms.CharField(label=gettext_lazy("Identity number"), max_length=18)
    name = forms.CharField(label=gettext_lazy("Name"), max_length=60)
    field_order = ["number", "name", "purpose", "basis", "case_number"]


@never_cache
@require_http_methods(["GET", "POST"])
@door(FILL)
def fill(request: HttpRequest) -> HttpResponse:
    """GET, POST /data/people/fill/: number and name in, a filled application form out, with whose each value is."""
    form = FillForm(request.POST if request.method == "POST" else None)
    book, filled = books.in_force("person"), None
    if request.method == "POST" and form.is_valid():
        try:
            filled = facade.fill_form(actor_of(request), number=form.cleaned_data["number"], name=form.cleaned_data["name"], fields=SHOWN, why=form.why())
        except NotFound:
            form.add_error(None, _("Nobody has this number and this name."))
        except ProblemError as problem:
            refuse(form, problem)
    rows: list[dict[str, Any]] = []
    for name in SHOWN if filled is not None else ():
        value = filled.get(name) if filled else None
        rows.append({"name": name, "label": pick(book.field(name).label), "value": value.value if value else "", "org": pick(value.org) if value else "", "at": value.at[:10] if value else ""})
    context: dict[str, object] = {"form": form, "rows": rows, "known": sum(bool(r["value"]) for r in rows)}
    return render(request, "datahub/base/fill.html", context, status=422 if form.errors else 200)
