"""Data elements (数据元字典): the list, one with its versions and who uses it, a new version."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from yiwang.apps.datahub.pages.common import actor_of
from yiwang.apps.datahub.pages.standards import common
from yiwang.apps.datahub.pages.standards.forms import ElementForm
from yiwang.apps.datahub.queries.standards import dictionary as queries
from yiwang.apps.datahub.queries.standards.choices import STATES
from yiwang.apps.datahub.rules.standards.elements import Element
from yiwang.apps.datahub.services.standards import dictionary as services
from yiwang.kernel.base.errors import ProblemError
from yiwang.kernel.base.paging import page_by_key
from yiwang.kernel.base.rendering import render
from yiwang.kernel.identity.doors import door
from yiwang.kernel.identity.forms import refuse


@require_GET
@door(queries.SEE)
def elements(request: HttpRequest) -> HttpResponse:
    """GET /data/standards/?q=&state=&after=: data elements by word, with how many columns use each."""
    actor = actor_of(request)
    given = {"q": request.GET.get("q", "").strip()[:60], "state": request.GET.get("state", "")}
    page = page_by_key(queries.element_rows(**given), sort="code", descending=False, cursor=request.GET.get("after", ""), size=50)
    used = queries.counted(actor)
    rows = [{"element": e, "used": used.get(e.code, 0), "grade": common.grade(e.grade), "tone": common.STATE_TONES[row.state], "state": row.get_state_display()}
            for row in page.rows for e in (queries.element_of(row),)]  # fmt: skip
    context: dict[str, object] = {
        "tabs": common.tabs(actor, "elements"), "rows": rows, "given": given, "states": STATES, "next": page.next, "previous": page.previous,
        "may_edit": actor.may_anywhere(queries.EDIT),
    }  # fmt: skip
    return render(request, "datahub/standards/elements.html", context)


def _form(request: HttpRequest, element: Element | None) -> ElementForm:
    lists = [(row.code, row.name) for row in queries.list_rows().order_by("code").defer("entries")]
    initial: dict[str, Any] = {}
    if element is not None:
        initial = {**element.as_dict(), "code": element.code, "state": element.state, "synonyms": "、".join(element.synonyms), "names": ", ".join(element.names)}
    return ElementForm(lists, request.POST if request.method == "POST" else None, initial=initial, fixed=element is not None)


def _save(request: HttpRequest, form: ElementForm) -> HttpResponse | None:
    data = dict(form.cleaned_data)
    code, state, reason = data.pop("code"), data.pop("state"), data.pop("reason")
    try:
        made = services.define_element(actor_of(request), code, data, reason=reason, state=state)
    except ProblemError as problem:
        refuse(form, problem)
        return None
    messages.success(request, _("Version %(number)s holds from now on.") % {"number": made.version})
    return redirect("datahub:element", made.code)


@require_http_methods(["GET", "POST"])
@door(queries.EDIT)
def element_new(request: HttpRequest) -> HttpResponse:
    """GET, POST /data/standards/elements/new/: a first version."""
    form = _form(request, None)
    if request.method == "POST" and form.is_valid() and (answer := _save(request, form)) is not None:
        return answer
    context: dict[str, object] = {"form": form, "title": _("New data element"), "back": reverse("datahub:elements")}
    return render(request, "datahub/standards/edit.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@door(queries.SEE)
def element(request: HttpRequest, code: str) -> HttpResponse:
    """GET, POST /data/standards/elements/<code>/: one element, its versions, the columns that use it; POST: a new version."""
    actor = actor_of(request)
    versions = queries.element_versions(code)
    one = queries.element_of(versions[0])
    may_edit = actor.may_anywhere(queries.EDIT)
    form = _form(request, one) if may_edit or request.method == "POST" else None
    if request.method == "POST" and form is not None:
        queries.require_edit(actor)
        if form.is_valid() and (answer := _save(request, form)) is not None:
            return answer
    context: dict[str, object] = {
        "element": one, "state": versions[0].get_state_display(), "tone": common.STATE_TONES[one.state], "grade": common.grade(one.grade), "versions": versions,
        "uses": common.used_by(queries.uses(actor, element=code)), "form": form, "may_edit": may_edit,
    }  # fmt: skip
    return render(request, "datahub/standards/element.html", context, status=422 if form is not None and form.errors else 200)
