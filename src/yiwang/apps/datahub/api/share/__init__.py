"""Calls of other bureaus' programs, each signed with the secret of a grant."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET

from yiwang.apps.datahub.services.share import calls
from yiwang.kernel.base import rates
from yiwang.kernel.identity.doors import door

SIGNED = rates.declare("datahub-signed", 1200, 60)


def _answer(request: HttpRequest, code: str, kind: str) -> HttpResponse:
    query = [(k, v) for k in request.GET for v in request.GET.getlist(k)]
    made = calls.serve(calls.Call(
        method=request.method or "GET", path=request.path, query=query, authorization=request.headers.get("Authorization", ""),
        purpose=request.headers.get("X-Yiwang-Purpose", "")[:80], address=str(request.META.get("REMOTE_ADDR", "")), body=b"", dataset=code, kind=kind,
    ))  # fmt: skip
    return JsonResponse(made, json_dumps_params={"ensure_ascii": False})


@never_cache
@csrf_exempt
@require_GET
@door(public=True, limit=SIGNED)
def rows(request: HttpRequest, code: str) -> HttpResponse:
    """GET /api/v1/data/<code>/rows?fields=&limit=&after=&<column>=&<column>.gte=: rows as the grant shows them, and a receipt."""
    return _answer(request, code, "rows")


@never_cache
@csrf_exempt
@require_GET
@door(public=True, limit=SIGNED)
def changes(request: HttpRequest, code: str) -> HttpResponse:
    """GET /api/v1/data/<code>/changes?after=<number>: the next batch of changed rows of a table subscription, and a receipt."""
    return _answer(request, code, "changes")


@never_cache
@csrf_exempt
@require_GET
@door(public=True, limit=SIGNED)
def query(request: HttpRequest, code: str) -> HttpResponse:
    """GET /api/v1/data/<code>/query: the groups of the approved query, and a receipt."""
    return _answer(request, code, "query")
