"""Asking bureaus for reports: the tasks, a new one, who has handed in."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from yiwang.apps.datahub.pages.common import actor_of
from yiwang.apps.datahub.pages.forms.rows import sheet_row, task_row
from yiwang.apps.datahub.queries import forms as queries
from yiwang.apps.datahub.queries.forms import FormCycle
from yiwang.apps.datahub.services import forms as services
from yiwang.kernel.base import texts
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.errors import ProblemError
from yiwang.kernel.base.paging import page_by_key
from yiwang.kernel.base.rendering import render
from yiwang.kernel.identity.doors import door
from yiwang.kernel.identity.forms import refuse


class TaskForm(forms.Form):
    """What is asked, of whom, by when."""

    title = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    dataset = forms.ChoiceField(label=gettext_lazy("Data set"))
    orgs = forms.MultipleChoiceField(label=gettext_lazy("Bureaus"), widget=forms.SelectMultiple(attrs={"size": 8}))
    cycle = forms.ChoiceField(label=gettext_lazy("Comes again"), choices=FormCycle.choices)
    period = forms.CharField(label=gettext_lazy("Reporting period"), max_length=20, help_text=gettext_lazy("2026-11, 2026Q4 or 2026, as the cycle asks."))
    due_at = forms.DateTimeField(label=gettext_lazy("Deadline"), widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"))
    urge_hours = forms.IntegerField(label=gettext_lazy("Reminded so many hours before"), min_value=1, max_value=720, initial=24)
    instruction = forms.CharField(label=gettext_lazy("How to fill it in"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, *args: Any, actor: Actor, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["dataset"].choices = [(str(d.uid), f"{texts.pick(d.name)} · {texts.pick(d.org.name)}") for d in queries.datasets_for(actor)]  # type: ignore[attr-defined]
        self.fields["orgs"].choices = [(str(o.uid), texts.pick(o.name)) for o in queries.bodies()]  # type: ignore[attr-defined]


class DoForm(forms.Form):
    """What is done with the task; it carries refusals."""

    do = forms.ChoiceField(choices=[("urge", "urge"), ("close", "close")])


@never_cache
@require_GET
@door(queries.MANAGE)
def task_list(request: HttpRequest) -> HttpResponse:
    """GET /data/forms/tasks/?after=: the reports asked for, of the data sets that the reader governs."""
    page = page_by_key(queries.tasks(actor_of(request)), cursor=request.GET.get("after", ""), size=30)
    return render(request, "datahub/forms/tasks.html", {"rows": [task_row(t) for t in page.rows], "next": page.next, "previous": page.previous})


@never_cache
@require_http_methods(["GET", "POST"])
@door(queries.MANAGE)
def task_new(request: HttpRequest) -> HttpResponse:
    """GET, POST /data/forms/tasks/new/: ask bureaus for rows."""
    actor = actor_of(request)
    form = TaskForm(request.POST if request.method == "POST" else None, actor=actor)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            task = services.create(
                actor, title=data["title"], dataset=UUID(data["dataset"]), orgs=[UUID(o) for o in data["orgs"]], cycle=data["cycle"], period=data["period"],
                due_at=data["due_at"], instruction=data["instruction"], urge_hours=data["urge_hours"],
            )  # fmt: skip
            messages.success(request, _("The bureaus are told."))
            return redirect("datahub:form_task", task.uid)
        except ProblemError as problem:
            refuse(form, problem)
    return render(request, "datahub/forms/task_new.html", {"form": form}, status=422 if form.errors else 200)


@never_cache
@require_http_methods(["GET", "POST"])
@door(queries.MANAGE)
def task_page(request: HttpRequest, uid: UUID) -> HttpResponse:
    """GET, POST /data/forms/tasks/<uid>/: who has handed in; do=urge, do=close."""
    actor = actor_of(request)
    task = queries.task_for(actor, uid)
    form = DoForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            if form.cleaned_data["do"] == "urge":
                messages.success(request, _("%(n)s bureaus were urged.") % {"n": services.urge_now(actor, uid)})
            else:
                services.close(actor, uid)
                messages.success(request, _("Nobody is asked any more; what was handed in stays."))
            return redirect("datahub:form_task", uid)
        except ProblemError as problem:
            refuse(form, problem)
    sheets = queries.sheets_of(task)
    rows = [sheet_row(s) for s in sheets]
    missing = sum(1 for s in sheets if s.period == task.period and s.state in queries.MISSING)
    return render(request, "datahub/forms/task.html", {"task": task, "row": task_row(task), "rows": rows, "missing": missing, "form": form}, status=422 if form.errors else 200)
