"""One request leaves one trail: its id is on the lines of web, worker, relay, live stream and other systems."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.walk import advance, do, report, upload
from tests.world import World
from yiwang.kernel.base import jobs, logs

NUMBER = "trail-of-one-request"


@pytest.fixture
def lines() -> Iterator[Any]:
    """What this process would write in production, line by line."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logs.JsonFormatter("web"))
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.removeHandler(handler)
    root.setLevel(level)


def only(found: list[dict[str, Any]], event: str) -> dict[str, Any]:
    mine = [line for line in found if line["event"] == event]
    assert len(mine) == 1, found
    return mine[0]


@pytest.mark.django_db
def test_one_line_a_request_with_route_status_time_and_who(world: World, lines: Any) -> None:
    case = report(world)
    client = world.client("acceptor")
    client.get(f"/city/cases/{case.uid}/?q=王芳", headers={"x-request-id": NUMBER})
    found = only(lines(), "request")
    assert (found["request_id"], found["route"], found["method"], found["status"]) == (NUMBER, "city:case", "GET", 200)
    assert found["actor"] == f"account:{world.account('acceptor').pk}"
    assert found["ms"] > 0
    said = json.dumps(lines(), ensure_ascii=False)
    assert "王芳" not in said, "what was asked for stands in no log"
    assert world.account("acceptor").name not in said
    assert str(case.uid) not in said


@pytest.mark.django_db
def test_a_harmful_request_id_is_replaced(world: World, lines: Any) -> None:
    for given in ("a b", "x" * 65, "short", 'a","event":"forged', "日本語日本語日本語"):
        response = world.client(None).get("/accounts/login/", headers={"x-request-id": given})
        assert response["X-Request-Id"] != given
    assert all(len(line["request_id"]) == 36 for line in lines() if line["event"] == "request")


@pytest.mark.django_db
def test_queries_are_counted_while_developing(world: World, lines: Any, settings: Any) -> None:
    settings.DEBUG = True
    from django.db import connection

    connection.force_debug_cursor = True
    try:
        world.client("acceptor").get("/city/cases/")
    finally:
        connection.force_debug_cursor = False
    assert only(lines(), "request")["queries"] > 3


@pytest.mark.django_db
def test_a_refusal_is_one_line_by_its_code(world: World, lines: Any) -> None:
    world.client("citizen").get("/city/intake/", headers={"x-request-id": NUMBER})
    refused = only(lines(), "refused")
    assert (refused["request_id"], refused["route"], refused["code"]) == (NUMBER, "city:intake", "base.not-permitted")


