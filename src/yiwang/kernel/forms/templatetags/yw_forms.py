"""`{% load yw_forms %}{% yw_form view %}`: a form's fields with their errors summed at the top."""

from typing import Any

from django import template

from yiwang.kernel.forms.contracts import FormView

register = template.Library()


@register.inclusion_tag("forms/form.html")
def yw_form(form: FormView) -> dict[str, Any]:
    return {"form": form}


@register.filter
def part(value: Any, name: str) -> Any:
    """A part of a place or person, "" when it is missing."""
    return value.get(name, "") if isinstance(value, dict) else ""
