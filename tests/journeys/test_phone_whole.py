"""The phone and its real server: a verification, a check, a report and a census answer, made without a network, change the cases."""

from __future__ import annotations

from typing import Any

import pytest

from tests import walk
from tests.support.phone import IDB, answer, ready, report, send_now, waiting
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
