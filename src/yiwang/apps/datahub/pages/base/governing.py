"""The rules of a base database: which value stands, which weights join; changed with a reason, kept in versions."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from yiwang.apps.datahub.pages.base.common import actor_of, labels, why_words
from yiwang.apps.datahub.queries.base import versions as queries
from yiwang.apps.datahub.rules.base.book import WAYS, Book
from yiwang.apps.datahub.services.base import books, merging
from yiwang.kernel.base.errors import ProblemError
from yiwang.kernel.base.rendering import render
from yiwang.kernel.base.texts import pick
from yiwang.kernel.identity.doors import door
from yiwang.kernel.identity.forms import refuse

GOVERN = merging.GOVERN
# What a person chooses between: the common orders of the four ways, not all 64 of them.
ORDERS = ("rank newest complete frequent", "newest rank complete", "newest rank frequent", "frequent rank newest", "rank frequent newest", "complete rank newest", "rank newest")


class RulesForm(forms.Form):
    """An order for each field (`way_<field>`), the two thresholds, the reason."""

    auto = forms.FloatField(label=gettext_lazy("Joined from, in bits"), min_value=-50, max_value=100)
    review = forms.FloatField(label=gettext_lazy("Asked from, in bits"), min_value=-50, max_value=100)
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=500, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, book: Book, data: Any = None) -> None:
        super().__init__(data, initial={"auto": book.auto, "review": book.review, **{f"way_{f.name}": " ".join(book.ways(f.name)) for f in book.fields}})
        words = why_words()
        for field in book.fields:
            orders = dict.fromkeys([*ORDERS, " ".join(book.ways(field.name))])
            choices = [(o, " → ".join(words[w] for w in o.split() if w in WAYS)) for o in orders]
            self.fields[f"way_{field.name}"] = forms.ChoiceField(label=pick(field.label), choices=choices, widget=forms.Select(attrs={"class": "form-select form-select-sm"}))


@require_http_methods(["GET", "POST"])
@door(GOVERN)
def rules(request: HttpRequest, kind: str) -> HttpResponse:
    """GET, POST /data/people/rules/, /data/entities/rules/: orders and weights in force; a new version with its reason."""
    book, words = books.in_force(kind), why_words()
    form = RulesForm(book, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            made = books.change_rules(
                actor_of(request), kind, ways={f.name: tuple(given[f"way_{f.name}"].split()) for f in book.fields}, auto=given["auto"], review=given["review"], reason=given["reason"]
            )
            messages.success(request, _("Version %(n)s is in force. The golden records are made anew in the background.") % {"n": made.version})
            return redirect(request.path)
        except ProblemError as problem:
            refuse(form, problem)
    names = labels(book)
    fields = [{"name": pick(f.label), "verify": f.verify, "ways": " → ".join(words[w] for w in book.ways(f.name)), "field": form[f"way_{f.name}"]} for f in book.fields]
    weights = [{"name": pick(names.get(column, {"zh-Hans": column})), **{level: bits.get(level) for level in ("exact", "sound", "close", "differs")}} for column, bits in book.bits.items()]
    context: dict[str, object] = {"book": book, "kind": kind, "fields": fields, "weights": weights, "form": form, "versions": queries.versions(kind), "editing": bool(form.errors) or "edit" in request.GET}
    return render(request, "datahub/base/rules.html", context, status=422 if form.errors else 200)
