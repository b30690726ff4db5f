"""The JSON API `/api/v1/`: one django-ninja instance for all rooms and apps, whose every refusal is problem+json.

A room or app adds its operations by a module `api` with a `router`; nothing outside its folder is edited.
"""

import json
import logging
from importlib import import_module
from typing import Annotated, Any

from django.apps import apps
from django.conf import settings
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import URLPattern, URLResolver
from django.utils.module_loading import module_has_submodule
from django.utils.translation import gettext as _
from ninja import NinjaAPI, Schema
from ninja.errors import HttpError, ValidationError
from ninja.openapi.docs import DocsBase
from ninja.responses import NinjaJSONEncoder
from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from yiwang.kernel.base import logs, rates
from yiwang.kernel.base.errors import BadInput, Failed, NotFound, ProblemError, TooLargeBody, Unreadable, WrongMethod
from yiwang.kernel.base.failing import problem_of
from yiwang.kernel.base.http import note_refusal
from yiwang.kernel.base.texts import is_showable

log = logging.getLogger("yiwang.api")
PROBLEM = "application/problem+json"


def _clean(value: str) -> str:
    if not is_showable(value):
        raise PydanticCustomError("control", "The text has characters that cannot be shown")
    return value


Text = Annotated[str, AfterValidator(_clean)]  # what may come from outside as text


class Problem(Schema):
    """A refusal (RFC 9457). Further members are facts of that kind of refusal."""

    type: str
    code: str
    title: str
    status: int
    detail: str = ""
    instance: str = ""


class FieldProblem(Schema):
    field: str
    code: str
    message: str


class InputProblem(Problem):
    errors: list[FieldProblem] = []


def answer(data: Any, status: int = 200, headers: dict[str, str] | None = None) -> HttpResponse:
    """Return JSON as it stands; hot lists hand over `values()` and skip the schema objects."""
    body = json.dumps(data, cls=NinjaJSONEncoder, ensure_ascii=False, separators=(",", ":"))
    return HttpResponse(body, status=status, content_type="application/json; charset=utf-8", headers=headers)


def problem_answer(request: HttpRequest, problem: ProblemError) -> HttpResponse:
    body = problem.as_problem(getattr(request, "request_id", ""))
    response = HttpResponse(
        json.dumps(body, cls=NinjaJSONEncoder, ensure_ascii=False), status=problem.status, content_type=PROBLEM
    )
    if (retry := getattr(problem, "retry_after_s", None)) is not None:
        response["Retry-After"] = str(retry)
    return response


# pydantic's own words are English and technical; the frequent ones are said in ours.
def _message(error: dict[str, Any]) -> str:
    kind, context = str(error.get("type", "")), error.get("ctx") or {}
    if kind == "missing":
        return _("This is needed.")
    if kind == "control":
        return _("The text has characters that cannot be shown. Type it again.")
    if kind == "string_too_long" or (kind == "too_long" and isinstance(error.get("input"), str)):
        return _("At most %(most)s characters.") % {"most": context.get("max_length")}
    if kind == "too_long":
        return _("At most %(most)s entries.") % {"most": context.get("max_length")}
    if kind.startswith("uuid_"):
        return _("This is not a UUID.")
    if kind == "string_type":
        return _("This is not a text.")
    if kind.startswith("bool_"):
        return _("Give true or false.")
    if kind in ("list_type", "tuple_type", "set_type"):
        return _("This is not a list.")
    if kind in ("dict_type", "model_type", "model_attributes_type", "mapping_type"):
        return _("This is not a JSON object.")
    if kind.startswith(("int_", "float_", "decimal_")) or kind in ("finite_number",):
        return _("This is not a number.")
    if kind.startswith(("datetime_", "timezone_")):
        return _("Give the time with its zone, for example 2026-11-23T14:05:00+08:00.")
    if kind in ("greater_than_equal", "greater_than"):
        return _("Give a number of at least %(least)s.") % {"least": context.get("ge", context.get("gt"))}
    if kind in ("less_than_equal", "less_than"):
        return _("Give a number of at most %(most)s.") % {"most": context.get("le", context.get("lt"))}
    if kind in ("literal_error", "enum"):
        return _("Choose one of: %(list)s.") % {"list": context.get("expected", "")}
    if kind == "extra_forbidden":
        return _("This field is not known here.")
    return _("This value cannot be used here (%(kind)s).") % {"kind": kind}


