"""Forms by which problems are reported: inspector, hotline clerk, public. What is wrong is said at its field."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from yiwang.apps.city.pages.common import field_errors, number
from yiwang.kernel.base.errors import ProblemError
from yiwang.kernel.cases.contracts import PersonDraft

MOST_TEXT = 2000
RENAME = {"point": "address", "place": "address", "files": "photos"}


class ReportForm(forms.Form):
    """Text, class and place; names are those of `ReportDraft`."""

    text = forms.CharField(
        required=False, max_length=MOST_TEXT, label=_("What is wrong"), widget=forms.Textarea(attrs={"rows": 3, "maxlength": MOST_TEXT})
    )
    address = forms.CharField(required=False, max_length=256, label=_("Address or how to find it"))
    lon = forms.CharField(required=False, max_length=24)
    lat = forms.CharField(required=False, max_length=24)
    accuracy_m = forms.CharField(required=False, max_length=24)
    beside: Mapping[str, str] = {}  # errors of controls that the page draws itself: photos, class

    def place(self) -> dict[str, Any]:
        """Return lon, lat, accuracy_m and address as a draft takes them; no point for a half one."""
        found = self.cleaned_data
        lon, lat = number(found.get("lon")), number(found.get("lat"))
        whole = lon is not None and lat is not None
        return {
            "lon": lon if whole else None, "lat": lat if whole else None, "address": found.get("address", ""),
            "accuracy_m": number(found.get("accuracy_m")) if whole else None,
        }  # fmt: skip

    def refuse(self, problem: ProblemError) -> None:
        """Put a refusal at its fields; what has no field stands at the top."""
        at, top = field_errors(problem, set(self.fields) | {"photos", "class"}, RENAME)
        self.beside = {name: message for name, message in at.items() if name not in self.fields}
        for name, message in at.items():
            self.add_error(name if name in self.fields else None, message)
        for message in top:
            self.add_error(None, message)


class PersonForm(ReportForm):
    """With who reports: the values go into the party and nowhere else."""

    caller_name = forms.CharField(required=False, max_length=60, label=_("Caller's name"), widget=forms.TextInput(attrs={"autocomplete": "off", "data-no-draft": ""}))
    caller_phone = forms.CharField(
        required=False, max_length=30, label=_("Phone"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "tel", "data-no-draft": ""}),
    )
    secret = forms.BooleanField(required=False, label=_("Keep the caller secret"))
    wants_answer = forms.BooleanField(required=False, initial=True, label=_("Wants to be told the result"))

    def person(self) -> PersonDraft | None:
        found = self.cleaned_data
        if not (found.get("caller_name") or found.get("caller_phone")):
            return None
        return PersonDraft(
            name=found.get("caller_name", ""), phone=found.get("caller_phone", ""), secret=bool(found.get("secret")),
            wants_answer=bool(found.get("wants_answer")),
        )

    def clean_caller_phone(self) -> str:
        value = str(self.cleaned_data.get("caller_phone") or "").strip()
        digits = sum(c in "0123456789" for c in value)
        if value and (digits < 5 or digits > 15 or any(c not in "0123456789+-() " for c in value)):
            raise forms.ValidationError(_("Give the number with digits only, for example 13800001234 or 0635-8201234."))
        return value
