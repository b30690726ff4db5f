"""Opening data, for bureaus and the authority: choose a set, see what the check finds, prepare, release, take back."""

from __future__ import annotations

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

from yiwang.apps.datahub.pages.opening.public import actor_of
from yiwang.apps.datahub.queries.opening import sets, showing
from yiwang.apps.datahub.queries.opening.kinds import Cycle, OpenState, VersionState
from yiwang.apps.datahub.rules.opening import shelf
from yiwang.apps.datahub.rules.privacy import STEPS
from yiwang.apps.datahub.services.opening import publishing
from yiwang.kernel.base import texts
from yiwang.kernel.base.errors import NotFound, ProblemError
from yiwang.kernel.base.paging import page_by_key
from yiwang.kernel.base.rendering import render
from yiwang.kernel.identity.doors import door
from yiwang.kernel.identity.forms import refuse

TONES = {"prepared": "soon", "open": "in_time", "retracted": "neutral"}
OFFERED = (
    "keep", "month", "year", "decade", "age5", "age10", "age20", "street", "county", "prefix:9", "prefix:6", "prefix:4", "round:10", "round:100", "round:1000", "round:10000",
    "grid:0.01", "scrub",
)  # fmt: skip


def step_words() -> dict[str, str]:
    return {
        "drop": _("left out"), "keep": _("as it is"), "month": _("month"), "year": _("year"), "decade": _("decade"), "age5": _("age in bands of 5 years"),
        "age10": _("age in bands of 10 years"), "age20": _("age in bands of 20 years"), "street": _("down to the street office"), "county": _("down to the county"),
        "prefix:9": _("first 9 characters"), "prefix:6": _("first 6 characters"), "prefix:4": _("first 4 characters"), "round:10": _("rounded to 10"), "round:100": _("rounded to 100"),
        "round:1000": _("rounded to 1,000"), "round:10000": _("rounded to 10,000"), "grid:0.01": _("cells of about 1 km"), "scrub": _("numbers and names replaced by tags"),
    }  # fmt: skip


def role_words() -> dict[str, tuple[str, str]]:
    return {
        "direct": (_("names people"), "overdue"), "quasi": (_("points at people with others"), "soon"), "sensitive": (_("sensitive"), "soon"),
        "text": (_("text that tells too much"), "soon"), "plain": (_("harmless"), "in_time"),
    }  # fmt: skip


@never_cache
@require_GET
@door(sets.PREPARE, sets.RELEASE)
def open_sets(request: HttpRequest) -> HttpResponse:
    """GET /data/open/?after=: the sets of the reader's bureaus, and what could be opened."""
    actor = actor_of(request)
    page = page_by_key(sets.visible_to(actor), sort="changed_at", cursor=request.GET.get("after", ""), size=30)
    rows = [
        {"url": reverse("datahub:open_set", args=[r.uid]), "uid": str(r.uid), "title": texts.pick(r.title), "org": texts.pick(r.org.name), "state": OpenState(r.state).label,
         "tone": TONES[r.state], "fresh": showing.freshness(r), "uses": r.uses, "rows": r.current.rows if r.current else None}
        for r in page.rows
    ]  # fmt: skip
    can = [{"url": f"{reverse('datahub:open_new')}?dataset={d.uid}", "name": texts.pick(d.name), "org": texts.pick(d.org.name), "rows": d.rows} for d in sets.openable(actor).order_by("code")[:100]]
    context: dict[str, object] = {"rows": rows, "next": page.next, "previous": page.previous, "can": can, "waiting": sum(1 for r in page.rows if r.state == "prepared")}
    return render(request, "datahub/opening/office/sets.html", context)


