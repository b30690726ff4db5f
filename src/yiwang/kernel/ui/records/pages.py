"""The audit administrator's pages (安全审计员): what was done, who read about whom, what was taken out, seals, warnings.

No business data is shown here: of a case its number, of a person a masked name, of an act who, when, what and with which
result. What a line of administration says is shown whole.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from yiwang.kernel.audit import services as audit_services
from yiwang.kernel.audit import watching
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.errors import BadInput
from yiwang.kernel.base.paging import Page, capped_count, page_by_key
from yiwang.kernel.base.rendering import render
from yiwang.kernel.identity.doors import door
from yiwang.kernel.ui.contracts import Column, Link, Row
from yiwang.kernel.ui.desks.lists import CURSOR, Listing
from yiwang.kernel.ui.records import queries, words
from yiwang.kernel.ui.records.filters import DAYS, RecordFilter
from yiwang.kernel.ui.records.queries import JUDGE, VIEW

READINGS = ("read", "read_late", "relation", "read_by_many")


def _actor(request: HttpRequest) -> Actor:
    return request.actor  # type: ignore[attr-defined]


def _listing(base: str, wanted: RecordFilter) -> Listing:
    """Return the filters in words; a group of actions by its name."""
    groups = dict(words.GROUPS)
    said = {
        "who": (_("Who"), wanted.who), "action": (_("Act"), str(groups.get(wanted.action) or words.action(wanted.action))),
        "subject": (_("About"), wanted.subject), "since": (_("From day"), wanted.since), "until": (_("To day"), wanted.until),
    }  # fmt: skip
    query = wanted.as_query()
    return Listing(base=base, query=query, words=[(name, *said[name]) for name in query])


def _show(request: HttpRequest, template: str, listing: Listing, wanted: RecordFilter, page: Page, rows: Sequence[Row], columns: Sequence[Column], **more: Any) -> HttpResponse:
    context: dict[str, object] = {
        "wanted": wanted, "base": listing.base, "words": listing.filter_words(), "columns": columns, "rows": rows,
        "links": listing.links(page), "span": wanted.span(), "days": DAYS, "query": wanted.as_query(), **more,
    }  # fmt: skip
    return render(request, f"ui/records/{template}.html", context, part="found")


@require_GET
@door(VIEW)
def events(request: HttpRequest) -> HttpResponse:
    """GET /records/?who=&action=&subject=&since=&until=: what everybody did, newest first; a month when no day is given."""
    wanted = RecordFilter.read(request.GET.dict())
    page = queries.page_by_position(queries.events(_actor(request), wanted), request.GET.get(CURSOR, ""))
    actions = [{"value": code, "label": label} for code, label in words.GROUPS] + sorted(
        ({"value": code, "label": str(label)} for code, label in words.ACTIONS.items()), key=lambda a: str(a["label"])
    )
    return _show(request, "events", _listing(reverse("records:events"), wanted), wanted, page, _event_rows(page.rows), _event_columns(), actions=actions)


def _event_columns() -> list[Column]:
    return [
        Column(key="what", label=_("Act"), kind="link", main=True), Column(key="at", label=_("When"), kind="datetime"),
        Column(key="who", label=_("Who"), kind="person"), Column(key="subject", label=_("About")), Column(key="result", label=_("Result")),
    ]  # fmt: skip


def _event_rows(lines: Sequence[Any]) -> list[Row]:
    names = queries.names_of(lines)
    return [
        Row(href=reverse("records:event", args=[line.position]), cells={
            "what": words.action(line.action), "at": line.recorded_at, "who": words.who(line, names.people.get(line.on_behalf_of_id or 0, "")),
            "subject": words.subject(line, names), "result": line.outcome or (line.to_state if line.to_state != line.from_state else ""),
        })
        for line in lines
    ]  # fmt: skip


@require_GET
@door(VIEW)
def event(request: HttpRequest, position: int) -> HttpResponse:
    """GET /records/<position>/: one line with what proves it."""
    if position > 2**63 - 1:
        raise BadInput.one("position", "range", _("There is no such line."))
    line = queries.event(_actor(request), position)
    names = queries.names_of([line])
    context: dict[str, object] = {
        "line": line, "what": words.action(line.action), "who": words.who(line, names.people.get(line.on_behalf_of_id or 0, "")),
        "subject": words.subject(line, names), "facts": words.facts(line.data) if line.case_id is None else [],
        "seal": queries.seal_over(line.position), "hash": bytes(line.hash).hex(), "previous": bytes(line.prev_hash).hex(),
    }  # fmt: skip
    return render(request, "ui/records/event.html", context)


@require_GET
@door(VIEW)
def accesses(request: HttpRequest) -> HttpResponse:
    """GET /records/accesses/: who read which personal values of whom, for what."""
    wanted = RecordFilter.read(request.GET.dict())
    page = queries.page_by_position(queries.accesses(_actor(request), wanted), request.GET.get(CURSOR, ""))
    return _show(
        request, "accesses", _listing(reverse("records:accesses"), wanted), wanted, page, _access_rows(page.rows), _access_columns(),
        hidden=queries.hidden_accesses(_actor(request), wanted),
    )  # fmt: skip


def _access_columns() -> list[Column]:
    return [
        Column(key="who", label=_("Who"), kind="person", main=True), Column(key="at", label=_("When"), kind="datetime"),
        Column(key="whom", label=_("Of whom")), Column(key="fields", label=_("What was read")), Column(key="purpose", label=_("For what")),
        Column(key="case", label=_("Case")), Column(key="register", label=_("Database")), Column(key="basis", label=_("Legal basis")),
    ]  # fmt: skip


def _access_rows(lines: Sequence[Any]) -> list[Row]:
    names = queries.names_of_accesses(lines)
    return [
        Row(cells={
            "who": words.who(line, names.people.get(line.on_behalf_of_id or 0, "")), "at": line.recorded_at,
            "whom": f"{names.parties.get(line.party_id, '')} #{line.party_id}".strip() if line.party_id else str(line.subject_uid),
            "fields": _(", ").join(str(words.FIELDS.get(f, f)) for f in line.field_names), "purpose": line.purpose,
            "case": names.cases.get(line.case_id, "") if line.case_id else "", "register": line.register or "", "basis": line.basis or "",
        })
        for line in lines
    ]  # fmt: skip


@require_GET
@door(VIEW)
def exports(request: HttpRequest) -> HttpResponse:
    """GET /records/exports/: everything that was taken out, with its number, rows and filters."""
    given = RecordFilter.read({**request.GET.dict(), "action": ""})
    page = queries.page_by_position(queries.exports(_actor(request), given), request.GET.get(CURSOR, ""))
    columns = [
        Column(key="number", label=_("Number"), kind="code", main=True), Column(key="at", label=_("When"), kind="datetime"),
        Column(key="who", label=_("Who"), kind="person"), Column(key="what", label=_("What")), Column(key="rows", label=_("Rows"), kind="num"),
        Column(key="filters", label=_("Filters")),
    ]  # fmt: skip
    rows = [
        Row(href=reverse("records:event", args=[line.position]), cells={
            "number": line.data.get("number", ""), "at": line.recorded_at, "who": words.who(line),
            "what": f"{words.action_group(str(line.data.get('what', '')))} · {line.data.get('form', '')}", "rows": line.data.get("rows", ""),
            "filters": "; ".join(f"{k}: {v}" for k, v in dict(line.data.get("filters") or {}).items()),
        })
        for line in page.rows
    ]  # fmt: skip
    return _show(request, "exports", _listing(reverse("records:exports"), given), given, page, rows, columns)


@require_GET
@door(VIEW)
def seals(request: HttpRequest) -> HttpResponse:
    """GET /records/seals/: is the record whole, up to when is it vouched for, the latest seals."""
    actor = _actor(request)
    found = queries.verifications(actor)
    context: dict[str, object] = {
        "states": [(s, words.STREAMS[s.stream], s.readable - s.sealed) for s in queries.seal_states(actor)],
        "seals": [(s, words.STREAMS[s.stream], bytes(s.hash).hex()) for s in queries.latest_seals(actor)],
        "latest": found[0] if found else None, "verifications": found,
    }  # fmt: skip
    return render(request, "ui/records/seals.html", context)


@require_POST
@door(VIEW)
def verify(request: HttpRequest) -> HttpResponse:
    """POST /records/seals/verify/: have the whole record verified by a job; the page of seals shows what it found."""
    audit_services.ask_verification(_actor(request))
    messages.success(request, _("The whole record is being verified. The result appears here; a large record takes minutes."))
    return redirect("records:seals")


@require_GET
@door(VIEW)
def warnings(request: HttpRequest) -> HttpResponse:
    """GET /records/warnings/?state=open|judged: unusual activity, newest first."""
    actor, judged = _actor(request), request.GET.get("state") == "judged"
    base = reverse("records:warnings")
    open_rows = queries.warnings(actor, judged=False)
    page = page_by_key(queries.warnings(actor, judged=True) if judged else open_rows, cursor=request.GET.get(CURSOR, ""))
    matters = queries.matter_names({w.subject for w in page.rows})
    columns = [
        Column(key="who", label=_("Who"), kind="link", main=True), Column(key="at", label=_("In the time from"), kind="datetime"),
        Column(key="span", label=_("Within")), Column(key="what", label=_("What")), Column(key="amount", label=_("How many"), kind="num"),
        Column(key="usual", label=_("Usual for him / for others"), kind="num"), Column(key="state", label=_("State"), kind="status"),
    ]  # fmt: skip
    rows = [
        Row(href=reverse("records:warning", args=[w.uid]), cells={
            "who": f"{w.actor_name} ({w.post_name})" if w.post_name else w.actor_name or _("A citizen"), "at": w.starts_at,
            "span": _("one hour") if w.unit == "hour" else _("one day"), "what": words.watched(w.family, w.subject, matters),
            "amount": f"{w.amount:,}", "usual": f"{_usual(w.own_median, w.own_periods)} / {_usual(w.peer_median, w.peer_people)}",
            "state": _state(w),
        })
        for w in page.rows
    ]  # fmt: skip
    count, _capped = capped_count(open_rows)
    listing = Listing(base=base, query={"state": "judged"} if judged else {})
    tabs = [Link(label=_("Not yet judged"), url=base, current=not judged, count=count), Link(label=_("Judged"), url=f"{base}?state=judged", current=judged)]
    context: dict[str, object] = {"columns": columns, "rows": rows, "links": listing.links(page), "tabs": tabs, "judged": judged}
    return render(request, "ui/records/warnings.html", context)


def _usual(median: float, samples: int) -> str:
    return f"{median:,.0f}" if samples else "–"


def _state(found: Any) -> dict[str, Any]:
    if found.judged_at is None:
        return {"label": _("Not yet judged"), "tone": "overdue"}
    return {"label": words.VERDICTS.get(found.verdict, found.verdict), "tone": "soon" if found.verdict == "misuse" else "done"}


def _warning_page(request: HttpRequest, uid: UUID, status: int = 200, **more: object) -> HttpResponse:
    actor = _actor(request)
    found = queries.warning(actor, uid)
    page = queries.page_by_position(queries.rows_behind(found), request.GET.get(CURSOR, ""), size=20)
    reading = found.family in READINGS
    listing = Listing(base=reverse("records:warning", args=[uid]))
    context: dict[str, object] = {
        "warning": found, "state": _state(found), "what": words.watched(found.family, found.subject, queries.matter_names({found.subject})),
        "columns": _access_columns() if reading else _event_columns(), "rows": _access_rows(page.rows) if reading else _event_rows(page.rows),
        "links": listing.links(page), "verdicts": list(words.VERDICTS.items()), "own": _usual(found.own_median, found.own_periods),
        "peers": _usual(found.peer_median, found.peer_people), "verdict_words": words.VERDICTS.get(found.verdict, ""),
        "may_judge": actor.may_anywhere(JUDGE) and not (found.actor_kind == "person" and found.actor_id == actor.account_id), **more,
    }  # fmt: skip
    return render(request, "ui/records/warning.html", context, status=status)


@require_GET
@door(VIEW)
def warning(request: HttpRequest, uid: UUID) -> HttpResponse:
    """GET /records/warnings/<uid>/: the figures, the lines behind them, the judgement."""
    return _warning_page(request, uid)


@require_POST
@door(JUDGE)
def judge(request: HttpRequest, uid: UUID) -> HttpResponse:
    """POST /records/warnings/<uid>/judge/ verdict=, reason=: close it; the judgement goes on record."""
    verdict, reason = request.POST.get("verdict", ""), request.POST.get("reason", "")
    try:
        watching.judge_warning(_actor(request), uid, verdict=verdict, reason=reason)
    except BadInput as problem:
        return _warning_page(request, uid, 422, errors=problem.errors, given={"verdict": verdict, "reason": reason})
    messages.success(request, _("Judged, and on record."))
    return redirect("records:warning", uid)
