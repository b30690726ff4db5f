"""A citizen's own pages (我的数据): who read him, what is held, what he agreed to, and a copy to take away."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from yiwang.apps.datahub.pages.rights.forms import ConfirmForm
from yiwang.apps.datahub.queries.rights import consents as consent_queries
from yiwang.apps.datahub.queries.rights import held as held_queries
from yiwang.apps.datahub.queries.rights import log
from yiwang.apps.datahub.queries.rights import requests as request_queries
from yiwang.apps.datahub.queries.rights.requests import OWN
from yiwang.apps.datahub.queries.rights.subject import Subject, subject_of_actor
from yiwang.apps.datahub.rules.rights.telling import Told, group
from yiwang.apps.datahub.services.rights import consents as consent_services
from yiwang.apps.datahub.services.rights import identity
from yiwang.kernel.base import rates, texts
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.errors import NotFound, ProblemError
from yiwang.kernel.base.rendering import render
from yiwang.kernel.files.exports import Column, Table, take
from yiwang.kernel.identity.doors import door
from yiwang.kernel.identity.forms import refuse
from yiwang.kernel.ui.contracts import Link
from yiwang.kernel.ui.desks.lists import Listing
from yiwang.kernel.ui.records.queries import page_by_position

TRIES = rates.declare("rights-confirm", 6, 3600, by="caller", methods=("POST",))  # names and numbers of others are not tried out
COPIES = rates.declare("rights-copy", 20, 3600, by="caller")
MOST_COPIED = 5000


def actor_of(request: HttpRequest) -> Actor:
    return request.actor  # type: ignore[attr-defined]


def tabs(actor: Actor, present: str) -> list[Link]:
    """Return the four questions of a citizen as tabs."""
    words = {
        "mine": _("Who read my data"), "held": _("What is held about me"), "consents": _("What I agreed to"), "my_requests": _("What I asked"),
    }  # fmt: skip
    return [Link(label=label, url=reverse(f"datahub:{name}"), current=name == present) for name, label in words.items()]


def sentence(line: Told) -> str:
    """Return one reading in plain words."""
    facts = {"body": line.body, "fields": pgettext("between words", ", ").join(line.fields) or _("data"), "case": line.case, "purpose": line.purpose}
    if line.by_himself:
        return _("You read your own %(fields)s") % facts
    if line.case:
        return _("%(body)s read your %(fields)s for your matter %(case)s") % facts
    return _("%(body)s read your %(fields)s") % facts


def _moment(text: str, *, end: bool = False) -> datetime | None:
    try:
        day = parse_date(text)
    except ValueError:
        return None
    if day is None or not 1900 < day.year < 9000:
        return None
    return datetime.combine(day + timedelta(days=1 if end else 0), time(), ZoneInfo(settings.TIME_ZONE))


@never_cache
@require_GET
@door(OWN)
def mine(request: HttpRequest) -> HttpResponse:
    """GET /data/mine/?register=&org=&since=&until=: who read my data, for what, on which ground; newest first."""
    actor = actor_of(request)
    subject = subject_of_actor(actor)
    registers, bodies = log.registers_of(subject), log.bodies_of(subject)
    given = {name: request.GET.get(name, "").strip()[:60] for name in ("register", "org", "since", "until")}
    query = {
        "register": given["register"] if given["register"] in dict(registers) else "", "org": given["org"] if texts.whole(given["org"]) in dict(bodies) else "",
        "since": given["since"] if _moment(given["since"]) else "", "until": given["until"] if _moment(given["until"]) else "",
    }  # fmt: skip
    rows = log.lines_of(
        subject, register=query["register"], org=texts.whole(query["org"]), since=_moment(query["since"]), until=_moment(query["until"], end=True)
    )
    page = page_by_position(rows, request.GET.get("after", ""), size=40)
    said = log.told(subject, page.rows)
    kept = {name: value for name, value in query.items() if value}
    context: dict[str, object] = {
        "tabs": tabs(actor, "mine"), "subject": subject, "registers": registers, "bodies": bodies, "query": query, "filtered": bool(kept),
        "occasions": [{"words": sentence(o.first), "first": o.first, "count": o.count, "lines": [{"line": line, "words": sentence(line)} for line in o.lines]} for o in group(said)],
        "links": Listing(base=reverse("datahub:mine"), query=kept).links(page),
    }  # fmt: skip
    return render(request, "datahub/rights/mine.html", context)


@never_cache
@require_http_methods(["GET", "POST"])
@door(OWN, limit=TRIES)
def confirm(request: HttpRequest) -> HttpResponse:
    """GET, POST /data/mine/confirm/ name, id_number: say who I am, so that what others entered about me is found."""
    actor = actor_of(request)
    form = ConfirmForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            identity.confirm(actor, **form.cleaned_data)
        except ProblemError as problem:
            refuse(form, problem)
        else:
            messages.success(request, _("You are confirmed. What is held under your identity number now appears here."))
            return redirect("datahub:mine")
    confirmed = subject_of_actor(actor).is_confirmed
    context: dict[str, object] = {"form": form, "confirmed": confirmed}
    return render(request, "datahub/rights/confirm.html", context, status=422 if form.errors else 200)


@never_cache
@require_GET
@door(OWN)
def held(request: HttpRequest) -> HttpResponse:
    """GET /data/mine/held/: what is held about me, where it came from, and where it went."""
    actor = actor_of(request)
    subject = subject_of_actor(actor)
    found: dict[str, list[held_queries.Holding]] = {}
    for one in held_queries.holdings(subject):
        found.setdefault(one.register, []).append(one)
    context: dict[str, object] = {
        "tabs": tabs(actor, "held"), "subject": subject, "registers": list(found.items()), "went": log.went_to(subject)[:50],
        "plain": request.GET.get("plain") == "1",
    }  # fmt: skip
    return render(request, "datahub/rights/held.html", context)


def _local(moment: datetime | None) -> Any:
    return moment.astimezone(ZoneInfo(settings.TIME_ZONE)).replace(tzinfo=None) if moment else ""


def _columns(*pairs: tuple[str, str]) -> list[Column]:
    return [Column(key=key, label=label, width=24) for key, label in pairs]


def _tables(subject: Subject) -> tuple[Table, ...]:
    values = [
        {"register": h.register, "what": h.what, "source": h.source, "since": _local(h.since), "field": v.label if v else "", "value": v.plain if v else ""}
        for h in held_queries.holdings(subject) for v in (h.values or (None,))
    ]  # fmt: skip
    said = log.told(subject, list(log.lines_of(subject).order_by("-position")[:MOST_COPIED]))
    readings = [
        {"at": _local(t.at), "body": t.body, "register": t.register, "fields": "、".join(t.fields), "purpose": t.purpose, "case": t.case, "basis": t.basis}
        for t in said
    ]  # fmt: skip
    asked = [
        {"number": r.number, "kind": str(r.get_kind_display()), "at": _local(r.asked_at), "state": str(r.get_state_display()), "text": r.text, "answer": r.answer}
        for r in request_queries.of_account(subject.account_id).order_by("-id")[:MOST_COPIED]
    ]  # fmt: skip
    return (
        Table(title=_("What is held about me"), rows=values, columns=_columns(
            ("register", _("Database")), ("what", _("Record")), ("source", _("Where from")), ("since", _("Since")), ("field", _("Field")), ("value", _("Value")))),
        Table(title=_("Who read my data"), rows=readings, columns=_columns(
            ("at", _("When")), ("body", pgettext("organisation", "Body")), ("register", _("Database")), ("fields", _("What was read")), ("purpose", _("For what")),
            ("case", _("Case")), ("basis", _("Legal basis")))),
        Table(title=_("What I asked"), rows=asked, columns=_columns(
            ("number", _("Number")), ("kind", _("Kind")), ("at", _("When")), ("state", _("State")), ("text", _("Text")), ("answer", _("Answer")))),
    )  # fmt: skip


@never_cache
@require_GET
@door(OWN, limit=COPIES)
def copy(request: HttpRequest, format: str) -> HttpResponse:  # noqa: A002 - the address's word
    """GET /data/mine/copy.json, copy.xlsx: everything of these pages to take away (复制权, PIPL art. 45)."""
    if format not in ("json", "xlsx"):
        raise NotFound(what="copy")
    actor = actor_of(request)
    made = take(actor, what="datahub.rights", tables=_tables(subject_of_actor(actor)), filters={}, form=format, name="my-data")
    response = HttpResponse(made.content, content_type=made.content_type)
    response["Content-Disposition"] = f'attachment; filename="{made.name}"'
    return response


@never_cache
@require_http_methods(["GET", "POST"])
@door(OWN)
def consents(request: HttpRequest) -> HttpResponse:
    """GET, POST /data/mine/consents/ purpose=, do=give|withdraw: what rests on my consent, and taking it back."""
    actor = actor_of(request)
    if request.method == "POST":
        purpose = request.POST.get("purpose", "")[:40]
        if request.POST.get("do") == "give":
            consent_services.give(actor, purpose)
            messages.success(request, _("Noted: you agree. You can take it back here at any time."))
        elif consent_services.withdraw(actor, purpose):
            messages.success(request, _("Taken back. Nothing is done on it from now on."))
        return redirect("datahub:consents")
    context: dict[str, object] = {"tabs": tabs(actor, "consents"), "rows": consent_queries.views(actor.account_id or 0)}
    return render(request, "datahub/rights/consents.html", context)
