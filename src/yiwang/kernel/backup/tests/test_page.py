"""The administrator's page: how old, what runs, ask once, the proof, the command; nobody else opens it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from tests.world import World
from yiwang.kernel.audit.models import Event
from yiwang.kernel.backup import queries, services
from yiwang.kernel.backup.errors import BackupRuns, NoSuchBackup
from yiwang.kernel.backup.models import Run
from yiwang.kernel.base.errors import NotPermitted

NAME = "20261123T063000Z-1f0c2a"


def test_empty_says_what_to_do(world: World) -> None:
    page = world.client("administrator").get("/backups/")
    assert page.status_code == 200
    text = page.content.decode()
    assert "尚无成功的备份" in text
    assert "yiwang backup restore latest --replace" in text
    assert "YIWANG_BACKUP_STORE" in text, "the store beside the data is no backup"


@pytest.mark.parametrize("who", ["inspector", "shift_leader", "leader", "citizen"])
def test_nobody_else(world: World, who: str) -> None:
    client = world.client(who)
    assert client.get("/backups/").status_code == 403
    assert client.post("/backups/run/").status_code == 403
    with pytest.raises(NotPermitted):
        services.ask(world.actor(who))
    assert not Run.objects.exists()


def test_asked_once_runs_once(world: World, django_assert_num_queries: Any) -> None:
    from procrastinate.contrib.django.models import ProcrastinateJob

    client = world.client("administrator")
    assert client.post("/backups/run/").status_code == 302
    run = Run.objects.get()
    assert (run.state, run.asked_by) == ("waiting", world.account("administrator"))
    job = ProcrastinateJob.objects.get(task_name="backup.run")
    assert job.args["run_id"] == run.pk
    assert Event.objects.filter(action="backup.ask").count() == 1
    again = client.post("/backups/run/")
    assert again.status_code == 409
    assert Run.objects.count() == 1
    with pytest.raises(BackupRuns):
        services.ask(world.actor("administrator"))


def test_progress_is_asked_for_until_it_ends(world: World) -> None:
    client = world.client("administrator")
    run = services.ask(world.actor("administrator"))
    Run.objects.update(state="running", phase="files", done=40, total=100, touched_at=timezone.now())
    page = client.get("/backups/").content.decode()
    assert 'hx-get="/backups/progress/"' in page
    part = client.get("/backups/progress/")
    assert 'value="40"' in part.content.decode()
    assert "HX-Refresh" not in part.headers
    Run.objects.filter(pk=run.pk).update(state="good", backup=NAME, started_at=timezone.now(), finished_at=timezone.now(), facts={"bytes": 5e6, "cases": 3})
    done = client.get("/backups/progress/")
    assert done.headers["HX-Refresh"] == "true"
    text = client.get("/backups/").content.decode()
    assert NAME in text
    assert "5.0" in text
    assert queries.health().is_fine


def test_a_killed_run_is_given_up(world: World) -> None:
    services.ask(world.actor("administrator"))
    Run.objects.update(state="running", touched_at=timezone.now() - timedelta(hours=1))
    services.ask(world.actor("administrator"))
    assert sorted(Run.objects.values_list("state", flat=True)) == ["failed", "waiting"]


def test_verification_is_asked_for(world: World, settings: Any) -> None:
    client = world.client("administrator")
    Run.objects.create(kind="full", state="good", backup=NAME, started_at=timezone.now(), finished_at=timezone.now())
    settings.BACKUP_IDENTITY = "AGE-SECRET-KEY-1"
    assert f"/backups/{NAME}/verify/" in client.get("/backups/").content.decode()
    assert client.post(f"/backups/{NAME}/verify/").status_code == 302
    assert Run.objects.get(kind="verify").backup == NAME
    with pytest.raises(NoSuchBackup):
        services.ask_verification(world.actor("administrator"), "../../etc")
    Run.objects.filter(kind="verify").update(state="failed", error="table yw_cases_case: 2 rows", finished_at=timezone.now())
    page = client.get("/backups/").content.decode()
    assert "验证未通过" in page
    assert queries.health().is_stale


@pytest.mark.parametrize("size", [2, 40])
def test_page_costs_the_same_at_any_length(world: World, size: int) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    for _number in range(size):
        Run.objects.create(kind="full", state="good", started_at=timezone.now(), finished_at=timezone.now())
    client = world.client("administrator")
    with CaptureQueriesContext(connection) as seen:
        client.get("/backups/")
    assert len([q for q in seen.captured_queries if "yw_backup_run" in q["sql"]]) <= 8


def test_a_copy_refuses_to_be_written(world: World, settings: Any) -> None:
    """READ_ONLY: everything is shown, nothing written, signing in goes on."""
    settings.READ_ONLY = "2026-11-23 08:00"
    client = world.client("administrator")
    assert client.get("/backups/").status_code == 200
    refused = client.post("/backups/run/")
    assert refused.status_code == 409
    assert "2026-11-23 08:00" in refused.content.decode()
    assert world.client().post("/accounts/login/", {"login": "x", "password": "y"}).status_code == 200
    assert not Run.objects.exists()
