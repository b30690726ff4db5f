"""What people type about an entry."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from yiwang.apps.datahub.pages.share.common import lines
from yiwang.apps.datahub.queries.share import catalogue, orgs
from yiwang.apps.datahub.queries.share.choices import BaseKind, Cycle, Grade, Opening, Sharing
from yiwang.apps.datahub.rules.share.catalogue import LISTS
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.texts import pick

_AREA = {"rows": 3}


class OrgChoice(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return pick(obj.name)


class DescribeForm(forms.Form):
    """The words of an entry; several values are separated by commas."""

    code = forms.CharField(label=_("Code"), max_length=80, help_text=_("Fixed once given: a-z, 0-9 and hyphens"))
    org = OrgChoice(label=_("Source bureau"), queryset=None, empty_label=_("Please choose"))
    name = forms.CharField(label=_("Name"), max_length=120)
    name_en = forms.CharField(label=_("English name"), max_length=120, required=False)
    abstract = forms.CharField(label=_("Abstract"), max_length=2000, required=False, widget=forms.Textarea(attrs=_AREA))
    theme = forms.CharField(label=_("Theme"), max_length=40, required=False)
    keywords = forms.CharField(label=_("Keywords"), max_length=400, required=False, help_text=_("Separated by commas"))
    base = forms.ChoiceField(label=_("Base database"), choices=BaseKind.choices, required=False)
    grade = forms.TypedChoiceField(label=_("Grade"), choices=Grade.choices, coerce=int)
    sharing = forms.ChoiceField(label=_("Sharing"), choices=Sharing.choices)
    sharing_reason = forms.CharField(label=_("Condition or law"), max_length=500, required=False, widget=forms.Textarea(attrs=_AREA))
    ways = forms.MultipleChoiceField(
        label=_("Ways of delivery"), required=False, widget=forms.CheckboxSelectMultiple,
        choices=[("api", _("interface")), ("table", _("table subscription")), ("file", _("file")), ("query", _("query without taking away"))],
    )  # fmt: skip
    opening = forms.ChoiceField(label=_("Opening"), choices=Opening.choices)
    opening_reason = forms.CharField(label=_("Condition of opening"), max_length=500, required=False)
    cycle = forms.ChoiceField(label=_("Update cycle"), choices=Cycle.choices)
    number = forms.CharField(label=_("Catalogue number"), max_length=60, required=False)
    format = forms.CharField(label=_("Format"), max_length=40, required=False)
    network = forms.CharField(label=_("Network"), max_length=20, required=False)
    source_system = forms.CharField(label=_("System it comes from"), max_length=120, required=False)
    items = forms.CharField(label=_("Service items"), max_length=400, required=False, help_text=_("Separated by commas"))
    scene = forms.CharField(label=_("What it is used for"), max_length=500, required=False)
    contact = forms.CharField(label=_("Contact"), max_length=80, required=False, help_text=_("An office and its phone, never a private number"))
    sources = forms.CharField(label=_("Made of"), max_length=400, required=False, help_text=_("Codes of data sets, separated by commas"))

    def __init__(self, actor: Actor, new: bool, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        if new:
            self.fields["org"].queryset = orgs.where(actor, catalogue.EDIT)  # type: ignore[attr-defined]
        else:
            del self.fields["code"], self.fields["org"]

    @staticmethod
    def first(body: dict[str, Any]) -> dict[str, Any]:
        return {k: v if k == "ways" else "，".join(map(str, v)) if isinstance(v, list) else v for k, v in body.items()}

    def values(self) -> dict[str, Any]:
        """Return what the services take."""
        return {k: lines(v) if k in LISTS and k != "ways" else v for k, v in self.cleaned_data.items() if k not in ("code", "org")}
