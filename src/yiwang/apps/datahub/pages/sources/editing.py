"""Setting up a source: one form for each kind."""

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

from yiwang.apps.datahub.pages.sources.rows import actor_of
from yiwang.apps.datahub.queries import sources
from yiwang.apps.datahub.queries.sources import SourceKind
from yiwang.apps.datahub.services import sources as services
from yiwang.kernel.base import texts
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.errors import NotFound, ProblemError
from yiwang.kernel.base.rendering import render
from yiwang.kernel.identity.doors import door
from yiwang.kernel.identity.forms import refuse

SECRETS = ("password", "token", "private_key", "passphrase")


class SourceForm(forms.Form):
    """What every source has."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    dataset = forms.ChoiceField(label=gettext_lazy("Data set"))
    cron = forms.CharField(label=gettext_lazy("Schedule"), max_length=60, required=False, help_text=gettext_lazy("Minute, hour, day, month, weekday; 0 2 * * * is every night at two. Empty: only when somebody asks."))
    grace_minutes = forms.IntegerField(label=gettext_lazy("Minutes of grace"), min_value=0, max_value=44640, initial=60, help_text=gettext_lazy("So much later than planned nothing having come is an alarm."))

    def __init__(self, *args: Any, actor: Actor, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["dataset"].choices = [(str(d.uid), f"{texts.pick(d.name)} · {texts.pick(d.org.name)}") for d in sources.datasets_for(actor)]  # type: ignore[attr-defined]


def _password(label: Any, **more: Any) -> forms.CharField:
    return forms.CharField(label=label, required=False, widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}), help_text=gettext_lazy("Kept encrypted and never shown. Empty: as it is."), **more)


class FolderForm(SourceForm):
    path = forms.CharField(label=gettext_lazy("Folder"), max_length=200, help_text=gettext_lazy("Below the drop folder of this installation, say civil/relief."))
    pattern = forms.CharField(label=gettext_lazy("File names"), max_length=80, required=False, help_text=gettext_lazy("*.csv or relief-*.xlsx; empty: every file."))
    completion = forms.ChoiceField(label=gettext_lazy("When a file is whole"), choices=(("quiet", gettext_lazy("When it has not changed for a minute")), ("marker", gettext_lazy("When name.done lies beside it"))))


class SftpForm(FolderForm):
    host = forms.CharField(label=gettext_lazy("Address"), max_length=200)
    port = forms.IntegerField(label=gettext_lazy("Port"), min_value=1, max_value=65535, required=False, initial=22)
    user = forms.CharField(label=gettext_lazy("Account"), max_length=80)
    host_key = forms.CharField(label=gettext_lazy("Host key"), max_length=60, help_text=gettext_lazy("SHA256:... as the machine's keeper reads it out; ssh-keygen -lf prints it."))
    password = _password(gettext_lazy("Password"))
    private_key = forms.CharField(label=gettext_lazy("Private key"), required=False, widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off"}), help_text=gettext_lazy("Instead of a password. Kept encrypted and never shown."))
    path = forms.CharField(label=gettext_lazy("Folder"), max_length=200, help_text=gettext_lazy("On that machine."))


class DatabaseForm(SourceForm):
    driver = forms.ChoiceField(label=gettext_lazy("Kind of database"), choices=(("postgresql", "PostgreSQL"), ("kingbase", "Kingbase 人大金仓"), ("mysql", "MySQL / MariaDB"), ("sqlserver", "SQL Server"), ("oracle", "Oracle")))
    host = forms.CharField(label=gettext_lazy("Address"), max_length=200, required=False)
    port = forms.IntegerField(label=gettext_lazy("Port"), min_value=1, max_value=65535, required=False)
    database = forms.CharField(label=gettext_lazy("Database"), max_length=120)
    user = forms.CharField(label=gettext_lazy("Account"), max_length=80, help_text=gettext_lazy("One that may only read."))
    password = _password(gettext_lazy("Password"))
    table = forms.CharField(label=gettext_lazy("Table"), max_length=200, required=False)
    query = forms.CharField(label=gettext_lazy("Or a query"), required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 4}), help_text=gettext_lazy("One SELECT."))
    mode = forms.ChoiceField(label=gettext_lazy("Way of reading"), choices=(("full", gettext_lazy("All rows each time")), ("key", gettext_lazy("Rows with a greater key")), ("changed", gettext_lazy("Rows changed since the last time"))))
    column = forms.CharField(label=gettext_lazy("Growing column"), max_length=120, required=False)
    overlap_minutes = forms.IntegerField(label=gettext_lazy("Minutes read twice"), min_value=0, max_value=10080, required=False, help_text=gettext_lazy("For rows that were written before the last run and became visible after it."))


class ApiForm(SourceForm):
    url = forms.URLField(label=gettext_lazy("Address"), max_length=500, assume_scheme="https")
    rows = forms.CharField(label=gettext_lazy("Where the rows lie"), max_length=120, required=False, help_text=gettext_lazy("data.items for {\"data\": {\"items\": [...]}}; empty: the answer is the list."))
    paging = forms.ChoiceField(label=gettext_lazy("Paging"), choices=(("none", gettext_lazy("One answer holds all")), ("page", gettext_lazy("Number of the page")), ("offset", gettext_lazy("Number of the first row")), ("cursor", gettext_lazy("A mark in the answer")), ("link", gettext_lazy("An address in the answer"))))
    page_param = forms.CharField(label=gettext_lazy("Name of the page's parameter"), max_length=60, required=False)
    size_param = forms.CharField(label=gettext_lazy("Name of the size's parameter"), max_length=60, required=False)
    page_size = forms.IntegerField(label=gettext_lazy("Rows on a page"), min_value=1, max_value=10000, required=False)
    cursor = forms.CharField(label=gettext_lazy("Where the next mark lies"), max_length=120, required=False)
    total = forms.CharField(label=gettext_lazy("Where the total lies"), max_length=120, required=False)
    since_param = forms.CharField(label=gettext_lazy("Name of the parameter for what is new"), max_length=60, required=False)
    since_column = forms.CharField(label=gettext_lazy("Growing column"), max_length=120, required=False)
    auth = forms.ChoiceField(label=gettext_lazy("How we show who we are"), choices=(("none", gettext_lazy("Not at all")), ("bearer", gettext_lazy("Token in the Authorization header")), ("header", gettext_lazy("Token in another header")), ("query", gettext_lazy("Token in the address")), ("basic", gettext_lazy("Account and password"))))
    auth_name = forms.CharField(label=gettext_lazy("Name of the header or parameter"), max_length=60, required=False)
    token = _password(gettext_lazy("Token"))
    user = forms.CharField(label=gettext_lazy("Account"), max_length=80, required=False)
    password = _password(gettext_lazy("Password"))


FORMS: dict[str, type[SourceForm]] = {"folder": FolderForm, "sftp": SftpForm, "database": DatabaseForm, "api": ApiForm}
_COMMON = ("name", "dataset", "cron", "grace_minutes")


def _saved(request: HttpRequest, form: SourceForm, kind: str, uid: UUID | None) -> HttpResponse | None:
    """Save what the form holds; None when it was refused."""
    data = form.cleaned_data
    try:
        source = services.keep(
            actor_of(request), dataset=UUID(data["dataset"]), kind=kind, name=data["name"], cron=data["cron"], grace_minutes=data["grace_minutes"], uid=uid,
            settings={k: v for k, v in data.items() if k not in (*_COMMON, *SECRETS)}, secrets={k: data[k] for k in SECRETS if data.get(k)},
        )  # fmt: skip
    except ProblemError as problem:
        refuse(form, problem)
        return None
    messages.success(request, _("The source is saved. Try whether it can be read."))
    return redirect("datahub:source", source.uid)


@never_cache
@require_http_methods(["GET", "POST"])
@door(sources.EDIT)
def source_new(request: HttpRequest, kind: str) -> HttpResponse:
    """GET, POST /data/sources/new/<kind>/: set up a source; kind is folder, sftp, database or api."""
    if kind not in FORMS:
        raise NotFound(what="kind")
    form = FORMS[kind](request.POST if request.method == "POST" else None, actor=actor_of(request))
    if request.method == "POST" and form.is_valid() and (done := _saved(request, form, kind, None)) is not None:
        return done
    return render(request, "datahub/sources/edit.html", {"form": form, "kind": SourceKind(kind).label}, status=422 if form.errors else 200)


@never_cache
@require_http_methods(["GET", "POST"])
@door(sources.EDIT)
def source_edit(request: HttpRequest, uid: UUID) -> HttpResponse:
    """GET, POST /data/sources/<uid>/edit/: change it; secrets are never shown and stay when left empty."""
    actor = actor_of(request)
    source = sources.source_for(actor, uid)
    actor.require(sources.EDIT, area_path=source.area_path, org_path=source.org_path)
    initial = {**source.settings, "name": source.name, "dataset": str(source.dataset.uid), "cron": source.cron, "grace_minutes": source.grace_minutes}
    form = FORMS[source.kind](request.POST if request.method == "POST" else None, actor=actor, initial=initial)
    if request.method == "POST" and form.is_valid():
        kept = {k: v for k, v in source.settings.items() if k not in form.fields}  # what only a file or the sample set
        form.cleaned_data |= kept
        if (done := _saved(request, form, source.kind, uid)) is not None:
            return done
    return render(request, "datahub/sources/edit.html", {"form": form, "kind": SourceKind(source.kind).label, "source": source}, status=422 if form.errors else 200)
