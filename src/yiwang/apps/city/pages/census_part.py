"""An inspector's part of a census on his phone: what is left, the map, one answer after the other."""

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
from django.views.decorators.http import require_http_methods

from yiwang.apps.city.pages.common import actor_of, number, uuid_of
from yiwang.apps.city.queries import census
from yiwang.apps.city.queries.census import PartView
from yiwang.apps.city.rules import census as rules
from yiwang.apps.city.services import census as services
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import BadInput, ProblemError
from yiwang.kernel.base.paging import page_by_key
from yiwang.kernel.base.rendering import render
from yiwang.kernel.base.uid import uuid7
from yiwang.kernel.cases.services import mark_seen
from yiwang.kernel.identity.doors import door
from yiwang.kernel.identity.forms import attach
from yiwang.kernel.ui.desks.acting import keep_uploads
from yiwang.kernel.ui.desks.files import file_view

SIZE = 40


class AnswerForm(forms.Form):
    """What an inspector says. Which fields there are depends on what the order asks and on the answer."""

    status = forms.ChoiceField(label=gettext_lazy("Condition"), choices=census.CONDITIONS, required=False)
    road = forms.CharField(label=gettext_lazy("Road"), required=False, max_length=100)
    address = forms.CharField(label=gettext_lazy("Address or how to find it"), required=False, max_length=256)
    remark = forms.CharField(label=gettext_lazy("Remark"), required=False, max_length=1000, widget=forms.Textarea(attrs={"rows": 2}))
    class_code = forms.ChoiceField(label=gettext_lazy("Class"), required=False)
    reason = forms.CharField(label=gettext_lazy("Reason"), required=False, max_length=500)
    lon = forms.CharField(max_length=30, required=False)
    lat = forms.CharField(max_length=30, required=False)

    def __init__(self, classes: list[tuple[str, str]], *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["class_code"].choices = classes  # type: ignore[attr-defined]


@never_cache
@require_http_methods(["GET", "POST"])
@door("city.task.census", "city.task.census_lead", "city.census.order")
def part(request: HttpRequest, uid: UUID) -> HttpResponse:
    """GET /city/census/parts/<task>/?asset=<uid>|new=1&show=done&after=: the part, and the component at hand.

    POST do=answer with `answer`, `asset` and fields; do=done; do=give_back with a reason.
    """
    actor = actor_of(request)
    view = census.part_for(actor, uid)
    if request.method == "POST":
        return _post(request, actor, view)
    if view.may_answer and view.task.seen_at is None:
        mark_seen(actor, view.task.uid)
    return _page(request, actor, view)


def _post(request: HttpRequest, actor: Actor, view: PartView) -> HttpResponse:
    what, base = request.POST.get("do", ""), reverse("city:census_part", args=[view.task.uid])
    try:
        if what in ("done", "give_back"):
            services.end_part(
                actor=actor, task=view.task.uid, outcome=what, reason=request.POST.get("reason", "")[:500], key=request.POST.get("idempotency_key", "")[:80]
            )
            messages.success(request, _("Your part is done.") if what == "done" else _("The part has been given back; what is left stays visible."))
            return redirect(base)
    except ProblemError as problem:
        if problem.status in (401, 403, 404):
            raise
        messages.error(request, problem.detail())
        return _page(request, actor, census.part_for(actor, view.task.uid), status=problem.status)
    return _answer(request, actor, view, base)


def _answer(request: HttpRequest, actor: Actor, view: PartView, base: str) -> HttpResponse:
    """Take one answer; a refusal keeps what was typed and the photos that were sent."""
    order, post = view.part.order, request.POST
    form = AnswerForm(list(census.class_names(order.classes).items()), post)
    said, uploaded = post.get("answer", ""), []
    try:
        rows, _hashes = keep_uploads(request, actor, "photos", "other")
        uploaded = [file_view(r) for r in rows]
        if form.is_valid():
            lon, lat = number(form.cleaned_data["lon"]), number(form.cleaned_data["lat"])
            names = {"correct": (*order.asks, "reason"), "add": ("class_code", "status", "road", "address", "remark", "reason")}.get(said, ("reason",))
            done = services.answer(
                actor=actor, task=view.task.uid, asset=uuid_of(post.get("asset")), answer=said, values={n: form.cleaned_data[n] for n in names},
                place=(lon, lat) if lon is not None and lat is not None else None, files=[r.uid for r in rows], key=post.get("idempotency_key", "")[:80],
                over=uuid_of(post.get("over")),
            )  # fmt: skip
            words = _("Kept. It goes into the register when it has been accepted.") if done.state == "waiting" else _("Kept.")
            messages.success(request, words)
            following = _next(view) if done.part_state == rules.Part.OPEN and said != rules.Answer.ADD else ""
            return redirect(f"{base}?asset={following}#answer" if following else base)
    except BadInput as problem:
        attach(form, problem)
    except ProblemError as problem:
        if problem.status in (401, 403, 404):
            raise
        form.add_error(None, problem.detail())
    return _page(request, actor, census.part_for(actor, view.task.uid), form=form, said=said, uploaded=uploaded, status=422)


def _next(view: PartView) -> str:
    """Return the component that comes next in the list of what is left."""
    found = census.items_of(view.part, left=True).order_by("asset__road", "asset__code").first()
    return str(found.asset.uid) if found and found.asset else ""


def _page(
    request: HttpRequest, actor: Actor, view: PartView, *, form: AnswerForm | None = None, said: str = "", uploaded: list[Any] | None = None, status: int = 200
) -> HttpResponse:
    part, order, base = view.part, view.part.order, reverse("city:census_part", args=[view.task.uid])
    names = census.class_names(order.classes)
    done = request.GET.get("show") == "done"
    page = page_by_key(census.items_of(part, left=not done), descending=done, cursor=request.GET.get("after", ""), size=SIZE)
    share = services.states_of(part)
    wanted = uuid_of(request.POST.get("asset") or request.GET.get("asset"))
    adding = view.may_answer and (said == rules.Answer.ADD or (request.method == "GET" and bool(request.GET.get("new"))))
    item = census.item_for(part, wanted) if wanted is not None and not adding else None
    last = census.last_answer(item) if item else None
    asset = item.asset if item else None
    initial = {"status": asset.status, "road": asset.road, "address": asset.address, "remark": asset.remark} if asset else {"status": "intact"}
    form = form or AnswerForm(list(names.items()), initial=initial)
    context: dict[str, object] = {
        "part": part, "order": order, "case": order.case, "task": view.task, "base": base, "may_answer": view.may_answer, "share": share, "late": view.may_answer and order.due_at < now(),
        "name": services.place_name(part), "state": census.part_words()[rules.Part(part.state)], "tone": census.PART_TONES[rules.Part(part.state)],
        "rows": [census.item_row(i, names) for i in page.rows], "show_done": done, "next": page.next, "previous": page.previous,
        "item": census.item_row(item, names) if item else None, "asset": asset, "adding": adding, "form": form, "said": said, "uploaded": uploaded or [],
        "last": census.answer_row(last, names) if last else None, "correctable": [form[n] for n in order.asks], "addable": [form[n] for n in ("status", "road", "address", "remark")],
        "map": census.part_map(part, base), "key": request.POST.get("idempotency_key") or str(uuid7()), "bounds": census.bounds_of(part),
        "may_retire": order.adds_at_once, "centre": [asset.point.x, asset.point.y] if asset else None,
    }  # fmt: skip
    return render(request, "city/census/part.html", context, status=status)
