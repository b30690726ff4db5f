"""Precedents of who answers for what (职责判例库): search, one precedent, and rows that precedents propose."""

from typing import Any
from uuid import UUID

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

from yiwang.apps.city.pages.common import actor_of
from yiwang.apps.city.queries.judging import precedents
from yiwang.apps.city.services.judging import precedents as services
from yiwang.kernel.base import texts
from yiwang.kernel.base.errors import ProblemError
from yiwang.kernel.base.paging import page_by_key
from yiwang.kernel.base.rendering import render
from yiwang.kernel.cases.queries import work
from yiwang.kernel.identity.doors import door
from yiwang.kernel.identity.forms import refuse
from yiwang.kernel.ui.desks.desk import case_url


def kind_words() -> dict[str, str]:
    return {"return": _("return"), "ownership": _("ownership")}


def rule_states() -> dict[str, tuple[str, str]]:
    return {"proposed": (_("waits for approval"), "soon"), "approved": (_("in force for new cases"), "in_time"), "refused": (_("not taken"), "neutral")}


def precedent_row(row: Any) -> dict[str, Any]:
    outcome = _("is to be dispatched anew") if row.org is None else _("it is theirs after all") if row.outcome == "upheld" else _("it is another body's")
    return {
        "uid": str(row.uid), "url": reverse("city:precedent", args=[row.uid]), "class": f"{row.class_code} {texts.pick(row.class_name)}", "kind": kind_words().get(row.kind, row.kind),
        "where": " ".join(texts.pick(a.name) for a in (row.district, row.street) if a) or texts.pick(row.area.name), "org": texts.pick(row.org.name) if row.org else "",
        "outcome": outcome, "denied_by": texts.pick(row.denied_by.name) if row.denied_by else "", "owner": texts.pick(row.owner.name) if row.owner else "", "reason": row.reason,
        "basis": row.basis, "at": row.decided_at, "by": row.decided_by_name, "arbitrated": row.by_arbitration, "overruled": row.overruled_at is not None,
        "component": row.component_code, "case": row.case.number or row.case.title,
    }  # fmt: skip


def rule_row(row: Any) -> dict[str, Any]:
    word, tone = rule_states()[row.state]
    where = texts.pick(row.area.name) if row.area else _("everywhere")
    return {
        "uid": str(row.uid), "url": reverse("city:rule_proposal", args=[row.uid]), "class": f"{row.class_code} {texts.pick(row.class_name)}", "org": texts.pick(row.org.name),
        "where": _("components of %(owner)s") % {"owner": texts.pick(row.owner.name)} if row.owner else where, "state": word, "tone": tone, "at": row.proposed_at,
    }  # fmt: skip


@never_cache
@require_GET
@door(precedents.VIEW, precedents.EDIT)
def precedents_page(request: HttpRequest) -> HttpResponse:
    """GET /city/precedents/?q=&class=&kind=&after=: the book, newest first, and rows that wait for approval."""
    actor, asked = actor_of(request), request.GET
    given = {name: asked.get(name, "")[:100] for name in ("q", "class", "kind")}
    page = page_by_key(
        precedents.search(actor, words=given["q"], code=given["class"], kind=given["kind"]), sort="decided_at", cursor=asked.get("after", ""), size=30
    )
    context: dict[str, object] = {
        "rows": [precedent_row(r) for r in page.rows], "next": page.next, "previous": page.previous, "given": given, "query": urlencode({k: v for k, v in given.items() if v}),
        "kinds": list(kind_words().items()), "proposals": [rule_row(r) for r in precedents.proposals(actor).order_by("-proposed_at", "-pk")[:20]], "class_given": given["class"],
    }  # fmt: skip
    return render(request, "city/judging/precedents.html", context)


class ReasonForm(forms.Form):
    """Why."""

    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=500, widget=forms.Textarea(attrs={"rows": 3}))


@never_cache
@require_http_methods(["GET", "POST"])
@door(precedents.VIEW, precedents.EDIT)
def precedent_page(request: HttpRequest, uid: UUID) -> HttpResponse:
    """GET, POST /city/precedents/<uid>/: one precedent; a reason overrules it."""
    actor, row = actor_of(request), precedents.precedent_for(actor_of(request), uid)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            services.overrule(actor, row, form.cleaned_data["reason"])
            messages.success(request, _("It is not followed any more."))
            return redirect("city:precedent", uid)
        except ProblemError as problem:
            refuse(form, problem)
    context: dict[str, object] = {
        "row": precedent_row(row), "precedent": row, "form": form, "case_url": case_url(row.case) if work.may_see(actor, row.case) else "",
        "may_edit": row.overruled_at is None and actor.may(precedents.EDIT, area_path=row.area_path),
    }  # fmt: skip
    return render(request, "city/judging/precedent.html", context, status=422 if form.errors else 200)


@never_cache
@require_http_methods(["GET", "POST"])
@door(precedents.VIEW, precedents.EDIT)
def rule_page(request: HttpRequest, uid: UUID) -> HttpResponse:
    """GET, POST /city/precedents/rules/<uid>/: the row, the precedents it rests on; do=approve|refuse with a reason."""
    actor, row = actor_of(request), precedents.proposal_for(actor_of(request), uid)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            done = services.decide_rule(actor, row, approve=request.POST.get("do") == "approve", reason=form.cleaned_data["reason"])
            messages.success(request, _("In force for new cases.") if done.state == "approved" else _("Not taken."))
            return redirect("city:rule_proposal", uid)
        except ProblemError as problem:
            refuse(form, problem)
    rests = precedents.visible_to(actor).filter(proposals=row).order_by("-decided_at")
    context: dict[str, object] = {
        "row": rule_row(row), "proposal": row, "form": form, "rows": [precedent_row(p) for p in rests], "may_edit": row.state == "proposed" and actor.may(precedents.EDIT, area_path=precedents.reach_of(row)),
        "version": row.version.number if row.version else None,
    }  # fmt: skip
    return render(request, "city/judging/rule.html", context, status=422 if form.errors else 200)
