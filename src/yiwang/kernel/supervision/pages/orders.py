"""Doors of orders and notes: the list, one with its parts, a new one, its sheet; reply, judge, urge, withdraw."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import BadInput, NotFound
from yiwang.kernel.base.rendering import render
from yiwang.kernel.cases.queries import work
from yiwang.kernel.identity.doors import door
from yiwang.kernel.supervision import services
from yiwang.kernel.supervision.contracts import Form, OrderDraft
from yiwang.kernel.supervision.pages.common import (
    actor_of,
    done_before,
    file_views,
    key_of,
    links,
    tabs,
    try_form,
    uploads,
)
from yiwang.kernel.supervision.pages.forms import OrderForm
from yiwang.kernel.supervision.queries import bodies, orders
from yiwang.kernel.worktime.contracts import Kind
from yiwang.kernel.worktime.queries import calendar_for
from yiwang.kernel.worktime.rules import deadlines

NOTE = "supervision.note.give"
STATES = ("", "open", "to_judge", "closed", "withdrawn")
PART_TONES = {"waiting": "soon", "replied": "accent", "accepted": "done", "lapsed": "paused", "withdrawn": "neutral"}
TONES = {"open": "soon", "closed": "done", "withdrawn": "neutral"}


@require_GET
@door(orders.VIEW)
def order_list(request: HttpRequest) -> HttpResponse:
    """GET /supervision/orders/?state=open|to_judge|closed|withdrawn&form=order|note&late=1&mine=1&cursor=."""
    actor = actor_of(request)
    wanted = {name: request.GET.get(name, "")[:20] for name in ("state", "form", "late", "mine")}
    page = orders.page(actor, wanted, cursor=request.GET.get("cursor", ""))
    base, moment = reverse("supervision:orders"), now()
    rows = [
        {
            "order": o, "tone": TONES[o.state], "late": o.state == "open" and o.waiting and o.due_at and o.due_at < moment, "done": o.parts - o.waiting - o.replied,
            "url": reverse("supervision:order", args=[o.uid]),
        }
        for o in page.rows
    ]  # fmt: skip
    choices = [("", _("All")), ("open", _("Open order")), ("to_judge", _("To be judged")), ("closed", _("Settled order")), ("withdrawn", _("Order withdrawn"))]
    context: dict[str, object] = {
        "rows": rows, "counts": orders.counts(actor), "wanted": wanted, "base": base, **links("supervision:orders", page, **wanted),
        "tabs": tabs(base, "state", wanted["state"], choices, form=wanted["form"], mine=wanted["mine"]),
        "may_give": actor.may_anywhere(orders.GIVE) or actor.may_anywhere(NOTE),
    }  # fmt: skip
    return render(request, "supervision/orders.html", context)


def _cases(actor: Actor, request: HttpRequest) -> list[Any]:
    """Return the cases that the address or the form names by uid; those that are none of the reader's are not there."""
    found = []
    for text in dict.fromkeys(request.POST.getlist("case") if request.method == "POST" else request.GET.getlist("case")):
        try:
            found.append(work.case_for(actor, UUID(text)))
        except ValueError as error:
            raise NotFound(what="case") from error
    return found


@require_http_methods(["GET", "POST"])
@door(orders.GIVE, NOTE)
def order_new(request: HttpRequest) -> HttpResponse:
    """GET, POST /supervision/orders/new/?case=<uid>&form=note: give an order, on cases or on none."""
    actor = actor_of(request)
    if request.method == "POST" and (before := done_before(request)):
        return redirect("supervision:order", before["order"])
    chosen = _cases(actor, request)
    first = chosen[0] if chosen else None
    wished = request.GET.get("form", Form.ORDER.value)
    form = OrderForm(
        request.POST if request.method == "POST" else None, bodies=bodies.choices(actor, orders.GIVE), may_note=actor.may_anywhere(NOTE), may_order=actor.may_anywhere(orders.GIVE),
        initial={"title": first.title if first else "", "form": wished if wished in set(Form) else Form.ORDER.value, "limit": 1 if wished == Form.NOTE else 3},
    )  # fmt: skip
    if request.method == "POST" and form.is_valid():
        got = try_form(request, form, lambda: services.order(actor, _draft(request, actor, form, chosen), key=key_of(request)), _("The order is given."))
        if got is not None:
            return redirect("supervision:order", got.uid)
    context: dict[str, object] = {"form": form, "cases": chosen, "is_note": wished == Form.NOTE, "note": Form.NOTE.value}
    return render(request, "supervision/order_new.html", context, status=422 if form.errors else 200)


