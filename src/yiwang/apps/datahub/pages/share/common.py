"""What these pages have in common."""

from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from yiwang.kernel.base.actor import Actor

STATE_TONES = {"draft": "neutral", "submitted": "soon", "published": "in_time", "withdrawn": "done"}
GRADE_TONES = {1: "in_time", 2: "neutral", 3: "soon", 4: "overdue"}


def actor_of(request: HttpRequest) -> Actor:
    return request.actor  # type: ignore[attr-defined]


def lines(text: Any) -> list[str]:
    """Return what a person separated by commas, semicolons or lines."""
    for sign in ("，", "、", "；", ";", "\n", "\r"):
        text = str(text or "").replace(sign, ",")
    return [part.strip() for part in str(text).split(",") if part.strip()]


class ReasonForm(forms.Form):
    """Why."""

    reason = forms.CharField(label=_("Reason"), max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 3}))
