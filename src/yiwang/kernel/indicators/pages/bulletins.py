"""Bulletins (通报): issue one, read it, print it, and let it be sent by itself."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from yiwang.kernel.base import texts
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import BadInput
from yiwang.kernel.base.paging import page_by_key
from yiwang.kernel.base.rendering import render
from yiwang.kernel.identity.doors import door
from yiwang.kernel.indicators.contracts import PeriodKind
from yiwang.kernel.indicators.errors import PeriodStillRuns
from yiwang.kernel.indicators.pages.common import actor_of, links, period_kinds, period_of, period_words
from yiwang.kernel.indicators.queries import bulletins as queries
from yiwang.kernel.indicators.queries import catalogue as catalogues
from yiwang.kernel.indicators.queries import choices
from yiwang.kernel.indicators.queries.access import VIEW
from yiwang.kernel.indicators.rules import periods
from yiwang.kernel.indicators.services import bulletins, printing
from yiwang.kernel.indicators.services.closing import PUBLISH

WEEKDAYS = range(1, 8)


def _weekday(day: int) -> str:
    return [_("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"), _("Saturday"), _("Sunday")][day - 1]


@never_cache
@require_GET
@door(VIEW)
def listing(request: HttpRequest) -> HttpResponse:
    """GET /indicators/bulletins/?after=: those issued, newest first; plans, for who may issue."""
    actor = actor_of(request)
    page = page_by_key(queries.visible(actor), sort="issued_at", cursor=request.GET.get("after", ""))
    may = actor.may_anywhere(PUBLISH)
    schemes = [(s.code, texts.pick(s.name)) for s in catalogues.on_day(now().date()).schemes.values()]
    names = dict(schemes)
    roles = queries.roles() if may else []
    plans = [
        {"plan": p, "schemes": _(", ").join(names.get(s, s) for s in p.schemes), "roles": _(", ").join(dict(roles).get(r, r) for r in p.roles),
         "when": _("every %(weekday)s at %(hour)s:00") % {"weekday": _weekday(p.day), "hour": p.hour} if p.kind == "week" else _("on day %(day)s of every month at %(hour)s:00") % {"day": p.day, "hour": p.hour}}
        for p in queries.plans()
    ] if may else []  # fmt: skip
    last = periods.before(periods.of_day(PeriodKind.WEEK, timezone.localdate(now())))
    return render(request, "indicators/bulletins.html", {
        "rows": [{"bulletin": b, "title": printing.title_words(b), "number": printing.number_words(b), "span": printing.span_words(b), "schemes": _(", ").join(names.get(s, s) for s in b.schemes)} for b in page.rows],
        "links": links("bulletins", {}, page), "may_issue": may, "plans": plans, "schemes": schemes, "roles": roles, "day": last.first.isoformat(),
        "kinds": period_kinds()[1:3], "areas": choices.areas(None), "weekdays": [(d, _weekday(d)) for d in WEEKDAYS], "chosen": ("department", "district"), "hours": range(24),
    })  # fmt: skip


@require_POST
@door(PUBLISH)
def issue(request: HttpRequest) -> HttpResponse:
    """POST /indicators/bulletins/issue/ scheme=..., kind=, day=, area=, remark=, role=..., mail=: issue one, and tell the holders of the roles."""
    given = request.POST
    period = period_of("", given.get("kind", "") or PeriodKind.WEEK.value, given.get("day", ""))
    area = choices.area_of(given.get("area", ""))
    roles = given.getlist("role")
    known = {code for code, _name in queries.roles()}
    if any(r not in known for r in roles):
        raise BadInput.one("role", "unknown", _("Choose at least one role whose holders may see rankings."))
    try:
        made = bulletins.issue(actor_of(request), given.getlist("scheme"), period, area_path=area.path if area else "", remark=given.get("remark", ""))
    except PeriodStillRuns as problem:
        problem.period = period_words(period)
        raise
    if roles:
        bulletins.send(made, roles, by_mail=given.get("mail") == "1")
    messages.success(request, _("The bulletin is issued."))
    return redirect("indicators:bulletin", made.uid)


@never_cache
@require_GET
@door(VIEW)
def one(request: HttpRequest, uid: str) -> HttpResponse:
    """GET /indicators/bulletins/<uid>/: the bulletin as a page."""
    found = queries.one(actor_of(request), uid)
    area = choices.area_at(found.area_path)
    return render(request, "indicators/bulletin.html", {
        "bulletin": found, "title": printing.title_words(found), "number": printing.number_words(found), "span": printing.span_words(found),
        "area": texts.pick(area.name) if area else "", "parts": printing.told(found), "overdue": printing.overdue(found),
    })  # fmt: skip


@never_cache
@require_GET
@door(VIEW)
def paper(request: HttpRequest, uid: str) -> HttpResponse:
    """GET /indicators/bulletins/<uid>/bulletin.pdf: to hand out."""
    found = queries.one(actor_of(request), uid)
    response = HttpResponse(printing.pdf(found, site=request.build_absolute_uri("/").rstrip("/")), content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="bulletin-{found.year}-{found.serial}.pdf"'
    return response


@never_cache
@require_GET
@door(VIEW)
def workbook(request: HttpRequest, uid: str) -> HttpResponse:
    """GET /indicators/bulletins/<uid>/bulletin.xlsx: all its tables, marked with who took them."""
    actor = actor_of(request)
    made = printing.workbook(actor, queries.one(actor, uid))
    response = HttpResponse(made.content, content_type=made.content_type)
    response["Content-Disposition"] = f'attachment; filename="{made.name}"'
    return response


@require_POST
@door(PUBLISH)
def plan(request: HttpRequest) -> HttpResponse:
    """POST /indicators/bulletins/plans/ name=, scheme=..., kind=, day=, hour=, role=..., mail=: let it be made and sent by itself."""
    given = request.POST
    area = choices.area_of(given.get("area", ""))
    bulletins.plan(
        actor_of(request), name=given.get("name", ""), schemes=given.getlist("scheme"), kind=given.get("kind", ""), day=texts.whole(given.get("day", "")) or 0,
        hour=h if (h := texts.whole(given.get("hour", ""))) is not None else -1, roles=given.getlist("role"), by_mail=given.get("mail") == "1",
        area_path=area.path if area else "",
    )  # fmt: skip
    messages.success(request, _("The plan holds from the next sending time on."))
    return redirect("indicators:bulletins")


@require_POST
@door(PUBLISH)
def end_plan(request: HttpRequest, uid: str) -> HttpResponse:
    """POST /indicators/bulletins/plans/<uid>/end/."""
    bulletins.end_plan(actor_of(request), uid)
    messages.success(request, _("The plan has ended. What it made stays."))
    return redirect("indicators:bulletins")
