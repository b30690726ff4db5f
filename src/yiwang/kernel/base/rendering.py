"""The one place that knows HTMX headers: page or part, and the cache told that they differ."""

from django import shortcuts
from django.http import HttpRequest, HttpResponse
from django.template import TemplateDoesNotExist
from django.utils.cache import patch_vary_headers


def render(
    request: HttpRequest, template: str, context: dict[str, object] | None = None, *, part: str = "", status: int = 200
) -> HttpResponse:
    """Render the page, or only its named part when HTMX asked for one."""
    htmx = getattr(request, "htmx", None)
    wants_part = bool(part and htmx and not htmx.history_restore_request and not htmx.boosted)
    try:
        response = shortcuts.render(request, f"{template}#{part}" if wants_part else template, context, status=status)
    except TemplateDoesNotExist:
        if not wants_part:
            raise
        response = shortcuts.render(request, template, context, status=status)  # its part stands in the page that it extends
    patch_vary_headers(response, ["HX-Request"])
    return response
