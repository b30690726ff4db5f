"""What the pages of the base databases share: the actor, why somebody reads, words of codes."""

from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yiwang.apps.datahub.services.base.reading import Why
from yiwang.kernel.base.actor import Actor


def actor_of(request: HttpRequest) -> Actor:
    return request.actor  # type: ignore[attr-defined]


def key_of(request: HttpRequest) -> str:
    return request.POST.get("idempotency_key", "")[:80]


def uuid_of(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


class WhyForm(forms.Form):
    """Purpose, legal basis and case: asked wherever somebody's data is read."""

    purpose = forms.CharField(label=gettext_lazy("Purpose"), max_length=200)
    basis = forms.CharField(label=gettext_lazy("Legal basis"), max_length=500)
    case_number = forms.CharField(label=gettext_lazy("Number of the case or item"), max_length=80)

    def why(self) -> Why:
        return Why(purpose=self.cleaned_data["purpose"], basis=self.cleaned_data["basis"], case_number=self.cleaned_data["case_number"])


class ReasonForm(forms.Form):
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=500, widget=forms.Textarea(attrs={"rows": 2}))


def why_words() -> dict[str, str]:
    """Say what decided for a value."""
    return {
        "only": _("all sources agree"), "lock": _("fixed by hand"), "rank": _("the most trusted source"), "newest": _("the newest"), "complete": _("the most complete"),
        "frequent": _("most sources say so"), "order": _("equal; the first in order"), "same": _("the same value"),
    }  # fmt: skip


def pair_words() -> dict[str, tuple[str, str]]:
    return {
        "grey": (_("Grey zone"), "neutral"), "number_conflict": (_("One number, two people?"), "overdue"), "two_numbers": (_("One person, two numbers?"), "overdue"),
        "other_name": (_("Another name: twins, family?"), "soon"),
    }  # fmt: skip


def state_words() -> dict[str, tuple[str, str]]:
    return {
        "open": (_("Waits"), "soon"), "second": (_("Waits for a second person"), "soon"), "later": (_("Put off"), "paused"), "same": (_("The same"), "in_time"),
        "different": (_("Different"), "done"), "void": (_("Settled by itself"), "neutral"), "live": (_("In use"), "in_time"), "merged": (_("Merged into another"), "paused"),
        "ended": (_("No source names it any more"), "done"),
    }  # fmt: skip


def method_words() -> dict[str, str]:
    return {
        "first": _("first row of this record"), "id_number": _("the same valid identity number"), "credit_code": _("the same credit code"), "weights": _("weights"),
        "merge": _("a merge"), "undo": _("a merge taken back"), "split": _("a split"),
    }  # fmt: skip


def how_words() -> dict[str, str]:
    return {"lookup": _("looked up"), "verify": _("verified"), "form": _("filled into a form"), "feed": _("told as a change"), "review": _("compared side by side")}


def level_words() -> dict[str, str]:
    return {"exact": _("equal"), "sound": _("sounds alike"), "close": _("nearly equal"), "differs": _("differs"), "": _("one side says nothing")}


def labels(book: Any) -> dict[str, dict[str, str]]:
    """Return the names of a base's fields and of the columns that are compared."""
    return {**{f.name: dict(f.label) for f in book.fields}, "address": {"zh-Hans": "地址", "en": "Address"}}
