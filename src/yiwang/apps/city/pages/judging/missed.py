"""Missed reports (漏报): questions with the inspector's track for who judges, and the inspector's own with his objection."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from yiwang.apps.city.pages.common import actor_of
from yiwang.apps.city.pages.judging.precedents import ReasonForm
from yiwang.apps.city.queries.judging import missed
from yiwang.apps.city.services import field
from yiwang.apps.city.services.judging import missed as services
from yiwang.kernel.base import texts
from yiwang.kernel.base.errors import ProblemError
from yiwang.kernel.base.paging import page_by_key
from yiwang.kernel.base.rendering import render
from yiwang.kernel.cases.queries import work
from yiwang.kernel.files import queries as files
from yiwang.kernel.identity.doors import door
from yiwang.kernel.identity.forms import refuse
from yiwang.kernel.ui.desks.desk import case_url
from yiwang.kernel.ui.desks.files import file_view

STATES = ("open", "objected", "counted", "not_counted")
FILTER: dict[str, dict[str, Any]] = {
    "open": {"verdict": ""}, "objected": {"objected_at__isnull": False, "review": ""}, "counted": {"counted": True}, "not_counted": {"counted": False},
}  # fmt: skip


def verdict_words() -> dict[str, str]:
    return {"missed": _("missed"), "not_missed": _("not missed"), "unclear": _("cannot be told")}


def state_words() -> dict[str, tuple[str, str]]:
    return {
        "open": (_("to be judged"), "soon"), "objected": (_("objection to be judged"), "soon"), "counted": (_("counts as missed"), "overdue"),
        "not_counted": (_("does not count"), "in_time"),
    }  # fmt: skip


def missed_row(row: Any) -> dict[str, Any]:
    state = "open" if not row.verdict else "objected" if row.objected_at and not row.review else "counted" if row.counted else "not_counted"
    word, tone = state_words()[state]
    passed = _("%(m)s m away") % {"m": round(row.passed_m)} if row.passed_m is not None else _("no position was kept")
    return {
        "uid": str(row.uid), "url": reverse("city:missed_one", args=[row.uid]), "own_url": reverse("city:own_missed", args=[row.uid]), "title": row.case.title,
        "number": row.case.number or "", "grid": texts.pick(row.grid.name) or row.grid.code, "name": row.account.name or row.account.username, "reported_at": row.reported_at,
        "passed": passed, "passed_at": row.passed_at, "state": word, "tone": tone, "verdict": verdict_words().get(row.verdict, ""),
        "review": verdict_words().get(row.review, ""),
    }  # fmt: skip


@never_cache
@require_GET
@door(missed.VIEW)
def missed_page(request: HttpRequest) -> HttpResponse:
    """GET /city/missed/?state=&after=: the questions of the reader's area, newest first."""
    actor, state = actor_of(request), request.GET.get("state", "")
    rows = missed.visible_to(actor)
    if state in STATES:
        rows = rows.filter(**FILTER[state])
    page = page_by_key(rows, sort="raised_at", cursor=request.GET.get("after", ""), size=30)
    context: dict[str, object] = {
        "rows": [missed_row(r) for r in page.rows], "next": page.next, "previous": page.previous, "state": state,
        "states": [("", _("All")), *((s, state_words()[s][0]) for s in STATES)],
    }  # fmt: skip
    return render(request, "city/judging/missed.html", context)


class JudgeForm(forms.Form):
    """What a judge says."""

    verdict = forms.ChoiceField(label=gettext_lazy("Verdict"), widget=forms.RadioSelect)
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["verdict"].choices = list(verdict_words().items())  # type: ignore[attr-defined]


@never_cache
@require_http_methods(["GET", "POST"])
@door(missed.VIEW)
def missed_one(request: HttpRequest, uid: UUID) -> HttpResponse:
    """GET, POST /city/missed/<uid>/: the place, the track before the report, what is judged; that one looked goes on record."""
    actor, row = actor_of(request), missed.missed_for(actor_of(request), uid)
    form = JudgeForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            services.judge(actor, uid, verdict=form.cleaned_data["verdict"], reason=form.cleaned_data["reason"])
            messages.success(request, _("Judged."))
            return redirect("city:missed_one", uid)
        except ProblemError as problem:
            refuse(form, problem)
    if request.method == "GET":
        field.note_track_read(actor=actor, grid=row.grid, day=timezone.localdate(row.shift_began_at), accounts=[row.account_id])
    sees = work.may_see(actor, row.case)
    pending = not row.verdict or (row.objected_at is not None and not row.review)
    context: dict[str, object] = {
        "row": missed_row(row), "missed": row, "form": form, "map": _map(row), "case_url": case_url(row.case) if sees else "",
        "photos": [file_view(f) for f in files.of_subject("case", row.case.uid) if f.kind == "photo" and f.stage in ("before", "verify")] if sees else [],
        "may_judge": pending and actor.may(missed.SETTLE, area_path=row.area_path) and actor.account_id not in (row.account_id, row.judged_by_id),
    }  # fmt: skip
    return render(request, "city/judging/missed_one.html", context, status=422 if form.errors else 200)


def _map(row: Any) -> dict[str, Any]:
    """Return the place and the way that was walked until somebody else reported."""

    def feature(geometry: Any, **facts: Any) -> dict[str, Any]:
        return {"type": "Feature", "geometry": geometry, "properties": facts}

    track = [p for p in missed.track(row.shift_uid, row.shift_began_at) if p[0] <= row.reported_at]
    layers: list[dict[str, Any]] = []
    if len(track) > 1:
        line = feature({"type": "LineString", "coordinates": [[lon, lat] for _at, lon, lat in track]}, label=row.account.name)
        layers.append({"id": "track", "label": _("Track before the report"), "kind": "lines", "colour": "accent", "data": {"type": "FeatureCollection", "features": [line]}})
    if row.case.point is not None:
        place = feature({"type": "Point", "coordinates": [row.case.point.x, row.case.point.y]}, label=row.case.title, tone="overdue")
        layers.append({"id": "place", "label": _("Place of the problem"), "kind": "points", "data": {"type": "FeatureCollection", "features": [place]}})
    return {"mode": "browse", "table": False, "layers": layers}


@never_cache
@require_GET
@door(missed.OWN)
def own_list(request: HttpRequest) -> HttpResponse:
    """GET /city/missed/mine/?after=: what was judged of the reader's own patrols."""
    page = page_by_key(missed.mine(actor_of(request)).select_related("account"), sort="raised_at", cursor=request.GET.get("after", ""), size=30)
    return render(request, "city/judging/own_missed_list.html", {"rows": [missed_row(r) for r in page.rows], "next": page.next, "previous": page.previous})


@never_cache
@require_http_methods(["GET", "POST"])
@door(missed.OWN)
def own_missed(request: HttpRequest, uid: UUID) -> HttpResponse:
    """GET, POST /city/missed/mine/<uid>/: one's own, with the track; a reason objects, once."""
    actor, row = actor_of(request), missed.own_missed(actor_of(request), uid)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            services.object_to(actor, uid, form.cleaned_data["reason"])
            messages.success(request, _("Your objection is on record and will be judged by somebody else."))
            return redirect("city:own_missed", uid)
        except ProblemError as problem:
            refuse(form, problem)
    context: dict[str, object] = {
        "row": missed_row(row), "missed": row, "form": form, "map": _map(row), "may_object": row.verdict == "missed" and row.objected_at is None,
    }  # fmt: skip
    return render(request, "city/judging/own_missed.html", context, status=422 if form.errors else 200)
