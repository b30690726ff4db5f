"""The components desk (部件管理): find, look at, change, move, photograph; a whole list at once."""

from datetime import date
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.errors import BadInput, ProblemError
from yiwang.kernel.base.paging import Page, capped_count, page_by_key
from yiwang.kernel.base.rendering import render
from yiwang.kernel.base.texts import pick, whole
from yiwang.kernel.geography import ground, services
from yiwang.kernel.geography.models import Asset, AssetStatus, Ownership
from yiwang.kernel.geography.queries import components as desk
from yiwang.kernel.geography.queries.assets import GONE
from yiwang.kernel.geography.queries.components import AssetFilter
from yiwang.kernel.identity.doors import door
from yiwang.kernel.identity.forms import attach

VIEW, EDIT = "geography.asset.view", "geography.asset.edit"
SIZE, SAMPLE = 50, 20
TONES = {"intact": "in_time", "damaged": "overdue", "lost": "overdue", "abandoned": "neutral", "removed": "neutral"}
OWNED = {"confirmed": "in_time", "asked": "soon", "disputed": "overdue", "unconfirmed": "neutral"}
LABELS = {
    "class_code": gettext_lazy("Class"), "status": gettext_lazy("Condition"), "ownership": gettext_lazy("Ownership"),
    "area": gettext_lazy("Area"), "owner": gettext_lazy("Owner"), "keeper": gettext_lazy("Kept in order by"),
    "code": gettext_lazy("Code"), "q": gettext_lazy("Words"),
}  # fmt: skip


def _actor(request: HttpRequest) -> Actor:
    return request.actor  # type: ignore[attr-defined]


def address(base: str, query: dict[str, str]) -> str:
    return f"{base}?{urlencode(query)}" if query else base


def _choices(actor: Actor) -> dict[str, list[tuple[str, str]]]:
    """Return what the selects of the filter offer."""
    bodies = [("none", _("nobody known")), *desk.organizations()]
    classes = sorted(ground.class_names().items())
    return {
        "class_code": [(code, f"{code} {name}") for code, name in classes], "status": [(v, str(w)) for v, w in AssetStatus.choices],
        "ownership": [(v, str(w)) for v, w in Ownership.choices], "area": desk.areas_of(actor), "owner": bodies, "keeper": bodies,
    }  # fmt: skip


def _words(wanted: AssetFilter, choices: dict[str, list[tuple[str, str]]], base: str) -> list[dict[str, str]]:
    """Return the filters that are on, in words, each with the list without it."""
    found = []
    for name, value in wanted.as_query().items():
        word = dict(choices.get(name, [])).get(value, value).strip()
        found.append({"label": str(LABELS[name]), "value": word, "remove_url": address(base, wanted.without(name).as_query())})
    return found


def filter_context(actor: Actor, wanted: AssetFilter, base: str) -> dict[str, object]:
    """Return what `geography/components/filters.html` needs, for every page that narrows components."""
    choices = _choices(actor)
    return {"wanted": wanted, "choices": choices, "words": _words(wanted, choices, base), "base": base, "query": wanted.as_query()}


def row_of(found: Asset, names: dict[str, str]) -> dict[str, Any]:
    return {
        "uid": str(found.uid), "href": reverse("components:one", args=[found.uid]), "code": found.code,
        "name": pick(found.name) or names.get(found.class_code, found.class_code), "address": found.address or found.road,
        "status": found.get_status_display(), "tone": TONES[found.status], "owner": pick(found.owner_org.name) if found.owner_org else "",
        "keeper": pick(found.keeper_org.name) if found.keeper_org else "", "ownership": found.get_ownership_display(), "owned_tone": OWNED[found.ownership],
    }  # fmt: skip


def _links(page: Page, total: tuple[int, bool], wanted: AssetFilter, base: str) -> dict[str, Any]:
    def to(cursor: str) -> str:
        return address(base, {**wanted.as_query(), "after": cursor}) if cursor else ""

    return {"previous_url": to(page.previous), "next_url": to(page.next), "shown": len(page.rows), "total": total[0], "capped": total[1]}


