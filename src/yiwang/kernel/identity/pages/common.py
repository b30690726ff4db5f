"""What the pages share."""

from collections.abc import Callable
from typing import Any

from django.forms import Form
from django.http import HttpRequest, QueryDict

from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.errors import BadInput
from yiwang.kernel.identity.forms import attach

ADMIN, SECURITY = "identity.admin", "identity.security"


def actor_of(request: HttpRequest) -> Actor:
    return request.actor  # type: ignore[attr-defined]


def typed(request: HttpRequest) -> QueryDict | None:
    """Return what was sent, also when nothing was filled in; None when the form is only shown."""
    return request.POST if request.method == "POST" else None


def submitted(form: Form, do: Callable[[dict[str, Any]], Any]) -> Any:
    """Run `do` with what was typed; None when the form or the service refuses, with the errors at their fields."""
    if not form.is_valid():
        return None
    try:
        return do(form.cleaned_data)
    except BadInput as problem:
        attach(form, problem)
        return None


def status(label: Any, tone: str) -> dict[str, Any]:
    return {"label": label, "tone": tone}


def column(key: str, label: Any, kind: str = "text", *, main: bool = False) -> dict[str, Any]:
    return {"key": key, "label": label, "kind": kind, "main": main}
