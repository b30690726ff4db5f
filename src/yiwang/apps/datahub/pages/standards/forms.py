"""Forms of data standards."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from yiwang.apps.datahub.queries.standards.choices import GRADES, STATES
from yiwang.apps.datahub.rules.contract import KINDS, PERSONAL


def _area(label: Any, rows: int, hint: Any = "", **more: Any) -> forms.CharField:
    return forms.CharField(label=label, help_text=hint, widget=forms.Textarea(attrs={"rows": rows, "class": "form-control mono", "spellcheck": "false"}), **more)


class ElementForm(forms.Form):
    code = forms.CharField(label=_("Identifier"), max_length=60, help_text=_("Letters a to z, figures and _; it never changes."))
    name = forms.CharField(label=_("Name in Chinese"), max_length=60)
    english = forms.CharField(label=_("Name in English"), max_length=80, required=False)
    means = forms.CharField(label=_("Definition"), max_length=300, required=False, widget=forms.Textarea(attrs={"rows": 2}))
    object = forms.CharField(label=_("Object that it describes"), max_length=40, required=False)
    type = forms.ChoiceField(label=_("Type"), choices=[(k, k) for k in KINDS])
    format = forms.CharField(label=_("Format"), max_length=20, required=False, help_text=_("As GB/T 19488.1 writes it: an18, a..30, n..10,2, YYYYMMDD."))
    codes = forms.ChoiceField(label=_("Code list"), required=False, choices=[])
    unit = forms.CharField(label=_("Unit"), max_length=20, required=False)
    personal = forms.ChoiceField(label=_("Personal value"), required=False, choices=[(p, p or _("none")) for p in PERSONAL])
    grade = forms.TypedChoiceField(label=_("Grade"), coerce=int, choices=GRADES)
    synonyms = forms.CharField(label=_("Synonyms"), max_length=600, required=False, help_text=_("Other words for it, with commas between."))
    names = forms.CharField(label=_("Column names"), max_length=600, required=False, help_text=_("Names under which systems keep it, with commas between."))
    source = forms.CharField(label=_("Standard that it is from"), max_length=120, required=False)
    state = forms.ChoiceField(label=_("State"), choices=STATES)
    reason = forms.CharField(label=_("Why it changes"), max_length=500, required=False)

    def __init__(self, lists: list[tuple[str, str]], *args: Any, fixed: bool = False, **more: Any) -> None:
        super().__init__(*args, **more)
        field = self.fields["codes"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", _("none")), *lists]
        if fixed:
            self.fields["code"].disabled = True


class ListForm(forms.Form):
    code = forms.CharField(label=_("Identifier"), max_length=60, help_text=_("Letters a to z, figures and -; it never changes."))
    name = forms.CharField(label=_("Name"), max_length=60)
    source = forms.CharField(label=_("Standard that it is from"), max_length=120, required=False)
    text = _area(_("Codes"), 12, _("A table from a spreadsheet or CSV; the first line is 代码,名称 or code,label (and 上级 or parent)."), max_length=2_000_000)
    state = forms.ChoiceField(label=_("State"), choices=STATES)
    reason = forms.CharField(label=_("Why it changes"), max_length=500, required=False)

    def __init__(self, *args: Any, fixed: bool = False, **more: Any) -> None:
        super().__init__(*args, **more)
        if fixed:
            self.fields["code"].disabled = True


class MappingForm(forms.Form):
    text = _area(_("Pairs"), 12, _("A table with the first line from,to,note: which code here is which code there."), max_length=2_000_000)
    reason = forms.CharField(label=_("Why it changes"), max_length=500, required=False)


class DecideForm(forms.Form):
    grade = forms.ChoiceField(label=_("Grade"), choices=[*GRADES, ("", _("Leave it as it is"))], required=False)
    note = forms.CharField(label=_("Reason"), max_length=500, required=False, help_text=_("Wanted when the grade is lower than suggested."))
