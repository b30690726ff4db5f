"""Every operation of the OpenAPI description with data that fits it and data that does not, as three roles.

In `./dev test` some 300 requests, the same ones each time. The long form (docs/how-to/attack-a-new-app.md):

    YIWANG_FUZZ=20000 YIWANG_FUZZ_SEED=1 ./dev test -n0 tests/fuzz -s

prints how many requests were answered with which status. No answer may be a fault of ours (5xx), of a status, a type or a
shape that the description does not name. Half of the numbers in addresses and bodies are real ones of the made world,
so that the requests come past the first 404. Each request is taken back.
"""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pytest
import schemathesis
from django.conf import settings
from django.core.cache import cache
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, Phase, given
from hypothesis import seed as seeded
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

ROLES = ("machine", "acceptor", "handler2")
REQUESTS = int(os.environ.get("YIWANG_FUZZ", "300"))
SEED = int(os.environ.get("YIWANG_FUZZ_SEED", "1"))
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_headers_conformance, response_schema_conformance]
TOKEN = "f" * 32
LIVELY = {"create_report": {"class": "component:01001", "text": "井盖缺失"}, "act_on_task": {"action": "complete"}, "act_on_case": {"action": "note"}}


@pytest.fixture(autouse=True)
def one_connection():
    """Keep the test's connection, and with it its transaction, over the end of each request, as Django's own client does."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@dataclass
class Told:
    """What came back, counted; and what must not have."""

    statuses: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


def carried_by(doors: Any, who: str) -> tuple[dict[str, str], dict[str, str]]:
    """Return headers and cookies of somebody's requests: a key, or a session with its CSRF token."""
    if who == "machine":
        return {"X-Api-Key": doors.key}, {}
    return {"X-CSRFToken": TOKEN}, {settings.SESSION_COOKIE_NAME: doors.sessions[who], settings.CSRF_COOKIE_NAME: TOKEN}


def real_numbers(doors: Any) -> dict[str, list[str]]:
    """Return numbers that exist, by what names them: cases and open tasks for addresses, files for bodies."""
    from yiwang.kernel.cases.models import Task
    from yiwang.kernel.files.models import Attachment

    return {
        "cases": [str(c.uid) for c in doors.town.values()],
        "tasks": [str(t.uid) for t in Task.all_modes.filter(state="open")],
        "files": [str(f.uid) for f in Attachment.objects.all()[:20]],
    }


def operations() -> list[Any]:
    """Return the operations of the description as the platform itself serves it."""
    described = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", get_wsgi_application())
    return [one.ok() for one in described.get_all_operations()]


def attack(doors: Any, operation: Any, who: str, mode: GenerationMode, count: int, told: Told) -> None:
    """Send so many requests of one operation as somebody, and keep what they were told."""
    numbers = real_numbers(doors)
    kind = "tasks" if "/tasks/" in operation.path else "cases"
    sent = carried_by(doors, who)
    body = LIVELY.get(operation.definition.raw.get("operationId", ""), {})

    @seeded(SEED)
    @hypothesis_settings(max_examples=count, database=None, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy(generation_mode=mode), number=st.sampled_from([*numbers[kind], ""]), file=st.sampled_from([*numbers["files"], ""]),
           real=st.booleans())  # fmt: skip
    def send(case: Any, number: str, file: str, real: bool) -> None:
        if real and number and case.path_parameters and "uid" in case.path_parameters:
            case.path_parameters["uid"] = number
        if real and mode is GenerationMode.POSITIVE and isinstance(case.body, dict):
            case.body = {**case.body, **body, **({"files": [file]} if file and "files" in case.body else {})}
        _send(case, operation, who, sent, told)

    try:
        send()
    except Unsatisfiable:  # it takes nothing, so nothing can be wrong with what it is given
        assert mode is GenerationMode.NEGATIVE, operation.label


def _send(case: Any, operation: Any, who: str, sent: tuple[dict[str, str], dict[str, str]], told: Told) -> None:
    headers, cookies = sent
    cache.clear()  # limits on requests are another test's affair
    with transaction.atomic():
        try:
            answer = case.call(headers=headers, cookies=cookies)
        finally:
            transaction.set_rollback(True)
    told.statuses[str(answer.status_code)] += 1
    try:
        case.validate_response(answer, checks=CHECKS, headers=headers)
    except (Exception, BaseExceptionGroup) as failure:  # a group of schemathesis' own failures
        found = "; ".join(str(f) for f in getattr(failure, "exceptions", [failure]))
        told.wrong.append(f"{operation.label} as {who}: {found[:1500]}")


@pytest.mark.timeout(300 if REQUESTS <= 1000 else 0)
def test_every_operation_keeps_its_word(doors, capsys):
    """No 5xx, no status, type or shape that the description does not name."""
    told, found = Told(), operations()
    assert len(found) >= 10
    share = max(2, REQUESTS // (len(found) * len(ROLES) * 2))
    for operation in found:
        for who in ROLES:
            for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
                attack(doors, operation, who, mode, share, told)
    with capsys.disabled():
        if REQUESTS > 1000:
            print(f"\n{sum(told.statuses.values())} requests with seed {SEED}: {dict(sorted(told.statuses.items()))}; {len(told.wrong)} wrong")
    distinct = list(dict.fromkeys(w[:400] for w in told.wrong))
    assert not told.wrong, f"{len(told.wrong)} wrong, {len(distinct)} kinds:\n" + "\n\n".join(distinct[:15])
    assert told.statuses["200"] > 0
    assert told.statuses["422"] > 0


@pytest.mark.parametrize("who", ROLES)
def test_the_three_roles_are_let_in(doors, who):
    """A fuzz run before a closed door would find nothing."""
    told = Told()
    me = next(o for o in operations() if o.definition.raw.get("operationId") == "show_me")
    attack(doors, me, who, GenerationMode.POSITIVE, 1, told)
    assert set(told.statuses) == {"200"}
