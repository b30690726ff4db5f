"""Code lists (代码集): one with its codes, versions and what changed, who uses it; mappings between lists."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from yiwang.apps.datahub.pages.common import actor_of
from yiwang.apps.datahub.pages.standards import common
from yiwang.apps.datahub.pages.standards.forms import ListForm, MappingForm
from yiwang.apps.datahub.queries.standards import dictionary as queries
from yiwang.apps.datahub.rules.standards.codelists import as_text, guess_pairs, left_out
from yiwang.apps.datahub.services.standards import dictionary as services
from yiwang.kernel.base import texts
from yiwang.kernel.base.errors import ProblemError
from yiwang.kernel.base.paging import page_by_key
from yiwang.kernel.base.rendering import render
from yiwang.kernel.identity.doors import door
from yiwang.kernel.identity.forms import refuse

SHOWN = 500


@require_GET
@door(queries.SEE)
def code_lists(request: HttpRequest) -> HttpResponse:
    """GET /data/standards/codes/?q=&after=: code lists by word."""
    actor, q = actor_of(request), request.GET.get("q", "").strip()[:60]
    page = page_by_key(queries.list_rows(q=q).defer("entries"), sort="code", descending=False, cursor=request.GET.get("after", ""), size=50)
    context: dict[str, object] = {
        "tabs": common.tabs(actor, "code_lists"), "rows": [(row, common.STATE_TONES[row.state]) for row in page.rows], "q": q, "next": page.next, "previous": page.previous,
        "may_edit": actor.may_anywhere(queries.EDIT),
    }  # fmt: skip
    return render(request, "datahub/standards/lists.html", context)


def _save(request: HttpRequest, form: ListForm) -> HttpResponse | None:
    data = dict(form.cleaned_data)
    try:
        made = services.define_list(actor_of(request), data.pop("code"), **data)
    except ProblemError as problem:
        refuse(form, problem)
        return None
    messages.success(request, _("Version %(number)s holds from now on.") % {"number": made.version})
    return redirect("datahub:code_list", made.code)


@require_http_methods(["GET", "POST"])
@door(queries.EDIT)
def code_list_new(request: HttpRequest) -> HttpResponse:
    """GET, POST /data/standards/codes/new/: a first version of a list."""
    form = ListForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid() and (answer := _save(request, form)) is not None:
        return answer
    context: dict[str, object] = {"form": form, "title": _("New code list"), "back": reverse("datahub:code_lists")}
    return render(request, "datahub/standards/edit.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@door(queries.SEE)
def code_list(request: HttpRequest, code: str) -> HttpResponse:
    """GET, POST /data/standards/codes/<code>/?version=: codes, what this version changed, who uses the list; POST: a new version."""
    actor = actor_of(request)
    versions = queries.list_versions(code)
    row = queries.list_version(code, texts.whole(request.GET.get("version", "")) or None)
    entries = queries.entries(row)
    may_edit = actor.may_anywhere(queries.EDIT) and row.is_present
    form = None
    if may_edit or request.method == "POST":
        initial = {"code": row.code, "name": row.name, "source": row.source, "text": as_text(entries), "state": row.state}
        form = ListForm(request.POST if request.method == "POST" else None, initial=initial, fixed=True)
    if request.method == "POST" and form is not None:
        queries.require_edit(actor)
        if form.is_valid() and (answer := _save(request, form)) is not None:
            return answer
    context: dict[str, object] = {
        "row": row, "tone": common.STATE_TONES[row.state], "entries": entries[:SHOWN], "more": max(0, len(entries) - SHOWN), "nested": any(e.parent for e in entries),
        "versions": versions, "change": queries.change_of(row), "uses": common.used_by(queries.uses(actor, codes=code)), "mappings": queries.mappings_of(code),
        "others": [other for other in queries.list_rows().order_by("code").defer("entries") if other.code != code] if may_edit else [], "form": form, "may_edit": may_edit,
    }  # fmt: skip
    return render(request, "datahub/standards/list.html", context, status=422 if form is not None and form.errors else 200)


@require_http_methods(["GET", "POST"])
@door(queries.SEE)
def mapping(request: HttpRequest, source: str, target: str) -> HttpResponse:
    """GET, POST /data/standards/codes/<source>/to/<target>/: which code here is which there, and what is left out."""
    actor = actor_of(request)
    ours, theirs = queries.list_version(source), queries.list_version(target)
    row = queries.mapping_row(source, target)
    here, there = queries.entries(ours), queries.entries(theirs)
    pairs = [tuple(str(x) for x in p) for p in row.pairs] if row is not None else []
    form = None
    if actor.may_anywhere(queries.EDIT) or request.method == "POST":
        shown = pairs or list(guess_pairs(here, there))
        initial = {"text": "from,to,note\n" + "\n".join(",".join(p) for p in shown)}
        form = MappingForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form is not None:
        queries.require_edit(actor)
        if form.is_valid():
            try:
                made = services.define_mapping(actor, source, target, **form.cleaned_data)
            except ProblemError as problem:
                refuse(form, problem)
            else:
                messages.success(request, _("Version %(number)s holds from now on.") % {"number": made.version})
                return redirect("datahub:code_mapping", source, target)
    labels, others = {e.code: e.label for e in here}, {e.code: e.label for e in there}
    left = left_out(pairs, labels, others)
    context: dict[str, object] = {
        "source": ours, "target": theirs, "row": row, "pairs": [(a, labels.get(a, ""), b, others.get(b, ""), note) for a, b, note in pairs],
        "unmapped": [(c, labels[c]) for c in left.unmapped][:SHOWN], "unreached": [(c, others[c]) for c in left.unreached][:SHOWN], "form": form,
        "is_old": row is not None and (row.source_version, row.target_version) != (ours.version, theirs.version),
    }  # fmt: skip
    return render(request, "datahub/standards/mapping.html", context, status=422 if form is not None and form.errors else 200)