@pytest.mark.django_db
def test_our_own_fault_is_told_without_its_data(world: World, lines: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from yiwang.kernel.ui import shell

    def broken(self: Any) -> str:
        raise ValueError("cannot read '王芳 13800001234'")

    monkeypatch.setattr(shell.Shell, "home_url", property(broken))
    client = world.client("acceptor")
    client.raise_request_exception = False
    assert client.get("/city/cases/", headers={"x-request-id": NUMBER}).status_code == 500
    failed = only(lines(), "failed")
    assert (failed["request_id"], failed["route"], failed["level"]) == (NUMBER, "city:cases", "ERROR")
    assert any("test_trail.py" in place for place in failed["error"])
    said = json.dumps(lines(), ensure_ascii=False)
    assert "王芳" not in said
    assert "13800001234" not in said


@pytest.mark.committed
def test_from_the_click_through_worker_and_relay(committed: Any, lines: Any, monkeypatch: pytest.MonkeyPatch, committed_world: Any) -> None:
    """A department's result defers a comparison of photos; the worker is a process of its own."""
    from yiwang.kernel.audit import queries as record
    from yiwang.kernel.exchange import relay

    monkeypatch.setattr(record, "safe_position", record.last_position)  # the tide waits for every test on this server
    world = committed_world
    case = advance(world, report(world), "pending_handle")
    relay.run_once()
    with logs.bound(request_id=NUMBER):
        who = world.actor("handler2", request_id=NUMBER)
        do(world, case, who, "complete", "handle", "done", reason="已更换井盖", files=(upload(who, "after", stage="after"),))
    env = {**committed.env(), "YIWANG_LOG_FORMAT": "json", "YIWANG_PROCESS": "worker", "YIWANG_DEBUG": ""}
    done = subprocess.run(
        [sys.executable, "-m", "yiwang", "procrastinate", "worker", "--one-shot"], env=env, capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 0, done.stderr
    written = [json.loads(line) for line in done.stderr.splitlines() if line.startswith("{")]
    job = next(line for line in written if line["event"] == "job" and line["task"] == "city.match_scene")
    assert (job["request_id"], job["process"], job["result"]) == (NUMBER, "worker", "done")
    assert job["job"] > 0
    others = [line for line in done.stderr.splitlines() if not line.startswith("{")]
    assert others == ["Launching a worker on all queues"], "one JSON line an event; the one greeting is the library's own"
    relay.run_once()
    told = [line["consumer"] for line in lines() if line["event"] == "handed on" and NUMBER in line["requests"]]
    assert "notices" in told


@pytest.mark.committed
def test_a_job_that_fails_says_where_once_and_keeps_the_id(committed: Any, lines: Any) -> None:
    from procrastinate.contrib.django import app
    from procrastinate.job_context import JobContext
    from procrastinate.jobs import Job

    with logs.bound(request_id=NUMBER):
        number = jobs.enqueue("city.match_scene", case_id=0)
    job = Job(id=number, queue="default", lock=None, queueing_lock=None, task_name="city.match_scene", priority=0,
              task_kwargs={"case_id": 0, jobs.REQUEST_ID: NUMBER})  # fmt: skip
    context = JobContext(app=app, job=job, worker_name="test", start_timestamp=0.0, abort_reason=lambda: None)

    def fails() -> None:
        assert job.task_kwargs == {"case_id": 0}, "the task never sees our argument"
        raise ValueError("no case '王芳'")

    with pytest.raises(ValueError, match="no case"):
        jobs.observed(fails, context, None)
    failed, ended = only(lines(), "job failed"), only(lines(), "job")
    assert failed["request_id"] == ended["request_id"] == NUMBER
    assert ended["result"] == "failed"
    assert "王芳" not in json.dumps(lines(), ensure_ascii=False)
    assert logs.request_id() == ""


def test_the_live_stream_answers_with_the_id_and_leaves_a_line(lines: Any) -> None:
    from yiwang.kernel.exchange.stream import application

    sent: list[dict[str, Any]] = []

    async def send(message: Any) -> None:
        sent.append(dict(message))

    async def receive() -> Any:
        return {"type": "http.disconnect"}

    scope = {"type": "http", "path": "/nowhere/", "headers": [(b"x-request-id", NUMBER.encode())], "method": "GET"}
    with ThreadPoolExecutor(1) as pool:  # a browser of an earlier test has its loop in this thread
        pool.submit(asyncio.run, application(scope, receive, send)).result()
    assert (b"x-request-id", NUMBER.encode()) in sent[0]["headers"]
    line = only(lines(), "stream")
    assert (line["request_id"], line["status"]) == (NUMBER, 404)


def test_other_systems_are_told_the_id(monkeypatch: pytest.MonkeyPatch, lines: Any) -> None:
    import httpx

    from yiwang.kernel.base import outgoing

    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, stream=httpx.ByteStream(b"{}"))

    monkeypatch.setattr(outgoing, "_client", lambda: httpx.Client(transport=httpx.MockTransport(answer)))
    with logs.bound(request_id=NUMBER):
        outgoing.request("POST", "https://sms.example.cn/send?to=13800001234", purpose="sms", json={"to": "13800001234"})
    assert asked[0].headers["X-Request-Id"] == NUMBER
    line = next(line for line in lines() if line["logger"] == "yiwang.outgoing")
    assert line["request_id"] == NUMBER
    assert "13800001234" not in json.dumps(line)
