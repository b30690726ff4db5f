"""Pages for everybody: report without signing in, ask how it stands, rate the result, one's own reports."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from yiwang.apps.city.pages.common import MATTER, actor_of, upload_token
from yiwang.apps.city.pages.forms import PersonForm, ReportForm
from yiwang.apps.city.queries import intake
from yiwang.kernel.base import rates, texts
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.errors import BadInput, NotFound, ProblemError, TooMany
from yiwang.kernel.base.idempotency import once
from yiwang.kernel.base.paging import page_by_key
from yiwang.kernel.base.rendering import render
from yiwang.kernel.base.uid import uuid7
from yiwang.kernel.cases import services as cases
from yiwang.kernel.cases.contracts import ReportDraft
from yiwang.kernel.files import queries as file_queries
from yiwang.kernel.files import store
from yiwang.kernel.geography import queries as geography
from yiwang.kernel.geography.queries.places import address_text
from yiwang.kernel.identity.doors import door
from yiwang.kernel.paper import queries as plate_queries
from yiwang.kernel.ui.contracts import FileView
from yiwang.kernel.ui.desks.acting import keep_uploads
from yiwang.kernel.ui.desks.files import file_view

DRAFT = "yw_public_report"
STEPS = ("what", "where", "who")
REPORTS = rates.declare("public-report", 6, 600)
PHOTOS = rates.declare("public-photos", 30, 600)  # forms with photos; each may have several
QUERIES = rates.declare("public-query", 40, 600)  # a code is ten letters: nobody finds one by trying
PHOTO_VIEWS = rates.declare("public-photo", 400, 600)
RATINGS = rates.declare("public-rate", 20, 600)


def _draft(request: HttpRequest) -> dict[str, Any]:
    """The report so far, in the session; never who reports: that is asked last and goes straight into the party."""
    found = request.session.get(DRAFT)
    return found if isinstance(found, dict) else {"key": str(uuid7()), "files": []}


def _keep(request: HttpRequest, draft: dict[str, Any]) -> None:
    request.session[DRAFT] = draft


@require_http_methods(["GET", "POST"])
@door(public=True, limit=rates.OPEN_PAGE)  # what a step writes is counted where it is written
def public_report(request: HttpRequest) -> HttpResponse:
    """GET and POST /report/?step=what|where|who: one question at a time; works without script and without an account."""
    actor, draft = actor_of(request), _draft(request)
    if request.method == "GET" and request.GET.get("plate"):
        draft |= _at_plate(request.GET["plate"])  # scanned: the place is known before the first word
        _keep(request, draft)
    asked = request.POST.get("step") or request.GET.get("step") or "what"
    step = asked if asked in STEPS else "what"
    if step == "who" and not (draft.get("lon") is not None or draft.get("address")):
        step = "where"
    if step != "what" and not (draft.get("text") or draft.get("files")):
        step = "what"
    if request.method == "POST" and step == request.POST.get("step"):
        return {"what": _what, "where": _where, "who": _who}[step](request, actor, draft)
    form = (PersonForm if step == "who" else ReportForm)(initial={k: draft.get(k, "") for k in ("text", "address", "lon", "lat", "accuracy_m")})
    return _show(request, actor, step, form, draft)


def _at_plate(code: str) -> dict[str, Any]:
    place = plate_queries.place_of(plate_queries.plate(code[:12]))
    known = {"class": place["class"], "component": place["component"], "at": [place["lon"], place["lat"]]} if place["component"] else None
    return {key: place[key] for key in ("lon", "lat", "address")} | {"accuracy_m": 0.5, "asset": known}


def _asset_answers(draft: dict[str, Any]) -> dict[str, Any]:
    """Return class and component of the scanned plate, unless the place was moved away from it afterwards."""
    known = draft.get("asset")
    if not known or [draft.get("lon"), draft.get("lat")] != known["at"]:
        return {}
    return {"class": known["class"], "component": known["component"]}


def _show(request: HttpRequest, actor: Actor, step: str, form: ReportForm, draft: dict[str, Any], status: int = 200) -> HttpResponse:
    context: dict[str, object] = {
        "form": form, "step": step, "at": STEPS.index(step) + 1, "draft": draft, "uploaded": _uploaded(request, actor, draft),
        "steps": [(s, i + 1) for i, s in enumerate(STEPS)],
    }
    return render(request, "city/public_report.html", context, status=status)


def _refused(
    request: HttpRequest, actor: Actor, step: str, form: ReportForm, draft: dict[str, Any], problem: ProblemError | None
) -> HttpResponse:
    """Show the step again with what is wrong; who was too quick is also told in the way that programs read."""
    response = _show(request, actor, step, form, draft, 429 if isinstance(problem, TooMany) else 422)
    if isinstance(problem, TooMany):
        response["Retry-After"] = str(problem.retry_after_s)
    return response


def _uploaded(request: HttpRequest, actor: Actor, draft: dict[str, Any]) -> list[FileView]:
    found = []
    for uid in draft.get("files", []):
        try:
            found.append(file_view(file_queries.attachment(actor, uid, upload_token(request))))
        except NotFound:
            continue  # swept, or of a session before
    return found


def _what(request: HttpRequest, actor: Actor, draft: dict[str, Any]) -> HttpResponse:
    form = ReportForm(request.POST)
    valid, refused = form.is_valid(), None
    try:
        rates.count(PHOTOS, request)
        rows, _hashes = keep_uploads(request, actor, "photos", "before", upload_token(request))
        draft["files"] = [str(r.uid) for r in rows]
    except ProblemError as problem:
        form.refuse(problem)
        valid, refused = False, problem
    text = str(form.cleaned_data.get("text", "") if hasattr(form, "cleaned_data") else "").strip()
    if valid and not text:
        form.add_error("text", _("Say in a sentence what is wrong."))
        valid = False
    draft["text"] = text or request.POST.get("text", "")[:2000]
    _keep(request, draft)
    return redirect(f"{reverse('city:public_report')}?step=where") if valid else _refused(request, actor, "what", form, draft, refused)


def _where(request: HttpRequest, actor: Actor, draft: dict[str, Any]) -> HttpResponse:
    form = ReportForm(request.POST)
    if form.is_valid():
        place = form.place()
        try:
            draft |= _checked_place(place)
            _keep(request, draft)
            return redirect(f"{reverse('city:public_report')}?step=who")
        except ProblemError as problem:
            if isinstance(problem, BadInput):
                form.refuse(problem)
            else:
                form.add_error("address", str(problem))
    return _show(request, actor, "where", form, draft, 422)


def _checked_place(place: dict[str, Any]) -> dict[str, Any]:
    """Return the place when it can be taken: a pin inside the city, or an address that is found."""
    if place["lon"] is not None:
        facts = geography.place(place["lon"], place["lat"])
        return {**place, "address": place["address"] or address_text(facts)}
    if not place["address"].strip():
        raise BadInput.one("address", "required", _("Tap the map, or write the address."))
    hits = geography.place_by_address(place["address"])
    if not hits:
        raise BadInput.one("address", "unknown", _("We could not find this address. Tap the map, or write a street and number."))
    facts = geography.place(hits[0].lon, hits[0].lat)
    return {**place, "lon": facts.lon, "lat": facts.lat}


def _who(request: HttpRequest, actor: Actor, draft: dict[str, Any]) -> HttpResponse:
    form, refused = PersonForm(request.POST), None
    if form.is_valid():
        try:
            rates.count(REPORTS, request)
            answer = _send(request, actor, draft, form)
        except BadInput as problem:
            form.refuse(problem)
        except ProblemError as problem:
            refused = problem
            form.add_error(None, str(problem))
        else:
            request.session.pop(DRAFT, None)
            return redirect(f"{reverse('city:public_query')}?code={answer['code']}&sent=1")
    return _refused(request, actor, "who", form, draft, refused)


def _send(request: HttpRequest, actor: Actor, draft: dict[str, Any], form: PersonForm) -> dict[str, Any]:
    report = ReportDraft(
        channel="public", text=draft.get("text", ""), answers=_asset_answers(draft), lon=draft.get("lon"), lat=draft.get("lat"), accuracy_m=draft.get("accuracy_m"),
        address=draft.get("address", ""), files=tuple(UUID(u) for u in draft.get("files", [])), files_token=upload_token(request),
        person=form.person(),
    )  # fmt: skip

    def do() -> dict[str, Any]:
        receipt = cases.report(actor, MATTER, report)
        return {"code": receipt.query_code}

    body = {k: draft.get(k) for k in ("text", "lon", "lat", "address", "files")}
    answer, _repeated = once(actor, str(draft["key"]), body, do)
    return answer


@require_GET
@door(public=True, limit=rates.OPEN_PAGE)
def public_query(request: HttpRequest) -> HttpResponse:
    """GET /report/query/?code=: where is it, who has it, until when; in plain words, without signing in."""
    code = request.GET.get("code", "").strip()[:20]
    standing, missing = None, False
    if code:
        rates.count(QUERIES, request)
        report = intake.report_of_code(code)
        standing = intake.standing(report) if report is not None else None
        missing = report is None
    context: dict[str, object] = {
        "stars": list(zip(range(1, 6), (_("bad"), _("poor"), _("fair"), _("good"), _("very good")), strict=True)),
        "code": code, "standing": standing, "missing": missing, "sent": bool(request.GET.get("sent")) and standing is not None,
        "before": _photos(code, standing.photos_before) if standing else [], "after": _photos(code, standing.photos_after) if standing else [],
    }
    return render(request, "city/public_query.html", context, status=404 if missing else 200)


def _photos(code: str, uids: list[UUID]) -> list[FileView]:
    return [
        FileView(url=reverse("city:public_photo", args=[code.upper(), uid]), thumb_url=reverse("city:public_photo", args=[code.upper(), uid]))
        for uid in uids
    ]


@require_GET
@door(public=True, limit=PHOTO_VIEWS)
def public_photo(request: HttpRequest, code: str, uid: UUID) -> HttpResponse:
    """GET /report/query/<code>/<uid>.jpg: the copy without position and time, of the report's own case."""
    report = intake.report_of_code(code)
    if report is None:
        raise NotFound(what="photo")
    standing = intake.standing(report)
    if uid not in (*standing.photos_before, *standing.photos_after):
        raise NotFound(what="photo")
    row = next((f for f in file_queries.of_subject("case", standing.case_uid) if f.uid == uid and f.public_sha256 and not f.is_held), None)
    if row is None:
        raise NotFound(what="photo")
    response = HttpResponse(store.read(row.public_sha256), content_type="image/jpeg")
    response["Cache-Control"] = "private, max-age=600"
    return response


@require_POST
@door(public=True, limit=RATINGS)
def public_rate(request: HttpRequest) -> HttpResponse:
    """POST /report/query/rate/ code, score 1-5, comment: once for each report, after it has ended."""
    code = request.POST.get("code", "")[:20]
    score = request.POST.get("score", "")
    try:
        cases.rate(actor_of(request), code, texts.whole(score) or 0, request.POST.get("comment", "").strip())
    except BadInput as problem:
        messages.error(request, " ".join(e["message"] for e in problem.errors))
    else:
        messages.success(request, _("Thank you for your answer."))
    return redirect(f"{reverse('city:public_query')}?code={code}")


@require_GET
@door("city.citizen")
def my_reports(request: HttpRequest) -> HttpResponse:
    """GET /my/reports/: what I reported and where each stands."""
    page = page_by_key(intake.reports_of_account(actor_of(request)), sort="received_at", cursor=request.GET.get("after", ""), size=20)
    rows = [intake.standing(r) for r in page.rows]
    return render(request, "city/my_reports.html", {
        "rows": rows, "next": page.next, "previous": page.previous, "report_url": reverse("city:public_report"),
    })  # fmt: skip
