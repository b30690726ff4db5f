"""What administrators and colleagues type; services check it again, these say where each field goes."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from yiwang.kernel.areas import queries as areas
from yiwang.kernel.areas.models import Area
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.errors import BadInput, ProblemError
from yiwang.kernel.base.texts import pick
from yiwang.kernel.identity import queries
from yiwang.kernel.identity.models import Account, Organization, OrgKind, Post, Role

KINDS = {
    OrgKind.CENTRE: _("Supervision and command centre"), OrgKind.DISTRICT_CENTRE: _("District command centre"),
    OrgKind.BUREAU: _("Bureau"), OrgKind.STREET: _("Street office"), OrgKind.CREW: _("Maintenance crew"),
    OrgKind.COMPANY: _("Owning company"), OrgKind.CONTRACTOR: _("Contractor"),
}  # fmt: skip


def attach(form: forms.Form, problem: BadInput) -> None:
    """Put a service's refusal at the fields that it names, the rest at the top."""
    for error in problem.errors:
        form.add_error(error["field"] if error["field"] in form.fields else None, error["message"])


def refuse(form: forms.Form, problem: ProblemError) -> None:
    """Say a service's refusal on the form: at its fields, or above them. Who may not be here at all gets no form: raised again."""
    if isinstance(problem, BadInput):
        attach(form, problem)
    elif problem.status in (401, 403, 404):
        raise problem
    else:
        form.add_error(None, problem.detail())


class _Texts:
    """Names in both languages as two fields."""

    cleaned_data: dict[str, Any]

    @property
    def texts(self) -> dict[str, str]:
        return {"zh-Hans": self.cleaned_data["name"], "en": self.cleaned_data.get("name_en") or ""}


class _AreaChoice(forms.ModelChoiceField):
    def label_from_instance(self, obj: Area) -> str:
        return f"{'　' * (obj.path.count('.') - 1)}{pick(obj.name)} {obj.code}"


