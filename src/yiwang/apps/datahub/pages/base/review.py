"""Doors of the review desk: what waits, and one question at a time, side by side."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from yiwang.apps.datahub.pages.base.common import (
    LEVEL_TONES,
    actor_of,
    key_of,
    labels,
    level_words,
    pair_words,
    state_words,
)
from yiwang.apps.datahub.queries.base import subjects as queries
from yiwang.apps.datahub.rules.base.compare import PRIOR
from yiwang.apps.datahub.services.base import books, comparing, review
from yiwang.kernel.base.errors import ProblemError
from yiwang.kernel.base.paging import page_by_key
from yiwang.kernel.base.rendering import render
from yiwang.kernel.base.texts import pick
from yiwang.kernel.identity.doors import door
from yiwang.kernel.identity.forms import refuse
from yiwang.kernel.ui.contracts import Link


class VerdictForm(forms.Form):
    verdict = forms.ChoiceField(choices=[(v, v) for v in ("same", "different", "later")], label=gettext_lazy("Your answer"))
    note = forms.CharField(label=gettext_lazy("Note"), max_length=500, required=False)


@never_cache
@require_GET
@door(review.REVIEW)
def review_list(request: HttpRequest) -> HttpResponse:
    """GET /data/review/?state=&after=: questions, the surest first; counts by state."""
    actor, state = actor_of(request), request.GET.get("state", "")
    state = state if state in ("open", "second", "later", "same", "different") else ""
    page = page_by_key(queries.pairs_for(actor, state), sort="score", cursor=request.GET.get("after", ""), size=30)
    words, states, base = pair_words(), state_words(), reverse("datahub:review")
    counts = queries.pair_counts(actor)
    tabs = [Link(label=label, url=f"{base}?state={key}" if key else base, current=key == state, count=counts.get(key) if key else None) for key, label in (
        ("", _("What waits now")), ("second", states["second"][0]), ("later", states["later"][0]), ("same", states["same"][0]), ("different", states["different"][0]))]  # fmt: skip
    rows = [
        {"url": reverse("datahub:pair", args=[p.uid]), "why": words[p.why][0], "tone": words[p.why][1], "score": p.score, "kind": p.kind, "state": states[p.state], "at": p.made_at, "short": str(p.uid)[-8:]}
        for p in page.rows
    ]
    first = queries.next_pair(actor)
    context: dict[str, object] = {
        "rows": rows, "tabs": tabs, "next": page.next, "previous": page.previous, "state": state, "first_url": reverse("datahub:pair", args=[first.uid]) if first else "",
        "done": counts.get("same", 0) + counts.get("different", 0), "waiting": sum(counts.get(s, 0) for s in ("open", "second", "later")),
    }  # fmt: skip
    return render(request, "datahub/base/review.html", context)


@never_cache
@require_http_methods(["GET", "POST"])
@door(review.REVIEW)
def pair(request: HttpRequest, uid: UUID) -> HttpResponse:
    """GET, POST /data/review/<uid>/: the two side by side and why they are asked about; an answer leads to the next question."""
    actor, found = actor_of(request), queries.pair_for(actor_of(request), uid)
    form = VerdictForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            state = review.decide(actor, uid, form.cleaned_data["verdict"], note=form.cleaned_data["note"], key=key_of(request))
            told = {"second": _("Proposed. A second person confirms it."), "same": _("The two are one record now. This can be taken back."), "different": _("Kept apart for good."), "later": _("It comes back in a week.")}
            messages.success(request, told.get(state, ""))
            nearest = queries.next_pair(actor, without=uid)
            return redirect("datahub:pair", nearest.uid) if nearest else redirect("datahub:review")
        except ProblemError as problem:
            refuse(form, problem)
    sides = comparing.side_by_side(actor, found)
    why, tone = pair_words()[found.why]
    context: dict[str, object] = {
        "pair": found, "form": form, "why": why, "tone": tone, "state": state_words()[found.state], "sides": sides, "table": _table(found, sides), "weights": _weights(found),
        "waits": found.state in review.WAITING, "is_first": found.first_by_id is not None and found.first_by_id == actor.account_id, "needs_two": found.why in review.NEEDS_TWO,
        "first_by": found.first_by.name if found.first_by else "", "merge": found.merges.order_by("-made_at").first() if actor.may_anywhere("datahub.base.govern") else None,
        "left_count": queries.pairs_for(actor).count(),
    }  # fmt: skip
    return render(request, "datahub/base/pair.html", context, status=422 if form.errors else 200)


def _table(found: Any, sides: comparing.Sides) -> list[dict[str, Any]]:
    """Return one line a field: left, right, how far they agree."""
    book, names = books.in_force(found.kind), labels(books.in_force(found.kind))
    said = {c["name"]: c for c in found.columns}
    words = level_words()
    rows = []
    for name in book.names:
        left, right = sides.left.get(name), sides.right.get(name)
        if left is None and right is None:
            continue
        level = "exact" if left and right and left.value == right.value else "differs" if left and right else ""
        level = str(said[name]["level"]) if name in said else level
        rows.append({"label": pick(names[name]), "left": left, "right": right, "level": words.get(level, level), "tone": LEVEL_TONES.get(level, "neutral")})
    return rows


def _weights(found: Any) -> dict[str, Any]:
    """Return the waterfall: where each column begins and ends, drawn between the lowest and the highest sum."""
    book, names, words = books.in_force(found.kind), labels(books.in_force(found.kind)), level_words()
    steps: list[dict[str, Any]] = []
    told = [c for c in found.columns if c["name"] != PRIOR]
    at = next((c["bits"] for c in found.columns if c["name"] == PRIOR), book.prior)  # the trained linker has one of its own
    steps.append({"label": _("Before anything is compared"), "level": "", "bits": at, "start": 0.0, "end": at})
    for column in told:
        steps.append({"label": pick(names.get(column["name"], {"zh-Hans": column["name"]})), "level": words.get(column["level"], column["level"]), "bits": column["bits"], "start": at, "end": at + column["bits"]})
        at += column["bits"]
    low = min(0.0, *(min(s["start"], s["end"]) for s in steps))
    high = max(book.auto, *(max(s["start"], s["end"]) for s in steps))
    scale = 100.0 / ((high - low) or 1.0)
    for step in steps:
        step["x"] = round((min(step["start"], step["end"]) - low) * scale, 1)
        step["width"] = max(0.6, round(abs(step["bits"]) * scale, 1))
        step["tone"] = "in_time" if step["bits"] > 0 else "overdue" if step["bits"] < 0 else "neutral"
    return {"steps": steps, "auto": round((book.auto - low) * scale, 1), "review": round((book.review - low) * scale, 1), "auto_bits": book.auto, "review_bits": book.review, "score": found.score}
