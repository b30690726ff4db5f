"""Doors of the population base: what it holds, looking somebody up, one golden record, a merge with what followed."""

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
from django.views.decorators.http import require_http_methods, require_POST

from yiwang.apps.datahub.pages.base.common import (
    ReasonForm,
    WhyForm,
    actor_of,
    change_words,
    how_words,
    labels,
    merge_line,
    method_words,
    page_of,
    source_lines,
    split_rows,
    state_words,
    why_words,
)
from yiwang.apps.datahub.queries.base import records, tracing
from yiwang.apps.datahub.queries.base import subjects as queries
from yiwang.apps.datahub.services.base import books, entities, merging, reading
from yiwang.kernel.base.errors import NotFound, ProblemError
from yiwang.kernel.base.rendering import render
from yiwang.kernel.base.texts import pick
from yiwang.kernel.identity.doors import door
from yiwang.kernel.identity.forms import refuse

LOOKUP, GOVERN, REVEAL = reading.LOOKUP, merging.GOVERN, reading.REVEAL


class LookupForm(WhyForm):
    number = forms.CharField(label=gettext_lazy("Identity number"), max_length=18, required=False)
    name = forms.CharField(label=gettext_lazy("Name"), max_length=60, required=False, help_text=gettext_lazy("Without a number: name and birth date."))
    birth_date = forms.CharField(label=gettext_lazy("Birth date"), max_length=10, required=False, widget=forms.DateInput(attrs={"type": "date"}))
    plain = forms.BooleanField(label=gettext_lazy("Plain values, unmasked"), required=False)
    field_order = ["number", "name", "birth_date", "purpose", "basis", "case_number", "plain"]


@never_cache
@require_http_methods(["GET", "POST"])
@door(LOOKUP)
def people(request: HttpRequest) -> HttpResponse:
    """GET, POST /data/people/: what the base holds, from whom; looking somebody up by number, or name and birth date."""
    actor = actor_of(request)
    form = LookupForm(request.POST if request.method == "POST" else None)
    if not actor.may_anywhere(REVEAL):
        del form.fields["plain"]
    found, asked = [], False
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            found = reading.lookup(actor, why=form.why(), number=values["number"].strip(), name=values["name"].strip(), birth_date=values["birth_date"], plain=values.get("plain", False))
            asked = True
        except ProblemError as problem:
            refuse(form, problem)
    words = why_words()
    context: dict[str, object] = {
        "form": form, "found": [_read(r, words) for r in found], "asked": asked, "sources": source_lines("person"), "figures": queries.figures("person"), "may_review": actor.may_anywhere(queries.REVIEW),
        "may_subscribe": actor.may_anywhere("datahub.base.subscribe"), "may_fill": actor.may_anywhere("datahub.person.fill"), "waiting": queries.pairs_for(actor).count() if actor.may_anywhere(queries.REVIEW) else 0,
    }  # fmt: skip
    return render(request, "datahub/base/people.html", context, status=422 if form.errors else 200)


def _read(read: reading.Read, words: dict[str, str]) -> dict[str, Any]:
    return {
        "uid": str(read.uid), "url": reverse("datahub:person", args=[read.uid]),
        "values": [{"label": pick(v.label), "value": v.value, "source": pick(v.source), "org": pick(v.org), "why": words.get(v.why, v.why), "lost": v.lost, "at": v.at[:10]} for v in read.values],
    }  # fmt: skip


@never_cache
@require_http_methods(["GET", "POST"])
@door(LOOKUP)
def person(request: HttpRequest, uid: UUID) -> HttpResponse:
    """GET, POST /data/people/<uid>/: where the record comes from and what became of it; its values only with a reason (POST)."""
    actor, subject = actor_of(request), queries.one(actor_of(request), "person", uid)
    if subject.redirect is not None:
        messages.info(request, _("This record was merged into the one shown here."))
        queries.one(actor, "person", subject.redirect.uid)
        return redirect("datahub:person", subject.redirect.uid)
    form = WhyForm(request.POST if request.method == "POST" else None)
    read = None
    if request.method == "POST" and form.is_valid():
        try:
            (read,) = reading.lookup(actor, why=form.why(), uid=uid, plain=request.POST.get("plain") == "on")
        except ProblemError as problem:
            refuse(form, problem)
    words, names = why_words(), labels(books.in_force("person"))
    shown = {v.field: v for v in read.values} if read else {}
    fields = [
        {"field": v.field, "label": pick(names[v.field]), "value": shown[v.field].value if v.field in shown else "", "source": pick(v.source.name), "org": pick(v.source.org.name), "why": words.get(v.why, v.why),
         "lost": v.lost_count, "at": v.at[:10]}
        for v in records.values_of(subject)
    ]  # fmt: skip
    context: dict[str, object] = {
        "subject": subject, "state": state_words()[subject.state], "form": form, "fields": fields, "opened": read is not None, "may_reveal": actor.may_anywhere(REVEAL),
        "rows": [{**r, "method": method_words().get(r["method"], r["method"])} for r in records.rows_of(subject)], "merges": [merge_line(m) for m in queries.merges_of(subject)],
        "entities": [{"name": e.label, "url": reverse("datahub:entity", args=[e.uid])} for e in entities.represented_by(subject)] if read and actor.may_anywhere(entities.LOOKUP) else [],
        "split_url": reverse("datahub:person_split", args=[uid]), "may_govern": actor.may(GOVERN, area_path=subject.area_path), "split_form": ReasonForm(auto_id="split_%s"), "changes": [{"what": change_words().get(c.change, c.change), "at": c.at} for c in records.changes_of(subject)],
    }  # fmt: skip
    return render(request, "datahub/base/person.html", context, status=422 if form.errors else 200)


@require_POST
@door(GOVERN)
def split(request: HttpRequest, uid: UUID) -> HttpResponse:
    """POST /data/people/<uid>/split/ records=, reason=: rows go into a record of their own."""
    return split_rows(request, "person", uid)


@never_cache
@require_http_methods(["GET", "POST"])
@door(GOVERN)
def merge(request: HttpRequest, uid: UUID) -> HttpResponse:
    """GET, POST /data/merges/<uid>/: who received what of a merged record; a reason takes the merge back."""
    actor, found = actor_of(request), records.merge_for(actor_of(request), uid)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            merging.undo_merge(actor, uid, reason=form.cleaned_data["reason"])
            messages.success(request, _("The merge is taken back. Below stands who received the merged record."))
            return redirect("datahub:merge", uid)
        except NotFound:
            raise
        except ProblemError as problem:
            refuse(form, problem)
    words, names = how_words(), labels(books.in_force(found.kept.kind))
    trace = [
        {"at": t.at, "how": words.get(t.how, t.how), "org": pick(t.org), "who": t.who, "case": t.case_number, "fields": "、".join(pick(names.get(f, {"zh-Hans": f})) for f in t.fields)}
        for t in tracing.consequences(found)
    ]
    context: dict[str, object] = {
        "merge": found, "form": form, "trace": trace, "kept_url": page_of(found.kept),
        "by": found.made_by.name if found.made_by else _("the platform"),
    }  # fmt: skip
    return render(request, "datahub/base/merge.html", context, status=422 if form.errors else 200)
