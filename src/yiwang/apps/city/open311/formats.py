"""Answers in XML or JSON (Spark convention): named by the address's ending, else by the Accept header, else XML."""

import json
import logging
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import wraps
from typing import Any
from uuid import UUID

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from lxml import etree

from yiwang.kernel.base import logs, rates
from yiwang.kernel.base.errors import (
    BadInput,
    NotFound,
    NotPermitted,
    NotSignedIn,
    ProblemError,
    TooLargeBody,
    Unreadable,
)
from yiwang.kernel.base.http import note_refusal
from yiwang.kernel.identity.doors import door

log = logging.getLogger("yiwang.open311")
LIMIT = rates.declare("open311", 600, 60)  # one address; a client's key is counted besides
XML, JSON = "xml", "json"
TYPES = {XML: "text/xml; charset=utf-8", JSON: "application/json; charset=utf-8"}
_NOT_XML = re.compile(r"[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
Row = Mapping[str, Any]
View = Callable[..., HttpResponse]


class Refusal(Exception):
    """One or more errors in the specification's own shape; the first one's code is the HTTP status."""

    def __init__(self, code: int, *descriptions: str) -> None:
        super().__init__(*descriptions)
        self.code, self.descriptions = code, [str(d) for d in descriptions]


def format_of(request: HttpRequest, ending: str = "") -> str:
    """Return xml or json.

    Raises
    ------
    Refusal
        Another ending was asked for.
    """
    if ending:
        if ending.lower() not in TYPES:
            raise Refusal(400, _("The format %(format)s is not offered; ask for xml or json.") % {"format": ending[:20]})
        return ending.lower()
    accepted = request.headers.get("Accept", "")
    return JSON if "json" in accepted and "xml" not in accepted else XML


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    return value


def _text(value: Any) -> str | None:
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    return _NOT_XML.sub("", repr(value) if isinstance(value, float) else str(value))


SINGULAR = {
    "services": "service", "service_requests": "request", "attributes": "attribute", "values": "value", "errors": "error",
    "endpoints": "endpoint", "formats": "format", "notes": "note",
}  # fmt: skip


def _element(name: str, value: Any) -> etree._Element:
    element = etree.Element(name)
    if isinstance(value, Mapping):
        for key, inner in value.items():
            element.append(_element(str(key), inner))
    elif isinstance(value, list | tuple):
        for inner in value:
            element.append(_element(SINGULAR[name], inner))
    else:
        element.text = _text(value)
    return element


def respond(kind: str, root: str, value: Row | Sequence[Row], status: int = 200) -> HttpResponse:
    """Return `value` as JSON, or as XML below the element `root`."""
    plain = _plain(value)
    if kind == JSON:
        body = json.dumps(plain, ensure_ascii=False).encode()
    else:
        body = etree.tostring(_element(root, plain), xml_declaration=True, encoding="UTF-8")
    response = HttpResponse(body, status=status, content_type=TYPES[kind])
    response["Access-Control-Allow-Origin"] = "*"  # public facts, no cookie is looked at
    response["Vary"] = "Accept, Accept-Language"
    return response


def refuse(kind: str, status: int, descriptions: Sequence[str]) -> HttpResponse:
    return respond(kind, "errors", [{"code": status, "description": d} for d in descriptions], status)


def status_of(problem: ProblemError) -> int:
    """Return 404 for what does not exist, 403 for keys and rights, 400 for everything else, as the specification says."""
    if isinstance(problem, NotFound):
        return 404
    if isinstance(problem, NotSignedIn | NotPermitted):
        return 403
    return problem.status if problem.status in (413, 429) else 400


def said(problem: ProblemError) -> list[str]:
    if isinstance(problem, NotSignedIn):
        return [_("Missing or invalid api_key.")]
    if isinstance(problem, BadInput) and problem.errors:
        return [f"{e['field']}: {e['message']}" for e in problem.errors]
    return [str(problem)]


def problem_face(request: HttpRequest, problem: ProblemError) -> HttpResponse:
    """How a refusal looks below /open311/ when it was raised before or after a view (a wrong key in a header)."""
    ending = request.path.rsplit(".", 1)[-1].lower() if "." in request.path.rsplit("/", 1)[-1] else ""
    kind = ending if ending in TYPES else format_of(request)
    return refuse(kind, status_of(problem), said(problem))


def open311_door(*methods: str) -> Callable[[View], View]:
    """Guard a view: public, these methods, errors in the asked format, never a bare 500."""

    def decorate(view: View) -> View:
        @csrf_exempt
        @door("city.open311", limit=LIMIT)
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, format: str = "", **kwargs: Any) -> HttpResponse:  # noqa: A002
            kind = XML
            try:
                kind = format_of(request)
                kind = format_of(request, format)
                if request.method not in methods:
                    response = refuse(kind, 405, [_("It answers to: %(methods)s.") % {"methods": ", ".join(methods)}])
                    response["Allow"] = ", ".join(methods)
                    return response
                return view(request, kind, *args, **kwargs)
            except Refusal as refusal:
                return refuse(kind, refusal.code, refusal.descriptions)
            except ProblemError as problem:
                note_refusal(request, problem)
                return refuse(kind, status_of(problem), said(problem))
            except RequestDataTooBig:
                return refuse(kind, 413, said(TooLargeBody()))
            except (SuspiciousOperation, MultiPartParserError):
                return refuse(kind, 400, said(Unreadable()))
            except Exception:
                log.exception("failed", extra={"facts": {"route": logs.route_of(request)}})
                number = getattr(request, "request_id", "")
                return refuse(kind, 500, [_("General service error. Tell the administrator this number: %(n)s") % {"n": number}])

        guarded.methods = methods  # type: ignore[attr-defined]
        return guarded

    return decorate
