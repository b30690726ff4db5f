"""A copy of the platform to look at: everything is shown, nothing is written (READ_ONLY)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from yiwang.kernel.base.errors import ProblemError
from yiwang.kernel.base.http import problem_response

READING = ("GET", "HEAD", "OPTIONS")
STILL = ("/accounts/login/", "/accounts/logout/", "/accounts/reauthenticate/", "/accounts/2fa/")  # one must get in to look


@dataclass(kw_only=True, eq=False)
class CopyOnly(ProblemError):
    since: str
    code: ClassVar[str] = "backup.copy-only"
    title: ClassVar[Any] = _("This is a copy to look at")
    hint: ClassVar[Any] = _("It was restored on %(since)s. Write on paper forms, and enter them when the platform is back.")
    status: ClassVar[int] = 409


class CopyMiddleware:
    """Refuses whatever would write, when the platform is such a copy."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        if settings.READ_ONLY and request.method not in READING and not request.path.startswith(STILL):
            return problem_response(request, CopyOnly(since=settings.READ_ONLY))
        return None
