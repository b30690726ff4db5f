"""The address desk (地理编码): one address with reasons, a point in words, a file of addresses."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.errors import BadInput, NotFound
from yiwang.kernel.base.paging import page_by_key
from yiwang.kernel.base.rendering import render
from yiwang.kernel.base.texts import is_showable
from yiwang.kernel.geography import queries
from yiwang.kernel.geography.queries import runs as reads
from yiwang.kernel.geography.queries.places import address_text
from yiwang.kernel.geography.rules.addresses.files import MOST_BYTES
from yiwang.kernel.geography.rules.addresses.reading import read
from yiwang.kernel.geography.services import geocoding
from yiwang.kernel.identity.doors import door
from yiwang.kernel.identity.forms import attach

GEOCODE = "geography.geocode"
SHOWN = 100
ANSWERS = ("lon", "lat", "score", "accuracy", "found", "why")


def _actor(request: HttpRequest) -> Actor:
    return request.actor  # type: ignore[attr-defined]


class FileForm(forms.Form):
    """A file of addresses."""

    file = forms.FileField(label=gettext_lazy("File"), help_text=gettext_lazy("CSV or xlsx with a header line, at most 5 MB."))
    column = forms.CharField(required=False, max_length=100, label=gettext_lazy("Column with the address"), help_text=gettext_lazy("Only when it is not found by itself."))

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > MOST_BYTES:
            raise forms.ValidationError(_("The file is too large: at most 5 MB."))
        return file


@never_cache
@require_GET
@door(GEOCODE)
def lookup(request: HttpRequest) -> HttpResponse:
    """GET /addresses/?text=&lon=&lat=: what the words may mean and why; or where a point lies, in words."""
    return _lookup(request, FileForm())


def _lookup(request: HttpRequest, form: FileForm) -> HttpResponse:
    actor = _actor(request)
    text = request.GET.get("text", "").strip()[:200]
    text = text if is_showable(text) else ""
    context: dict[str, Any] = {"q": text, "form": form}
    if text:
        context |= {
            "found": [{"match": m, "accuracy": reads.accuracy_text(m.accuracy), "why": reads.why_text(m)} for m in queries.place_by_address(text)],
            "parts": [{"kind": part_text(p.kind.value), "text": p.text} for p in read(text).parts],
        }  # fmt: skip
    lon, lat = request.GET.get("lon", ""), request.GET.get("lat", "")
    if lon or lat:
        context |= {"lon": lon[:30], "lat": lat[:30]}
        try:
            facts = queries.place(lon, lat, strict=False)
            context |= {"facts": facts, "words": address_text(facts)}
        except BadInput as problem:
            context["point_problem"] = problem.errors[0]["message"]
    page = page_by_key(reads.runs(actor), cursor=request.GET.get("cursor", ""))
    context |= {"runs": [_run_row(r) for r in page.rows], "older": page.next}
    return render(request, "geography/addresses/lookup.html", context, status=422 if form.errors else 200)


def _run_row(run: Any) -> dict[str, Any]:
    return {"run": run, "tone": {"done": "done", "failed": "overdue"}.get(run.state, "neutral"), "share": 100 * run.done // max(1, run.total)}


def part_text(kind: str) -> str:
    """Return what a part of an address is called."""
    return {
        "province": pgettext("part of an address", "province"), "city": pgettext("part of an address", "city"), "district": pgettext("part of an address", "district"),
        "street": pgettext("part of an address", "street or town"), "community": pgettext("part of an address", "community or village"), "road": pgettext("part of an address", "road"),
        "lane": pgettext("part of an address", "lane"), "zone": pgettext("part of an address", "estate or zone"), "number": pgettext("part of an address", "house number"),
        "building": pgettext("part of an address", "building"), "unit": pgettext("part of an address", "unit"), "floor": pgettext("part of an address", "floor"),
        "room": pgettext("part of an address", "room"), "poi": pgettext("part of an address", "landmark"), "crossing": pgettext("part of an address", "crossing"),
        "relation": pgettext("part of an address", "where from there"), "link": pgettext("part of an address", "and"), "other": pgettext("part of an address", "other"),
    }.get(kind, kind)  # fmt: skip


@require_POST
@door(GEOCODE)
def upload(request: HttpRequest) -> HttpResponse:
    """POST /addresses/files/ file=, column=: look up a file; a short one at once, a long one as a job."""
    form = FileForm(request.POST, request.FILES)
    if form.is_valid():
        file = form.cleaned_data["file"]
        try:
            run = geocoding.start_run(_actor(request), file.name or "", file.read(), form.cleaned_data["column"].strip())
            return redirect("addresses:file", run.uid)
        except BadInput as problem:
            attach(form, problem)
    return _lookup(request, form)


@never_cache
@require_GET
@door(GEOCODE)
def file(request: HttpRequest, uid: UUID) -> HttpResponse:
    """GET /addresses/files/<uid>/: how far it is, how exact the answers are, the first hundred."""
    run = reads.run(_actor(request), uid, with_rows=True)
    rows = [
        {"number": n, "address": row[run.address_column], "answer": dict(zip(ANSWERS, answer, strict=True)), "accuracy": reads.accuracy_text(answer[3])}
        for n, (row, answer) in enumerate(zip(run.rows[:SHOWN], run.answers[:SHOWN], strict=False), 1)
    ]
    tally = [
        {"label": reads.accuracy_text(code), "count": count, "share": round(100 * count / max(1, run.done), 1)}
        for code, count in sorted(run.tally.items(), key=lambda item: -item[1])
    ]
    context = {**_run_row(run), "rows": rows, "tally": tally, "address_name": run.header[run.address_column], "shown": SHOWN}
    return render(request, "geography/addresses/file.html", context, part="progress")


def _lines(run: Any) -> Iterator[list[Any]]:
    yield [*run.header, *(name if name not in run.header else f"{name} *" for name in ANSWERS)]
    for row, answer in zip(run.rows, run.answers, strict=False):
        yield [*row, *answer]


@require_GET
@door(GEOCODE)
def download(request: HttpRequest, uid: UUID, form: str) -> HttpResponse:
    """GET /addresses/files/<uid>/csv or /xlsx: the rows as they came, with place, score, accuracy and why."""
    if form not in ("csv", "xlsx"):
        raise NotFound(what="file of addresses")
    run = reads.run(_actor(request), uid, with_rows=True)
    name = _("%(name)s-located") % {"name": run.file_name.rsplit(".", 1)[0]}
    if form == "csv":
        response = HttpResponse(reads.as_csv(_lines(run)), content_type="text/csv; charset=utf-8")
    else:
        packed = reads.as_sheet(_lines(run), _("Addresses"))
        response = HttpResponse(packed, content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
    response["Content-Disposition"] = content_disposition_header(True, f"{name}.{form}")
    response["Cache-Control"] = "no-store"
    return response


@require_POST
@door(GEOCODE)
def remove(request: HttpRequest, uid: UUID) -> HttpResponse:
    """POST /addresses/files/<uid>/remove/: forget the file."""
    geocoding.remove_run(_actor(request), uid)
    messages.success(request, _("The file is forgotten."))
    return redirect("addresses:lookup")
