"""Answering requests and corrections; posting, judging and awarding challenges."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from yiwang.apps.datahub.pages.opening.asking import TONES, challenge_row, request_row
from yiwang.apps.datahub.pages.opening.public import actor_of
from yiwang.apps.datahub.queries.opening import asked
from yiwang.apps.datahub.queries.opening.kinds import ChallengeKind, ChallengeState, RequestState
from yiwang.apps.datahub.services.opening import asking, challenges
from yiwang.kernel.base import texts
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import ProblemError
from yiwang.kernel.base.paging import page_by_key
from yiwang.kernel.base.rendering import render
from yiwang.kernel.identity.doors import door
from yiwang.kernel.identity.forms import refuse
from yiwang.kernel.identity.queries import organization, organizations


@never_cache
@require_http_methods(["GET", "POST"])
@door(asked.ANSWER, asked.POST, asked.JUDGE)
def open_requests(request: HttpRequest) -> HttpResponse:
    """GET, POST /data/open/requests/?after=: requests of the reader's bureaus, challenges; POST posts a challenge."""
    actor = actor_of(request)
    form = ChallengeForm(actor, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            made = form.post(actor)
            messages.success(request, _("Posted."))
            return redirect("datahub:open_challenge", made.uid)
        except ProblemError as problem:
            refuse(form, problem)
    page = page_by_key(asked.requests_for(actor), sort="due_at", descending=False, cursor=request.GET.get("after", ""), size=30)
    moment = now()
    rows = [{**request_row(r), "url": reverse("datahub:open_request", args=[r.uid]), "uid": str(r.uid), "late": r.state == "received" and r.due_at < moment} for r in page.rows]
    context: dict[str, object] = {
        "rows": rows, "next": page.next, "previous": page.previous, "form": form, "may_post": actor.may_anywhere(asked.POST),
        "challenges": [{**challenge_row(c), "url": reverse("datahub:open_challenge", args=[c.uid])} for c in asked.challenges_for(actor).order_by("-posted_at")[:50]],
    }  # fmt: skip
    return render(request, "datahub/opening/office/requests.html", context, status=422 if form.errors else 200)


class AnswerForm(forms.Form):
    outcome = forms.ChoiceField(label=gettext_lazy("Outcome"), choices=[c for c in RequestState.choices if c[0] != "received"])
    text = forms.CharField(label=pgettext_lazy("request", "Answer"), max_length=1000, widget=forms.Textarea(attrs={"rows": 4}))
    shown = forms.BooleanField(label=gettext_lazy("Show question and answer to everybody"), required=False)


class ExtendForm(forms.Form):
    reason = forms.CharField(label=gettext_lazy("Why more time is needed"), max_length=500)


class HandOnForm(forms.Form):
    org = forms.ChoiceField(label=gettext_lazy("Who answers"))

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["org"].choices = [(o.code, texts.pick(o.name)) for o in organizations().filter(kind="bureau")]  # type: ignore[attr-defined]


@never_cache
@require_http_methods(["GET", "POST"])
@door(asked.ANSWER)
def open_request(request: HttpRequest, uid: UUID) -> HttpResponse:
    """GET, POST /data/open/requests/<uid>/: one request; do=answer|extend|hand_on."""
    actor, row = actor_of(request), asked.request_for(actor_of(request), uid)
    do = request.POST.get("do", "") if request.method == "POST" else ""
    answer, extend, hand = AnswerForm(request.POST if do == "answer" else None), ExtendForm(request.POST if do == "extend" else None), HandOnForm(request.POST if do == "hand_on" else None)
    form: Any = {"answer": answer, "extend": extend, "hand_on": hand}.get(do)
    if form is not None and form.is_valid():
        v = form.cleaned_data
        try:
            if do == "answer":
                asking.answer(actor, row, outcome=v["outcome"], text=v["text"], shown=v["shown"])
                messages.success(request, _("Answered."))
            elif do == "extend":
                asking.extend(actor, row, reason=v["reason"])
                messages.success(request, _("The time was extended."))
            elif (org := organization(v["org"])) is not None:
                asking.hand_on(actor, row, org=org)
                messages.success(request, _("Handed on."))
                if not asked.requests_for(actor).filter(uid=uid).exists():
                    return redirect("datahub:open_requests")
            return redirect("datahub:open_request", uid)
        except ProblemError as problem:
            refuse(form, problem)
    context: dict[str, object] = {"r": request_row(row), "request_": row, "answer": answer, "extend": extend, "hand": hand, "open": row.state == "received", "tone": TONES[row.state]}
    return render(request, "datahub/opening/office/request.html", context, status=422 if form is not None and form.errors else 200)


class ChallengeForm(forms.Form):
    """Posting a challenge; criteria one a line: "name points"."""

    slug = forms.CharField(label=gettext_lazy("Name in addresses"), max_length=79)
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=ChallengeKind.choices)
    title = forms.CharField(label=gettext_lazy("Name"), max_length=80)
    brief = forms.CharField(label=gettext_lazy("What is sought, with which data"), max_length=4000, widget=forms.Textarea(attrs={"rows": 5}))
    reward = forms.CharField(label=gettext_lazy("Prize or pay"), max_length=200, required=False)
    criteria = forms.CharField(label=gettext_lazy("What is judged, one a line with its points"), max_length=600, widget=forms.Textarea(attrs={"rows": 3}), initial="创新性 40\n可用性 60")
    org = forms.ChoiceField(label=gettext_lazy("Who posts it"))
    judges = forms.MultipleChoiceField(label=gettext_lazy("Judges, two at least"), widget=forms.CheckboxSelectMultiple)
    closes_at = forms.DateTimeField(label=gettext_lazy("Last day"), widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"))

    def __init__(self, actor: Actor, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        may = actor.may_anywhere(asked.POST)
        self.people = {str(a.pk): a for a in asked.possible_judges(actor)} if may else {}
        self.fields["org"].choices = [(o.code, texts.pick(o.name)) for o in organizations().filter(kind="bureau")] if may else []  # type: ignore[attr-defined]
        self.fields["judges"].choices = [(pk, a.name) for pk, a in self.people.items()]  # type: ignore[attr-defined]

    def clean_criteria(self) -> list[tuple[str, int]]:
        made = []
        for line in self.cleaned_data["criteria"].splitlines():
            name, _space, points = line.strip().rpartition(" ")
            if line.strip():
                made.append((name, int(points) if points.isascii() and points.isdigit() and len(points) < 4 else 0))
        return made

    def post(self, actor: Actor) -> Any:
        v = self.cleaned_data
        org = organization(v["org"])
        assert org is not None
        return challenges.post(
            actor, slug=v["slug"], kind=v["kind"], title=v["title"], brief=v["brief"], reward=v["reward"], criteria=v["criteria"], closes_at=v["closes_at"], org=org,
            judges=[self.people[pk] for pk in v["judges"]],
        )  # fmt: skip


@never_cache
@require_http_methods(["GET", "POST"])
@door(asked.POST, asked.JUDGE)
def open_challenge(request: HttpRequest, uid: UUID) -> HttpResponse:
    """GET, POST /data/open/challenges/<uid>/: entries and points; do=close|judge|award."""
    actor, row = actor_of(request), asked.challenge_for(actor_of(request), uid)
    entries = list(row.entries.prefetch_related("scores__judge").order_by("-submitted_at", "pk"))
    form = forms.Form(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        try:
            _do(request, actor, row, {str(e.uid): e for e in entries})
            return redirect("datahub:open_challenge", uid)
        except ProblemError as problem:
            form.is_valid()
            refuse(form, problem)
    is_judge = row.judges.filter(pk=actor.account_id or 0).exists()
    shown = []
    for entry in entries:
        scores = list(entry.scores.all())
        mine = next((s for s in scores if s.judge_id == actor.account_id), None)
        shown.append({
            "entry": entry, "n": len(scores), "mean": round(sum(s.total for s in scores) / len(scores), 1) if scores else None, "mine": mine,
            "fields": [{"name": c["name"], "most": c["most"], "value": mine.points[i] if mine else ""} for i, c in enumerate(row.criteria)],
        })  # fmt: skip
    context: dict[str, object] = {
        "c": challenge_row(row), "challenge": row, "entries": shown, "form": form, "is_judge": is_judge and row.state == ChallengeState.JUDGING,
        "may_post": actor.may(asked.POST, area_path=row.area_path, org_path=row.org_path), "judges": [j.name for j in row.judges.all()],
    }  # fmt: skip
    return render(request, "datahub/opening/office/challenge.html", context, status=422 if form.errors else 200)


def _do(request: HttpRequest, actor: Actor, row: Any, entries: dict[str, Any]) -> None:
    do = request.POST.get("do", "")
    if do == "close":
        challenges.close(actor, row)
        messages.success(request, _("Judging begins."))
    elif do == "judge" and (entry := entries.get(request.POST.get("entry", ""))) is not None:
        points = []
        for given in request.POST.getlist("points")[:20]:
            try:
                points.append(float(given))
            except ValueError:
                points.append(-1.0)
        challenges.judge(actor, entry, points=points, comment=request.POST.get("comment", ""))
        messages.success(request, _("Your points are kept."))
    elif do == "award":
        challenges.award(actor, row, winners=[entries[u] for u in request.POST.getlist("winner") if u in entries], statement=request.POST.get("statement", ""))
        messages.success(request, _("Awarded. Everybody reads it now."))
