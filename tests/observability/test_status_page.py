"""The page of the platform's state: for its administrator alone, in words, and it keeps itself fresh."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from tests.world import World
from yiwang.kernel.base import heartbeats, observing
from yiwang.kernel.base.models import Reading

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh() -> Any:
    observing._kept.clear()
    yield
    observing._kept.clear()


def test_it_says_in_words_what_is_wrong(world: World) -> None:
    heartbeats.beat("relay")
    response = world.client("administrator").get("/admin/status/")
    assert response.status_code == 200
    said = response.content.decode()
    assert "平台可用，但有事项需要处理" in said
    assert "封存进程" in said
    assert "docs/runbook/process-silent.md" in said
    assert 'hx-trigger="every 15s"' in said


def test_htmx_gets_the_part_alone(world: World) -> None:
    part = world.client("administrator").get("/admin/status/", headers={"hx-request": "true"}).content.decode()
    assert part.lstrip().startswith('<div id="now"')
    assert "<html" not in part


def test_lines_of_the_last_hours(world: World) -> None:
    for minute in range(200):
        Reading.objects.create(
            at=timezone.now() - timedelta(minutes=200 - minute), values={"tasks_open": minute, "relay_age_seconds:notices": minute % 7}
        )
    response = world.client("administrator").get("/admin/status/")
    chart = response.context["chart"]
    assert [len(s["values"]) for s in chart["series"]] == [len(chart["x"])] * 4
    assert max(chart["series"][0]["values"]) == 6
    assert response.context["cards"][0]["series"][-1] == 199, "the newest is drawn"
    assert len(response.context["cards"][0]["series"]) <= 72


@pytest.mark.parametrize("who", ["leader", "inspector", "citizen"])
def test_nobody_else_sees_it(world: World, who: str) -> None:
    assert world.client(who).get("/admin/status/").status_code == 403


def test_it_shows_no_case(world: World) -> None:
    from tests.walk import report

    case = report(world, text="望湖路井盖破损")
    said = world.client("administrator").get("/admin/status/").content.decode()
    assert "望湖路" not in said
    assert str(case.uid) not in said
