"""The desk of definitions (指标与方案维护): measures, indicators and schemes with their versions; tried out before they are saved."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from yiwang.kernel.base import texts
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import BadInput, NotFound
from yiwang.kernel.base.rendering import render
from yiwang.kernel.identity.doors import door
from yiwang.kernel.indicators.contracts import Catalogue, League, PeriodKind, Source
from yiwang.kernel.indicators.errors import DefinitionRefused
from yiwang.kernel.indicators.pages.common import actor_of, period_words, said, signed
from yiwang.kernel.indicators.pages.forms import FORMS, DefinitionForm, MeasureForm, initial_of
from yiwang.kernel.indicators.queries import catalogue as catalogues
from yiwang.kernel.indicators.queries import trying
from yiwang.kernel.indicators.queries.naming import english, value_names
from yiwang.kernel.indicators.rules import definitions, explaining, periods
from yiwang.kernel.indicators.services import defining

EDIT = defining.EDIT
KINDS = ("scheme", "indicator", "measure")


def _kind(kind: str) -> str:
    if kind not in KINDS:
        raise NotFound(what="definition")
    return kind


@never_cache
@require_GET
@door(EDIT)
def listing(request: HttpRequest) -> HttpResponse:
    """GET /indicators/definitions/: what is defined, by kind; each with its version and since when it holds."""
    rows = trying.listed()
    foreign, named = english(), value_names()
    catalogue = catalogues.on_day(now().date())
    names = {c: texts.pick(m.name) for c, m in catalogue.measures.items()}
    groups = []
    for kind, label in (("scheme", _("Schemes")), ("indicator", _("Indicators")), ("measure", _("Measures"))):
        found = [_line(row, catalogue, names, foreign, named) for row in rows if row.kind == kind]
        groups.append({"kind": kind, "label": label, "rows": found})
    return render(request, "indicators/definitions.html", {"groups": groups})


def _line(row: Any, catalogue: Catalogue, names: dict[str, str], foreign: bool, named: Any) -> dict[str, Any]:
    body = row.body
    if row.kind == "measure":
        said_ = explaining.condition_words(Source(body["source"]), body.get("where", ""), english=foreign, named=named)
    elif row.kind == "indicator":
        said_ = explaining.formula_words(body["formula"], names, unit=body.get("unit", "percent")) if body.get("formula") else _("a function of the platform")
    else:
        said_ = _(", ").join(
            f"{texts.pick(catalogue.indicators[i['indicator']].name) if i['indicator'] in catalogue.indicators else i['indicator']} {i['weight']:g}" for i in body.get("items", ())
        )
    return {"row": row, "name": texts.pick(body.get("name")), "said": said_, "local": row.origin == "local"}


@never_cache
@require_http_methods(["GET", "POST"])
@door(EDIT)
def new(request: HttpRequest, kind: str) -> HttpResponse:
    """GET, POST /indicators/definitions/new/<kind>/: define something new."""
    catalogue = catalogues.on_day(now().date())
    form = FORMS[_kind(kind)](request.POST if request.method == "POST" else None, catalogue=catalogue, initial={"valid_from": timezone.localdate(now()), "higher_is_better": True})
    if request.method == "POST" and form.is_valid():
        if catalogues.newest(kind, form.cleaned_data["code"]) is not None:
            form.add_error("code", _("There is a definition with this code. Open that one and change it."))
        elif _save(request, kind, form):
            return redirect("indicators:definition", kind, form.cleaned_data["code"])
    return _shown(request, kind, "", form)


@never_cache
@require_http_methods(["GET", "POST"])
@door(EDIT)
def one(request: HttpRequest, kind: str, code: str) -> HttpResponse:
    """GET, POST /indicators/definitions/<kind>/<code>/: its versions, and a new one."""
    held = catalogues.newest(_kind(kind), code)
    if held is None:
        raise NotFound(what="definition")
    catalogue = catalogues.on_day(now().date())
    initial = initial_of(kind, held.body, max(timezone.localdate(now()), held.valid_from))
    form = FORMS[kind](request.POST if request.method == "POST" else None, catalogue=catalogue, fixed=code, initial=initial, held=held.body)
    if request.method == "POST" and form.is_valid() and _save(request, kind, form):
        return redirect("indicators:definition", kind, code)
    return _shown(request, kind, code, form, held=held, users=definitions.users_of(catalogue, kind, code))


def _save(request: HttpRequest, kind: str, form: DefinitionForm) -> bool:
    given = form.cleaned_data
    _made, faults = trying.changed(kind, given["code"], form.body(), given["valid_from"])
    if faults:
        form.attach(faults)
        return False
    try:
        defining.define(actor_of(request), kind, given["code"], form.body(), valid_from=given["valid_from"], reason=given["reason"], app="indicators")
    except DefinitionRefused as problem:
        for fault in problem.faults:
            form.add_error(None, fault)
        return False
    messages.success(request, _("Saved; it holds from %(day)s.") % {"day": given["valid_from"].isoformat()})
    return True


def _shown(request: HttpRequest, kind: str, code: str, form: DefinitionForm, held: Any = None, users: list[str] | None = None) -> HttpResponse:
    context: dict[str, object] = {
        "kind": kind, "code": code, "form": form, "held": held, "users": users or [], "kind_words": {"scheme": _("Scheme"), "indicator": _("Indicator"), "measure": _("Measure")}[kind],
        "name": texts.pick(held.body.get("name")) if held else "", "versions": list(trying.versions(kind, code)[:30]) if held else [],
        "names": [(c, texts.pick(m.name)) for c, m in (form.catalogue.measures if kind == "indicator" else form.catalogue.indicators).items()] if kind != "measure" else [],
        "words": form.words(english()) if isinstance(form, MeasureForm) else [], "moments": form.moments() if isinstance(form, MeasureForm) else [],
    }  # fmt: skip
    return render(request, "indicators/definition.html", context, status=422 if form.errors else 200)


@never_cache
@require_POST
@door(EDIT)
def check(request: HttpRequest, kind: str) -> HttpResponse:
    """POST /indicators/definitions/check/<kind>/: what is wrong with what is typed, and how it reads in words (HTMX part)."""
    form, said_ = _typed(request, _kind(kind)), ""
    if _usable(form):
        _made, found = trying.changed(kind, form.cleaned_data["code"], form.body(), form.cleaned_data["valid_from"])
        form.attach(found)
        if not found:
            said_ = _in_words(kind, form.body(), form.catalogue)
    return render(request, "indicators/check.html", {"faults": _faults(form), "said": said_})


def _usable(form: DefinitionForm) -> bool:
    """Say whether what is typed can be read; the reason is asked for when it is saved."""
    return form.is_valid() or set(form.errors) == {"reason"}


def _faults(form: DefinitionForm) -> list[tuple[Any, Any]]:
    return [(form.fields[n].label if n in form.fields else "", e) for n, errors in form.errors.items() for e in errors if n != "reason"]


def _typed(request: HttpRequest, kind: str) -> DefinitionForm:
    fixed = request.POST.get("of_code", "")
    held = catalogues.newest(kind, fixed) if fixed else None
    return FORMS[kind](request.POST, catalogue=catalogues.on_day(now().date()), fixed=fixed, held=held.body if held else None)


def _in_words(kind: str, body: dict[str, Any], catalogue: Catalogue) -> str:
    if kind == "measure":
        return explaining.condition_words(Source(body["source"]), body.get("where", ""), english=english(), named=value_names())
    if kind == "indicator":
        if not body.get("formula"):
            return str(_("a function of the platform"))
        return explaining.formula_words(body["formula"], {c: texts.pick(m.name) for c, m in catalogue.measures.items()}, unit=body["unit"])
    return _(", ").join(f"{texts.pick(catalogue.indicators[i['indicator']].name)} {i['weight']:g}" for i in body["items"])


@never_cache
@require_POST
@door(EDIT)
def trial(request: HttpRequest, kind: str) -> HttpResponse:
    """POST /indicators/definitions/trial/<kind>/: the ranking of the last whole month as it would be, beside the present one (HTMX part)."""
    form = _typed(request, _kind(kind))
    if not _usable(form):
        return render(request, "indicators/check.html", {"faults": _faults(form)})
    code, day = form.cleaned_data["code"], form.cleaned_data["valid_from"]
    made, faults = trying.changed(kind, code, form.body(), day)
    if made is None:
        form.attach(faults)
        return render(request, "indicators/check.html", {"faults": _faults(form)})
    touched = trying.touched(made, kind, code)
    if not touched:
        return render(request, "indicators/trial.html", {"none": True})
    period = periods.before(periods.of_day(PeriodKind.MONTH, timezone.localdate(now())))
    scheme = request.POST.get("of_scheme") if request.POST.get("of_scheme") in touched else touched[0]
    old, fresh = trying.rankings(made, str(scheme), period)
    return render(request, "indicators/trial.html", {
        "rows": _beside(old, fresh), "words": period_words(period), "scheme": texts.pick(made.schemes[str(scheme)].name),
        "others": [texts.pick(made.schemes[s].name) for s in touched if s != scheme],
    })  # fmt: skip


def _beside(old: League | None, fresh: League) -> list[dict[str, Any]]:
    past = {r.key: r for r in old.rows} if old else {}
    rows = []
    for row in fresh.rows:
        was = past.get(row.key)
        if row.rank is None and (was is None or was.rank is None):
            continue  # not ranked either way
        change = signed(row.score - was.score) if was and row.score is not None and was.score is not None else ""
        rows.append({
            "name": row.name, "rank": row.rank or "—", "was": (was.rank if was else None) or "—", "score": said(row.score, "score"),
            "old": said(was.score if was else None, "score"), "change": change, "moved": was is not None and was.rank != row.rank,
        })  # fmt: skip
    return rows


@require_POST
@door(EDIT)
def retire(request: HttpRequest, kind: str, code: str) -> HttpResponse:
    """POST /indicators/definitions/<kind>/<code>/retire/ reason=, valid_from=: it holds no more; refused while others are made of it."""
    given = request.POST.get("valid_from", "")
    try:
        day = date.fromisoformat(given) if given else timezone.localdate(now())
    except ValueError as error:
        raise BadInput.one("valid_from", "day", _("Choose a day.")) from error
    defining.retire(actor_of(request), _kind(kind), code, valid_from=day, reason=request.POST.get("reason", ""))
    messages.success(request, _("It holds no more from %(day)s on. Results that were closed keep it.") % {"day": day.isoformat()})
    return redirect("indicators:definitions")
