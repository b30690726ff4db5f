"""What a citizen types about his data, and what a body answers."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from yiwang.apps.datahub.services.rights.requests import MOST_TEXT

_NO_DRAFT = {"autocomplete": "off", "data-no-draft": ""}
RELATIONS = {
    "spouse": _("Husband or wife"), "child": _("Son or daughter"), "parent": _("Father or mother"), "sibling": _("Brother or sister"),
    "grandparent": _("Grandparent"), "grandchild": _("Grandchild"),
}  # fmt: skip


def _long(label: Any, hint: Any = "") -> forms.CharField:
    return forms.CharField(label=label, help_text=hint, max_length=MOST_TEXT, widget=forms.Textarea(attrs={"rows": 4, "maxlength": MOST_TEXT}))


class ConfirmForm(forms.Form):
    name = forms.CharField(label=_("Your name"), max_length=60, widget=forms.TextInput(attrs=_NO_DRAFT))
    id_number = forms.CharField(label=_("Your identity number"), max_length=18, widget=forms.TextInput(attrs=_NO_DRAFT))


class WhyForm(forms.Form):
    text = _long(_("What do you want to know?"), _("For example: I have no matter with you. Why did you read my telephone number?"))


class CorrectForm(forms.Form):
    field = forms.ChoiceField(label=_("What is wrong?"), choices=[])
    wanted = forms.CharField(label=_("What should stand there?"), max_length=200, required=False, widget=forms.TextInput(attrs=_NO_DRAFT))
    text = _long(_("How can the office see that it is so?"), _("For example: my number changed in May; the new one stands on my residence booklet."))

    def __init__(self, choices: list[tuple[str, str]], *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        field = self.fields["field"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices


class RelativeForm(forms.Form):
    name = forms.CharField(label=_("Name of the dead person"), max_length=60, widget=forms.TextInput(attrs=_NO_DRAFT))
    id_number = forms.CharField(label=_("Identity number of the dead person"), max_length=18, required=False, widget=forms.TextInput(attrs=_NO_DRAFT))
    relation = forms.ChoiceField(label=_("You are the dead person's"), choices=[("", _("Please choose")), *RELATIONS.items()])
    text = _long(_("What do you need, and what for?"))


class AnswerForm(forms.Form):
    granted = forms.ChoiceField(
        label=_("Your answer"), widget=forms.RadioSelect,
        choices=[("yes", _("Explained, or done as asked")), ("no", _("Declined, with the reason"))],
    )  # fmt: skip
    answer = _long(_("What the citizen reads"), _("In plain words: who read, for which task, on which legal ground, or what was changed."))


class PassForm(forms.Form):
    org = forms.ChoiceField(label=_("Which body does it concern?"), choices=[])
    text = _long(_("Why this body?"))

    def __init__(self, choices: list[tuple[str, str]], *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        field = self.fields["org"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", _("Please choose")), *choices]


class WatchForm(forms.Form):
    name = forms.CharField(label=_("Name of the person of public life"), max_length=60, widget=forms.TextInput(attrs=_NO_DRAFT))
    id_number = forms.CharField(label=_("His identity number"), max_length=18, required=False, widget=forms.TextInput(attrs=_NO_DRAFT))
    phone = forms.CharField(label=_("Or his telephone number"), max_length=20, required=False, widget=forms.TextInput(attrs=_NO_DRAFT))
    label = forms.CharField(label=_("What you call this entry"), max_length=60, required=False, help_text=_("An office or a reason; the name itself is not kept."))
    until = forms.DateField(label=_("Until (empty: without end)"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
