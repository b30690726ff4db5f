"""Doors of the base of legal entities: finding one, what it is, its licences, branches and people, and where the record comes from."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from yiwang.apps.datahub.pages.base.common import (
    WhyForm,
    actor_of,
    change_words,
    merge_line,
    method_words,
    page_of,
    source_lines,
    split_rows,
    state_words,
    why_words,
)
from yiwang.apps.datahub.queries.base import entities as lists
from yiwang.apps.datahub.queries.base import records
from yiwang.apps.datahub.queries.base import subjects as queries
from yiwang.apps.datahub.services.base import entities as services
from yiwang.apps.datahub.services.base import merging, reading
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import ProblemError
from yiwang.kernel.base.paging import page_by_key
from yiwang.kernel.base.rendering import render
from yiwang.kernel.base.texts import pick
from yiwang.kernel.identity.doors import door
from yiwang.kernel.identity.forms import refuse

GOVERN, REVEAL = merging.GOVERN, reading.REVEAL
TONES = {"存续": "in_time", "在业": "in_time", "注销": "done", "吊销": "overdue", "停业": "paused", "迁出": "paused"}  # of the registers' words; others are neutral


@never_cache
@require_GET
@door(services.LOOKUP)
def entities(request: HttpRequest) -> HttpResponse:
    """GET /data/entities/?q=&after=: living entities by name or credit code; what the base holds, from whom."""
    actor, text = actor_of(request), request.GET.get("q", "").strip()[:60]
    page = page_by_key(lists.search(actor, text), cursor=request.GET.get("after", ""), size=30)
    rows = [{"name": h.name or _("Without a name"), "code": h.credit_code, "kind": h.kind, "status": h.status, "tone": TONES.get(h.status, "neutral"), "url": reverse("datahub:entity", args=[h.uid])} for h in services.heads(page.rows)]
    may_review = actor.may_anywhere(queries.REVIEW)
    context: dict[str, object] = {
        "rows": rows, "q": text, "next": page.next, "previous": page.previous, "sources": source_lines("entity"), "figures": queries.figures("entity"), "may_review": may_review,
        "waiting": queries.pairs_for(actor).filter(kind="entity").count() if may_review else 0, "may_govern": actor.may_anywhere(GOVERN),
    }  # fmt: skip
    return render(request, "datahub/base/entities.html", context)


@never_cache
@require_http_methods(["GET", "POST"])
@door(services.LOOKUP)
def entity(request: HttpRequest, uid: UUID) -> HttpResponse:
    """GET, POST /data/entities/<uid>/: one entity; what is a person's is masked until a reason is given (POST)."""
    actor, subject = actor_of(request), queries.one(actor_of(request), "entity", uid)
    if subject.redirect is not None:
        messages.info(request, _("This record was merged into the one shown here."))
        return redirect("datahub:entity", subject.redirect.uid)
    form, values = WhyForm(request.POST if request.method == "POST" else None), None
    if request.method == "POST" and form.is_valid():
        try:
            values = services.open_entity(actor, subject, plain=True, why=form.why())
        except ProblemError as problem:
            refuse(form, problem)
    opened = values is not None
    words = why_words()
    values = values or services.open_entity(actor, subject)
    status = next((v.value for v in values if v.field == "status"), "")
    person, parent = services.representative(actor, subject), services.parent(subject)
    fields = [{"label": pick(v.label), "value": v.value, "org": pick(v.org), "why": words.get(v.why, v.why), "lost": v.lost, "at": v.at[:10]} for v in values]
    context: dict[str, object] = {
        "subject": subject, "state": state_words()[subject.state], "status": status, "tone": TONES.get(status, "neutral"), "form": form, "fields": fields, "opened": opened,
        "may_reveal": actor.may_anywhere(REVEAL), "person_url": page_of(person) if person else "", "parent": {"name": parent.label, "url": page_of(parent)} if parent else None,
        "branches": [{"name": b.label, "code": b.number, "url": page_of(b)} for b in services.branches(subject)], "licences": lists.licences(subject, now().date()),
        "rows": [{**r, "method": method_words().get(r["method"], r["method"])} for r in records.rows_of(subject)], "merges": [merge_line(m) for m in queries.merges_of(subject)],
        "split_url": reverse("datahub:entity_split", args=[uid]), "may_govern": actor.may(GOVERN, area_path=subject.area_path),
        "changes": [{"what": change_words().get(c.change, c.change), "at": c.at} for c in records.changes_of(subject)],
    }  # fmt: skip
    return render(request, "datahub/base/entity.html", context, status=422 if form.errors else 200)


@require_POST
@door(GOVERN)
def split(request: HttpRequest, uid: UUID) -> HttpResponse:
    """POST /data/entities/<uid>/split/ records=, reason=: rows go into a record of their own."""
    return split_rows(request, "entity", uid)


