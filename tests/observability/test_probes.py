"""Probes and figures: what they say, to whom, at what cost, and with what is broken."""

from __future__ import annotations

import base64
import json
import math
import subprocess
import sys
import time
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from yiwang.kernel.base import health, heartbeats, metrics, observing, readings
from yiwang.kernel.base.models import Heartbeat, Reading

pytestmark = pytest.mark.django_db
TOKEN = "a-token-for-the-test"


@pytest.fixture(autouse=True)
def _fresh() -> Any:
    observing._kept.clear()
    yield
    observing._kept.clear()


def scrape(settings: Any) -> dict[str, Any]:
    settings.METRICS_TOKEN = TOKEN
    response = Client().get("/metrics", headers={"authorization": f"Bearer {TOKEN}"})
    assert response.status_code == 200
    return {family.name: family for family in text_string_to_metric_families(response.content.decode())}


def values(families: dict[str, Any], name: str) -> dict[tuple[str, ...], float]:
    return {tuple(s.labels.values()): s.value for s in families[name].samples}


def test_alive_asks_nothing(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        response = Client().get("/healthz", headers={"host": "whatever.example"})
    assert (response.status_code, response.content) == (200, b"ok\n")
    assert response["Cache-Control"] == "no-store"


def test_ready_names_every_check() -> None:
    for process in health.PROCESSES:
        heartbeats.beat(process)
    response = Client().get("/readyz", headers={"host": "whatever.example"})
    found = {c["name"]: c for c in response.json()["checks"]}
    assert set(found) >= {"database", "tables", "disk", "processes", "queue", "connections", "backup", "relay", "sealer", "clocks", "timers"}
    assert response.status_code == 200, found
    assert found["database"]["state"] == found["tables"]["state"] == found["relay"]["state"] == "ok"


def test_what_is_not_vital_is_told_and_fails_only_the_strict_question() -> None:
    """No worker has ever beaten here: pages are served all the same."""
    assert Client().get("/readyz").status_code == 200
    strict = Client().get("/readyz?strict=1")
    assert strict.status_code == 503
    silent = next(c for c in strict.json()["checks"] if c["name"] == "processes")
    assert (silent["state"], silent["runbook"]) == ("wrong", "process-silent")


def test_missing_tables_are_vital() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'yw_cases' AND name = '0001_initial'")
    response = Client().get("/readyz")
    assert response.status_code == 503
    assert next(c for c in response.json()["checks"] if c["name"] == "tables")["value"] == 1


def test_a_full_disk_is_vital(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health.shutil, "disk_usage", lambda place: type("Usage", (), {"free": 1000})())
    response = Client().get("/readyz")
    assert response.status_code == 503
    assert next(c for c in response.json()["checks"] if c["name"] == "disk")["state"] == "wrong"


def test_without_a_database_it_still_says_what_is_wrong(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    monkeypatch.setattr(observing, "_database_answers", lambda: False)
    response = Client().get("/readyz")
    assert response.status_code == 503
    states = {c["name"]: c["state"] for c in response.json()["checks"]}
    assert states["database"] == "wrong"
    assert states["disk"] == "ok", "what the machine itself knows is told"
    assert states["relay"] == states["tables"] == "unknown"
    observing._kept.clear()
    assert values(scrape(settings), "yiwang_database_up") == {(): 0.0}


def test_a_room_that_fails_does_not_blind_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    from yiwang.kernel.exchange import health as relay_health

    def broken(database: bool) -> Any:
        with connection.cursor() as cursor:
            cursor.execute("SELECT nothing FROM nowhere")
        yield

    monkeypatch.setattr(relay_health, "read", broken)
    states = {c["name"]: c["state"] for c in Client().get("/readyz").json()["checks"]}
    assert states["relay"] == "unknown"
    assert states["sealer"] == states["clocks"] == "ok"


@pytest.mark.parametrize(
    "sent, status",
    [
        ("", 401), ("Bearer wrong", 401), (f"Bearer {TOKEN}", 200), ("Basic !!!", 401), ("Basic " + base64.b64encode(b"x:no").decode(), 401),
        ("Basic " + base64.b64encode(f"prometheus:{TOKEN}".encode()).decode(), 200),
    ],
    ids=["none", "wrong", "bearer", "broken", "wrong-basic", "basic"],
)  # fmt: skip
def test_figures_are_for_who_has_the_token(settings: Any, sent: str, status: int) -> None:
    settings.METRICS_TOKEN = TOKEN
    response = Client().get("/metrics", headers={"authorization": sent} if sent else {})
    assert response.status_code == status
    assert (b"yiwang_" in response.content) is (status == 200)


def test_without_a_token_in_the_settings_nobody_reads_figures(settings: Any) -> None:
    settings.METRICS_TOKEN = ""
    assert Client().get("/metrics", headers={"authorization": "Bearer "}).status_code == 404


def test_figures_read_by_the_real_parser(settings: Any) -> None:
    Client().get("/accounts/login/")
    Client().get("/nowhere-at-all/")
    metrics.refused("files.too-large")
    heartbeats.beat("live", viewers=3)
    families = scrape(settings)
    assert set(observing.gauges()) <= set(families), "every gauge that is declared is given"
    counted = {(s.labels["route"], s.labels["status"]): s.value for s in families["yiwang_requests"].samples if s.name.endswith("_total")}
    assert counted[("account_login", "200")] >= 1
    assert counted[("-", "404")] >= 1
    buckets = [s for s in families["yiwang_request_seconds"].samples if s.name.endswith("_bucket") and s.labels["route"] == "account_login"]
    assert buckets[-1].labels["le"] == "+Inf"
    assert buckets[-1].value >= 1
    assert sum(values(families, "yiwang_uploads_refused").values()) >= 1
    assert values(families, "yiwang_stream_viewers") == {(): 3.0}
    assert values(families, "yiwang_heartbeat_age_seconds")[("worker",)] == math.inf, "never seen is for ever, not zero"
    assert values(families, "yiwang_backup_age_seconds")[()] > 0
    assert values(families, "yiwang_database_connections_free")[()] > 0
    assert all(family.documentation for family in families.values())


def test_sign_in_failures_are_counted(settings: Any) -> None:
    before = sum(values(scrape(settings), "yiwang_sign_in_failures").values()) if "yiwang_sign_in_failures" in scrape(settings) else 0
    from django.contrib.auth import authenticate

    assert authenticate(username="nobody", password="wrong") is None
    observing._kept.clear()
    assert sum(values(scrape(settings), "yiwang_sign_in_failures").values()) == before + 1


def test_a_scrape_costs_the_same_however_much_there_is(settings: Any, django_assert_max_num_queries: Any) -> None:
    """Fewer than forty small queries, savepoints counted, with an empty platform and with a long queue."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, status) SELECT 'default', 'base.nothing', 'todo' FROM generate_series(1, 500)"
        )
    with django_assert_max_num_queries(40) as captured:
        families = scrape(settings)
    assert values(families, "yiwang_queue_jobs")[("todo",)] == 500
    first = len(captured)
    with django_assert_max_num_queries(0):
        scrape(settings)  # within five seconds the same look is given again
    observing._kept.clear()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, status) SELECT 'default', 'base.nothing', 'failed' FROM generate_series(1, 500)"
        )
    with django_assert_max_num_queries(40) as again:
        scrape(settings)
    assert len(again) == first


def test_the_queue_grows_old(settings: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO procrastinate_jobs (queue_name, task_name) VALUES ('default', 'base.nothing') RETURNING id")
        cursor.execute("UPDATE procrastinate_events SET at = now() - interval '20 minutes'")
        cursor.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, scheduled_at) VALUES ('default', 'base.later', now() + interval '1 day')"
        )
    assert 1190 < values(scrape(settings), "yiwang_queue_age_seconds")[()] < 1300
    found = next(f for f in observing.look().findings if f.check.name == "queue")
    assert found.state == "wrong"


def test_processes_share_their_counters() -> None:
    """Another process counts into its own file; what is told is the sum, also after it has died."""
    name = f"of.a.child.{time.time_ns()}"  # the folder may hold what an earlier run counted
    code = f"from yiwang.kernel.base import metrics; metrics.JOBS.labels(task='{name}', result='done').inc(2)"
    for _ in range(2):
        subprocess.run([sys.executable, "-c", code], check=True, timeout=120)
    metrics.JOBS.labels(task=name, result="done").inc()
    from prometheus_client import generate_latest

    from yiwang.kernel.ui.probes import registry

    families = {f.name: f for f in text_string_to_metric_families(generate_latest(registry()).decode())}
    mine = [s.value for s in families["yiwang_jobs"].samples if s.labels.get("task") == name and s.name.endswith("_total")]
    assert mine == [5.0]


def test_a_process_that_stopped_beating_is_forgotten_and_a_late_one_is_told(settings: Any) -> None:
    heartbeats.beat("relay")
    Heartbeat.objects.filter(process="relay").update(at=timezone.now() - timedelta(seconds=90))
    assert values(scrape(settings), "yiwang_heartbeat_age_seconds")[("relay",)] >= 90
    Heartbeat.objects.filter(process="relay").update(at=timezone.now() - timedelta(seconds=heartbeats.FORGET_S + 5))
    heartbeats.beat("sealer")
    assert not Heartbeat.objects.filter(process="relay").exists()


def test_backup_age_comes_from_whoever_keeps_backups(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    monkeypatch.setattr(observing, "_last_backup", [])
    assert values(scrape(settings), "yiwang_backup_age_seconds")[()] == math.inf
    observing.register_last_backup(lambda: timezone.now() - timedelta(hours=2))
    observing._kept.clear()
    assert 7190 < values(scrape(settings), "yiwang_backup_age_seconds")[()] < 7300


def test_readings_are_kept_two_days() -> None:
    Reading.objects.create(at=timezone.now() - timedelta(days=3), values={})
    heartbeats.beat("relay")
    kept = readings.take()
    assert Reading.objects.count() == 1
    assert kept.values["heartbeat_age_seconds:relay"] >= 0
    assert "heartbeat_age_seconds:worker" not in kept.values, "for ever is no number"
    json.dumps(kept.values, allow_nan=False)
