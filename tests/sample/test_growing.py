"""The benchmarks' county grows by copies that keep what the platform relies on."""

from contextlib import nullcontext
from datetime import date
from typing import Any

import pytest


@pytest.fixture
def grown(committed: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    from bench import _grow
    from sample.loading import county
    from sample.spec import SIZES, Spec

    for name, value in {"YIWANG_PG_HOST": committed.server.host, "YIWANG_PG_PORT": committed.server.port, "YIWANG_PG_NAME": committed.name,
                        "PGUSER": committed.server.user}.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(_grow, "_quiet_disk", lambda connection: nullcontext())  # others share this server
    county.load(Spec(SIZES["small"], date(2026, 11, 23)), lambda text: None)
    return _grow


@pytest.mark.committed
def test_copies_hang_together(grown: Any) -> None:
    with grown.admin() as connection:
        def one(statement: str) -> int:
            row = connection.execute(statement).fetchone()
            return int(row[0])

        before = one("SELECT count(*) FROM yw_cases_case")
        assert grown.grow(before * 4, lambda text: None) == before * 4
        orphans = {
            "case of a task": "SELECT count(*) FROM yw_cases_task t LEFT JOIN yw_cases_case c ON c.id = t.case_id WHERE c.id IS NULL",
            "parent of a task": "SELECT count(*) FROM yw_cases_task t LEFT JOIN yw_cases_task p ON p.id = t.parent_id WHERE t.parent_id IS NOT NULL AND p.id IS NULL",
            "task of a clock": "SELECT count(*) FROM yw_cases_clock k LEFT JOIN yw_cases_task t ON t.id = k.task_id WHERE k.task_id IS NOT NULL AND t.id IS NULL",
            "case of a report": "SELECT count(*) FROM yw_cases_report r LEFT JOIN yw_cases_case c ON c.id = r.case_id WHERE c.id IS NULL",
            "typed side": "SELECT count(*) FROM yw_cases_case c LEFT JOIN city_citycase t ON t.case_id = c.id WHERE t.case_id IS NULL",
            "length of the record": "SELECT count(*) FROM yw_cases_case c WHERE c.event_count <> (SELECT count(*) FROM yw_audit_event e WHERE e.case_id = c.id)",
            "head of the record": "SELECT count(*) FROM yw_cases_case c JOIN yw_audit_event e ON e.case_id = c.id AND e.case_seq = c.event_count WHERE e.hash <> c.event_head",
            "open without a task": "SELECT count(*) FROM yw_cases_case c WHERE closed_at IS NULL AND NOT EXISTS (SELECT 1 FROM yw_cases_task t WHERE t.case_id = c.id AND t.state = 'open')",
        }  # fmt: skip
        assert {name: n for name, statement in orphans.items() if (n := one(statement))} == {}
        assert one("SELECT count(DISTINCT uid) FROM yw_cases_case") == before * 4
        assert grown.grow(before * 4, lambda text: None) == before * 4, "asked again it does nothing"


@pytest.mark.committed
def test_a_copied_task_can_be_worked_on(grown: Any, committed: Any) -> None:
    from yiwang.kernel.cases.contracts import ActionRequest
    from yiwang.kernel.cases.models import Case, Task
    from yiwang.kernel.cases.services import act
    from yiwang.kernel.identity.models import Account
    from yiwang.kernel.identity.queries import actor_for

    base = set(Case.objects.values_list("pk", flat=True))
    grown.grow(len(base) * 2, lambda text: None)
    task = Task.objects.filter(step="accept", state="open").exclude(case_id__in=base).order_by("pk").first()
    assert task is not None, "the sample has a report that waits for the acceptor"
    done = act(actor_for(Account.objects.get(username="acceptor")), ActionRequest(action="complete", outcome="pass", task_uid=task.uid))
    assert done.opened_tasks
