"""Error pages: what Django itself refuses (400, 403, 404, a stale form) as problems of ours, and the 500 page."""

import logging

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy as _

from yiwang.kernel.base.errors import NotFound, NotPermitted, ProblemError, TooLargeBody, Unreadable
from yiwang.kernel.base.http import problem_response, wants_json
from yiwang.kernel.ui import assets
from yiwang.kernel.ui.shell import html_language

log = logging.getLogger("yiwang.ui")


class FormTooOld(ProblemError):
    """The form's secret (CSRF) no longer fits: signed in again in another window, or cookies are off."""

    code = "ui.form-too-old"
    title = _("This form has been open too long")
    hint = _("Nothing was sent. Go back, load the page again and send it once more; what you typed is still there.")
    status = 403


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return problem_response(request, NotFound())


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return problem_response(request, NotPermitted(permission=str(exception or "")[:80]))


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return problem_response(request, TooLargeBody() if isinstance(exception, RequestDataTooBig) else Unreadable())


def stale_form(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Django's CSRF_FAILURE_VIEW."""
    log.info("csrf refused %s: %s", request.path, reason)
    return problem_response(request, FormTooOld())


def failed(request: HttpRequest) -> HttpResponse:
    """Our own bug: says nothing about the inside, and gives the number by which it is found in the log."""
    request_id = getattr(request, "request_id", "")
    if wants_json(request):
        body = {
            "type": "urn:yiwang:problem:base.failed", "code": "base.failed", "title": str(_("The platform could not do this")),
            "status": 500, "instance": f"urn:yiwang:request:{request_id}",
        }  # fmt: skip
        return JsonResponse(body, status=500, content_type="application/problem+json")
    context = {"request_id": request_id, "styles": assets.main_styles(), "html_language": html_language()}
    part = bool(getattr(request, "htmx", None))
    return HttpResponse(render_to_string("ui/failed_part.html" if part else "ui/failed.html", context), status=500)
