"""The catalogue: search with facets, one data set with all that is known of it, and its course."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from yiwang.apps.datahub.pages.share.common import GRADE_TONES, STATE_TONES, ReasonForm, actor_of
from yiwang.apps.datahub.pages.share.forms import DescribeForm
from yiwang.apps.datahub.queries.share import catalogue, requests, rows, settings
from yiwang.apps.datahub.queries.share.choices import BaseKind, Cycle, DatasetState, Grade, Opening, Sharing
from yiwang.apps.datahub.rules import masking
from yiwang.apps.datahub.rules.share.catalogue import FIELDS
from yiwang.apps.datahub.rules.share.flows import lineage as draw_lineage
from yiwang.apps.datahub.services.share import catalogue as services
from yiwang.kernel.base import texts
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import NotFound, ProblemError
from yiwang.kernel.base.paging import page_by_key
from yiwang.kernel.base.rendering import render
from yiwang.kernel.identity.doors import door
from yiwang.kernel.identity.forms import refuse

CHOICES: dict[str, Any] = {"base": BaseKind, "sharing": Sharing, "grade": Grade, "cycle": Cycle, "opening": Opening}


def field_words() -> dict[str, str]:
    """Return what the fields of an entry are called on pages."""
    return {
        "code": _("Code"), "number": _("Catalogue number"), "name": _("Name"), "name_en": _("English name"), "abstract": _("Abstract"), "provider": _("Source bureau"),
        "provider_code": _("Code of the bureau"), "theme": _("Theme"), "base": _("Base database"), "keywords": _("Keywords"), "format": _("Format"), "sharing": _("Sharing"),
        "sharing_reason": _("Condition or law"), "ways": _("Ways of delivery"), "opening": _("Opening"), "opening_reason": _("Condition of opening"), "grade": _("Grade"),
        "cycle": _("Update cycle"), "network": _("Network"), "source_system": _("System it comes from"), "items": _("Service items"), "scene": _("What it is used for"),
        "contact": _("Contact"), "sources": _("Made of"),
    }  # fmt: skip


def way_words() -> dict[str, str]:
    return {"api": _("interface"), "table": _("table subscription"), "file": _("file"), "query": _("query without taking away")}


def word_of(field: str, value: Any) -> str:
    """Return a value of an entry in words."""
    if field in CHOICES:
        try:
            return str(CHOICES[field](int(value) if field == "grade" else value).label)
        except ValueError:
            return str(value)
    if field == "ways":
        return "、".join(way_words().get(v, v) for v in value or ())
    return "、".join(map(str, value)) if isinstance(value, list) else str(value or "")


def row_of(dataset: Any, days: dict[str, int]) -> dict[str, Any]:
    late = catalogue.lateness(dataset, now(), days)
    entry = catalogue.entry_of(dataset)
    return {
        "uid": str(dataset.uid), "code": dataset.code, "url": reverse("datahub:entry", args=[dataset.code]), "name": texts.pick(dataset.name),
        "abstract": texts.pick(dataset.abstract) if dataset.abstract else "", "org": texts.pick(dataset.org.name), "theme": dataset.theme,
        "sharing": dataset.get_sharing_display(), "sharing_tone": {"unconditional": "in_time", "conditional": "soon"}.get(dataset.sharing, "neutral"),
        "grade": dataset.get_grade_display(), "grade_tone": GRADE_TONES[dataset.grade], "cycle": dataset.get_cycle_display(), "state": dataset.get_state_display(),
        "state_tone": STATE_TONES[dataset.state], "published": dataset.state == DatasetState.PUBLISHED, "quality": dataset.quality, "rows": dataset.rows, "landed_at": dataset.landed_at,
        "late": late is not None and late > 0, "mounted": bool(dataset.rows or dataset.layer), "pending": entry is not None and entry.pending is not None,
    }  # fmt: skip


@never_cache
@require_GET
@door(catalogue.VIEW)
def catalogue_page(request: HttpRequest) -> HttpResponse:
    """GET /data/catalogue/?q=&state=&org=&theme=&base=&sharing=&grade=&cycle=&after=."""
    actor, asked = actor_of(request), request.GET
    given = {name: asked.get(name, "")[:100] for name in ("q", "state", *catalogue.FACETS)}
    chosen = {name: given[name] for name in catalogue.FACETS}
    page = page_by_key(
        catalogue.search(actor, words=given["q"], state=given["state"], chosen=chosen), sort="code", descending=False, cursor=asked.get("after", ""), size=30
    )
    days = settings.in_force()["cycles"]
    found = catalogue.facets(actor, words=given["q"], state=given["state"], chosen=chosen)
    words = {"org": _("Source bureau"), "theme": _("Theme"), "base": _("Base database"), "sharing": _("Sharing"), "grade": _("Grade"), "cycle": _("Update cycle")}
    groups = []
    for facet, values in found.items():
        entries = []
        for value, name, many in values:
            label = texts.pick(name) if name else word_of(facet, value) or _("not said")
            kept = {k: v for k, v in given.items() if v and k != facet} | ({} if given[facet] == (value or "-") else {facet: value or "-"})
            entries.append({"label": label, "many": many, "on": given[facet] == (value or "-"), "query": urlencode(kept)})
        groups.append({"name": words[facet], "entries": entries, "open": bool(given[facet])})
    context: dict[str, object] = {
        "rows": [row_of(r, days) for r in page.rows], "next": page.next, "previous": page.previous, "given": given, "groups": groups,
        "query": urlencode({k: v for k, v in given.items() if v}), "states": DatasetState.choices, "may_edit": actor.may_anywhere(catalogue.EDIT),
        "hidden": [(k, v) for k, v in chosen.items() if v], "waiting": [row_of(r, days) for r in catalogue.waiting(actor)[:20]] if actor.may_anywhere(catalogue.GOVERN) else [],
    }  # fmt: skip
    return render(request, "datahub/share/catalogue.html", context)


@never_cache
@require_http_methods(["GET", "POST"])
@door(catalogue.VIEW)
def entry_page(request: HttpRequest, code: str) -> HttpResponse:
    """GET, POST /data/catalogue/<code>/: one set; do=submit|approve|return|withdraw."""
    actor = actor_of(request)
    dataset = catalogue.one(actor, code)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            _done(request, actor, dataset, request.POST.get("do", ""), form.cleaned_data["reason"])
            return redirect("datahub:entry", code)
        except ProblemError as problem:
            refuse(form, problem)
    return render(request, "datahub/share/entry.html", _entry(request, actor, dataset, form), status=422 if form.errors else 200)


def _done(request: HttpRequest, actor: Any, dataset: Any, what: str, reason: str) -> None:
    if what == "submit":
        services.submit(actor, dataset)
        messages.success(request, _("Handed in; a second person judges it."))
    elif what == "withdraw":
        services.withdraw(actor, dataset, reason)
        messages.success(request, _("Withdrawn; its users were told."))
    else:
        services.judge(actor, dataset, approve=what == "approve", reason=reason)
        messages.success(request, _("Published.") if what == "approve" else _("Given back."))


def _entry(request: HttpRequest, actor: Any, dataset: Any, form: ReasonForm) -> dict[str, object]:
    entry, body, words = catalogue.entry_of(dataset), catalogue.body_of(dataset), field_words()
    reader = catalogue.reader_of(actor, dataset)
    contract = rows.contract_of(dataset)
    keys = contract.key if contract else ()
    strengths = masking.strengths(contract.columns, reader) if contract else {}
    names, sample = rows.sample(dataset, reader) if request.GET.get("sample") == "1" else ([], [])
    before, after = catalogue.made_of(dataset, actor)
    masks = {"plain": _("as it is"), "mask": _("masked"), "strong": _("masked strongly"), "hidden": _("hidden")}
    place = {"area_path": dataset.area_path, "org_path": dataset.org_path}
    users = [
        {"org": texts.pick(g.org.name), "number": g.request.number, "way": g.get_way_display(), "url": reverse("datahub:grant", args=[g.uid]) if sees else ""}
        for g, sees in ((g, g.pk in mine) for mine in [set(requests.grants_of(actor).filter(dataset=dataset).values_list("pk", flat=True))] for g in requests.users_of(dataset))
    ]  # fmt: skip
    here = texts.pick(dataset.name)
    links = [(texts.pick(r.name), here, 1) for r in before] + [(here, texts.pick(r.name), 1) for r in after]
    links += [(here, u["org"], 1) for u in users]
    if entry is not None and entry.source_system:
        links.append((entry.source_system, here, 1))
    waits = dataset.state == DatasetState.SUBMITTED or (entry is not None and entry.pending is not None)
    return {
        "row": row_of(dataset, settings.in_force()["cycles"]), "dataset": dataset, "entry": entry, "form": form,
        "facts": [(words[name], word_of(name, body[name])) for name in FIELDS if name not in ("name", "abstract") and body[name] not in ("", [], None)],
        "columns": [
            {"name": c.name, "label": c.label, "kind": kind_words().get(c.kind, c.kind), "element": c.element, "grade": f"L{c.grade}", "tone": GRADE_TONES[c.grade], "key": c.name in keys,
             "mask": masks[strengths[c.name]]} for c in (contract.columns if contract else ())
        ],
        "names": names, "sample": sample, "asked_sample": request.GET.get("sample") == "1", "before": [row_of(r, {}) for r in before], "after": [row_of(r, {}) for r in after],
        "pending": [{"field": words.get(k, k), "before": word_of(k, body.get(k)), "after": word_of(k, v)} for k, v in (entry.pending or {}).items()] if entry else [],
        "versions": [{"number": v.number, "action": version_words().get(v.action, v.action), "at": v.made_at, "by": v.made_by_name, "judged": v.judged_by_name, "differences": [
            {"field": words.get(d["field"], d["field"]), "before": word_of(d["field"], d["before"]), "after": word_of(d["field"], d["after"])} for d in v.difference]}
            for v in catalogue.versions(dataset)[:20]],
        "users": users, "drawing": draw_lineage(links) if links else None, "drawing_title": _("Where it comes from and where it goes"),
        "ask_url": reverse("datahub:ask", args=[dataset.code]) if dataset.state == "published" and reader == "bureau" and actor.may_anywhere(requests.REQUEST) else "",
        "doubt_url": reverse("datahub:object_to", args=[dataset.code]) if dataset.state == "published" and actor.may_anywhere(requests.REQUEST) else "",
        "may_edit": actor.may(catalogue.EDIT, **place) and dataset.state in ("draft", "published") and not waits,
        "may_submit": actor.may(catalogue.EDIT, **place) and dataset.state == "draft", "may_judge": waits and actor.may(catalogue.GOVERN, **place),
        "may_withdraw": dataset.state == "published" and actor.may(catalogue.GOVERN, **place),
    }  # fmt: skip


def kind_words() -> dict[str, str]:
    return {
        "string": pgettext("type of a column", "text"), "integer": pgettext("type of a column", "whole number"), "decimal": pgettext("type of a column", "number"),
        "date": pgettext("type of a column", "date"), "datetime": pgettext("type of a column", "date and time"), "boolean": pgettext("type of a column", "yes or no"),
        "code": pgettext("type of a column", "code"), "geometry": pgettext("type of a column", "shape"),
    }  # fmt: skip


def version_words() -> dict[str, str]:
    return {"published": _("published"), "changed": _("changed"), "withdrawn": _("withdrawn"), "imported": _("taken in")}


@never_cache
@require_http_methods(["GET", "POST"])
@door(catalogue.EDIT)
def describe_page(request: HttpRequest, code: str = "") -> HttpResponse:
    """GET, POST /data/catalogue/new/ and /data/catalogue/<code>/edit/: the words of an entry."""
    actor = actor_of(request)
    dataset = catalogue.one(actor, code) if code else None
    if dataset is not None and not actor.may(catalogue.EDIT, area_path=dataset.area_path, org_path=dataset.org_path):
        raise NotFound(what="dataset")  # another bureau's words are not for changing
    first = DescribeForm.first(catalogue.body_of(dataset)) if dataset is not None else None
    form = DescribeForm(actor, dataset is None, request.POST if request.method == "POST" else None, initial=first)
    if request.method == "POST" and form.is_valid():
        try:
            if dataset is None:
                made = services.begin(actor, code=form.cleaned_data["code"], org=form.cleaned_data["org"], values=form.values())
                messages.success(request, _("Kept as a draft."))
                return redirect("datahub:entry", made.code)
            services.describe(actor, dataset, form.values())
            messages.success(request, _("Kept.") if dataset.state == "draft" else _("Kept; it holds when a second person has judged it."))
            return redirect("datahub:entry", code)
        except ProblemError as problem:
            refuse(form, problem)
    context: dict[str, object] = {"form": form, "dataset": dataset, "name": texts.pick(dataset.name) if dataset is not None else ""}
    return render(request, "datahub/share/describe.html", context, status=422 if form.errors else 200)
