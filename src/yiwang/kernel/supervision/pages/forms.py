"""Forms of orders, cards and rules."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from yiwang.kernel.supervision.contracts import Colour, Form, Phase

UNITS = [("work_day", _("working days")), ("work_hour", _("working hours")), ("calendar_day", _("calendar days"))]
FORMS = [(Form.ORDER.value, _("Supervision order")), (Form.NOTE.value, _("Leader's note"))]
COLOURS = [(Colour.YELLOW.value, _("Yellow card")), (Colour.RED.value, _("Red card")), (Colour.GREEN.value, _("Green card"))]
CLOCKS = [("department", _("the department's limit")), ("case", _("the case's limit")), ("stage", _("the step's limit")), ("milestone", _("a milestone's limit"))]
PHASES = [(Phase.BEFORE.value, _("before the limit")), (Phase.AT.value, _("at the limit")), (Phase.AFTER.value, _("after the limit"))]
TELL = [("doer", _("who has the work")), ("post", _("everybody of the post")), ("leader", _("the body's leader")), ("supervisor", _("the supervising body")), ("giver", _("who gave the order"))]
CHANNELS = [("sms", _("Text message")), ("mail", _("Mail")), ("chat", _("Work chat"))]


class OrderForm(forms.Form):
    """What is ordered, of whom, until when."""

    form = forms.ChoiceField(label=_("Form of the order"), choices=FORMS, widget=forms.RadioSelect, initial=Form.ORDER.value)
    title = forms.CharField(label=_("Title"), max_length=200)
    text = forms.CharField(label=_("What is demanded"), max_length=2000, widget=forms.Textarea(attrs={"rows": 5}))
    numbers = forms.CharField(label=_("Case numbers"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 2}), help_text=_("Whoever has these cases must answer. Several are parted by spaces or lines."))
    orgs = forms.MultipleChoiceField(label=_("Bodies"), required=False, help_text=_("Bodies that answer without a case, for a theme or a campaign."))
    limit = forms.IntegerField(label=_("Answer within"), min_value=1, max_value=400, initial=3)
    unit = forms.ChoiceField(label=_("Counted in"), choices=UNITS, initial="work_day")
    urgent = forms.BooleanField(label=_("Urgent: it also goes out in quiet hours"), required=False)

    def __init__(self, *args: Any, bodies: list[tuple[str, str]], may_note: bool, may_order: bool = True, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["orgs"].choices = bodies  # type: ignore[attr-defined]
        wanted = [f for f in FORMS if (f[0] == Form.ORDER and may_order) or (f[0] == Form.NOTE and may_note)]
        self.fields["form"].choices = wanted  # type: ignore[attr-defined]
        if len(wanted) == 1:
            self.fields["form"].widget = forms.HiddenInput()
            self.fields["form"].initial = wanted[0][0]


class TextForm(forms.Form):
    """A text that goes on record."""

    text = forms.CharField(label=_("Text"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))


class CardForm(forms.Form):
    """A card by hand."""

    colour = forms.ChoiceField(label=_("Card"), choices=COLOURS, widget=forms.RadioSelect)
    org = forms.ChoiceField(label=_("Body concerned"), required=False)
    reason = forms.CharField(label=_("Reason"), max_length=500, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, *args: Any, bodies: list[tuple[str, str]], has_case: bool, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["org"].choices = [("", _("whoever has the case now") if has_case else "–"), *bodies]  # type: ignore[attr-defined]
        self.fields["org"].required = not has_case


class RuleForm(forms.Form):
    """One warning rule."""

    code = forms.CharField(label=_("Code of the rule"), max_length=40, help_text=_("Small Latin letters, digits, underscores; cards keep it."))
    name_zh = forms.CharField(label=_("Name in Chinese"), max_length=80)
    name_en = forms.CharField(label=_("Name in English"), max_length=80, required=False)
    clock = forms.ChoiceField(label=_("Which limit"))
    phase = forms.ChoiceField(label=_("When"), choices=PHASES)
    share = forms.FloatField(label=_("Share of the limit used, in percent"), required=False, min_value=1, max_value=99, help_text=_("Before the limit: this, or the minutes left."))
    left_minutes = forms.IntegerField(label=_("Minutes left"), required=False, min_value=1)
    over_minutes = forms.IntegerField(label=_("Minutes over"), required=False, min_value=1, help_text=_("After the limit, in its own time: 480 are one working day."))
    colour = forms.ChoiceField(label=_("Card"), required=False, choices=[("", _("no card, only a message")), *COLOURS])
    tell = forms.MultipleChoiceField(label=_("Whom it tells"), required=False, choices=TELL, widget=forms.CheckboxSelectMultiple)
    posts = forms.CharField(label=_("Named posts too"), required=False, max_length=300, help_text=_("Codes of posts, parted by spaces."))
    channels = forms.MultipleChoiceField(label=_("Besides the platform, by"), required=False, choices=CHANNELS, widget=forms.CheckboxSelectMultiple)
    urgent = forms.BooleanField(label=_("Urgent: it also goes out in quiet hours"), required=False)
    escalate = forms.CharField(label=_("Steps up while nobody explains"), required=False, max_length=600, widget=forms.Textarea(attrs={"rows": 3}), help_text=_("One line each: working minutes after the card, then whom it tells. 240 leader supervisor"))
    areas = forms.CharField(label=_("Only in these areas"), required=False, max_length=300, help_text=_("Area codes, parted by spaces; empty: everywhere."))
    classes = forms.CharField(label=_("Only these classes"), required=False, max_length=300, help_text=_("Beginnings of class codes, parted by spaces."))
    steps = forms.CharField(label=_("Only these steps"), required=False, max_length=300, help_text=_("Codes of steps, parted by spaces."))
    note = forms.CharField(label=_("Why it is changed"), max_length=200)

    def __init__(self, *args: Any, app: str, known: bool, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["clock"].choices = [("order", _("an order's deadline"))] if not app else CLOCKS  # type: ignore[attr-defined]
        if known:
            self.fields["code"].widget.attrs["readonly"] = True
