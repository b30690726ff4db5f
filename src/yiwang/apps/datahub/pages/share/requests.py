"""Requests for data and doubts about rows: the list, asking, one request with what can be done, one doubt."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from yiwang.apps.datahub.pages.share.common import ReasonForm, actor_of, lines
from yiwang.apps.datahub.pages.share.forms import OrgChoice
from yiwang.apps.datahub.queries.share import catalogue, orgs, rows
from yiwang.apps.datahub.queries.share import requests as queries
from yiwang.apps.datahub.queries.share.choices import RequestState, Way
from yiwang.apps.datahub.rules import masking
from yiwang.apps.datahub.rules.share import requests as rules
from yiwang.apps.datahub.services.share import objections
from yiwang.apps.datahub.services.share import requests as services
from yiwang.kernel.base import texts
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import ProblemError
from yiwang.kernel.base.paging import page_by_key
from yiwang.kernel.base.rendering import render
from yiwang.kernel.identity.doors import door
from yiwang.kernel.identity.forms import refuse

TONES = {"owner": "soon", "granted": "in_time", "refused": "overdue", "disputed": "soon", "withdrawn": "neutral", "ended": "done", "open": "soon", "corrected": "in_time", "upheld": "done"}
EVERYBODY = (queries.REQUEST, queries.DECIDE, queries.SETTLE, queries.WATCH)


def row_of(row: Any) -> dict[str, Any]:
    return {
        "uid": str(row.uid), "number": row.number, "url": reverse("datahub:request", args=[row.uid]), "dataset": texts.pick(row.dataset.name), "org": texts.pick(row.org.name),
        "owner": texts.pick(row.dataset.org.name), "state": row.get_state_display(), "tone": TONES[row.state], "due_at": row.due_at, "late": bool(row.due_at and row.due_at < now()),
        "made_at": row.made_at, "purpose": row.purpose, "way": row.get_way_display(),
    }  # fmt: skip


def objection_row(row: Any) -> dict[str, Any]:
    return {
        "uid": str(row.uid), "url": reverse("datahub:objection", args=[row.uid]), "dataset": texts.pick(row.dataset.name), "org": texts.pick(row.org.name), "key": row.shown_key,
        "state": row.get_state_display(), "tone": TONES[row.state], "due_at": row.due_at, "late": row.state == "open" and row.due_at < now(), "text": row.text,
    }  # fmt: skip


@never_cache
@require_GET
@door(*EVERYBODY)
def requests_page(request: HttpRequest) -> HttpResponse:
    """GET /data/sharing/?q=&state=&side=&after=: requests that concern the reader; doubts beside them."""
    actor, asked = actor_of(request), request.GET
    given = {name: asked.get(name, "")[:100] for name in ("q", "state", "side")}
    page = page_by_key(queries.requests_of(actor, state=given["state"], words=given["q"], side=given["side"]), sort="made_at", cursor=asked.get("after", ""), size=30)
    mine = queries.requests_of(actor, side="theirs").filter(state="owner").order_by("due_at")[:10]
    context: dict[str, object] = {
        "rows": [row_of(r) for r in page.rows], "next": page.next, "previous": page.previous, "given": given, "query": urlencode({k: v for k, v in given.items() if v}),
        "states": RequestState.choices, "to_decide": [row_of(r) for r in mine], "objections": [objection_row(o) for o in queries.objections_of(actor).order_by("-made_at")[:20]],
    }  # fmt: skip
    return render(request, "datahub/share/requests.html", context)


class AskForm(forms.Form):
    """What a request says."""

    org = OrgChoice(label=gettext_lazy("For which bureau"), queryset=None, empty_label=None)
    columns = forms.MultipleChoiceField(label=gettext_lazy("Columns that are needed"), widget=forms.CheckboxSelectMultiple)
    row_filter = forms.CharField(
        label=gettext_lazy("Only these rows"), required=False, max_length=1000, widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("One condition a line: column, = != < <= > >= in starts, value. All have to hold."),
    )  # fmt: skip
    duty = forms.CharField(label=gettext_lazy("Service item or duty"), max_length=120, required=False)
    purpose = forms.CharField(label=gettext_lazy("What it is needed for"), max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 2}))
    basis = forms.CharField(
        label=gettext_lazy("Legal basis"), max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("The law and its article, or the document and its number."),
    )  # fmt: skip
    scene = forms.CharField(label=gettext_lazy("Where it is used"), max_length=500, required=False)
    way = forms.ChoiceField(label=gettext_lazy("Way of delivery"), choices=Way.choices)
    query = forms.CharField(
        label=gettext_lazy("Query"), required=False, max_length=8000, widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy("For a query without taking away: one SELECT with counts and sums over groups."),
    )  # fmt: skip
    system = forms.CharField(label=gettext_lazy("System that calls"), max_length=120, required=False)
    addresses = forms.CharField(label=gettext_lazy("Addresses it calls from"), max_length=400, required=False, help_text=gettext_lazy("Separated by commas"))
    per_minute = forms.IntegerField(label=gettext_lazy("Calls a minute"), initial=60, min_value=1)
    per_day = forms.IntegerField(label=gettext_lazy("Calls a day"), initial=1000, min_value=1)
    valid_until = forms.DateField(label=gettext_lazy("Needed until"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    contact = forms.CharField(label=gettext_lazy("Contact"), max_length=80, required=False)
    promise = forms.BooleanField(
        required=False, label=gettext_lazy("We use the data for this purpose alone, pass it to nobody, keep it safe and delete it at the end.")
    )

    def __init__(self, actor: Any, contract: Any, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["org"].queryset = orgs.where(actor, queries.REQUEST)  # type: ignore[attr-defined]
        self.fields["columns"].choices = [  # type: ignore[attr-defined]
            (c.name, f"{c.label or c.name} · L{c.grade}") for c in (contract.columns if contract else ())
        ]

    def clean_row_filter(self) -> Any:
        try:
            return rules.read_filter(self.cleaned_data["row_filter"])
        except ValueError as error:
            raise forms.ValidationError(_("This line cannot be read: %(line)s") % {"line": error}) from error

    def clean_addresses(self) -> Any:
        return lines(self.cleaned_data["addresses"])


@never_cache
@require_http_methods(["GET", "POST"])
@door(queries.REQUEST)
def ask_page(request: HttpRequest, code: str) -> HttpResponse:
    """GET, POST /data/sharing/ask/<code>/: ask for a set."""
    actor = actor_of(request)
    dataset = catalogue.one(actor, code)
    contract = rows.contract_of(dataset)
    form = AskForm(actor, contract, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            made = services.ask(actor, dataset, form.cleaned_data["org"], form.cleaned_data)
            messages.success(request, _("Granted by the platform.") if made.state == RequestState.GRANTED else _("Sent to the source bureau."))
            return redirect("datahub:request", made.uid)
        except ProblemError as problem:
            refuse(form, problem)
    context = {"form": form, "dataset": dataset, "name": texts.pick(dataset.name), "reason": dataset.sharing_reason}
    return render(request, "datahub/share/ask.html", context, status=422 if form.errors else 200)


class DecideForm(forms.Form):
    """A word on a request: why, by which law; the masks and lookups stand beside it."""

    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 3}))
    law = forms.CharField(label=gettext_lazy("Law that a refusal rests on"), max_length=500, required=False)
    masks: Any = None


@never_cache
@require_http_methods(["GET", "POST"])
@door(*EVERYBODY)
def request_page(request: HttpRequest, uid: UUID) -> HttpResponse:
    """GET, POST /data/sharing/requests/<uid>/: do=approve|refuse|dispute|settle_yes|settle_no|take_back."""
    actor, row = actor_of(request), queries.request_for(actor_of(request), uid)
    form = DecideForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            _decided(request, actor, row, form.cleaned_data)
            return redirect("datahub:request", uid)
        except ProblemError as problem:
            refuse(form, problem)
    contract = rows.contract_of(row.dataset)
    policy = masking.strengths(contract.columns, "grant") if contract else {}
    own = {"area_path": row.area_path}
    grant = queries.grants_of(actor).filter(request=row).first()
    words = {"plain": _("as it is"), "mask": _("masked"), "strong": _("masked strongly"), "hidden": _("hidden")}
    columns = [
        {"name": c.name, "label": c.label or c.name, "grade": f"L{c.grade}", "strength": policy[c.name], "mask": words[policy[c.name]], "personal": bool(c.personal)}
        for c in (contract.columns if contract else ()) if c.name in row.columns
    ]  # fmt: skip
    others = queries.requests_of(actor).filter(dataset=row.dataset, org=row.org, way=Way.QUERY, state=RequestState.GRANTED).exclude(pk=row.pk) if row.way == Way.QUERY else []
    context: dict[str, object] = {
        "row": row_of(row), "asked": row, "form": form, "columns": columns, "strengths": list(words.items()), "filter": rules.filter_text(row.row_filter),
        "steps": [{"what": step_words().get(s.action, s.action), "at": s.at, "by": s.by_name, "org": s.by_org, "text": s.text, "law": s.law, "late": bool(s.was_due and s.at > s.was_due)}
                  for s in row.steps.all()],
        "grant_url": reverse("datahub:grant", args=[grant.uid]) if grant else "", "others": [row_of(r) for r in others],
        "warned": [w.by for w in services.warned(row.dataset, {c.name: policy[c.name] for c in (contract.columns if contract else ()) if c.name in row.columns})],
        "may_decide": row.state == RequestState.OWNER and actor.may(queries.DECIDE, org_path=row.owner_path, **own),
        "may_settle": row.state == RequestState.DISPUTED and actor.may(queries.SETTLE, org_path=row.owner_path, **own),
        "may_dispute": row.state == RequestState.REFUSED and actor.may(queries.REQUEST, org_path=row.org_path, area_path=row.org.area.path)
        and not row.steps.filter(action__in=("settled", "disputed")).exists(),
        "may_take_back": row.state in ("owner", "disputed", "refused") and actor.may(queries.REQUEST, org_path=row.org_path, area_path=row.org.area.path),
    }  # fmt: skip
    return render(request, "datahub/share/request.html", context, status=422 if form.errors else 200)


def _decided(request: HttpRequest, actor: Any, row: Any, given: dict[str, Any]) -> None:
    what = request.POST.get("do", "")
    if what in ("approve", "refuse"):
        masks = {str(name): str(request.POST[f"mask-{name}"]) for name in row.columns if request.POST.get(f"mask-{name}")}
        services.decide(actor, row, approve=what == "approve", reason=given["reason"], law=given["law"], masks=masks, lookups=request.POST.getlist("lookups"))
        messages.success(request, _("Granted.") if what == "approve" else _("Refused."))
    elif what == "dispute":
        services.dispute(actor, row, given["reason"])
        messages.success(request, _("The authority settles it."))
    elif what in ("settle_yes", "settle_no"):
        services.settle(actor, row, approve=what == "settle_yes", reason=given["reason"])
        messages.success(request, _("Settled."))
    else:
        services.take_back(actor, row)
        messages.success(request, _("Taken back."))


def step_words() -> dict[str, str]:
    return {
        "asked": _("asked, in order"), "platform": _("granted by the platform"), "granted": _("granted"), "refused": _("refused"), "disputed": _("disputed"), "settled": _("settled by the authority"),
        "withdrawn": _("taken back"), "revoked": _("revoked"), "reviewed": _("reviewed"), "ended": _("ended"),
    }  # fmt: skip


class ObjectForm(forms.Form):
    """A doubtful row."""

    org = OrgChoice(label=gettext_lazy("For which bureau"), queryset=None, empty_label=None)
    key = forms.CharField(label=gettext_lazy("Key of the row"), max_length=120, required=False, help_text=gettext_lazy("Kept sealed and shown masked."))
    column = forms.ChoiceField(label=gettext_lazy("Column"), required=False)
    text = forms.CharField(label=gettext_lazy("What is wrong"), max_length=1000, required=False, widget=forms.Textarea(attrs={"rows": 3}))
    evidence = forms.CharField(label=gettext_lazy("What shows it"), max_length=1000, required=False, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, actor: Any, contract: Any, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["org"].queryset = orgs.where(actor, queries.REQUEST)  # type: ignore[attr-defined]
        self.fields["column"].choices = [("", "–"), *((c.name, c.label or c.name) for c in (contract.columns if contract else ()))]  # type: ignore[attr-defined]


@never_cache
@require_http_methods(["GET", "POST"])
@door(queries.REQUEST)
def object_page(request: HttpRequest, code: str) -> HttpResponse:
    """GET, POST /data/sharing/object/<code>/: report a doubtful row."""
    actor = actor_of(request)
    dataset = catalogue.one(actor, code)
    form = ObjectForm(actor, rows.contract_of(dataset), request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            given = dict(form.cleaned_data)
            made = objections.object_to(actor, dataset, given.pop("org"), **given)
            messages.success(request, _("Sent to the source bureau."))
            return redirect("datahub:objection", made.uid)
        except ProblemError as problem:
            refuse(form, problem)
    return render(request, "datahub/share/object.html", {"form": form, "dataset": dataset, "name": texts.pick(dataset.name)}, status=422 if form.errors else 200)


@never_cache
@require_http_methods(["GET", "POST"])
@door(*EVERYBODY)
def objection_page(request: HttpRequest, uid: UUID) -> HttpResponse:
    """GET, POST /data/sharing/objections/<uid>/: do=corrected|upheld with an answer, do=reveal the row's key to its source."""
    actor, row = actor_of(request), queries.objection_for(actor_of(request), uid)
    form, key = ReasonForm(request.POST if request.method == "POST" else None), ""
    if request.method == "POST" and form.is_valid():
        try:
            if request.POST.get("do") == "reveal":
                key = objections.reveal_key(actor, row)
            else:
                objections.answer(actor, row, corrected=request.POST.get("do") == "corrected", text=form.cleaned_data["reason"])
                messages.success(request, _("Answered; all subscribers were told."))
                return redirect("datahub:objection", uid)
        except ProblemError as problem:
            refuse(form, problem)
    may = actor.may(queries.DECIDE, org_path=row.owner_path, area_path=row.area_path)
    context: dict[str, object] = {"row": objection_row(row), "doubt": row, "form": form, "key": key, "may_answer": may and row.state == "open", "may_reveal": may, "today": localdate()}
    return render(request, "datahub/share/objection.html", context, status=422 if form.errors else 200)
