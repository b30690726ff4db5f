"""The database is away: pages and API say so, with when to try again, and never ask the database for it."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from django.db import InterfaceError, OperationalError, connection
from django.test import Client

from tests.world import World

pytestmark = pytest.mark.django_db


def away(*_args: Any, **_more: Any) -> Any:
    raise OperationalError("server closed the connection unexpectedly")


@pytest.fixture
def no_database(world: World) -> Any:
    """Every statement fails as it does while the database restarts."""
    clients = {who: world.client(who) for who in ("acceptor", "inspector")} | {"nobody": Client()}
    with connection.execute_wrapper(away):
        yield clients


@pytest.mark.parametrize(
    ("who", "path"),
    [("nobody", "/report/query/?code=ABCDEFGHJK"), ("acceptor", "/city/desk/"), ("acceptor", "/city/cases/"), ("acceptor", "/notices/")],
)
def test_a_page_says_try_again(no_database: Any, who: str, path: str):
    no_database[who].raise_request_exception = False
    answer = no_database[who].get(path)
    assert answer.status_code == 503
    assert int(answer["Retry-After"]) > 0
    text = answer.content.decode()
    assert "平台暂时无法应答" in text
    assert 'http-equiv="refresh"' in text
    assert answer["X-Request-Id"] in text


def test_what_was_sent_is_not_sent_again_by_itself(no_database: Any):
    no_database["acceptor"].raise_request_exception = False
    answer = no_database["acceptor"].post("/city/cases/018f0000-0000-7000-8000-000000000000/act/", {"action": "complete"})
    assert answer.status_code == 503
    assert 'http-equiv="refresh"' not in answer.content.decode()


def test_the_part_of_a_page_says_it_as_a_part(no_database: Any):
    no_database["acceptor"].raise_request_exception = False
    answer = no_database["acceptor"].get("/city/desk/", headers={"HX-Request": "true"})
    assert answer.status_code == 503
    assert "<html" not in answer.content.decode()


@pytest.mark.parametrize("path", ["/api/v1/classes", "/api/v1/cases", "/api/v1/tasks"])
def test_the_api_says_it_as_a_problem(no_database: Any, path: str):
    no_database["acceptor"].raise_request_exception = False
    answer = no_database["acceptor"].get(path)
    assert answer.status_code == 503
    assert answer["Content-Type"].startswith("application/problem+json")
    assert answer["Retry-After"]
    assert answer.json()["code"] == "base.unavailable"
    assert answer.json()["instance"].startswith("urn:yiwang:request:")


def test_what_counts_as_away_and_what_is_our_own_bug():
    from yiwang.kernel.base.errors import DiskFull, Unavailable
    from yiwang.kernel.base.failing import problem_of

    for error in (OperationalError("x"), InterfaceError("x"), psycopg.OperationalError("x"), psycopg.errors.DeadlockDetected("x")):
        assert isinstance(problem_of(error), Unavailable)
    assert isinstance(problem_of(OSError(28, "No space left on device")), DiskFull)
    for error in (ValueError("x"), OSError(2, "no such file"), psycopg.errors.UniqueViolation("x")):
        assert problem_of(error) is None
