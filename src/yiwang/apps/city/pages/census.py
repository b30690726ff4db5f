"""The census for who orders it (专项普查): orders, a new one with its preview, how far one is, accepting what was found."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from yiwang.apps.city.pages.common import actor_of, uuid_of
from yiwang.apps.city.queries import census
from yiwang.apps.city.rules import census as rules
from yiwang.apps.city.services import census as services
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import BadInput, ProblemError
from yiwang.kernel.base.paging import page_by_key
from yiwang.kernel.base.rendering import render
from yiwang.kernel.base.texts import pick, whole
from yiwang.kernel.base.uid import uuid7
from yiwang.kernel.cases import config as configs
from yiwang.kernel.cases.queries.places import case_url
from yiwang.kernel.files.queries import visible
from yiwang.kernel.geography.queries import components as desk
from yiwang.kernel.identity.doors import door
from yiwang.kernel.identity.forms import attach
from yiwang.kernel.ui.desks import states
from yiwang.kernel.ui.desks.files import file_view

ORDER = "city.census.order"
SIZE = 30


class OrderForm(forms.Form):
    """A census as it is ordered. Classes and areas are many of a list."""

    classes = forms.MultipleChoiceField(label=gettext_lazy("Which components"))
    areas = forms.MultipleChoiceField(label=gettext_lazy("Where"))
    due_on = forms.DateField(label=gettext_lazy("To be done by the end of work on"), widget=forms.DateInput(attrs={"type": "date"}))
    text = forms.CharField(
        label=gettext_lazy("What the inspectors have to know"), required=False, max_length=1000, widget=forms.Textarea(attrs={"rows": 3})
    )
    asks = forms.MultipleChoiceField(label=gettext_lazy("What is compared with the register"), required=False)
    asks_photo = forms.BooleanField(label=gettext_lazy("A photo of every component"), required=False)
    asks_new = forms.BooleanField(
        label=gettext_lazy("Also look for components that the register does not know"), required=False, initial=True,
        help_text=gettext_lazy("Each inspector then says when he is through with his grid; otherwise a grid ends with its last answer."),
    )  # fmt: skip
    most_metres = forms.IntegerField(
        label=gettext_lazy("A correction moves a component at most so many metres"), min_value=0, max_value=rules.MOST_METRES, initial=rules.USUAL_METRES
    )
    corrects_at_once = forms.BooleanField(label=gettext_lazy("Corrections go into the register at once"), required=False, initial=True)
    adds_at_once = forms.BooleanField(label=gettext_lazy("Added components and those out of use go into the register at once, without acceptance"), required=False)

    def __init__(self, actor: Actor, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.groups = census.class_choices()
        self.fields["classes"].choices = [pair for _major, pairs in self.groups for pair in pairs]  # type: ignore[attr-defined]
        self.fields["areas"].choices = desk.areas_of(actor, ORDER)  # type: ignore[attr-defined]
        words = census.field_words()
        self.fields["asks"].choices = [(name, words[name]) for name in rules.ASKABLE]  # type: ignore[attr-defined]
        self.fields["asks"].initial = ["status", "address"]

    def wanted(self) -> rules.Wanted:
        values = self.cleaned_data
        lists = {name: tuple(values[name]) for name in ("classes", "areas", "asks")}
        return rules.Wanted(**{**values, **lists})

    def chosen(self, name: str) -> set[str]:
        given = self[name].value() or []
        return {str(v) for v in given}


@never_cache
@require_GET
@door(ORDER)
def orders(request: HttpRequest) -> HttpResponse:
    """GET /city/census/?after=<cursor>: the orders that concern the reader, the newest first."""
    page = page_by_key(census.orders(actor_of(request)), sort="case_id", cursor=request.GET.get("after", ""), size=SIZE)
    shares = census.progress_of([o.pk for o in page.rows])
    moment = now()
    rows = [
        {
            "url": reverse("city:census_one", args=[o.case.uid]), "title": o.case.title, "by": o.ordered_by_name, "due_at": o.due_at,
            "late": o.case.closed_at is None and o.due_at < moment, "chip": states.chip(o.case, configs.of_version(o.case.matter_version_id)),
            "share": shares.get(o.pk, rules.Progress()), "parts": o.n_parts, "done": o.n_done, "undone": o.n_given_back + o.n_undone,
        }
        for o in page.rows
    ]  # fmt: skip
    return render(request, "city/census/list.html", {"rows": rows, "next": page.next, "previous": page.previous})


@never_cache
@require_http_methods(["GET", "POST"])
@door(ORDER)
def new(request: HttpRequest) -> HttpResponse:
    """GET, POST /city/census/new/: do=preview says what it would be; do=send orders `expected` components."""
    actor = actor_of(request)
    form = OrderForm(actor, request.POST if request.method == "POST" else None)
    found: services.Plan | None = None
    if request.method == "POST" and form.is_valid():
        try:
            if request.POST.get("do") == "send":
                expected = whole(request.POST.get("expected", ""))
                key = request.POST.get("idempotency_key", "")[:80]
                made = services.order(actor=actor, wanted=form.wanted(), expected=-1 if expected is None else expected, key=key)
                messages.success(request, _("The census is ordered. Its parts are with the inspectors."))
                return redirect("city:census_one", made)
            found = services.plan(actor, form.wanted())
        except BadInput as problem:
            attach(form, problem)
        except ProblemError as problem:
            if problem.status in (401, 403, 404):
                raise
            form.add_error(None, str(problem))
    names = census.class_names(list(found.by_class)) if found else {}
    context: dict[str, object] = {
        "form": form, "groups": _groups(form), "chosen": {n: form.chosen(n) for n in ("classes", "areas", "asks")}, "plan": found, "key": request.POST.get("idempotency_key") or str(uuid7()),
        "parts": _planned(found) if found else [], "by_class": [(names.get(code, code), number) for code, number in sorted(found.by_class.items())] if found else [],
        "plain": [form[n] for n in ("asks_photo", "asks_new", "most_metres", "corrects_at_once", "adds_at_once")],
    }  # fmt: skip
    return render(request, "city/census/new.html", context, status=422 if form.errors else 200)


def _groups(form: OrderForm) -> list[dict[str, Any]]:
    """Return the major classes with their classes, those open in which something is chosen."""
    chosen = form.chosen("classes")
    return [{"name": major, "pairs": pairs, "open": any(code in chosen for code, _name in pairs)} for major, pairs in form.groups]


def _planned(found: services.Plan) -> list[dict[str, Any]]:
    """Return the parts before they go out, those that nobody patrols first."""
    rows = [
        {
            "grid": pick(p.grid.name) or p.grid.code if p.grid else (_("%(street)s, outside of grids") % {"street": pick(p.street.name)} if p.street else _("outside of grids")),
            "code": p.grid.code if p.grid else "", "count": len(p.share.assets), "inspector": p.inspector.name if p.inspector else "",
            "others": "、".join(o.name for o in p.others),
        }
        for p in found.parts
    ]  # fmt: skip
    return sorted(rows, key=lambda r: bool(r["inspector"]))


@never_cache
@require_http_methods(["GET", "POST"])
@door(ORDER)
def one(request: HttpRequest, uid: UUID) -> HttpResponse:
    """GET /city/census/<case>/?state=&after=: how far an order is. POST do=accept|refuse with `answer`s, or do=give with part and account."""
    actor = actor_of(request)
    order = census.order_for(actor, uid)
    if request.method == "POST":
        problem = _do(request, actor, order)
        if problem is None:
            return redirect(request.get_full_path())
        messages.error(request, problem)
        return _page(request, actor, census.order_for(actor, uid), status=422)
    return _page(request, actor, order)


def _do(request: HttpRequest, actor: Actor, order: Any) -> str | None:
    """Do what a form of the page asks; return the refusal in words."""
    what, post = request.POST.get("do", ""), request.POST
    try:
        if what == "give":
            part = uuid_of(post.get("part"))
            if part is None:
                return _("Choose a grid.")
            services.give_to(actor=actor, case_uid=order.case.uid, part_uid=part, account=post.get("account", "")[:60])
            messages.success(request, _("The part has been given out anew."))
            return None
        wanted = [u for raw in post.getlist("answer")[:300] if (u := uuid_of(raw)) is not None]
        key = post.get("idempotency_key", "")[:80]
        count = services.decide(actor=actor, case_uid=order.case.uid, answers=wanted, accept=what == "accept", reason=post.get("reason", "")[:500], key=key)
        words = _("%(count)s findings are in the register now.") if what == "accept" else _("%(count)s findings were not accepted.")
        messages.success(request, words % {"count": count})
    except ProblemError as refused:
        if refused.status in (401, 403, 404):
            raise
        return refused.detail()
    return None


_OPEN_ENDS = (
    (rules.Standing.ABANDONED, gettext_lazy("never begun: %(count)s grids"), "paused", "ban"),
    (rules.Standing.LATE, gettext_lazy("overdue: %(count)s grids"), "overdue", ""),
    (rules.Standing.UNDONE, gettext_lazy("left undone: %(count)s grids"), "overdue", ""),
)


def _page(request: HttpRequest, actor: Actor, order: Any, status: int = 200) -> HttpResponse:
    case, names = order.case, census.class_names(order.classes)
    config = configs.of_version(case.matter_version_id)
    parts = census.parts_of(order, shapes=True)
    state = request.GET.get("state", "")
    waiting = list(census.answers_of(order, "waiting").order_by("pk")[:100]) if case.is_open else []
    page = page_by_key(census.answers_of(order, state), cursor=request.GET.get("after", ""), size=SIZE)
    shown = {f.uid: file_view(f) for f in visible(actor, [u for a in (*waiting, *page.rows) for u in a.files])}

    def rows(answers: Any) -> list[dict[str, Any]]:
        return [{**census.answer_row(a, names), "photos": [shown[f] for f in a.files if f in shown]} for a in answers]

    share, stands = sum((p.share for p in parts), rules.Progress()), census.standings_of(parts)
    context: dict[str, object] = {
        "order": order, "case": case, "chip": states.chip(case, config), "case_url": case_url(case), "late": case.is_open and order.due_at < now(),
        "open_ends": [(words % {"count": n}, tone, icon) for kind, words, tone, icon in _OPEN_ENDS if (n := stands[kind])],
        "share": share, "parts": sorted(parts, key=lambda p: (p.share.left == 0, -p.share.left)), "people": census.people_of(order, parts), "numbers": services.numbers(order),
        "map": {"mode": "browse", "table": False, "layers": census.part_layers(parts)}, "waiting": rows(waiting), "answers": rows(page.rows), "next": page.next, "previous": page.previous,
        "classes": "、".join(names.values()), "asks": "、".join(w for n, w in census.field_words().items() if n in order.asks), "state": state,
        "states": [("", _("All answers")), *census.finding_words().items()], "key": str(uuid7()), "people_choices": census.inspectors_in(case.area_path) if case.is_open else [],
        "movable": [p for p in parts if p.state in ("open", "given_back")] if case.is_open else [], "sheet_url": reverse("city:census_sheet", args=[case.uid]),
    }  # fmt: skip
    return render(request, "city/census/one.html", context, status=status)


@never_cache
@require_GET
@door(ORDER)
def sheet(request: HttpRequest, uid: UUID) -> HttpResponse:
    """GET /city/census/<case>/summary.xlsx: numbers, grids and every answer, with the marks of exports."""
    actor = actor_of(request)
    taken = services.export_summary(actor, census.order_for(actor, uid))
    response = HttpResponse(taken.content, content_type=taken.content_type)
    response["Content-Disposition"] = f'attachment; filename="{taken.name}"'
    return response
