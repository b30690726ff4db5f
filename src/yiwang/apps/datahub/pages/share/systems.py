"""The register of systems: the list with what overlaps, one system, its assessment, as a sheet."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from yiwang.apps.datahub.pages.share.common import actor_of, lines
from yiwang.apps.datahub.pages.share.flows import FileForm
from yiwang.apps.datahub.pages.share.forms import OrgChoice
from yiwang.apps.datahub.queries.share import orgs
from yiwang.apps.datahub.queries.share import systems as queries
from yiwang.apps.datahub.queries.share.choices import SystemKind, SystemState, Verdict
from yiwang.apps.datahub.rules.share.overlap import advice
from yiwang.apps.datahub.services.share import systems as services
from yiwang.kernel.base import texts
from yiwang.kernel.base.errors import ProblemError
from yiwang.kernel.base.paging import page_by_key
from yiwang.kernel.base.rendering import render
from yiwang.kernel.identity.doors import door
from yiwang.kernel.identity.forms import refuse

TONES = {"": "neutral", "keep": "in_time", "merge": "soon", "stop": "overdue"}


def row_of(s: Any) -> dict[str, Any]:
    return {
        "uid": str(s.uid), "code": s.code, "url": reverse("datahub:system", args=[s.code]), "name": s.name, "org": texts.pick(s.org.name), "kind": s.get_kind_display(),
        "state": s.get_state_display(), "users": s.users, "active": s.active, "cost": s.cost, "cost_year": s.cost_year, "verdict": s.get_verdict_display(), "tone": TONES[s.verdict],
        "into": s.merge_into.name if s.merge_into else "", "until": s.plan_until,
    }  # fmt: skip


@never_cache
@require_http_methods(["GET", "POST"])
@door(queries.VIEW)
def systems_page(request: HttpRequest) -> HttpResponse:
    """GET /data/systems/?q=&verdict=&state=&after=; POST a sheet of the register."""
    actor, asked, told = actor_of(request), request.GET, None
    form = FileForm(request.POST, request.FILES) if request.method == "POST" else FileForm()
    form.fields["file"].label = _("Register as xlsx")
    if request.method == "POST" and form.is_valid():
        try:
            if not actor.may_anywhere(queries.EDIT):
                actor.require(queries.EDIT)
            told = services.take_in(actor, form.cleaned_data["file"].read(services.MOST_BYTES + 1))
        except ProblemError as problem:
            refuse(form, problem)
    given = {name: asked.get(name, "")[:100] for name in ("q", "verdict", "state")}
    rows = queries.search(actor, words=given["q"], verdict=given["verdict"], state=given["state"])
    page = page_by_key(rows, sort="code", descending=False, cursor=asked.get("after", ""), size=30)
    pairs, systems = queries.overlaps(actor)
    codes, cells = queries.matrix(pairs)
    context: dict[str, object] = {
        "rows": [row_of(s) for s in page.rows], "next": page.next, "previous": page.previous, "given": given, "query": urlencode({k: v for k, v in given.items() if v}),
        "verdicts": [("-", _("Not assessed")), *((v.value, v.label) for v in Verdict if v.value)], "states": SystemState.choices, "sums": queries.sums(queries.visible_to(actor)),
        "pairs": [{"one": systems[p.one].name, "one_url": reverse("datahub:system", args=[p.one]), "other": systems[p.other].name, "other_url": reverse("datahub:system", args=[p.other]),
                   "percent": round(100 * p.share), "shared": "、".join((*p.items, *p.elements)[:8])} for p in pairs[:30]],
        "matrix": [{"name": systems[code].name, "cells": row} for code, row in zip(codes, cells, strict=True)], "matrix_heads": [systems[c].name for c in codes],
        "form": form, "told": told, "may_edit": actor.may_anywhere(queries.EDIT),
    }  # fmt: skip
    return render(request, "datahub/share/systems.html", context, status=422 if form.errors else 200)


class SystemForm(forms.Form):
    """What is said of a system."""

    code = forms.CharField(label=gettext_lazy("Code"), max_length=60, help_text=gettext_lazy("Fixed once given: a-z, 0-9 and hyphens"))
    org = OrgChoice(label=gettext_lazy("Owner"), queryset=None, empty_label=gettext_lazy("Please choose"))
    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=SystemKind.choices)
    state = forms.ChoiceField(label=gettext_lazy("State"), choices=SystemState.choices)
    built_on = forms.DateField(label=gettext_lazy("In use since"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    cost = forms.DecimalField(label=gettext_lazy("Cost of building (yuan)"), required=False, min_value=0, max_digits=14, decimal_places=2)
    cost_year = forms.DecimalField(label=gettext_lazy("Cost a year (yuan)"), required=False, min_value=0, max_digits=14, decimal_places=2)
    users = forms.IntegerField(label=gettext_lazy("Users"), required=False, min_value=0)
    active = forms.IntegerField(label=gettext_lazy("Active in the last month"), required=False, min_value=0)
    network = forms.CharField(label=gettext_lazy("Network"), max_length=20, required=False)
    contractor = forms.CharField(label=gettext_lazy("Built by"), max_length=120, required=False)
    elements = forms.CharField(label=gettext_lazy("Data elements"), required=False, max_length=4000, help_text=gettext_lazy("Separated by commas"), widget=forms.Textarea(attrs={"rows": 2}))
    items = forms.CharField(label=gettext_lazy("Service items"), required=False, max_length=4000, help_text=gettext_lazy("Separated by commas"), widget=forms.Textarea(attrs={"rows": 2}))
    note = forms.CharField(label=gettext_lazy("Note"), max_length=500, required=False)

    def __init__(self, actor: Any, new: bool, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        if new:
            self.fields["org"].queryset = orgs.where(actor, queries.EDIT)  # type: ignore[attr-defined]
        else:
            del self.fields["code"], self.fields["org"]

    def values(self) -> dict[str, Any]:
        return {k: lines(v) if k in ("elements", "items") else v for k, v in self.cleaned_data.items() if k not in ("code", "org")}


class AssessForm(forms.Form):
    """What is to become of it."""

    verdict = forms.ChoiceField(label=gettext_lazy("Verdict"), choices=[(v.value, v.label) for v in Verdict if v.value])
    merge_into = forms.ChoiceField(label=gettext_lazy("Merge into"), required=False)
    until = forms.DateField(label=gettext_lazy("Until"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 3}))


@never_cache
@require_http_methods(["GET", "POST"])
@door(queries.VIEW)
def system_page(request: HttpRequest, code: str) -> HttpResponse:
    """GET, POST /data/systems/<code>/: one system; do=describe|assess."""
    actor = actor_of(request)
    system, posted = queries.one(actor, code), request.method == "POST"
    place = {"org_path": system.org_path, "area_path": system.area_path}
    first = {f: "，".join(v) if isinstance(v, list) else v for f in services._FIELDS for v in [getattr(system, f)]}
    assessing = posted and request.POST.get("do") == "assess"
    form = SystemForm(actor, False, request.POST if posted and not assessing else None, initial=first)
    pairs, systems = queries.overlaps(actor)
    mine = [p for p in pairs if code in (p.one, p.other)]
    proposed, reasons = advice(users=system.users, active=system.active, cost_year=float(system.cost_year), overlap=mine[0].share if mine else 0.0)
    verdict = AssessForm(request.POST if assessing else None, initial={
        "verdict": system.verdict or proposed, "merge_into": system.merge_into.code if system.merge_into else "", "until": system.plan_until, "reason": system.verdict_reason})  # fmt: skip
    verdict.fields["merge_into"].choices = [("", "–"), *((c, s.name) for c, s in systems.items() if c != code)]  # type: ignore[attr-defined]
    shown = verdict if assessing else form
    if posted and shown.is_valid():
        try:
            if assessing:
                given = verdict.cleaned_data
                services.assess(actor, system, verdict=given["verdict"], reason=given["reason"], merge_into=systems.get(given["merge_into"]), until=given["until"])
            else:
                services.describe(actor, code=code, org=None, values=form.values())
            messages.success(request, _("Kept."))
            return redirect("datahub:system", code)
        except ProblemError as problem:
            refuse(shown, problem)
    words = {"hardly-used": _("hardly used"), "dear": _("dear for each active user"), "overlaps": _("does what another does")}
    context: dict[str, object] = {
        "row": row_of(system), "system": system, "form": form, "verdict": verdict, "may_edit": actor.may(queries.EDIT, **place), "may_assess": actor.may(queries.ASSESS, **place),
        "proposed": Verdict(proposed).label, "reasons": [words[r] for r in reasons], "elements": "、".join(system.elements), "items": "、".join(system.items),
        "pairs": [{"name": systems[o].name, "url": reverse("datahub:system", args=[o]), "percent": round(100 * p.share), "shared": "、".join((*p.items, *p.elements)[:12])}
                  for p in mine[:10] for o in [p.other if p.one == code else p.one]],
    }  # fmt: skip
    return render(request, "datahub/share/system.html", context, status=422 if shown.errors else 200)


@never_cache
@require_http_methods(["GET", "POST"])
@door(queries.EDIT)
def system_new(request: HttpRequest) -> HttpResponse:
    """GET, POST /data/systems/new/: enter a system."""
    actor = actor_of(request)
    form = SystemForm(actor, True, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            made = services.describe(actor, code=form.cleaned_data["code"], org=form.cleaned_data["org"], values=form.values())
            return redirect("datahub:system", made.code)
        except ProblemError as problem:
            refuse(form, problem)
    return render(request, "datahub/share/system_new.html", {"form": form}, status=422 if form.errors else 200)


@never_cache
@require_GET
@door(queries.VIEW)
def export(request: HttpRequest) -> HttpResponse:
    """GET /data/systems/register.xlsx: the register that the reader sees, marked and on record."""
    made = services.export(actor_of(request))
    answer = HttpResponse(made.content, content_type=made.content_type)
    answer["Content-Disposition"] = f'attachment; filename="{made.name}"'
    return answer
