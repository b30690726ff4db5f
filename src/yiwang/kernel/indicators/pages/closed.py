"""The desk of closing (定格与公布): close a period, publish it, correct it with a reason; what differs, and whether it still agrees."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from yiwang.kernel.base import texts
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import BadInput, NotFound
from yiwang.kernel.base.paging import page_by_key
from yiwang.kernel.base.rendering import render
from yiwang.kernel.identity.doors import door
from yiwang.kernel.indicators.contracts import League, PeriodKind
from yiwang.kernel.indicators.errors import PeriodClosed, PeriodStillRuns
from yiwang.kernel.indicators.pages.common import (
    actor_of,
    address,
    grade_of,
    links,
    period_kinds,
    period_words,
    said,
)
from yiwang.kernel.indicators.pages.common import period_of as read_period
from yiwang.kernel.indicators.queries import access, choices, results, verifying
from yiwang.kernel.indicators.queries import catalogue as catalogues
from yiwang.kernel.indicators.rules import consequences, periods
from yiwang.kernel.indicators.services import closing

SEE = (access.VIEW, closing.CLOSE, closing.PUBLISH)


def _names() -> dict[str, str]:
    return {s.code: texts.pick(s.name) for s in catalogues.on_day(now().date()).schemes.values()}


@never_cache
@require_GET
@door(*SEE)
def listing(request: HttpRequest) -> HttpResponse:
    """GET /indicators/results/?after=: the closed results that the reader may see, newest first."""
    actor, names = actor_of(request), _names()
    page = page_by_key(results.visible(actor), sort="closed_at", cursor=request.GET.get("after", ""))
    last = periods.before(periods.of_day(PeriodKind.MONTH, timezone.localdate(now())))
    rows = [{"result": r, "name": names.get(r.scheme, r.scheme), "words": period_words(periods.parse(r.period)), "area": _area(r.area_path)} for r in page.rows]
    return render(request, "indicators/results.html", {
        "rows": rows, "links": links("results", {}, page), "may_close": actor.may_anywhere(closing.CLOSE), "schemes": list(names.items()),
        "kinds": [k for k in period_kinds() if k[0] != PeriodKind.RANGE.value], "kind": "month", "day": last.first.isoformat(), "areas": choices.areas(None),
    })  # fmt: skip


def _area(path: str) -> str:
    found = choices.area_at(path)
    return texts.pick(found.name) if found else ""


@require_POST
@door(closing.CLOSE)
def close(request: HttpRequest) -> HttpResponse:
    """POST /indicators/results/close/ scheme=...&scheme=..., kind=, day=, area=: close a period for the chosen schemes; each stands for itself."""
    given = request.POST
    period = read_period(given.get("period", ""), given.get("kind", ""), given.get("day", ""), given.get("until", ""))
    schemes = list(dict.fromkeys(given.getlist("scheme")))
    if not schemes:
        raise BadInput.one("scheme", "required", _("Choose at least one scheme."))
    area, names, done = choices.area_of(given.get("area", "")), _names(), []
    for code in schemes[:30]:
        try:
            done.append(closing.close(actor_of(request), code, period, area_path=area.path if area else ""))
        except (PeriodStillRuns, PeriodClosed) as problem:
            problem.period = f"{names.get(code, code)} {period_words(period)}"
            messages.error(request, str(problem))
    if done:
        messages.success(request, _("Closed: %(names)s.") % {"names": _(", ").join(names.get(r.scheme, r.scheme) for r in done)})
    return redirect("indicators:result", done[0].uid) if len(done) == 1 else redirect("indicators:results")


@never_cache
@require_GET
@door(*SEE)
def one(request: HttpRequest, uid: str) -> HttpResponse:
    """GET /indicators/results/<uid>/: what was closed, by which definitions; its versions, and what follows from it by rule."""
    actor = actor_of(request)
    result = results.one(actor, uid)
    table, told = results.league_of(result), results.catalogue_of(result)
    period = periods.parse(result.period)
    readable = set(results.visible(actor).filter(scheme=result.scheme, period=result.period, area_path=result.area_path).values_list("pk", flat=True))
    versions = [v for v in results.versions(result) if v.pk in readable]
    earlier = next((v for v in versions if v.pk == result.corrects_id), None)
    area = choices.area_at(result.area_path)
    context: dict[str, object] = {
        "result": result, "name": texts.pick(table.scheme.name), "words": period_words(period), "area": texts.pick(area.name) if area else "", "versions": versions,
        "is_newest": bool(versions) and versions[0].pk == result.pk, "rows": [r for r in _rows(table) if r["rank"]], "unranked": [r.name for r in table.rows if r.rank is None], "follows": _follows(table), "counts": len(table.rows),
        "differences": _differences(results.league_of(earlier), table, told.indicators) if earlier else [], "earlier": earlier,
        "may_publish": access.covers(actor, closing.PUBLISH, result.area_path) and result.published_at is None,
        "may_correct": access.covers(actor, closing.CLOSE, result.area_path),
        "sees_now": access.sight(actor, result.area_path).whole or access.covers(actor, closing.CLOSE, result.area_path),
        "ranking_url": address("ranking", {"scheme": result.scheme, "period": result.period, "area": area.code if area else ""}),
        "scheme_version": result.catalogue["scheme"].get("version", 1),
    }  # fmt: skip
    return render(request, "indicators/result.html", context)


def _rows(table: League) -> list[dict[str, Any]]:
    return [{"rank": r.rank, "name": r.name, "score": said(r.score, "score"), "grade": grade_of(table.scheme, r)} for r in table.rows]


def _follows(table: League) -> list[dict[str, Any]]:
    return [
        {"name": row.name, "rank": row.rank, "score": said(row.score, "score"), "text": texts.pick(rule.text), "amount": f"{rule.amount:+,.0f}" if rule.amount else "",
         "reward": rule.amount > 0 or (not rule.amount and rule.kind == "reward")}
        for row, rule in consequences.of(table)
    ]  # fmt: skip


def _differences(one: League, other: League, indicators: Any) -> list[dict[str, Any]]:
    return [
        {
            "name": d.name, "score": f"{said(d.score, 'score')} → {said(d.other_score, 'score')}", "rank": f"{d.rank or '—'} → {d.other_rank or '—'}",
            "figures": [f"{texts.pick(indicators[c].name)} {said(a, indicators[c].unit)} → {said(b, indicators[c].unit)}" for c, (a, b) in d.figures.items() if c in indicators],
        }
        for d in results.differences(one, other)
    ]  # fmt: skip


@never_cache
@require_GET
@door(*SEE)
def since(request: HttpRequest, uid: str) -> HttpResponse:
    """GET /indicators/results/<uid>/since/: what the facts say now beside what was kept, and whether the kept ones still agree (HTMX part)."""
    actor = actor_of(request)
    result = results.one(actor, uid)
    if not (access.sight(actor, result.area_path).whole or access.covers(actor, closing.CLOSE, result.area_path)):
        raise NotFound(what="result")
    kept, fresh = results.league_of(result), results.live_again(result)
    verified = next(iter(verifying.verify([result])))
    return render(request, "indicators/since.html", {
        "result": result, "changed": results.changed_facts(result), "rows": _differences(kept, fresh, results.catalogue_of(result).indicators), "verified": verified,
    })  # fmt: skip


@require_POST
@door(closing.PUBLISH)
def publish(request: HttpRequest, uid: str) -> HttpResponse:
    """POST /indicators/results/<uid>/publish/."""
    results.one(actor_of(request), uid)
    closing.publish(actor_of(request), uid)
    messages.success(request, _("Published. Everybody who may see rankings sees this version."))
    return redirect("indicators:result", uid)


@require_POST
@door(closing.CLOSE)
def correct(request: HttpRequest, uid: str) -> HttpResponse:
    """POST /indicators/results/<uid>/correct/ reason=: compute it anew as a further version."""
    results.one(actor_of(request), uid)
    made = closing.correct(actor_of(request), uid, reason=request.POST.get("reason", ""))
    messages.success(request, _("Version %(n)s is made; the one before stays as it is.") % {"n": made.version})
    return redirect("indicators:result", made.uid)
