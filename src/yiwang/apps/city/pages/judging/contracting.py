"""Contractors' months (合同月度结算): contracts, a month's sheet whose lines open to cases, xlsx and PDF."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from yiwang.apps.city.pages.common import actor_of
from yiwang.apps.city.queries.judging import contracting as contracts
from yiwang.apps.city.queries.judging import outside
from yiwang.apps.city.rules.judging import contracting as rules
from yiwang.apps.city.services.judging import contracting as services
from yiwang.kernel.base import texts
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.errors import BadInput, ProblemError
from yiwang.kernel.base.paging import page_by_key
from yiwang.kernel.base.rendering import render
from yiwang.kernel.cases.queries import work
from yiwang.kernel.identity.doors import door
from yiwang.kernel.identity.forms import refuse
from yiwang.kernel.identity.queries import organization
from yiwang.kernel.ui.desks.desk import case_url

DAY = {"type": "date"}


def kind_words() -> dict[str, str]:
    return {"collect": _("collecting on the street"), "seat": _("answering calls"), "upkeep": _("upkeep")}


class ContractForm(forms.Form):
    """A contract: what is paid for each unit of its kind, what each deduction takes and how many are free."""

    code = forms.CharField(label=gettext_lazy("Number of the contract"), max_length=40)
    name = forms.CharField(label=gettext_lazy("Name"), max_length=200)
    kind = forms.ChoiceField(label=gettext_lazy("Kind"))
    org = forms.ChoiceField(label=gettext_lazy("Contractor"))
    area = forms.ChoiceField(label=gettext_lazy("Area"))
    valid_from = forms.DateField(label=gettext_lazy("First day"), widget=forms.DateInput(attrs=DAY))
    valid_to = forms.DateField(label=gettext_lazy("Last day"), widget=forms.DateInput(attrs=DAY))

    def __init__(self, actor: Actor, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["kind"].choices = list(kind_words().items())  # type: ignore[attr-defined]
        self.fields["org"].choices = [(code, texts.pick(name)) for code, name in outside.bodies()]  # type: ignore[attr-defined]
        self.fields["area"].choices = [(a.code, texts.pick(a.name)) for a in outside.areas_of(actor, contracts.EDIT)]  # type: ignore[attr-defined]
        each = _("yuan each")
        for kind, label in kind_words().items():
            for unit, name in contracts.unit_words(kind).items():
                self.fields[f"price_{kind}_{unit}"] = forms.CharField(label=f"{label}：{texts.pick(name)}（{each}）", max_length=12, required=False)
        for code, name in contracts.deduction_words().items():
            self.fields[f"less_{code}"] = forms.CharField(label=_("Deduction for %(what)s (yuan each)") % {"what": texts.pick(name)}, max_length=12, required=False)
            self.fields[f"free_{code}"] = forms.IntegerField(label=_("%(what)s: free a month") % {"what": texts.pick(name)}, min_value=0, max_value=100_000, required=False)

    def prices(self) -> dict[str, str]:
        kind = self.cleaned_data["kind"]
        return {unit: given for unit in contracts.unit_words(kind) if (given := self.cleaned_data.get(f"price_{kind}_{unit}"))}

    def deductions(self) -> list[dict[str, Any]]:
        values = self.cleaned_data
        return [{"code": c, "amount": values[f"less_{c}"], "free": values.get(f"free_{c}") or 0} for c in contracts.deduction_words() if values.get(f"less_{c}")]


@never_cache
@require_http_methods(["GET", "POST"])
@door(contracts.VIEW, contracts.EDIT)
def contracts_page(request: HttpRequest) -> HttpResponse:
    """GET, POST /city/contracts/?after=: the contracts of the reader's area; a form enters one."""
    actor = actor_of(request)
    form = ContractForm(actor, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        values, org = form.cleaned_data, organization(form.cleaned_data["org"])
        area = next(a for a in outside.areas_of(actor, contracts.EDIT) if a.code == values["area"])
        try:
            if org is None:
                raise BadInput.one("org", "unknown", _("There is no such organization."))
            made = services.enter(
                actor, code=values["code"], name=values["name"], kind=values["kind"], org=org, area=area, prices=form.prices(), deductions=form.deductions(),
                valid_from=values["valid_from"], valid_to=values["valid_to"],
            )  # fmt: skip
            messages.success(request, _("The contract is entered."))
            return redirect("city:contract", made.uid)
        except ProblemError as problem:
            refuse(form, problem)
    page = page_by_key(contracts.visible_to(actor), sort="valid_to", cursor=request.GET.get("after", ""), size=30)
    rows = [
        {"uid": str(r.uid), "url": reverse("city:contract", args=[r.uid]), "code": r.code, "name": r.name, "kind": kind_words().get(r.kind, r.kind), "org": texts.pick(r.org.name),
         "area": texts.pick(r.area.name), "from": r.valid_from, "to": r.valid_to}
        for r in page.rows
    ]  # fmt: skip
    context: dict[str, object] = {"rows": rows, "next": page.next, "previous": page.previous, "form": form, "may_edit": actor.may_anywhere(contracts.EDIT)}
    return render(request, "city/judging/contracts.html", context, status=422 if form.errors else 200)


def _month(request: HttpRequest) -> date:
    """Return the month of an address (`2026-10`); the last one that has ended when there is none."""
    given = request.POST.get("month") or request.GET.get("month", "")
    try:
        found = date.fromisoformat(f"{given[:7]}-01")
    except ValueError:
        found = timezone.localdate().replace(day=1) - timedelta(days=1)
    return rules.month_of(found if 2000 <= found.year <= 2999 else timezone.localdate())[0]


@never_cache
@require_http_methods(["GET", "POST"])
@door(contracts.VIEW, contracts.EDIT)
def contract_page(request: HttpRequest, uid: UUID) -> HttpResponse:
    """GET, POST /city/contracts/<uid>/?month=&line=: the sheet of a month, the cases of a line; POST `expected` settles it."""
    actor, contract, month = actor_of(request), contracts.contract_for(actor_of(request), uid), _month(request)
    form, status = forms.Form(request.POST if request.method == "POST" else None), 200
    if request.method == "POST":
        try:
            services.settle(actor, contract, month, expected=request.POST.get("expected", ""))
            messages.success(request, _("Settled."))
            return redirect(f"{reverse('city:contract', args=[uid])}?month={month:%Y-%m}")
        except ProblemError as problem:
            form.is_valid()
            refuse(form, problem)
            status = problem.status
    sheet, kept = contracts.shown(contract, month)
    wanted = next((x for x in sheet["lines"] if x["code"] == request.GET.get("line")), None)
    behind = [
        {"title": c.title, "number": c.number or "", "url": case_url(c) if work.may_see(actor, c) else "", "times": many} for c, many in contracts.cases_of(wanted)[:500]
    ] if wanted else []  # fmt: skip
    _first, following = rules.month_of(month)
    base = reverse("city:contract", args=[uid])
    context: dict[str, object] = {
        "contract": contract, "kind": kind_words().get(contract.kind, contract.kind), "sheet": sheet, "kept": kept, "form": form, "month": f"{month:%Y-%m}",
        "lines": [{**x, "word": contracts.line_name(x), "url": f"{base}?month={month:%Y-%m}&line={x['code']}#cases"} for x in sheet["lines"]],
        "sums": [(word, sheet[key]) for key, word in services.sums().items()], "cases": behind, "line": contracts.line_name(wanted) if wanted else "",
        "expected": rules.fingerprint(sheet), "may_settle": kept is None and actor.may(contracts.EDIT, area_path=contract.area_path) and following <= timezone.localdate(),
        "is_whole": kept is None or rules.fingerprint(kept.sheet) == kept.sha256,
    }  # fmt: skip
    return render(request, "city/judging/contract.html", context, status=status)


@never_cache
@require_GET
@door(contracts.VIEW, contracts.EDIT)
def contract_sheet(request: HttpRequest, uid: UUID, ext: str) -> HttpResponse:
    """GET /city/contracts/<uid>/sheet.<xlsx|pdf>?month=: the sheet of a month to take away."""
    actor, contract, month = actor_of(request), contracts.contract_for(actor_of(request), uid), _month(request)
    if ext == "pdf":
        response = HttpResponse(services.print_sheet(contract, month), content_type="application/pdf")
        response["Content-Disposition"] = f'inline; filename="settlement-{month:%Y-%m}.pdf"'
        return response
    taken = services.export_sheet(actor, contract, month)
    response = HttpResponse(taken.content, content_type=taken.content_type)
    response["Content-Disposition"] = f'attachment; filename="{taken.name}"'
    return response