def share_of(counts: dict[str, int]) -> dict[str, Any]:
    """Return the share of confirmed owners (确权率) with its parts, for number, bar and table."""
    total = sum(counts.values())
    return {
        "total": total, "confirmed": counts.get("confirmed", 0), "percent": round(100 * counts.get("confirmed", 0) / total, 1) if total else None,
        "rows": [(value, str(word), OWNED[value], counts.get(value, 0)) for value, word in Ownership.choices],
    }  # fmt: skip


@require_GET
@door(VIEW)
def listing(request: HttpRequest) -> HttpResponse:
    """GET /components/?class_code=&status=&ownership=&area=&owner=&keeper=&code=&q=&after=<cursor>."""
    actor, base = _actor(request), reverse("components:list")
    wanted = AssetFilter.read(request.GET.dict())
    found = desk.components(actor, wanted)
    page = page_by_key(found, cursor=request.GET.get("after", ""), size=SIZE)
    names = ground.class_names()
    rows = [row_of(a, names) for a in page.rows]
    features = [
        desk.feature(a, uid=r["uid"], href=r["href"], tone=r["owned_tone"] if request.GET.get("colour") == "ownership" else r["tone"], status=r["status"])
        for a, r in zip(page.rows, rows, strict=True)
    ]
    context: dict[str, object] = {
        **filter_context(actor, wanted, base), "rows": rows,
        "links": _links(page, capped_count(found.order_by()), wanted, base), "may_edit": actor.may_anywhere(EDIT), "share": share_of(desk.shares(actor, wanted)),
        "bulk_url": address(reverse("components:bulk"), wanted.as_query()), "by_ownership": request.GET.get("colour") == "ownership",
        "colour_url": address(base, {**wanted.as_query(), **({} if request.GET.get("colour") == "ownership" else {"colour": "ownership"})}),
        "map": {"mode": "browse", "table": False, "layers": [
            {"id": "components", "label": _("Components on this page"), "kind": "points", "data": {"type": "FeatureCollection", "features": features}},
        ]},
    }  # fmt: skip
    return render(request, "geography/components/list.html", context, part="found")


