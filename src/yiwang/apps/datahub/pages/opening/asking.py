"""Asking for data, telling a fault, and challenges: pages for everybody."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from yiwang.apps.datahub.pages.opening.public import actor_of
from yiwang.apps.datahub.queries.opening import asked, sets
from yiwang.apps.datahub.queries.opening.kinds import ChallengeKind, ChallengeState, RequestKind, RequestState
from yiwang.apps.datahub.services.opening import asking, challenges
from yiwang.kernel.base import rates, texts
from yiwang.kernel.base.errors import NotFound, ProblemError
from yiwang.kernel.base.idempotency import once
from yiwang.kernel.base.rendering import render
from yiwang.kernel.identity.doors import door
from yiwang.kernel.identity.forms import refuse

REQUESTS = rates.declare("open-request", 10, 600, methods=("POST",))
ENTRIES = rates.declare("open-entry", 20, 600, methods=("POST",))
CODES = rates.declare("open-code", 40, 600)
TONES = {"received": "soon", "agreed": "in_time", "partly": "accent", "refused": "neutral"}


class AskForm(forms.Form):
    """A wish or a correction."""

    kind = forms.ChoiceField(label=gettext_lazy("What is it about?"), choices=RequestKind.choices, widget=forms.RadioSelect, initial=RequestKind.WANT)
    text = forms.CharField(
        label=gettext_lazy("Which data, or what is wrong?"), max_length=1000, widget=forms.Textarea(attrs={"rows": 4}), help_text=gettext_lazy("No names and numbers of people, please."),
    )  # fmt: skip
    purpose = forms.CharField(label=gettext_lazy("What would you do with it? (may stay empty)"), max_length=500, required=False)


def _key(request: HttpRequest) -> str:
    """Return the form's own number: sent twice, it is done once."""
    return request.POST.get("idempotency_key", "")[:80]


def request_row(row: Any) -> dict[str, Any]:
    return {
        "row": row, "kind": RequestKind(row.kind).label, "state": RequestState(row.state).label, "tone": TONES[row.state], "org": texts.pick(row.org.name) if row.org else "",
        "set": texts.pick(row.open_set.title) if row.open_set else "", "set_url": reverse("open:one", args=[row.open_set.slug]) if row.open_set else "",
    }  # fmt: skip


@require_http_methods(["GET", "POST"])
@door(public=True, limit=(rates.OPEN_PAGE, REQUESTS))
def requests(request: HttpRequest) -> HttpResponse:
    """GET, POST /open/requests/?about=&code=: ask without an account, look up the answer by its code, read what others asked."""
    about = request.GET.get("about", "")[:80]
    row = sets.opened().filter(slug=about).first() if about else None
    form = AskForm(request.POST if request.method == "POST" else None, initial={"kind": RequestKind.CORRECT if row else RequestKind.WANT})
    if request.method == "POST" and form.is_valid():
        try:
            values = form.cleaned_data
            actor = actor_of(request)
            told = {"kind": values["kind"], "text": values["text"], "purpose": values["purpose"]}
            made, _again = once(actor, _key(request), {**told, "about": about}, lambda: {"code": asking.ask(actor, **told, open_set=row).code})
            return redirect(f"{reverse('open:requests')}?{urlencode({'code': str(made['code']), 'sent': '1'})}")
        except ProblemError as problem:
            refuse(form, problem)
    code = request.GET.get("code", "").strip().upper()[:16]
    found = None
    if code:
        rates.count(CODES, request)
        found = asked.by_code(code)
    context: dict[str, object] = {
        "here": "requests", "form": form, "about": row, "about_title": texts.pick(row.title) if row else "", "code": code, "found": request_row(found) if found else None,
        "missing": bool(code) and found is None, "sent": bool(request.GET.get("sent")) and found is not None, "answered": [request_row(r) for r in asked.shown()],
    }  # fmt: skip
    return render(request, "datahub/opening/requests.html", context, status=422 if form.errors else 404 if code and found is None else 200)


class EntryForm(forms.Form):
    """Applying for a challenge."""

    team = forms.CharField(label=gettext_lazy("Name of the team"), max_length=80)
    plan = forms.CharField(label=gettext_lazy("What do you want to do?"), max_length=2000, widget=forms.Textarea(attrs={"rows": 4}))


class WorkForm(forms.Form):
    """Handing the work in."""

    code = forms.CharField(label=gettext_lazy("Code of your entry"), max_length=16)
    solution = forms.CharField(label=gettext_lazy("Your work in words"), max_length=4000, widget=forms.Textarea(attrs={"rows": 6}))
    link = forms.CharField(label=gettext_lazy("Where it can be seen (address, may stay empty)"), max_length=300, required=False)


def challenge_row(row: Any) -> dict[str, Any]:
    tones = {"open": "in_time", "judging": "soon", "awarded": "done", "cancelled": "neutral", "draft": "neutral"}
    return {
        "row": row, "title": texts.pick(row.title), "kind": ChallengeKind(row.kind).label, "state": ChallengeState(row.state).label, "tone": tones[row.state],
        "org": texts.pick(row.org.name), "url": reverse("open:challenge", args=[row.slug]),
    }  # fmt: skip


@require_http_methods(["GET"])
@door(public=True, limit=rates.OPEN_PAGE)
def challenge_list(request: HttpRequest) -> HttpResponse:
    """GET /open/challenges/: contests and paid challenges, the newest first."""
    return render(request, "datahub/opening/challenges.html", {"here": "challenges", "rows": [challenge_row(r) for r in asked.public_challenges()[:100]]})


@require_http_methods(["GET", "POST"])
@door(public=True, limit=(rates.OPEN_PAGE, ENTRIES))
def challenge(request: HttpRequest, slug: str) -> HttpResponse:
    """GET, POST /open/challenges/<slug>/: what is sought; do=enter applies, do=submit hands in by the code."""
    row = asked.public_challenges().filter(slug=slug).first()
    if row is None:
        raise NotFound(what="challenge")
    do = request.POST.get("do") if request.method == "POST" else ""
    enter, work = EntryForm(request.POST if do == "enter" else None), WorkForm(request.POST if do == "submit" else None)
    try:
        if do == "enter" and enter.is_valid():
            actor, told = actor_of(request), {"team": enter.cleaned_data["team"], "plan": enter.cleaned_data["plan"]}
            made, _again = once(actor, _key(request), {**told, "challenge": slug}, lambda: {"code": challenges.enter(actor, row, **told).code})
            messages.success(request, _("You take part. Keep this code: %(code)s") % {"code": made["code"]})
            return redirect("open:challenge", slug)
        if do == "submit" and work.is_valid():
            challenges.submit(actor_of(request), work.cleaned_data["code"], solution=work.cleaned_data["solution"], link=work.cleaned_data["link"])
            messages.success(request, _("Handed in. You may hand in again until the last day."))
            return redirect("open:challenge", slug)
    except ProblemError as problem:
        refuse(enter if do == "enter" else work, problem)
    context: dict[str, object] = {
        "here": "challenges", "c": challenge_row(row), "challenge": row, "enter": enter, "work": work, "takes": asked.takes_entries(row), "winners": list(row.entries.filter(is_winner=True)) if row.state == "awarded" else [],
        "entries": row.entries.count(),
    }  # fmt: skip
    return render(request, "datahub/opening/challenge.html", context, status=422 if enter.errors or work.errors else 200)


