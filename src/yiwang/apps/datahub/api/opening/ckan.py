"""CKAN's action API, version 3, at /api/3/action/<name> and /api/action/<name>: what clients of CKAN really call.

GET with a query or POST with JSON; the answer is always {"help", "success", "result" or "error"}.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from yiwang.apps.datahub.api.opening import actions
from yiwang.apps.datahub.api.opening.answers import CkanError
from yiwang.kernel.base import rates
from yiwang.kernel.base.errors import ProblemError, TooMany
from yiwang.kernel.base.failing import problem_of
from yiwang.kernel.base.http import note_refusal, register_face
from yiwang.kernel.identity.doors import door

LIMIT = rates.declare("ckan", 2400, 60, by="caller")
MOST_BODY = 1_000_000
_TYPES = {401: "Authorization Error", 403: "Authorization Error", 404: "Not Found Error", 409: "Validation Error", 422: "Validation Error", 429: "Too Many Requests"}


def _help(request: HttpRequest, name: str) -> str:
    return request.build_absolute_uri(f"/api/3/action/help_show?name={name}")


def _json(body: object, status: int = 200) -> HttpResponse:
    response = JsonResponse(body, safe=False, status=status, json_dumps_params={"ensure_ascii": False})
    response["Access-Control-Allow-Origin"] = "*"
    return response


def face(request: HttpRequest, problem: ProblemError) -> HttpResponse:
    """How a refusal of the platform looks to a client of CKAN."""
    name = request.path.rstrip("/").rsplit("/", 1)[-1][:60]
    kind = _TYPES.get(problem.status, "Internal Error" if problem.status >= 500 else "Validation Error")
    status = {401: 403, 422: 409}.get(problem.status, problem.status)
    response = _json({"help": _help(request, name), "success": False, "error": {"__type": kind, "message": str(problem)}}, status)
    if isinstance(problem, TooMany):
        response["Retry-After"] = str(problem.retry_after_s)
    return response


register_face("/api/3/", face)
register_face("/api/action/", face)


def given(request: HttpRequest) -> dict[str, Any]:
    """Return what the call says: JSON of the body over the query.

    Raises
    ------
    CkanError
        The body cannot be read (400, a bare sentence as CKAN has it).
    """
    found: dict[str, Any] = {k: v[0] if len(v) == 1 else list(v) for k, v in request.GET.lists()}
    if request.method != "POST":
        return found
    if request.content_type in ("application/x-www-form-urlencoded", "multipart/form-data") and request.POST:
        return found | {k: v[0] if len(v) == 1 else list(v) for k, v in request.POST.lists() if v != [""] or not k.startswith("{")}
    raw = request.body[: MOST_BODY + 1]
    if len(raw) > MOST_BODY:
        raise CkanError(400, "", "Bad request - JSON Error: too long")
    if not raw.strip():
        return found
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise CkanError(400, "", "Bad request - JSON Error: Error decoding JSON data.") from error
    if not isinstance(body, dict):
        raise CkanError(400, "", "Bad request - JSON Error: Request data JSON decoded is not a dictionary.")
    return found | body


View = Callable[..., HttpResponse]


def _answered(view: View) -> View:
    @wraps(view)
    def answering(request: HttpRequest, name: str) -> HttpResponse:
        try:
            return view(request, name)
        except CkanError as error:
            if not error.type:
                return _json(error.message, error.status)
            said = error.message if isinstance(error.message, dict) else {"message": error.message}
            return _json({"help": _help(request, name), "success": False, "error": {"__type": error.type} | said}, error.status)
        except ProblemError as problem:
            note_refusal(request, problem)
            return face(request, problem)
        except Exception as error:
            if (known := problem_of(error)) is not None:
                return face(request, known)
            raise

    return answering


@csrf_exempt
@door(public=True, limit=LIMIT)
@_answered
def action(request: HttpRequest, name: str) -> HttpResponse:
    """GET, POST /api/3/action/<name>: one action."""
    if request.method == "OPTIONS":
        response = HttpResponse(status=204)
        response["Access-Control-Allow-Origin"], response["Access-Control-Allow-Headers"] = "*", "Content-Type, Authorization"
        return response
    if request.method not in ("GET", "POST", "HEAD"):
        response = _json("Bad request - use GET or POST", 405)
        response["Allow"] = "GET, POST"
        return response
    do = actions.ACTIONS.get(name)
    if do is None:
        raise CkanError(400, "", f"Bad request - Action name not known: {name[:60]}")
    result = do(actions.Call(request=request, actor=request.actor, data=given(request)))  # type: ignore[attr-defined]
    return _json({"help": _help(request, name), "success": True, "result": result})


@door(public=True, limit=LIMIT)
def version(request: HttpRequest) -> HttpResponse:
    """GET /api/3: which version of the interface this is."""
    return _json({"version": 3, "actions": sorted(actions.ACTIONS), "about": _("Open data, by the action API of CKAN")})
