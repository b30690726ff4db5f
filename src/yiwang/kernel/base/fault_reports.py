"""Reports of faults (mail to whoever looks after the platform): where it broke, never what somebody had typed.

Django's own report holds the form, the address's query and the values of all local variables: names and telephones
among them. Ours names fields and variables and leaves every value out. While developing (DEBUG) all is shown.
"""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.safestring import SafeString, mark_safe
from django.views.debug import ExceptionReporter, SafeExceptionReporterFilter

HIDDEN = "—"
HARMLESS_META = ("REQUEST_METHOD", "PATH_INFO", "CONTENT_TYPE", "CONTENT_LENGTH", "SERVER_NAME", "SERVER_PORT", "HTTP_X_REQUEST_ID")


class NamesOnly(SafeExceptionReporterFilter):
    """Keep the names of what was sent and of what the code had in hand, without their values."""

    def is_active(self, request: HttpRequest | None) -> bool:
        return not settings.DEBUG

    def get_post_parameters(self, request: HttpRequest | None) -> dict[str, str]:
        return {} if request is None else dict.fromkeys(request.POST, HIDDEN)

    def get_traceback_frame_variables(self, request: HttpRequest | None, tb_frame: Any) -> Any:
        return [(name, HIDDEN) for name in tb_frame.f_locals]

    def get_safe_cookies(self, request: HttpRequest | None) -> dict[str, str]:
        return {} if request is None else dict.fromkeys(request.COOKIES, HIDDEN)

    def get_safe_request_meta(self, request: HttpRequest | None) -> dict[str, Any]:
        return {} if request is None else {k: request.META[k] for k in HARMLESS_META if k in request.META}


class FaultReporter(ExceptionReporter):
    """A report without values: neither of the query, nor in what the exception itself says."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        if not settings.DEBUG:
            self.filter = NamesOnly()

    def get_traceback_data(self) -> dict[str, Any]:
        data = super().get_traceback_data()
        if settings.DEBUG:
            return data
        # What a database says of a broken rule quotes the row (DETAIL: Key (phone)=(...)).
        data["exception_value"] = HIDDEN
        data["exception_notes"] = ""
        data["request_GET_items"] = [(name, HIDDEN) for name, _value in data.get("request_GET_items", ())]
        data["request_insecure_uri"] = self.request.path if self.request is not None else ""
        data["user_str"] = HIDDEN
        for frame in data.get("frames", ()):
            frame["exc_cause"] = HIDDEN if frame.get("exc_cause") else None
        return data

    def get_traceback_text(self) -> SafeString:
        """Return the report as plain text, the exception's own words left out as well."""
        text = super().get_traceback_text()
        words = str(self.exc_value) if self.exc_value is not None else ""
        return mark_safe(text.replace(words, HIDDEN)) if words.strip() and not settings.DEBUG else text  # noqa: S308 - a mail in plain text
