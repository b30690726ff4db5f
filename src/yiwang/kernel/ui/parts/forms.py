"""Form fields with help and errors where they are asked for, and a summary of errors at the top."""

from typing import Any

from django import template
from django.forms import BoundField, CheckboxInput, CheckboxSelectMultiple, Form, RadioSelect, Select

register = template.Library()


@register.inclusion_tag("ui/parts/field.html")
def field(bound: BoundField, hint: str = "", label: str = "") -> dict[str, Any]:
    """A field of a Django form: label, help, control, error.  ``{% field form.reason %}``"""
    widget = bound.field.widget
    many = isinstance(widget, RadioSelect | CheckboxSelectMultiple)
    check = isinstance(widget, CheckboxInput)
    css = "form-check-input" if check or many else "form-select" if isinstance(widget, Select) else "form-control"
    described = " ".join(f"{bound.auto_id}_{part}" for part, there in (("hint", hint or bound.help_text), ("error", bound.errors)) if there)
    attributes: dict[str, str | bool] = {"class": f"{css}{' is-invalid' if bound.errors else ''}"}
    if described:
        attributes["aria-describedby"] = described
    if bound.errors:
        attributes["aria-invalid"] = "true"
    return {
        "bound": bound, "control": bound.as_widget(attrs=attributes), "hint": hint or bound.help_text, "check": check, "many": many,
        "label": label or bound.label, "required": bound.field.required,
    }  # fmt: skip


@register.inclusion_tag("ui/parts/error_summary.html")
def error_summary(form: Form) -> dict[str, Any]:
    """Every error of the form at its top, each a link to its field.  ``{% error_summary form %}``"""
    rows = [(form[name].auto_id if name in form.fields else "", form[name].label if name in form.fields else "", e)
            for name, errors in form.errors.items() for e in errors]  # fmt: skip
    return {"rows": rows}