class _NamedChoice(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return pick(obj.name)


class _OrganizationChoice(forms.ModelChoiceField):
    def label_from_instance(self, obj: Organization) -> str:
        return f"{'　' * (obj.path.count('.') - 1)}{pick(obj.name)}"


class _PostChoice(forms.ModelChoiceField):
    def label_from_instance(self, obj: Post) -> str:
        return f"{pick(obj.organization.name)} · {pick(obj.name)} ({pick(obj.role.name)})"


class _PersonChoice(forms.ModelChoiceField):
    def label_from_instance(self, obj: Account) -> str:
        return f"{obj.name} ({obj.username})"


def _moment(label: Any, required: bool = False, hint: Any = "") -> forms.DateTimeField:
    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    return forms.DateTimeField(label=label, required=required, widget=widget, help_text=hint)


class AccountForm(forms.Form):
    username = forms.CharField(
        label=_("User name"), max_length=60, help_text=_("For signing in; letters, figures and . - _ @ +")
    )
    name = forms.CharField(label=_("Full name"), max_length=60)
    name_en = forms.CharField(label=_("Name in Latin letters"), max_length=80, required=False)
    duty_phone = forms.CharField(
        label=_("Office phone"),
        max_length=30,
        required=False,
        help_text=_("Colleagues see it; never a private number."),
    )


class AccountChangeForm(forms.Form):
    name = forms.CharField(label=_("Full name"), max_length=60)
    name_en = forms.CharField(label=_("Name in Latin letters"), max_length=80, required=False)
    duty_phone = forms.CharField(label=_("Office phone"), max_length=30, required=False)


class HoldingForm(forms.Form):
    post = _PostChoice(label=_("Post"), queryset=Post.objects.none(), empty_label=_("Please choose"))
    area = _AreaChoice(
        label=_("Holds below this area"), queryset=Area.objects.none(), required=False, empty_label=_("Everywhere")
    )
    org_scope = _OrganizationChoice(
        label=_("Only for matters of this organisation"), queryset=Organization.objects.none(), required=False,
        empty_label=_("All organisations"), help_text=_("A handling department is bound to itself and what is below it."),
    )  # fmt: skip
    valid_from = _moment(_("Valid from"), hint=_("Empty means at once."))
    valid_to = _moment(_("Valid until"), hint=_("Empty means until it is ended."))

    def __init__(self, actor: Actor, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        choose(self, "post", queries.visible_posts(actor).filter(is_active=True))
        choose(self, "area", areas.live().exclude(level="grid").order_by("path"))
        choose(self, "org_scope", queries.organizations())


class OrganizationForm(_Texts, forms.Form):
    code = forms.CharField(label=_("Code"), max_length=40, help_text=_("Fixed once given; letters, figures, . - _"))
    name = forms.CharField(label=_("Name"), max_length=120)
    name_en = forms.CharField(label=_("English name"), max_length=120, required=False)
    kind = forms.ChoiceField(label=_("Kind of body"), choices=list(KINDS.items()))
    area = _AreaChoice(label=_("Area"), queryset=Area.objects.none(), empty_label=_("Please choose"))
    parent = _OrganizationChoice(
        label=_("Part of"), queryset=Organization.objects.none(), required=False, empty_label=_("Nothing above it")
    )
    credit_code = forms.CharField(label=_("Unified social credit code"), max_length=18, required=False)
    phone = forms.CharField(label=_("Phone"), max_length=30, required=False)

    def __init__(self, actor: Actor, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        choose(self, "area", areas.live().exclude(level="grid").order_by("path"))
        choose(self, "parent", queries.visible_organizations(actor).filter(is_active=True))


class OrganizationChangeForm(_Texts, forms.Form):
    name = forms.CharField(label=_("Name"), max_length=120)
    name_en = forms.CharField(label=_("English name"), max_length=120, required=False)
    phone = forms.CharField(label=_("Phone"), max_length=30, required=False)
    is_active = forms.BooleanField(label=_("Still exists"), required=False)


class PostForm(_Texts, forms.Form):
    code = forms.CharField(label=_("Code"), max_length=59)
    name = forms.CharField(label=_("Name"), max_length=120)
    name_en = forms.CharField(label=_("English name"), max_length=120, required=False)
    role = _NamedChoice(label=_("Role"), queryset=Role.objects.none(), empty_label=_("Please choose"))

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        choose(self, "role", queries.roles())


class RoleForm(_Texts, forms.Form):
    code = forms.CharField(label=_("Code"), max_length=59)
    name = forms.CharField(label=_("Name"), max_length=120)
    name_en = forms.CharField(label=_("English name"), max_length=120, required=False)


class ReasonForm(forms.Form):
    reason = forms.CharField(label=_("Reason"), max_length=200)


class PartForm(forms.Form):
    how = forms.ChoiceField(
        label=_("What happens"), widget=forms.RadioSelect,
        choices=[("transferred", _("Transferred: works for another body from now on")), ("left", _("Left: works here no more"))],
    )  # fmt: skip
    to = _PersonChoice(
        label=_("Who takes over the open tasks"), queryset=Account.objects.none(), required=False,
        empty_label=_("Nobody by name: back to the post"),
        help_text=_("What this person's posts do not allow goes back to the post all the same."),
    )  # fmt: skip
    reason = forms.CharField(label=_("Reason"), max_length=200)

    def __init__(self, account_id: int, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        choose(self, "to", queries.colleagues(account_id))


class DelegationForm(forms.Form):
    substitute = _PersonChoice(
        label=_("Who stands in"), queryset=Account.objects.none(), empty_label=_("Please choose")
    )
    starts_at = _moment(_("Valid from"), required=True)
    ends_at = _moment(_("Valid until"), required=True)
    reason = forms.CharField(label=_("Reason"), max_length=200)

    def __init__(self, account_id: int, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        choose(self, "substitute", queries.colleagues(account_id))


class AdminDelegationForm(DelegationForm):
    absent = _PersonChoice(label=_("Who is away"), queryset=Account.objects.none(), empty_label=_("Please choose"))
    field_order = ["absent", "substitute", "starts_at", "ends_at", "reason"]

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(0, *args, **more)
        choose(self, "absent", queries.colleagues(0))


class ClientForm(forms.Form):
    code = forms.CharField(label=_("Code"), max_length=59)
    name = forms.CharField(label=_("Name of the system"), max_length=120)
    role = _NamedChoice(label=_("Role"), queryset=Role.objects.none(), empty_label=_("Please choose"))
    area = _AreaChoice(
        label=_("Holds below this area"), queryset=Area.objects.none(), required=False, empty_label=_("Everywhere")
    )

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        choose(self, "role", queries.roles())
        choose(self, "area", areas.live().exclude(level="grid").order_by("path"))


def choose(form: forms.Form, name: str, rows: Any) -> None:
    """Offer these rows in a choice."""
    field = form.fields[name]
    assert isinstance(field, forms.ModelChoiceField)
    field.queryset = rows