class PrepareForm(forms.Form):
    """What people read of the set, and what becomes of each column."""

    slug = forms.CharField(label=gettext_lazy("Name in addresses"), max_length=79, help_text=gettext_lazy("Small letters, digits and hyphens, like street-trees."))
    title = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    title_en = forms.CharField(label=gettext_lazy("English name"), max_length=120, required=False)
    notes = forms.CharField(label=gettext_lazy("What is it? In words that everybody understands."), max_length=2000, widget=forms.Textarea(attrs={"rows": 4}))
    theme = forms.ChoiceField(label=gettext_lazy("Theme"))
    licence = forms.ChoiceField(label=gettext_lazy("Licence"))
    cycle = forms.ChoiceField(label=gettext_lazy("Promised cycle"), choices=Cycle.choices)
    tags = forms.CharField(label=gettext_lazy("Keywords, with commas between"), max_length=300, required=False)
    suppress = forms.BooleanField(label=gettext_lazy("Leave out the rows that would stand too much alone"), required=False)

    def __init__(self, columns: list[dict[str, Any]], found: dict[str, Any], *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["theme"].choices = [(t.id, texts.pick(t.title)) for t in shelf.themes().values()]  # type: ignore[attr-defined]
        self.fields["licence"].choices = [(x.id, texts.pick(x.title)) for x in shelf.licences().values()]  # type: ignore[attr-defined]
        self.columns, words = columns, step_words()
        for column in columns:
            name = column["name"]
            steps = ["drop", *(s for s in OFFERED if column["kind"] in STEPS[s.partition(":")[0]])]
            self.fields[f"step_{name}"] = forms.ChoiceField(label=column["label"], choices=[(s, words[s]) for s in steps], initial=found["recipe"].get(name, "drop"))
            self.fields[f"quasi_{name}"] = forms.BooleanField(label=_("points at people"), required=False, initial=name in found["before"]["quasi"])

    def recipe(self) -> dict[str, str]:
        return {c["name"]: step for c in self.columns if (step := self.cleaned_data[f"step_{c['name']}"]) != "drop"}

    def quasi(self) -> list[str]:
        return [c["name"] for c in self.columns if self.cleaned_data[f"quasi_{c['name']}"]]

    def lines(self, found: dict[str, Any]) -> list[dict[str, Any]]:
        """Return one line for each column: what was found, and its two fields."""
        words = role_words()
        made = []
        for column in self.columns:
            seen = found["before"]["columns"].get(column["name"], {})
            word, tone = words[seen.get("role", "plain")]
            made.append({"column": column, "word": word, "tone": tone, "distinct": seen.get("distinct"), "step": self[f"step_{column['name']}"], "quasi": self[f"quasi_{column['name']}"]})
        return made


@never_cache
@require_http_methods(["GET", "POST"])
@door(sets.PREPARE)
def open_new(request: HttpRequest) -> HttpResponse:
    """GET, POST /data/open/new/?dataset=&theme=: what the check finds and suggests; POST prepares a version for release."""
    actor = actor_of(request)
    try:
        dataset = sets.dataset_for(actor, UUID(request.GET.get("dataset", "")))
    except ValueError as error:
        raise NotFound(what="data set") from error
    asked = request.POST.get("theme") or request.GET.get("theme") or dataset.theme
    theme = asked if asked in shelf.themes() else "government"
    try:
        found = publishing.look(actor, dataset, theme=theme)
    except ProblemError as problem:
        if problem.status in (401, 403, 404):
            raise
        return render(request, "datahub/opening/office/empty.html", {"problem": problem, "dataset": texts.pick(dataset.name)}, status=409)
    columns = [c for c in sets.columns_of(dataset) if c["name"] in found["before"]["columns"]]
    first = {
        "slug": dataset.code, "title": texts.pick(dataset.name, "zh-Hans"), "title_en": dataset.name.get("en", ""), "notes": texts.pick(dataset.abstract, "zh-Hans"), "theme": theme,
        "licence": "cc-by-4.0", "cycle": dataset.cycle, "tags": "，".join(dataset.keywords), "suppress": True,
    }  # fmt: skip
    form = PrepareForm(columns, found, request.POST if request.method == "POST" else None, initial=first)
    if request.method == "POST" and form.is_valid():
        v = form.cleaned_data
        try:
            made = publishing.prepare(
                actor, dataset, slug=v["slug"], title={"zh-Hans": v["title"], "en": v["title_en"]}, notes={"zh-Hans": v["notes"]}, theme=v["theme"], licence=v["licence"],
                tags=v["tags"].replace("，", ",").split(","), recipe=form.recipe(), quasi=form.quasi(), suppress=v["suppress"], cycle=v["cycle"],
            )  # fmt: skip
            messages.success(request, _("Prepared. A second person releases it now."))
            return redirect("datahub:open_set", made.open_set.uid)
        except ProblemError as problem:
            refuse(form, problem)
    context: dict[str, object] = {
        "dataset": dataset, "name": texts.pick(dataset.name), "form": form, "found": found, "lines": form.lines(found), "limits": publishing.limits_for(theme),
        "heads": ("slug", "title", "title_en", "notes", "theme", "licence", "cycle", "tags"), "fields": [form[n] for n in ("slug", "title", "title_en", "notes", "theme", "licence", "cycle", "tags")],
    }  # fmt: skip
    return render(request, "datahub/opening/office/prepare.html", context, status=422 if form.errors else 200)


class ReleaseForm(forms.Form):
    """The secrecy review."""

    body = forms.CharField(label=gettext_lazy("Who did the secrecy review"), max_length=120)
    statement = forms.CharField(label=gettext_lazy("What it concluded"), max_length=1000, widget=forms.Textarea(attrs={"rows": 3}))


class WhyForm(forms.Form):
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=500, widget=forms.Textarea(attrs={"rows": 2}))


