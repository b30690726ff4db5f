"""A refusal says what is wrong and what to do, in the reader's language, as a page or as problem+json (RFC 9457)."""

import json
from dataclasses import dataclass
from typing import Any, ClassVar

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django.utils import translation

from yiwang.kernel.base import http
from yiwang.kernel.base.errors import BadInput, NotPermitted, NotSignedIn, ProblemError, TooMany


@dataclass(kw_only=True, eq=False)
class TooFar(ProblemError):
    metres: int
    where: tuple[str, ...] = ()
    code: ClassVar[str] = "test.too-far"
    title: ClassVar[Any] = "Too far away"
    hint: ClassVar[Any] = "It is %(metres)s m off; go nearer."
    status: ClassVar[int] = 422


def test_as_problem_carries_the_facts() -> None:
    said = TooFar(metres=80, where=("a", "b")).as_problem("r-1")
    assert said == {
        "type": "urn:yiwang:problem:test.too-far", "code": "test.too-far", "title": "Too far away", "status": 422,
        "detail": "It is 80 m off; go nearer.", "instance": "urn:yiwang:request:r-1", "metres": 80, "where": ["a", "b"],
    }  # fmt: skip
    json.dumps(said)


def test_a_hint_that_does_not_fit_its_facts_is_still_said() -> None:
    class Broken(TooFar):
        hint: ClassVar[Any] = "100 % of %(nothing)s"

    assert Broken(metres=1).detail() == "100 % of %(nothing)s"


def test_a_refusal_can_be_raised_and_keeps_its_traceback() -> None:
    with pytest.raises(TooFar) as refused:
        raise TooFar(metres=1)
    assert refused.value.__traceback__ is not None
    assert str(refused.value) == "Too far away It is 1 m off; go nearer."


def test_in_the_readers_language() -> None:
    with translation.override("zh-hans"):
        assert NotPermitted(permission="x.y").as_problem("")["title"] == "您的岗位不能做这件事"
        assert "x.y" in NotPermitted(permission="x.y").detail()
    with translation.override("en"):
        assert str(NotSignedIn.title) == "Please sign in first"


def answer(path: str, problem: Exception, **headers: str) -> HttpResponse:
    request = RequestFactory().get(path, headers=headers)
    request.request_id = "r-123"  # type: ignore[attr-defined]
    response = http.ProblemMiddleware(lambda _: HttpResponse()).process_exception(request, problem)
    assert response is not None
    return response


def test_below_api_it_is_problem_json() -> None:
    response = answer("/api/v1/cases", BadInput.one("point", "outside", "Outside the city"))
    assert response.status_code == 422
    assert response["Content-Type"] == "application/problem+json"
    body = json.loads(response.content)
    assert body["errors"] == [{"field": "point", "code": "outside", "message": "Outside the city"}]
    assert body["instance"] == "urn:yiwang:request:r-123"


def test_who_asks_for_json_gets_json_elsewhere_too() -> None:
    assert answer("/cases/", NotSignedIn(), accept="application/json").status_code == 401


def test_a_page_that_needs_signing_in_leads_to_the_sign_in() -> None:
    response = answer("/cases/?q=1", NotSignedIn())
    assert response.status_code == 302
    assert response["Location"] == "/accounts/login/?next=%2Fcases%2F%3Fq%3D1"


def test_too_many_says_when_to_come_back() -> None:
    response = answer("/api/v1/reports", TooMany(retry_after_s=30))
    assert (response.status_code, response["Retry-After"]) == (429, "30")


def test_what_is_no_refusal_is_left_to_django() -> None:
    middleware = http.ProblemMiddleware(lambda _: HttpResponse())
    assert middleware.process_exception(HttpRequest(), RuntimeError("ours")) is None


@pytest.mark.parametrize(
    ("given", "kept"), [("a-good.id_1234", True), ("short", False), ("bad\nline-----", False), ("x" * 65, False)]
)
def test_request_id(given: str, kept: bool) -> None:
    seen = []

    def view(request: Any) -> HttpResponse:
        seen.append(request.request_id)
        return HttpResponse()

    request = RequestFactory().get("/")
    request.META["HTTP_X_REQUEST_ID"] = given
    response = http.RequestIdMiddleware(view)(request)
    assert response["X-Request-Id"] == seen[0]
    assert (seen[0] == given) is kept


def test_several_reasons_are_said_one_after_the_other() -> None:
    @dataclass(kw_only=True, eq=False)
    class Several(ProblemError):
        reasons: tuple[str, ...]
        hint: ClassVar[Any] = "Mend this: %(reasons)s."

    with translation.override("en"):
        assert Several(reasons=("no photo", "no class")).detail() == "Mend this: no photo; no class."
    with translation.override("zh-hans"):
        assert Several(reasons=("没有照片",)).detail() == "Mend this: 没有照片."
