"""The phone and its real server: a verification, a check, a report and a census answer, made without a network, change the cases."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from tests import walk
from tests.journeys.conftest import HERE
from tests.support.phone import IDB, answer, dark_for, go, ready, report, send_now, shots, slow_clock, waiting
from tests.world import World
from yiwang.kernel.ui import assets

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not assets.phone("src/phone/main.ts"), reason="the front end is not built: npm ci && npm run build in src/islands"),
]


def test_work_without_a_network_changes_the_cases(phone: Any, live_world: World) -> None:
    from yiwang.apps.city.models import CityCase, Position
    from yiwang.apps.city.services import census
    from yiwang.apps.city.tests.census_town import staff, wanted
    from yiwang.kernel.cases.models import Case, Task

    world = live_world
    staff(world)
    public = walk.report(world, who="", channel="public", photo="public")
    to_verify = walk.do(world, public, "acceptor", "complete", "accept", "verify", **{"class": "component:01001"})
    to_check = walk.advance(world, walk.report(world, who="inspector3", at=(1, 1), photo="other"), "checking")
    census.order(actor=world.actor("shift_leader"), wanted=wanted(world), expected=3)
    verify, check = Task.objects.get(case=to_verify, step="verify"), Task.objects.get(case=to_check, step="check")
    part = Task.objects.get(kind="census", state="open", area_path=Task.objects.filter(kind="census").first().area_path)

    page = phone()
    ready(page)
    page.context.set_offline(True)
    page.reload()
    page.get_by_role("button", name="上岗签到").tap()
    page.get_by_role("button", name="知道了，上岗").tap()
    answer(page, str(verify.uid), "属实")
    answer(page, str(check.uid), "核查通过")
    report(page, page.evaluate(IDB % "(await all('known')).find((one) => one && one.classes).classes.find((one) => one.frequent).name"))
    page.locator(".p-nav a").first.tap()
    page.locator(f"a[href='#/task?uid={part.uid}']").tap()
    page.locator(".p-item").first.tap()
    page.locator(".p-sheet").get_by_role("button", name="发送").tap()
    waiting(page, 5)
    page.locator(".p-nav a").first.tap()
    page.get_by_role("button", name="下岗签退").tap()
    waiting(page, 6)
    page.context.set_offline(False)
    send_now(page)
    waiting(page, 0, seconds=30)
    told = page.evaluate(IDB % "(await all('acts')).map((one) => [one.kind, one.state, one.error ? one.error.told + one.error.title + one.error.detail : ''])")
    assert told == [[kind, "done", ""] for kind in ("shift_in", "task", "task", "report", "census", "shift_out")]
    assert Task.all_modes.get(pk=verify.pk).state == "done"
    assert Case.all_modes.get(pk=to_check.pk).state == "pending_close"
    made = Case.all_modes.order_by("-pk").exclude(matter__code="city.census").first()
    assert made.channel == "inspector"
    assert CityCase.objects.get(case=made).verified
    assert Position.objects.count() >= 1


def test_a_phone_that_is_wrong_about_time_and_place(phone: Any, live_world: World, settings: Any) -> None:
    """A browser that shifts places, a clock slow by a day, a jump and a dark screen: told on the phone, set right and shown by the platform."""
    from yiwang.apps.city.models import FieldMark, NoFixSpan, Position
    from yiwang.kernel.cases.models import Case
    from yiwang.kernel.geography.models import GridInspector, ResponsibilityGrid
    from yiwang.kernel.geography.rules.offsets import metres, to_gcj02

    here = (HERE["longitude"], HERE["latitude"])
    settings.FIELD_KNOWN_POINTS = f"望湖岗亭={here[0]},{here[1]},80"
    settings.FIELD_TRACK_EVERY_S, settings.FIELD_TRACK_MIN_M, settings.FIELD_NO_FIX_AFTER_S = 1, 5, 1
    grid = ResponsibilityGrid.objects.get(code="371592Z0001")
    GridInspector.objects.create(account=live_world.account("inspector"), grid=grid)

    def stand(page: Any, lon: float, lat: float) -> None:
        shifted = to_gcj02(lon, lat)
        page.context.set_geolocation({"longitude": shifted[0], "latitude": shifted[1], "accuracy": 12})

    def odd(page: Any) -> None:
        slow_clock(page, 86_400)
        stand(page, *here)

    page = phone(before=odd)
    ready(page)
    expect(page.get_by_text("手机时钟慢了 1 天")).to_be_visible()
    page.get_by_role("button", name="上岗签到").tap()
    page.get_by_role("button", name="知道了，上岗").tap()
    notice = page.locator(".p-notice", has_text="此浏览器的定位有偏移")
    expect(notice).to_contain_text("GCJ-02")
    shots(page, "wrong-itself")
    notice.get_by_role("button").tap()
    expect(notice).to_have_count(0)
    for lon, lat in ((here[0] + 0.0002, here[1]), (here[0] + 0.5, here[1]), (here[0] + 0.0004, here[1])):
        page.wait_for_timeout(1100)
        stand(page, lon, lat)
    dark_for(page, 1.6)
    report(page, page.evaluate(IDB % "(await all('known')).find((one) => one && one.classes).classes.find((one) => one.frequent).name"))
    page.locator(".p-nav a").first.tap()
    page.get_by_role("button", name="下岗签退").tap()
    send_now(page)
    waiting(page, 0, seconds=20)
    go(page, "发送")
    expect(page.locator(".p-item", has_text="手机时钟相差 1 天").first).to_be_visible()
    shots(page, "clock-off")

    begin = FieldMark.objects.get(kind="in")
    assert (begin.fix_system, begin.fix_sure) == ("gcj02", True)
    assert metres((begin.lon, begin.lat), here) < 1
    assert abs(begin.clock_off_s - 86_400) < 60
    assert timedelta(hours=23) < begin.occurred_at - begin.said_at < timedelta(hours=25)
    assert abs(timezone.now() - begin.occurred_at) < timedelta(minutes=2)
    kept = list(Position.objects.order_by("occurred_at"))
    assert len(kept) >= 2
    assert {one.from_system for one in kept} == {"gcj02"}
    assert max(metres((one.lon, one.lat), here) for one in kept) < 60, "the jump is left out, the rest is where it was"
    assert set(NoFixSpan.objects.values_list("reason", flat=True)) == {"screen_locked"}
    case = Case.all_modes.exclude(matter__code="city.census").get()
    assert metres((case.point.x, case.point.y), here) < 60
    leader = live_world.client("leader")
    told = leader.get(f"/city/patrols/{grid.uid}/?day={timezone.localdate().isoformat()}").content.decode()
    assert "手机时钟偏差 1 天" in told
    assert "无定位" in told
    assert "脱岗" not in told
    shown = live_world.client("shift_leader").get(f"/city/cases/{case.uid}/").content.decode()
    assert "手机时钟" in shown
    assert "GCJ-02" in shown
