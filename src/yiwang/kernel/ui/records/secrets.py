"""Readings under legal secrecy (保密查阅), and the audit pack: what the security office releases and the auditor hands on."""

import hashlib
import io
import json
import zipfile
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET, require_http_methods

from yiwang.kernel.audit import services as audit_services
from yiwang.kernel.base import texts
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.errors import BadInput
from yiwang.kernel.base.rendering import render
from yiwang.kernel.files.exports import Column as Heading
from yiwang.kernel.files.exports import Table, take
from yiwang.kernel.identity.doors import door
from yiwang.kernel.ui.contracts import Link
from yiwang.kernel.ui.desks.lists import CURSOR, Listing
from yiwang.kernel.ui.records import queries, words
from yiwang.kernel.ui.records.filters import RecordFilter
from yiwang.kernel.ui.records.queries import RELEASE, VIEW

MOST_PACKED = 20_000


def _actor(request: HttpRequest) -> Actor:
    return request.actor  # type: ignore[attr-defined]


@require_http_methods(["GET", "POST"])
@door(VIEW, RELEASE)
def secrets(request: HttpRequest) -> HttpResponse:
    """GET /records/secrets/?state=released: when, which body, which register; never of whom. POST line=, reason=: release those."""
    actor, released = _actor(request), request.GET.get("state") == "released"
    errors: tuple[dict[str, str], ...] = ()
    if request.method == "POST":
        chosen = [n for text in request.POST.getlist("line") if (n := texts.whole(text))]
        try:
            count = audit_services.release_accesses(actor, chosen, reason=request.POST.get("reason", ""))
        except BadInput as problem:
            errors = problem.errors
        else:
            messages.success(request, _("%(count)s readings are told to the people concerned from now on.") % {"count": count})
            return redirect("records:secrets")
    page = queries.page_by_position(queries.secret_accesses(actor, released=released), request.GET.get(CURSOR, ""))
    names, moments = queries.orgs_of(page.rows), queries.released_at(page.rows)
    base = reverse("records:secrets")
    context: dict[str, object] = {
        "rows": [{
            "position": line.position, "at": line.recorded_at, "body": texts.pick(names.get(line.org_id or 0)) or line.actor_name, "register": line.register,
            "basis": line.basis, "fields": len(line.field_names), "released_at": moments.get(line.position),
        } for line in page.rows],
        "links": Listing(base=base, query={"state": "released"} if released else {}).links(page), "released": released, "errors": errors,
        "given": request.POST.get("reason", ""), "chosen": request.POST.getlist("line"), "may_release": actor.may_anywhere(RELEASE) and not released,
        "tabs": [
            Link(label=_("Still secret"), url=base, current=not released, count=queries.secret_accesses(actor, released=False).count()),
            Link(label=_("Released"), url=f"{base}?state=released", current=released, count=queries.secret_accesses(actor, released=True).count()),
        ],
    }  # fmt: skip
    return render(request, "ui/records/secrets.html", context, status=422 if errors else 200)


def _local(moment: Any) -> Any:
    return moment.astimezone(ZoneInfo(settings.TIME_ZONE)).replace(tzinfo=None) if moment else ""


@require_GET
@door(VIEW)
def pack(request: HttpRequest) -> HttpResponse:
    """GET /records/pack.zip?since=&until=: readings, warnings with their judgements, counts of secret readings, seals; with checksums (合规审计资料包)."""
    actor, wanted = _actor(request), RecordFilter.read(request.GET.dict())
    lines = list(queries.accesses(actor, wanted).order_by("-position")[:MOST_PACKED])
    names, orgs = queries.names_of_accesses(lines), queries.orgs_of(lines)
    first, end = wanted.span()
    found = [w for judged in (False, True) for w in queries.warnings(actor, judged=judged).filter(starts_at__gte=first, starts_at__lt=end).order_by("-id")[:2000]]
    readings = Table(
        title=_("Access to personal data"),
        columns=[Heading(key=k, label=str(v)) for k, v in (
            ("at", _("When")), ("who", _("Who")), ("post", _("Post")), ("body", pgettext("organisation", "Body")), ("whom", _("Of whom")), ("fields", _("What was read")),
            ("purpose", _("For what")), ("register", _("Database")), ("basis", _("Legal basis")), ("case", _("Case")), ("position", _("Number")),
        )],
        rows=[{
            "at": _local(line.recorded_at), "who": line.actor_name, "post": line.post_name, "body": texts.pick(orgs.get(line.org_id or 0)), "position": line.position,
            "whom": f"#{line.party_id}" if line.party_id else str(line.subject_uid), "fields": "、".join(line.field_names), "purpose": line.purpose,
            "register": line.register or "", "basis": line.basis or "", "case": names.cases.get(line.case_id, "") if line.case_id else "",
        } for line in lines],
    )  # fmt: skip
    warned = Table(
        title=_("Warnings"),
        columns=[Heading(key=k, label=str(v)) for k, v in (
            ("at", _("In the time from")), ("who", _("Who")), ("what", _("What")), ("amount", _("How many")), ("verdict", _("Judgement")), ("reason", _("Reason")),
            ("by", _("By")), ("judged", _("When")),
        )],
        rows=[{
            "at": _local(w.starts_at), "who": w.actor_name, "what": words.watched(w.family, w.subject, {}), "amount": w.amount,
            "verdict": str(words.VERDICTS.get(w.verdict, "")), "reason": w.reason, "by": w.judged_by_name, "judged": _local(w.judged_at),
        } for w in found],
    )  # fmt: skip
    sheet = take(actor, what="audit.pack", tables=(readings, warned), filters=wanted.as_query(), name="audit-pack")
    facts = {
        "since": first.isoformat(), "until": end.isoformat(), "readings": len(lines), "cut_at": MOST_PACKED, "warnings": len(found),
        "secret_readings_not_shown": queries.hidden_accesses(actor, wanted), "export_number": sheet.number,
        "seals": [{"stream": s.stream, "number": s.number, "upto": s.upto_position, "hash": bytes(s.hash).hex()} for s in queries.latest_seals(actor)],
        "verifications": [{"at": v.finished_at.isoformat(), "by": v.by, "lines": v.lines, "faults": v.fault_count} for v in queries.verifications(actor)],
    }  # fmt: skip
    told = json.dumps(facts, ensure_ascii=False, indent=1).encode()
    sums = "".join(f"{hashlib.sha256(body).hexdigest()}  {name}\n" for name, body in ((sheet.name, sheet.content), ("facts.json", told)))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(sheet.name, sheet.content)
        archive.writestr("facts.json", told)
        archive.writestr("SHA256SUMS", sums)
    response = HttpResponse(out.getvalue(), content_type="application/zip")
    response["Content-Disposition"] = f'attachment; filename="audit-pack-{sheet.number}.zip"'
    return response