@never_cache
@require_http_methods(["GET", "POST"])
@door(sets.PREPARE, sets.RELEASE)
def open_set(request: HttpRequest, uid: UUID) -> HttpResponse:
    """GET, POST /data/open/sets/<uid>/: its versions and what the check found; do=release|refuse|retract."""
    actor, row = actor_of(request), sets.set_for(actor_of(request), uid)
    versions = list(sets.versions_of(row)[:30])
    waiting = next((v for v in versions if v.state == VersionState.PREPARED), None)
    do = request.POST.get("do", "") if request.method == "POST" else ""
    release, why, back = ReleaseForm(request.POST if do == "release" else None), WhyForm(request.POST if do == "refuse" else None), WhyForm(request.POST if do == "retract" else None)
    form = {"release": release, "refuse": why, "retract": back}.get(do)
    if form is not None and form.is_valid():
        try:
            if do == "retract":
                publishing.retract(actor, row, reason=form.cleaned_data["reason"])
                messages.success(request, _("Taken back. Its page says so from now on."))
            elif waiting is None:
                messages.error(request, _("Nothing waits for release."))
            elif do == "release":
                publishing.release(actor, waiting, body=form.cleaned_data["body"], statement=form.cleaned_data["statement"])
                messages.success(request, _("Open to everybody."))
            else:
                publishing.refuse(actor, waiting, reason=form.cleaned_data["reason"])
                messages.success(request, _("Not released. Who prepared it reads why."))
            return redirect("datahub:open_set", uid)
        except ProblemError as problem:
            refuse(form, problem)
    words = step_words()
    may = actor.may(sets.RELEASE, area_path=row.area_path, org_path=row.org_path)
    context: dict[str, object] = {
        "row": row, "title": texts.pick(row.title), "told": waiting.told if waiting else None, "told_theme": texts.pick(shelf.theme(waiting.told.get("theme", "")).title) if waiting else "", "org": texts.pick(row.org.name), "state": OpenState(row.state).label, "tone": TONES[row.state], "versions": versions,
        "waiting": waiting, "reasons": publishing.reasons(waiting) if waiting else [], "release": release, "why": why, "back": back, "may_release": may,
        "is_maker": bool(waiting and waiting.prepared_by_id == actor.account_id), "taken": showing.taken(row), "fresh": showing.freshness(row),
        "columns": [{**c, "word": words.get(c["step"], c["step"])} for c in (waiting or row.current or versions[0]).columns] if versions else [],
        "privacy": (waiting or row.current or versions[0]).privacy.get("after") if versions else None, "public_url": reverse("open:one", args=[row.slug]) if row.state != "prepared" else "",
        "new_url": f"{reverse('datahub:open_new')}?dataset={row.dataset.uid}&theme={row.theme}" if row.state != "retracted" else "",
    }  # fmt: skip
    return render(request, "datahub/opening/office/set.html", context, status=422 if form is not None and form.errors else 200)
