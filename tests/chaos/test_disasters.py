"""Single disasters: a process whose clock is an hour back, a disk that is full in the middle of an upload, a dead worker."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection

from tests.walk import advance, report
from tests.world import World, picture
from tools.database import REPO_DIR
from yiwang.kernel.audit import sealing, verifying
from yiwang.kernel.base import datachecks, queue
from yiwang.kernel.cases.models import Case, Clock
from yiwang.kernel.files import store
from yiwang.kernel.files.models import Attachment

FAKETIME = next((str(p) for p in Path("/usr/lib").glob("*/faketime/libfaketime.so.1")), "")


def findings(*only: str) -> list[str]:
    return [f"{a.check.name} {f}" for a in datachecks.run(datachecks.Look(), only=only) for f in a.findings]


# --- a clock that is wrong ---------------------------------------------------------------------------------------------


def in_a_process(committed: Any, *arguments: str, hours_back: int = 0) -> dict[str, Any]:
    """Do something in a process of its own, its clock set back."""
    env = committed.env()
    if hours_back:
        env |= {"LD_PRELOAD": FAKETIME, "FAKETIME": f"-{hours_back}h", "DONT_FAKE_MONOTONIC": "1", "FAKETIME_DONT_RESET": "1"}
    command = [sys.executable, "-m", *(arguments if arguments[0] != "-" else ())]
    done = subprocess.run(command, cwd=REPO_DIR, env=env, capture_output=True, text=True, check=False, timeout=200)
    assert done.returncode == 0, done.stderr[-3000:]
    lines = done.stdout.strip().splitlines()
    return json.loads(lines[-1]) if lines and lines[-1].startswith("{") else {}


@pytest.mark.committed
@pytest.mark.timeout(600)
def test_one_process_with_its_clock_an_hour_back_spoils_nothing(committed: Any, committed_world: Any):
    if not FAKETIME:
        pytest.skip("libfaketime is not installed: apt-get install faketime")
    world = committed_world
    case = report(world, who="acceptor2", channel="hotline", text="井盖缺失，路口", photo="")
    people = {key: world.people[key].username for key in ("acceptor", "shift_leader")}
    late = "tests.chaos.late_process"
    # the late process goes on with a case that was opened, by its own clock, an hour in the future
    accepted = in_a_process(committed, late, people["acceptor"], "key-accept", "accept", str(case.uid), hours_back=1)
    assert accepted["state"] == "pending_file"
    assert datetime.fromisoformat(accepted["now"]) < case.reported_at - timedelta(minutes=30), "the clock was not set back"
    # the same request again, at a process with the right time: the first answer
    again = in_a_process(committed, late, people["acceptor"], "key-accept", "accept", str(case.uid))
    assert (again["event"], again["repeated"]) == (accepted["event"], True)
    # and on with it in the present
    case = advance(world, Case.all_modes.get(pk=case.pk), "pending_dispatch", condition="C01001-01")
    in_a_process(committed, "yiwang", "sealer", "--once", hours_back=1)
    sealing.seal_all()
    sealing.copy_outside()  # the late sealer has a data folder of its own
    rows = list(connection_rows("SELECT case_seq, position, recorded_at FROM yw_audit_event WHERE case_id = %s ORDER BY case_seq", case.pk))
    assert [r[0] for r in rows] == list(range(1, len(rows) + 1))
    assert [r[1] for r in rows] == sorted(r[1] for r in rows), "the order of writing is by position, whatever a clock says"
    assert [r[2] for r in rows] != sorted(r[2] for r in rows)
    assert all(c.consumed_minutes >= 0 for c in Clock.objects.filter(case=case))
    assert verifying.verify().faults == []
    assert findings("cases", "city", "audit") == []


def connection_rows(statement: str, *values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, list(values))
        return cursor.fetchall()


# --- a full disk -------------------------------------------------------------------------------------------------------


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 2 MB, where mounting is allowed."""
    folder = tmp_path / "small"
    folder.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "yiwang-test", str(folder)], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"a small disk cannot be mounted here: {done.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], capture_output=True, check=False)