class ChangeForm(forms.Form):
    """What the desk may change of a component."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    status = forms.ChoiceField(label=gettext_lazy("Condition"), choices=AssetStatus.choices)
    owner_org = forms.ChoiceField(label=gettext_lazy("Owner"), required=False)
    keeper_org = forms.ChoiceField(label=gettext_lazy("Kept in order by"), required=False)
    supervisor_org = forms.ChoiceField(label=gettext_lazy("Supervised by"), required=False)
    road = forms.CharField(label=gettext_lazy("Road"), required=False, max_length=100)
    address = forms.CharField(label=gettext_lazy("Address or how to find it"), required=False, max_length=256)
    accuracy = forms.ChoiceField(
        label=gettext_lazy("Accuracy of the place"), choices=[("A", gettext_lazy("A (0.5 m)")), ("B", gettext_lazy("B (1 m)")), ("C", gettext_lazy("C (10 m)"))]
    )
    remark = forms.CharField(label=gettext_lazy("Remark"), required=False, max_length=1000, widget=forms.Textarea(attrs={"rows": 2}))
    reason = forms.CharField(label=gettext_lazy("Why it is changed"), required=False, max_length=500)

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        for name in ("owner_org", "keeper_org", "supervisor_org"):
            self.fields[name].choices = [("", _("nobody known")), *desk.organizations()]  # type: ignore[attr-defined]


def _initial(found: Asset) -> dict[str, Any]:
    bodies = {n: org.code if (org := getattr(found, n)) else "" for n in ("owner_org", "keeper_org", "supervisor_org")}
    return {"version": found.version, "status": found.status, "road": found.road, "address": found.address,
            "accuracy": found.accuracy, "remark": found.remark, **bodies}  # fmt: skip


ACTIONS = {
    "geography.asset.status": gettext_lazy("Condition changed"), "geography.asset.changed": gettext_lazy("Facts changed"),
    "geography.asset.bulk_changed": gettext_lazy("Changed with a list"), "geography.asset.retired": gettext_lazy("Taken out of use"),
    "geography.asset.moved": gettext_lazy("Moved"), "geography.grids.split": gettext_lazy("Its grid was split"),
    "geography.grids.merge": gettext_lazy("Its grid was merged"), "geography.grids.recode": gettext_lazy("Its grid was re-coded"),
    "geography.grids.redraw": gettext_lazy("Its grid was redrawn"), "geography.grids.draw": gettext_lazy("A grid was drawn there"),
    "geography.grids.remove": gettext_lazy("Its grid was removed"), "geography.grids.file": gettext_lazy("Its grid came by a file"),
    "geography.grids.taken_back": gettext_lazy("An import of grids was undone"), "geography.ownership.asked": gettext_lazy("Owner asked"),
    "geography.ownership.confirmed": gettext_lazy("Owner confirmed"), "geography.ownership.disputed": gettext_lazy("Owner disputed"),
    "geography.ownership.unconfirmed": gettext_lazy("Owner no longer confirmed"),
}  # fmt: skip
_COMPARED = ("status", "owner_org_id", "keeper_org_id", "supervisor_org_id", "ownership", "road", "address", "accuracy", "remark")
_COMPARED_LABELS = {
    "status": gettext_lazy("Condition"), "owner_org_id": gettext_lazy("Owner"), "keeper_org_id": gettext_lazy("Kept in order by"),
    "supervisor_org_id": gettext_lazy("Supervised by"), "ownership": gettext_lazy("Ownership"), "road": gettext_lazy("Road"),
    "address": gettext_lazy("Address"), "accuracy": gettext_lazy("Accuracy of the place"), "remark": gettext_lazy("Remark"),
}  # fmt: skip


def _history(found: Asset) -> list[dict[str, Any]]:
    """Return what happened, the newest first, each with what was before and after."""
    past = desk.past_of(found)
    states: list[Any] = [found, *past]
    bodies = desk.organization_names({i for s in states for n in ("owner_org_id", "keeper_org_id", "supervisor_org_id") if (i := getattr(s, n))})
    items = []
    for after, before in zip(states, past, strict=False):
        facts = [
            (str(_COMPARED_LABELS[n]), f"{_shown(n, getattr(before, n), bodies)} → {_shown(n, getattr(after, n), bodies)}")
            for n in _COMPARED if getattr(before, n) != getattr(after, n)
        ]  # fmt: skip
        if not before.point.equals_exact(after.point, 1e-7):
            facts.append((_("Place"), f"{before.point.y:.6f}, {before.point.x:.6f} → {after.point.y:.6f}, {after.point.x:.6f}"))
        if before.grid_id != after.grid_id:
            facts.append((_("Grid"), _("another one")))
        items.append({
            "at": before.valid_to, "what": str(ACTIONS.get(before.action, before.action)), "who": before.by_name or _("The platform"), "text": before.reason,
            "facts": facts, "icon": "edit",
        })  # fmt: skip
    return items


def _shown(name: str, value: Any, bodies: dict[int, str]) -> str:
    if name.endswith("_org_id"):
        return bodies.get(value, "–") if value else "–"
    if name == "status":
        return str(dict(AssetStatus.choices).get(value, value))
    if name == "ownership":
        return str(dict(Ownership.choices).get(value, value))
    return str(value) or "–"


def _on(request: HttpRequest) -> date | None:
    try:
        return parse_date(request.GET.get("on", ""))
    except ValueError:
        return None


def _page(request: HttpRequest, found: Asset, form: ChangeForm | None = None, place: "PlaceForm | None" = None, status: int = 200) -> HttpResponse:
    actor, day = _actor(request), _on(request)
    shown: Any = desk.asset_on(found.pk, desk.moment_of(day)) if day else found
    names, keeper = ground.class_names(), ground.photos()
    bodies = desk.organization_names({i for n in ("owner_org_id", "keeper_org_id", "supervisor_org_id") if (i := getattr(shown, n))})
    may = desk.may_edit(actor, found) and found.status not in GONE
    context: dict[str, object] = {
        "asset": found, "shown": shown, "day": day, "title": pick(found.name) or names.get(found.class_code, found.class_code),
        "class_name": names.get(found.class_code, ""), "bodies": {n: bodies.get(getattr(shown, f"{n}_org_id") or 0, "") for n in ("owner", "keeper", "supervisor")},
        "status": _shown("status", shown.status, {}), "tone": TONES.get(shown.status, "neutral"), "ownership": _shown("ownership", shown.ownership, {}),
        "owned_tone": OWNED.get(shown.ownership, "neutral"), "history": _history(found), "linked": ground.of_asset(actor, found.pk),
        "photos": keeper.of(found.uid) if keeper else [], "may_edit": may and not day, "has_photos": keeper is not None,
        "form": form or ChangeForm(initial=_initial(found)), "place": place or PlaceForm(initial={"version": found.version, "lon": found.point.x, "lat": found.point.y}),
        "map": {"mode": "one", "table": False, "one": {"lon": shown.point.x, "lat": shown.point.y, "label": found.code}},
        "change_url": reverse("components:change", args=[found.uid]), "today": timezone.localdate(),
    }  # fmt: skip
    return render(request, "geography/components/one.html", context, status=status)


@never_cache
@require_GET
@door(VIEW)
def one(request: HttpRequest, uid: UUID) -> HttpResponse:
    """GET /components/<uid>/?on=2026-05-01: a component as it is, or as it was when that day ended."""
    return _page(request, desk.component(_actor(request), uid))


class PlaceForm(forms.Form):
    """Where a component really stands."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    lon = forms.CharField(max_length=30)
    lat = forms.CharField(max_length=30)
    reason = forms.CharField(label=gettext_lazy("Why it is moved"), required=False, max_length=500)


