"""What the pages of the base databases share: the actor, why somebody reads, words of codes."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from yiwang.apps.datahub.queries.base import subjects as queries
from yiwang.apps.datahub.services.base import books, merging
from yiwang.apps.datahub.services.base.reading import Why
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.texts import pick


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
        "open": (_("Waits"), "soon"), "second": (_("Waits for a second person"), "soon"), "later": (_("Put off"), "paused"), "same": (pgettext("compare", "The same"), "in_time"),
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
    """Say how far two values agree: levels of the stated weights, and those of the trained linker (rules.linkage.model)."""
    return {
        "exact": _("equal"), "sound": _("sounds alike"), "close": _("nearly equal"), "differs": _("differs"), "": _("one side says nothing"),
        "same": _("equal"), "same_sound": _("sounds alike"), "same_signs": _("the same signs in another order"), "one_sign": _("one sign differs"), "two_signs": _("two signs differ"),
        "same_family": _("the same family name"), "different": _("differs"), "day_month_swapped": _("day and month changed about"), "one_digit": _("one digit differs"),
        "two_parts": _("two of year, month, day"), "same_year": _("the same year"), "most_words": _("mostly the same words"), "some_words": _("some of the same words"),
        "ends": _("the same end"), "begins": _("the same beginning"), "part": _("one is part of the other"), "similar": _("similar"),
    }  # fmt: skip


LEVEL_TONES = {
    "exact": "in_time", "sound": "in_time", "same": "in_time", "same_sound": "in_time", "close": "soon", "same_signs": "soon", "one_sign": "soon", "one_digit": "soon",
    "day_month_swapped": "soon", "most_words": "soon", "two_parts": "soon", "two_signs": "soon", "differs": "overdue", "different": "overdue", "same_family": "overdue",
}  # fmt: skip


def change_words() -> dict[str, str]:
    return {
        "created": _("came into being"), "changed": _("values changed"), "merged": _("another was merged into it"), "split": _("was taken apart"), "ended": _("ended"),
    }  # fmt: skip


def page_of(subject: Any) -> str:
    """Return the address of a golden record."""
    return reverse(f"datahub:{subject.kind}", args=[subject.uid])


def merge_line(merge: Any) -> dict[str, Any]:
    return {
        "url": reverse("datahub:merge", args=[merge.uid]), "at": merge.made_at, "by": merge.made_by.name if merge.made_by else _("the platform"), "rows": len(merge.moved), "reason": merge.reason,
        "undone": merge.undone_at, "undone_by": merge.undone_by.name if merge.undone_by else "",
    }  # fmt: skip


def split_rows(request: HttpRequest, kind: str, uid: UUID) -> HttpResponse:
    """Do what a form of chosen rows and a reason asks: they become a record of their own."""
    actor, subject = actor_of(request), queries.one(actor_of(request), kind, uid)
    chosen = [found for text in request.POST.getlist("records") if (found := uuid_of(text)) is not None]
    merging.split(actor, subject.uid, chosen, reason=request.POST.get("reason", ""))
    messages.success(request, _("The rows stand in a record of their own now. Subscribers are told."))
    return redirect(f"datahub:{kind}", uid)


def source_lines(kind: str) -> list[dict[str, Any]]:
    """Return the registers of a base as its page shows them."""
    names = labels(books.in_force(kind)) | {"licences": {"zh-Hans": "许可证照", "en": "Licences"}}
    return [
        {"name": pick(s.name), "org": pick(s.org.name), "rows": s.licences.filter(ended_at=None).count() if "licences" in s.fields else s.rows_now, "remote": s.is_remote,
         "fields": "、".join(pick(names[f]) for f in s.fields if f in names), "basis": s.basis, "at": s.loaded_at}
        for s in queries.sources(kind)
    ]  # fmt: skip


def labels(book: Any) -> dict[str, dict[str, str]]:
    """Return the names of a base's fields and of the columns that are compared."""
    return {**{f.name: dict(f.label) for f in book.fields}, "address": {"zh-Hans": "地址", "en": "Address"}}