def input_problem(error: ValidationError) -> BadInput:
    """Turn ninja's findings into ours: field names as the caller wrote them, messages in his language."""
    found = []
    for one in error.errors:
        where = [str(p) for p in one.get("loc", ())]
        if where and where[0] in ("body", "query", "path", "header", "form", "file", "cookie"):
            inside = where[2:] if where[0] == "body" and len(where) > 2 else where[1:]
            where = inside or where[:1]
        found.append({"field": ".".join(where), "code": str(one.get("type", "invalid")), "message": _message(one)})
    return BadInput(errors=tuple(found))


class OwnDocs(DocsBase):
    """The description of the API as one page of ours: no script, nothing from another host."""

    def render_page(self, request: HttpRequest, api: NinjaAPI, **kwargs: Any) -> HttpResponse:
        schema = json.loads(json.dumps(api.get_openapi_schema(path_params=kwargs), cls=NinjaJSONEncoder))
        groups: dict[str, list[dict[str, Any]]] = {}
        for path, methods in schema["paths"].items():
            for method, operation in methods.items():
                tag = (operation.get("tags") or ["-"])[0]
                groups.setdefault(tag, []).append(_operation(path, method, operation))
        context = {
            "groups": groups.items(), "title": schema["info"]["title"], "openapi_url": self.get_openapi_url(api, kwargs),
            "schemas": [_schema(n, s) for n, s in sorted(schema.get("components", {}).get("schemas", {}).items())],
        }  # fmt: skip
        return render(request, "base/api.html", context)


def _kind(schema: dict[str, Any]) -> str:
    """Return a schema's kind in a word or two."""
    if "$ref" in schema:
        return str(schema["$ref"]).rsplit("/", 1)[-1]
    if "anyOf" in schema:
        return " | ".join(dict.fromkeys(_kind(s) for s in schema["anyOf"] if s.get("type") != "null"))
    if "enum" in schema:
        return " | ".join(str(v) for v in schema["enum"])
    if schema.get("type") == "array":
        return f"[{_kind(schema.get('items', {}))}]"
    return str(schema.get("format") or schema.get("type") or "object")


def _operation(path: str, method: str, operation: dict[str, Any]) -> dict[str, Any]:
    content = operation.get("requestBody", {}).get("content", {})
    return {
        "method": method.upper(), "path": path, "id": operation.get("operationId", ""),
        "summary": operation.get("summary", ""), "description": operation.get("description", ""),
        "parameters": [
            {"name": p["name"], "where": p["in"], "kind": _kind(p.get("schema", {})), "required": p.get("required", False),
             "description": p.get("description") or p.get("schema", {}).get("description", "")}
            for p in operation.get("parameters", [])
        ],
        "body": [f"{media}: {_kind(c.get('schema', {}))}" for media, c in content.items()],
        "answers": [
            (status, ", ".join(_kind(c.get("schema", {})) for c in a.get("content", {}).values()))
            for status, a in operation.get("responses", {}).items()
        ],
        "asks": operation.get("x-permission", ""),
    }  # fmt: skip