@require_POST
@door(EDIT)
def change(request: HttpRequest, uid: UUID) -> HttpResponse:
    """POST /components/<uid>/change/ do=edit|move|photo with the fields of each and the version that the page showed."""
    actor = _actor(request)
    found = desk.component(actor, uid)
    what = request.POST.get("do", "")
    form, place = None, None
    try:
        if what == "move":
            place = PlaceForm(request.POST)
            if place.is_valid():
                values = place.cleaned_data
                services.move_asset(actor=actor, uid=uid, version=values["version"], lon=values["lon"], lat=values["lat"], reason=values["reason"])
                messages.success(request, _("Moved. Where it stood before is in the history."))
                return redirect("components:one", uid)
        elif what == "photo":
            services.add_photos(actor=actor, uid=uid, files=request.FILES.getlist("photos"))
            messages.success(request, _("The photos are kept with the component."))
            return redirect("components:one", uid)
        else:
            form = ChangeForm(request.POST)
            if form.is_valid():
                values = dict(form.cleaned_data)
                version, reason = values.pop("version"), values.pop("reason")
                services.edit_asset(actor=actor, uid=uid, version=version, changes=values, reason=reason)
                messages.success(request, _("Changed. What it was before is in the history."))
                return redirect("components:one", uid)
    except ProblemError as problem:
        if problem.status in (401, 403, 404):
            raise
        target: Any = place or form
        if target is None:
            messages.error(request, str(problem))
            return redirect("components:one", uid)
        _attach(target, problem)
        return _page(request, desk.component(actor, uid), form, place, status=problem.status)
    return _page(request, found, form, place, status=422)


def _attach(form: forms.Form, problem: ProblemError) -> None:
    if isinstance(problem, BadInput):
        attach(form, problem)
    else:
        form.add_error(None, str(problem))


class NewForm(forms.Form):
    """A component that nobody has entered yet."""

    class_code = forms.ChoiceField(label=gettext_lazy("Class"))
    owner_org = forms.ChoiceField(label=gettext_lazy("Owner"), required=False)
    keeper_org = forms.ChoiceField(label=gettext_lazy("Kept in order by"), required=False)
    code = forms.CharField(label=gettext_lazy("Code"), required=False, max_length=17, help_text=gettext_lazy("Leave it empty: the next free one of the district and class is given."))
    lon = forms.CharField(max_length=30, required=False)
    lat = forms.CharField(max_length=30, required=False)
    address = forms.CharField(required=False, max_length=256)

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["class_code"].choices = [(c, f"{c} {n}") for c, n in sorted(ground.class_names().items())]  # type: ignore[attr-defined]
        for name in ("owner_org", "keeper_org"):
            self.fields[name].choices = [("", _("nobody known")), *desk.organizations()]  # type: ignore[attr-defined]


