"""Error pages: what Django itself refuses (400, 403, 404, a stale form) as problems of ours, and the 500 page."""

import sys

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy as _

from yiwang.kernel.base.errors import NotFound, NotPermitted, ProblemError, TooLargeBody, Unreadable
from yiwang.kernel.base.failing import problem_of
from yiwang.kernel.base.http import note_refusal, problem_response, wants_json
from yiwang.kernel.ui import assets
from yiwang.kernel.ui.shell import html_language


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
    note_refusal(request, FormTooOld())
    return problem_response(request, FormTooOld())


def failed(request: HttpRequest) -> HttpResponse:
    """Our own bug: says nothing about the inside, and gives the number by which it is found in the log."""
    if problem := problem_of(sys.exc_info()[1]):  # raised before any view: in a session, in finding out who asks
        note_refusal(request, problem)
        return problem_response(request, problem)
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


def bare(request: HttpRequest, problem: ProblemError) -> HttpResponse:
    """Say a refusal without frame, menu and database; the page tries again by itself where nothing was sent."""
    context = {
        "problem": problem, "detail": problem.detail(), "request_id": getattr(request, "request_id", ""), "styles": assets.main_styles(),
        "html_language": html_language(), "again_s": getattr(problem, "retry_after_s", 0) if request.method == "GET" else 0,
    }  # fmt: skip
    part = bool(getattr(request, "htmx", None))
    return HttpResponse(render_to_string("ui/bare_part.html" if part else "ui/bare.html", context), status=problem.status)