def _schema(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    needed = set(schema.get("required", ()))
    return {
        "name": name, "description": schema.get("description", ""),
        "fields": [
            {"name": n, "kind": _kind(s), "required": n in needed, "description": s.get("description", "")}
            for n, s in schema.get("properties", {}).items()
        ],
    }  # fmt: skip


def _refusals_as_problems(schema: Any) -> None:
    """Say of every refusal that it comes as problem+json, which is how it comes (RFC 9457)."""
    for methods in schema["paths"].values():
        for operation in methods.values():
            for status, told in operation.get("responses", {}).items():
                content = told.get("content", {})
                if int(status) >= 400 and "application/json" in content:
                    content[PROBLEM] = content.pop("application/json")


class Api(NinjaAPI):
    """Adds to django-ninja: problem+json everywhere, the door on each address, its permission in the description."""

    def get_openapi_schema(self, **kwargs: Any) -> Any:
        schema = super().get_openapi_schema(**kwargs)
        _refusals_as_problems(schema)
        for bound in self._get_bound_routers():
            for view in bound.path_operations.values():
                for operation in view.operations:
                    self._describe(schema, operation)
        return schema

    def _describe(self, schema: Any, operation: Any) -> None:
        asks = next((c.door for c in operation.auth_callbacks or () if hasattr(c, "door")), None)
        wanted = operation.operation_id or self.get_openapi_operation_id(operation)
        for methods in schema["paths"].values():
            for found in methods.values():
                if found.get("operationId") == wanted and asks is not None:
                    said = "public" if asks.public else "signed-in" if asks.signed_in else " | ".join(asks.permissions)
                    found["x-permission"] = said

    def get_openapi_operation_id(self, operation: Any) -> str:
        return str(operation.view_func.__name__)

    def _get_urls(self) -> list[URLResolver | URLPattern]:
        found = list(super()._get_urls())
        views = {id(v): v for b in self._get_bound_routers() for v in b.path_operations.values()}
        for pattern in found:
            if isinstance(pattern, URLPattern):
                _tell_door(pattern, views)
                if pattern.name in ("openapi-json", "openapi-view", "api-root"):  # ninja's own, without a door
                    pattern.callback = _counted(pattern.callback)
        return found


def _counted(view: Any) -> Any:
    def counted(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        rates.count(rates.OPEN_DATA, request)
        response: HttpResponseBase = view(request, *args, **kwargs)
        return response

    counted.limits = (rates.OPEN_DATA,)  # type: ignore[attr-defined]  # for the test that walks all addresses
    return counted


def _tell_door(pattern: URLPattern, views: dict[int, Any]) -> None:
    """Give the address's view what it asks, for the test that walks all addresses; and 405 as a problem."""
    inner = pattern.callback
    cells = getattr(inner, "__closure__", None) or ()
    path_view = next((c.cell_contents for c in cells if id(c.cell_contents) in views), None)
    if path_view is None:
        return

    def view(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response: HttpResponseBase = inner(request, *args, **kwargs)
        if response.status_code == 405:
            allowed = response.get("Allow", "")
            refused = problem_answer(request, WrongMethod(allowed=allowed))
            refused["Allow"] = allowed
            return refused
        return response

    view.csrf_exempt = True  # type: ignore[attr-defined]  # the door checks the token of who is signed in by cookie
    view.__self__ = path_view  # type: ignore[attr-defined]
    view.__name__ = getattr(inner, "__name__", "view")
    pattern.callback = view


def _handlers(api: Api) -> None:
    def refused(request: HttpRequest, error: Any) -> HttpResponse:
        note_refusal(request, error)
        return problem_answer(request, error)

    def invalid(request: HttpRequest, error: Any) -> HttpResponse:
        return refused(request, input_problem(error))

    def http(request: HttpRequest, error: Any) -> HttpResponse:
        body = BadInput.one("body", "json", _("The body is not valid JSON in UTF-8."))
        return refused(request, body if error.status_code == 400 else NotFound())

    def missing(request: HttpRequest, error: Any) -> HttpResponse:
        return refused(request, NotFound())

    def suspicious(request: HttpRequest, error: Any) -> HttpResponse:
        large = isinstance(error, RequestDataTooBig)
        return refused(request, TooLargeBody() if large else Unreadable())

    def failed(request: HttpRequest, error: Any) -> HttpResponse:
        if problem := problem_of(error):
            return refused(request, problem)
        log.exception("failed", extra={"facts": {"route": logs.route_of(request)}})
        return problem_answer(request, Failed())

    api.add_exception_handler(ProblemError, refused)
    api.add_exception_handler(ValidationError, invalid)
    api.add_exception_handler(HttpError, http)
    api.add_exception_handler(Http404, missing)
    api.add_exception_handler(SuspiciousOperation, suspicious)
    api.add_exception_handler(MultiPartParserError, suspicious)
    api.add_exception_handler(UnreadablePostError, suspicious)
    api.add_exception_handler(Exception, failed)


def make_api() -> Api:
    """Return the API with the operations of every installed room and app that has an `api` module with a `router`."""
    api = Api(
        title="Yiwang API", version="1", urls_namespace="api-v1", docs=OwnDocs(), docs_url="/docs",
        openapi_url="/openapi.json", openapi_extra=_EXTRA,
        description="Additive inside a version. Lists page by an opaque cursor; totals stop at 10,000.",
    )  # fmt: skip
    _handlers(api)
    for config in apps.get_app_configs():
        if config.module is not None and config.name.startswith("yiwang.") and module_has_submodule(config.module, "api"):
            router = getattr(import_module(f"{config.name}.api"), "router", None)
            if router is not None:
                api.add_router("", router)
    return api


_EXTRA: dict[str, Any] = {
    "components": {
        "securitySchemes": {
            "bearer": {"type": "http", "scheme": "bearer"},
            "key": {"type": "apiKey", "in": "header", "name": "X-Api-Key"},
            "session": {"type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME},
        }
    },
    "security": [{"bearer": []}, {"key": []}, {"session": []}],
}
