"""Patrols in a browser: the list and a grid's day with tracks and spans without a position, at both sizes, in Chinese."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.support.looks import page_faults, settle, shoot
from tests.world import SOUTH, STEP, WEST
from yiwang.apps.city.contracts import FieldAct, FieldPlace, Fix, NoFix
from yiwang.apps.city.services import field
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.uid import uuid7
from yiwang.kernel.geography.models import GridInspector, ResponsibilityGrid
from yiwang.kernel.ui import assets

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not assets.core(), reason="the front end is not built: npm ci && npm run build in src/islands"),
]
AGO = timedelta(hours=2)


def _walk(world):
    """Two people of one grid: one walks an hour and locks the screen, the other never signs in; returns the grid."""
    grid = ResponsibilityGrid.objects.get(code="371592Z0001")
    for key in ("inspector", "inspector2"):
        GridInspector.objects.create(account=world.account(key), grid=grid)
    actor, moment = world.actor("inspector"), now()
    begin = moment - AGO
    act = FieldAct(uid=uuid7(), kind="shift_in", occurred_at=begin - timedelta(days=1), sent_at=moment - timedelta(days=1), place=FieldPlace(WEST - 0.004, SOUTH, 12))
    field.take(actor=actor, act=act)
    points = []
    for n in range(201):
        row, along = divmod(n, 50)
        x = along / 50 if row % 2 == 0 else 1 - along / 50
        points.append(Fix(begin + timedelta(seconds=18 * n), WEST + 5 * STEP * x, SOUTH + (row + 0.5) * STEP, 6.0))
    gap = NoFix(begin + timedelta(minutes=62), begin + timedelta(minutes=110), "screen_locked")
    field.take_track(actor=actor, uid=uuid7(), shift_uid=act.uid, sent_at=moment, points=points, gaps=[gap])
    return grid


def test_patrols_can_be_read_by_everybody(live_site, live_world, as_person):
    grid = _walk(live_world)
    day = timezone.localdate(now() - AGO).isoformat()
    wrong = []
    pages = [("patrols", f"/city/patrols/?day={day}"), ("patrols-week", f"/city/patrols/?span=week&day={day}"), ("patrol-grid", f"/city/patrols/{grid.uid}/?day={day}"),
             ("patrol-empty", f"/city/patrols/{grid.uid}/?day=2026-01-05"), ("patrols-none", "/city/patrols/?district=000000")]  # fmt: skip
    for phone in (False, True):
        page = as_person("leader", phone=phone, size=None if phone else (1440, 900))
        for name, address in pages:
            assert page.goto(live_site + address).status == 200, name
            settle(page)
            shoot(page, f"{name}{'-phone' if phone else ''}", full=True)
            wrong += page_faults(page, name, latin=("GCJ-02",), axe=not phone)
    assert not wrong, "\n".join(wrong)
    text = page.goto(f"{live_site}/city/patrols/?day={day}").text()
    assert "无定位" in text
    assert "脱岗" not in text