def _draft(request: HttpRequest, actor: Actor, form: OrderForm, chosen: list[Any]) -> OrderDraft:
    values = form.cleaned_data
    numbers = values["numbers"].split()[:60]
    found = {c.number: c.uid for c in work.visible_cases(actor).filter(number__in=numbers)} if numbers else {}
    if missing := [n for n in numbers if n not in found]:
        raise BadInput.one("numbers", "unknown", _("These are no cases of yours: %(list)s.") % {"list": ", ".join(missing[:10])})
    return OrderDraft(
        title=values["title"], text=values["text"], form=values["form"], cases=tuple(dict.fromkeys([*(c.uid for c in chosen), *found.values()])),
        orgs=tuple(UUID(u) for u in values["orgs"]), limit=values["limit"], unit=values["unit"], urgent=values["urgent"], files=uploads(request),
    )  # fmt: skip


@require_GET
@door(orders.VIEW)
def order_page(request: HttpRequest, uid: UUID) -> HttpResponse:
    """GET /supervision/orders/<uid>/: the paper, who has to answer, what was answered, what the reader may do."""
    actor = actor_of(request)
    return render(request, "supervision/order.html", _context(actor, uid))


@require_GET
@door(orders.VIEW)
def order_sheet(request: HttpRequest, uid: UUID) -> HttpResponse:
    """GET /supervision/orders/<uid>/sheet/: the paper to be printed and signed (督办单)."""
    return render(request, "supervision/order_sheet.html", _context(actor_of(request), uid))


def _context(actor: Actor, uid: UUID) -> dict[str, object]:
    order = orders.one(actor, uid)
    shown = orders.shown_targets(actor, order)
    tasks, moment = orders.tasks_of(shown), now()
    may_check, may_urge = orders.may_check(actor, order), orders.may_urge(actor, order)
    calendar = calendar_for(order.area_path)
    parts = []
    for part in shown:
        said = list(part.replies.all())
        replies = [{"reply": r, "files": file_views(r.files, actor), "tone": {"accepted": "done", "sent_back": "overdue"}.get(r.verdict, "accent")} for r in said]
        own = bool(said) and actor.account_id is not None and actor.account_id in (said[-1].by_id, said[-1].behalf_id)
        late = part.state == "waiting" and part.due_at is not None and part.due_at < moment
        parts.append({
            "part": part, "replies": replies, "tone": "overdue" if late else PART_TONES[part.state], "late": late,
            "late_s": deadlines.minutes_between(part.due_at, moment, Kind.WORK_HOUR, calendar) * 60 if late and part.due_at else 0,
            "may_answer": orders.may_answer(actor, part, tasks), "may_judge": part.state == "replied" and may_check and not own,
            "may_urge": part.state == "waiting" and may_urge, "case_url": f"/{part.case.app}/cases/{part.case.uid}/" if part.case and work.may_see(actor, part.case) else "",
        })  # fmt: skip
    return {
        "order": order, "parts": parts, "tone": TONES[order.state], "may_withdraw": order.state == "open" and may_urge, "hidden": len(order.targets.all()) - len(shown),
        "files": file_views([str(f.uid) for f in orders.files_of(order)], actor), "is_note": order.form == Form.NOTE,
    }  # fmt: skip


@require_POST
@door(orders.VIEW)
def withdraw(request: HttpRequest, uid: UUID) -> HttpResponse:
    """POST /supervision/orders/<uid>/withdraw/ reason=: take the order back."""
    services.withdraw_order(actor_of(request), uid, request.POST.get("reason", ""), key=key_of(request))
    messages.success(request, _("The order is withdrawn."))
    return redirect("supervision:order", uid)


def _back(actor: Actor, part: UUID) -> HttpResponse:
    return redirect("supervision:order", orders.target(actor, part).order.uid)


@require_POST
@door(orders.VIEW)
def part_reply(request: HttpRequest, uid: UUID) -> HttpResponse:
    """POST /supervision/parts/<uid>/reply/ text=, files: answer one part."""
    actor = actor_of(request)
    if not done_before(request):
        orders.target(actor, uid)  # whoever does not see it sends no files
        services.reply(actor, uid, request.POST.get("text", ""), files=uploads(request), key=key_of(request))
    messages.success(request, _("The answer is sent."))
    return _back(actor, uid)


@require_POST
@door(orders.VIEW)
def part_judge(request: HttpRequest, uid: UUID) -> HttpResponse:
    """POST /supervision/parts/<uid>/judge/ accept=1|0, reason=: accept the answer or send it back."""
    actor, accept = actor_of(request), request.POST.get("accept") == "1"
    services.judge(actor, uid, accept=accept, reason=request.POST.get("reason", ""), key=key_of(request))
    messages.success(request, _("The answer is accepted.") if accept else _("The answer is sent back."))
    return _back(actor, uid)


@require_POST
@door(orders.VIEW)
def part_urge(request: HttpRequest, uid: UUID) -> HttpResponse:
    """POST /supervision/parts/<uid>/urge/: urge the answer."""
    actor = actor_of(request)
    times = services.urge(actor, uid, key=key_of(request))
    messages.success(request, _("Urged, for the %(n)s. time.") % {"n": times})
    return _back(actor, uid)
