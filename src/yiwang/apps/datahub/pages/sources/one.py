"""One source: its runs, files and alarms; run now, pause, try, judge."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from yiwang.apps.datahub.pages.sources.rows import actor_of, alarm_row, pull_row, source_row
from yiwang.apps.datahub.queries import sources
from yiwang.apps.datahub.services import sources as services
from yiwang.kernel.base.errors import BadInput, NotFound, ProblemError
from yiwang.kernel.base.paging import page_by_key
from yiwang.kernel.base.rendering import render
from yiwang.kernel.identity.doors import door
from yiwang.kernel.identity.forms import refuse


class JudgeForm(forms.Form):
    """Whether an alarm was a fault."""

    alarm = forms.UUIDField()
    verdict = forms.ChoiceField(choices=(("real", gettext_lazy("A real fault")), ("false", gettext_lazy("A false alarm"))))
    note = forms.CharField(max_length=500, required=False)


class DoForm(forms.Form):
    """What is to be done now; it carries refusals."""

    do = forms.ChoiceField(choices=[(w, w) for w in ("run", "pause", "resume", "try", "judge")])


def _do(request: HttpRequest, uid: UUID, what: str) -> None:
    actor = actor_of(request)
    if what == "run":
        services.ask(actor, uid)
        messages.success(request, _("It will be read in a moment."))
    elif what == "pause":
        services.pause(actor, uid)
        messages.success(request, _("Paused. Nothing is lost: it goes on from where it stands."))
    elif what == "resume":
        services.resume(actor, uid)
        messages.success(request, _("It runs by its schedule again."))
    elif what == "try":
        found = services.try_out(actor, uid)
        messages.success(request, _("It can be read. There: %(names)s") % {"names": "、".join(found[:12]) or "–"})
    else:
        form = JudgeForm(request.POST)
        if not form.is_valid():
            raise BadInput.one("verdict", "verdict", _("Say whether it was a fault."))
        if str(form.cleaned_data["alarm"]) not in {str(a.uid) for a in sources.alarms_of(sources.source_for(actor, uid))}:
            raise NotFound(what="alarm")
        services.judge_alarm(actor, form.cleaned_data["alarm"], real=form.cleaned_data["verdict"] == "real", note=form.cleaned_data["note"])
        messages.success(request, _("Judged."))


@never_cache
@require_http_methods(["GET", "POST"])
@door(sources.VIEW)
def source_page(request: HttpRequest, uid: UUID) -> HttpResponse:
    """GET /data/sources/<uid>/?after=: its runs; POST do=run|pause|resume|try|judge."""
    actor = actor_of(request)
    source = sources.source_for(actor, uid)
    form = DoForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            _do(request, uid, form.cleaned_data["do"])
            return redirect("datahub:source", uid)
        except ProblemError as problem:
            refuse(form, problem)
    page = page_by_key(sources.pulls_of(source), sort="began_at", cursor=request.GET.get("after", ""), size=20)
    recent = sources.last_pulls([source.pk]).get(source.pk, [])
    good = [p for p in reversed(recent) if p.state == "done"]
    chart: dict[str, Any] = {
        "type": "bar", "title": _("Rows of the last runs"), "unit": _("rows"), "x_label": _("Run"), "x": [f"{p.began_at:%m-%d %H:%M}" for p in good],
        "series": [{"name": _("Accepted"), "values": [p.accepted for p in good]}, {"name": _("Refused"), "values": [p.refused for p in good]},
                   {"name": _("Duplicate"), "values": [p.duplicate for p in good]}],
    }  # fmt: skip
    where = {"area_path": source.area_path, "org_path": source.org_path}
    context: dict[str, object] = {
        "source": source, "row": source_row(source, recent), "pulls": [pull_row(p) for p in page.rows], "next": page.next, "previous": page.previous,
        "alarms": [alarm_row(a) for a in sources.alarms_of(source)], "files": sources.files_of(source), "chart": chart if good else None, "form": form,
        "may_run": actor.may(sources.RUN, **where), "may_edit": actor.may(sources.EDIT, **where), "settings": shown_settings(source.settings),
        "has_secret": bool(source.secret),
    }  # fmt: skip
    return render(request, "datahub/sources/one.html", context, status=422 if form.errors else 200)


def shown_settings(settings: dict[str, Any]) -> list[tuple[str, str]]:
    """Return settings for people, without those that may carry a key in an address."""
    words = {
        "path": _("Folder"), "host": _("Address"), "port": _("Port"), "user": _("Account"), "driver": _("Kind of database"), "database": _("Database"),
        "table": _("Table"), "query": _("Query"), "mode": _("Way of reading"), "column": _("Growing column"), "url": _("Address"), "pattern": _("File names"),
        "paging": _("Paging"), "rows": _("Where the rows lie"), "completion": _("When a file is whole"), "host_key": _("Host key"),
    }  # fmt: skip
    return [(words[k], str(v).split("?")[0] if k == "url" else str(v)) for k, v in settings.items() if k in words]