@never_cache
@require_http_methods(["GET", "POST"])
@door(EDIT)
def new(request: HttpRequest) -> HttpResponse:
    """GET, POST /components/new/: enter a component; its code is given by rule."""
    form = NewForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            made = services.enter_asset(
                actor=_actor(request), class_code=values["class_code"], name=ground.class_names().get(values["class_code"], ""), code=values["code"],
                lon=values["lon"], lat=values["lat"], address=values["address"], owner=values["owner_org"], keeper=values["keeper_org"],
            )  # fmt: skip
            messages.success(request, _("Entered under the code %(code)s.") % {"code": made.code})
            return redirect("components:one", made.uid)
        except ProblemError as problem:
            if problem.status in (401, 403, 404):
                raise
            _attach(form, problem)
    return render(request, "geography/components/new.html", {"form": form}, status=422 if form.errors else 200)


class BulkForm(forms.Form):
    """What shall change of all components of a list; empty fields stay as they are."""

    status = forms.ChoiceField(label=gettext_lazy("Condition"), required=False)
    owner_org = forms.ChoiceField(label=gettext_lazy("Owner"), required=False)
    keeper_org = forms.ChoiceField(label=gettext_lazy("Kept in order by"), required=False)
    supervisor_org = forms.ChoiceField(label=gettext_lazy("Supervised by"), required=False)
    reason = forms.CharField(label=gettext_lazy("Why it is changed"), max_length=500)

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        stay = ("", _("as it is"))
        self.fields["status"].choices = [stay, *AssetStatus.choices]  # type: ignore[attr-defined]
        for name in ("owner_org", "keeper_org", "supervisor_org"):
            self.fields[name].choices = [stay, *desk.organizations()]  # type: ignore[attr-defined]


@never_cache
@require_http_methods(["GET", "POST"])
@door(EDIT)
def bulk(request: HttpRequest) -> HttpResponse:
    """GET, POST /components/bulk/?<filters>: change a whole list; first count and sample, then `expected` of them."""
    actor = _actor(request)
    wanted = AssetFilter.read(request.GET.dict())
    form = BulkForm(request.POST if request.method == "POST" else None)
    ready = False
    if request.method == "POST" and form.is_valid():
        changes = {name: value for name in ("status", "owner_org", "keeper_org", "supervisor_org") if (value := form.cleaned_data[name])}
        if not changes:
            form.add_error(None, _("Say what shall change."))
        elif request.POST.get("do") == "apply":
            expected = whole(request.POST.get("expected", ""))
            try:
                done = services.bulk_edit(actor=actor, wanted=wanted, changes=changes, expected=-1 if expected is None else expected, reason=form.cleaned_data["reason"])
                messages.success(request, _("%(count)s components were changed.") % {"count": done})
                return redirect(address(reverse("components:list"), wanted.as_query()))
            except ProblemError as problem:
                _attach(form, problem)
        else:
            ready = True
    rows = desk.editable(actor, wanted)
    count = rows.order_by()[: services.MOST_BULK + 1].count()
    names, choices = ground.class_names(), _choices(actor)
    sample = rows.select_related("owner_org", "keeper_org").order_by("pk")[:SAMPLE]
    labels = {n: dict(form.fields[n].choices).get(form.data.get(n, ""), "") for n in ("status", "owner_org", "keeper_org", "supervisor_org")}  # type: ignore[attr-defined]
    context: dict[str, object] = {
        "form": form, "ready": ready, "count": count, "too_many": count > services.MOST_BULK, "most": services.MOST_BULK, "sample": [row_of(a, names) for a in sample],
        "words": _words(wanted, choices, reverse("components:bulk")), "list_url": address(reverse("components:list"), wanted.as_query()),
        "changes": [(str(form.fields[n].label), label) for n, label in labels.items() if ready and form.data.get(n)], "seen": desk.components(actor, wanted).order_by()[: services.MOST_BULK + 1].count(),
    }  # fmt: skip
    return render(request, "geography/components/bulk.html", context, status=422 if form.errors else 200)