def left(folder: Path) -> list[Path]:
    return [p for p in folder.rglob("*") if p.is_file() and p.name != "filler"]


@pytest.mark.django_db
def test_a_disk_full_in_mid_upload_is_said_and_leaves_nothing(world: World, small_disk: Path, settings: Any):
    settings.FILES_DIR = small_disk
    client = world.client("inspector")
    noise = os.urandom(700_000)
    ok = client.post("/files/", {"file": SimpleUploadedFile("a.jpg", picture("a") + b"", "image/jpeg"), "stage": "before"})
    assert ok.status_code == 201, ok.content[:500]
    kept, rows = left(small_disk), Attachment.objects.count()
    pdf = b"%PDF-1.4\n" + noise + noise + noise + b"\n%%EOF\n"
    refused = client.post("/files/", {"file": SimpleUploadedFile("large.pdf", pdf, "application/pdf")}, headers={"Accept": "application/json"})
    assert refused.status_code == 507
    assert refused.json()["code"] == "files.store-full"
    assert refused.json()["detail"]
    assert left(small_disk) == kept
    assert Attachment.objects.count() == rows
    # full to the last byte: even a small photo is refused in words
    with (small_disk / "filler").open("wb", buffering=0) as out:
        try:
            while True:
                out.write(b"\0" * 4096)
        except OSError:
            pass
    small = client.post("/files/", {"file": SimpleUploadedFile("b.jpg", picture("b"), "image/jpeg")}, headers={"Accept": "application/json"})
    assert small.status_code == 507
    assert left(small_disk) == kept
    assert Attachment.objects.count() == rows
    (small_disk / "filler").unlink()
    again = client.post("/files/", {"file": SimpleUploadedFile("b.jpg", picture("b"), "image/jpeg")})
    assert again.status_code == 201
    assert all(store.exists(row.sha256) for row in Attachment.objects.all())


@pytest.mark.django_db
def test_a_full_disk_for_passing_files_is_said_too(world: World, small_disk: Path, settings: Any):
    """Django itself writes what is larger than a megabyte to a file before anybody looks at it."""
    settings.FILE_UPLOAD_TEMP_DIR = str(small_disk)
    client = world.client("inspector")
    pdf = b"%PDF-1.4\n" + os.urandom(3_000_000)
    refused = client.post("/files/", {"file": SimpleUploadedFile("large.pdf", pdf, "application/pdf")}, headers={"Accept": "application/json"})
    assert refused.status_code == 507, refused.content[:300]
    assert refused.json()["code"] == "base.disk-full"
    assert left(small_disk) == []


# --- a worker that died ------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_jobs_of_a_dead_worker_are_taken_up_again():
    from procrastinate.contrib.django import app

    first = app.configure_task("base.nothing", allow_unknown=True).defer()
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '1 hour') RETURNING id")
        dead = cursor.fetchone()[0]
        cursor.execute("UPDATE procrastinate_jobs SET status = 'doing', worker_id = %s WHERE id = %s", [dead, first])
    assert queue.orphans() == [first]
    assert any("worker is dead" in line for line in findings("base.queue"))
    assert queue.requeue_orphans() == 1
    assert connection_rows("SELECT status::text, attempts FROM procrastinate_jobs WHERE id = %s", first) == [("todo", 1)]
    assert findings("base.queue") == []


@pytest.mark.django_db
def test_of_two_that_do_the_same_work_the_dead_ones_job_is_dropped():
    from procrastinate.contrib.django import app

    first = app.configure_task("base.nothing", queueing_lock="one", allow_unknown=True).defer()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = 'doing' WHERE id = %s", [first])
    second = app.configure_task("base.nothing", queueing_lock="one", allow_unknown=True).defer()
    queue.requeue_orphans()
    assert connection_rows("SELECT id FROM procrastinate_jobs ORDER BY id") == [(second,)]


