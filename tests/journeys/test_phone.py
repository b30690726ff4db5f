"""The inspector's phone on a bad day: no network, a flapping one, killed in the middle, refused, signed out, full.

Every act arrives once and in its order, or is told as not taken; nothing is lost.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Callable
from importlib import import_module
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import HERE
from tests.support.field import Field, problem, street
from tests.support.looks import assert_accessible
from tests.support.phone import (
    IDB,
    answer,
    go,
    may_use_place,
    ready,
    report,
    send_now,
    shoot_photo,
    shots,
    until,
    waiting,
)
from tests.world import SOUTH, WEST, World, picture
from yiwang.kernel.ui import assets

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not assets.phone("src/phone/main.ts"), reason="the front end is not built: npm ci && npm run build in src/islands"),
]
MANY = int(os.environ.get("YIWANG_PHONE_QUEUE", "40"))


@pytest.fixture
def field() -> Field:
    return Field()


@pytest.fixture
def around_site(field: Field) -> Callable[[Any], Any]:
    return field.around


@pytest.fixture
def live_world(live_site: str, field: Field, committed_bare_world: World) -> World:
    world = committed_bare_world
    account = world.account("inspector")
    street(field, str(account.uid), "丁巡", west=WEST, south=SOUTH)
    return world


def test_a_morning_without_a_network(phone: Any, field: Field, live_site: str) -> None:
    """One visit, then cold start without a network; shift, report, verification, check and census arrive once and in order."""
    page = phone()
    ready(page)
    context = page.context
    context.set_offline(True)
    page.reload()
    expect(page.locator(".p-state")).to_contain_text("无网络")
    expect(page.locator(".p-item")).to_have_count(3)
    page.get_by_role("button", name="上岗签到").tap()
    page.get_by_role("button", name="知道了，上岗").tap()
    expect(page.get_by_text("在岗", exact=True)).to_be_visible()
    assert report(page, "道路破损") == 4
    answer(page, "t-verify", "属实")
    answer(page, "t-check", "核查通过")
    expect(page.locator(".p-item")).to_have_count(1)  # what was answered is not offered again
    waiting(page, 4)
    assert field.acts == []
    assert field.uploads == []
    page.reload()  # still there after the app was closed
    waiting(page, 4)
    field.drop_answers = 1  # the first act is kept, its answer never arrives
    context.set_offline(False)
    waiting(page, 0, seconds=25)
    assert [act["kind"] for act in field.acts] == ["shift_in", "report", "task", "task"]
    assert field.repeats == [field.acts[0]["uid"]]
    assert [one for one in field.log if one != "track"] == ["shift_in", "file", "report", "file", "task", "file", "task"]
    made = field.acts[1]
    assert made["data"]["class_code"] == "matter:02010"
    assert made["place"]["source"] == "gps"
    assert abs(made["place"]["lon"] - HERE["longitude"]) < 1e-6
    assert len(made["files"]) == 1
    assert made["occurred_at"] < made["sent_at"]
    assert field.acts[3]["data"] == {"task_uid": "t-check", "action": "pass", "values": {"quality": "good"}}
    from yiwang.kernel.files.models import Attachment

    assert {str(uid) for uid in Attachment.objects.values_list("uid", flat=True)} == {uid for act in field.acts for uid in act["files"]}
    go(page, "发送")
    expect(page.locator(".p-section", has_text="已送达")).to_contain_text("371592-00002")
    assert page.evaluate(IDB % "(await all('files')).length") == 0


def test_a_line_that_comes_and_goes(phone: Any, field: Field) -> None:
    """Slow, cut again and again, told to come back: each once, in order; a shift's way is sent with its number."""
    page = phone()
    ready(page)
    page.context.set_offline(True)
    for name in ("道路破损", "暴露垃圾", "占道经营"):
        report(page, name)
    waiting(page, 3)
    line = page.context.new_cdp_session(page)
    line.send("Network.enable")
    field.upload_s = 0.4
    field.busy = 2
    for _round in range(4):
        line.send("Network.emulateNetworkConditions", {"offline": False, "latency": 150, "downloadThroughput": 60_000, "uploadThroughput": 60_000})
        page.context.set_offline(False)
        page.wait_for_timeout(700)
        page.context.set_offline(True)
        page.wait_for_timeout(200)
    page.context.set_offline(False)
    send_now(page)
    waiting(page, 0, seconds=30)
    assert [act["data"]["class_code"] for act in field.acts] == ["matter:02010", "matter:02001", "matter:04002"]
    assert len({act["uid"] for act in field.acts}) == 3


def test_killed_in_the_middle_of_an_upload(phone: Any, field: Field) -> None:
    page = phone()
    ready(page)
    page.context.set_offline(True)
    report(page, "道路破损")
    waiting(page, 1)
    field.upload_s = 3.0
    page.context.set_offline(False)
    send_now(page)
    page.wait_for_timeout(600)  # the photo is on its way
    page.context.close()
    assert field.acts == []
    field.upload_s = 0.0
    page = phone()
    waiting(page, 0, seconds=25)
    assert [act["data"]["class_code"] for act in field.acts] == ["matter:02010"]
    assert field.repeats == []
    assert page.evaluate(IDB % "(await all('acts')).map((one) => one.state)") == ["done"]


def test_refused_and_signed_out(phone: Any, field: Field) -> None:
    """A conflict is told and keeps its photo; what comes after goes on; a lost sign-in stops the line and loses nothing."""
    page = phone()
    ready(page)
    page.context.set_offline(True)
    field.answers["t-verify"] = problem(409, "field.too-late", "已经来不及", told="案卷已于 09:12 结案，核实未采用。")
    answer(page, "t-verify", "属实")
    report(page, "占道经营")
    waiting(page, 2)
    field.signed_out = True
    page.context.set_offline(False)
    expect(page.locator(".p-told")).to_contain_text("请重新登录", timeout=15_000)
    waiting(page, 2)
    assert field.acts == []
    expect(page.get_by_role("link", name="登录")).to_have_attribute("href", "/accounts/login/?next=%2Fcity%2Fphone%2F")
    field.signed_out = False
    page.reload()
    waiting(page, 0, seconds=20)
    assert [act["kind"] for act in field.acts] == ["report"]
    expect(page.locator(".p-told")).to_be_empty()
    go(page, "发送")
    card = page.locator(".p-card.tone-overdue")
    expect(card).to_contain_text("案卷已于 09:12 结案")
    expect(card.locator("img")).to_have_count(1)
    shots(page, "not-taken")
    assert_accessible(page)
    card.get_by_role("button", name="转为新上报").tap()
    expect(page.locator(".p-shots img")).to_have_count(1)
    page.locator(".p-tile", has_text="暴露垃圾").first.tap()
    page.get_by_role("button", name="发送", exact=True).tap()
    send_now(page)
    waiting(page, 0, seconds=20)
    assert [act["data"]["class_code"] for act in field.acts] == ["matter:04002", "matter:02001"]
    assert len(field.acts[1]["files"]) == 1


def test_no_room_is_told_before_the_photo(phone: Any, live_site: str) -> None:
    page = phone()
    ready(page)
    used = page.context.new_cdp_session(page).send("Storage.getUsageAndQuota", {"origin": live_site})["usage"]
    page.context.close()
    lines = []

    def nearly_full(page: Any) -> None:
        lines.append(page.context.new_cdp_session(page))
        lines[0].send("Storage.overrideQuotaForOrigin", {"origin": live_site, "quotaSize": used + 500_000})

    page = phone(before=nearly_full)
    go(page, "上报")
    expect(page.locator(".p-sheet")).to_contain_text("手机空间不足")
    assert page.locator(".p-camera").count() == 0
    page.locator(".p-sheet").get_by_role("button", name="取消").tap()
    lines[0].send("Storage.overrideQuotaForOrigin", {"origin": live_site})
    page.get_by_role("button", name="拍照").tap()
    shoot_photo(page)
    expect(page.locator(".p-shots img")).to_have_count(1)
    page.reload()  # the draft outlives the app
    expect(page.locator(".p-shots img")).to_have_count(1)


def test_a_phone_without_room_still_sends(phone: Any, field: Field, live_site: str) -> None:
    """Nothing new can be written down: the app opens, says so, and sends what it has, each photo and each act once."""
    page = phone()
    ready(page)
    page.context.set_offline(True)
    report(page, "道路破损")
    report(page, "暴露垃圾")
    waiting(page, 2)
    page.context.close()
    lines = []

    def full(page: Any) -> None:
        page.context.set_offline(True)
        lines.append(page.context.new_cdp_session(page))
        lines[0].send("Storage.overrideQuotaForOrigin", {"origin": live_site, "quotaSize": 1000})

    page = phone(before=full)
    waiting(page, 2)
    page.context.set_offline(False)
    waiting(page, 0, seconds=25)
    expect(page.locator(".p-told")).to_contain_text("手机空间不足")
    shots(page, "no-room")
    assert_accessible(page)
    assert [act["data"]["class_code"] for act in field.acts] == ["matter:02010", "matter:02001"]
    assert (field.repeats, len(field.uploads)) == ([], 2)
    lines[0].send("Storage.overrideQuotaForOrigin", {"origin": live_site})
    go(page, "今日")
    page.get_by_role("button", name="查看").tap()
    expect(page.locator(".p-told")).to_be_empty()


def test_no_position_no_store_and_a_newer_app(phone: Any, field: Field, live_site: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A person who does not allow the position, a browser that keeps nothing, an app renewed in the middle of a report."""
    pages = import_module("yiwang.apps.city.pages.phone")
    field.tiles_left = 3  # the map comes in two pieces
    page = phone(before=lambda page: may_use_place(page, live_site, "denied"))
    ready(page)
    expect(page.locator(".p-notice", has_text="未允许使用定位")).to_be_visible()
    shots(page, "no-position")
    page.get_by_role("button", name="上岗签到").tap()
    page.get_by_role("button", name="知道了，上岗").tap()
    expect(page.get_by_text("在岗", exact=True)).to_be_visible()
    waiting(page, 0)
    assert (field.acts[0]["place"], field.acts[0]["no_place_reason"]) == (None, "refused")
    go(page, "上报")
    shoot_photo(page)
    page.locator(".p-tile", has_text="暴露垃圾").first.tap()
    expect(page.locator(".p-place")).to_contain_text("定位未授权，请在地图上选点")
    expect(page.get_by_role("button", name="发送", exact=True)).to_be_disabled()
    may_use_place(page, live_site, "granted")
    expect(page.locator(".p-place")).to_contain_text("望湖一网格")
    expect(page.get_by_role("button", name="发送", exact=True)).to_be_enabled()

    page.get_by_label("说明").fill("桶已满")
    field.tiles_left = None
    monkeypatch.setattr(pages, "_version", lambda: "newer0000001")
    page.evaluate("navigator.serviceWorker.getRegistration().then((one) => one.update()).then(() => true)")
    expect(page.locator(".p-told")).to_contain_text("新版本已就绪")
    shots(page, "newer-app")
    with page.expect_navigation():
        page.get_by_role("button", name="立即使用").tap()
    expect(page.locator("body")).to_have_attribute("data-version", "newer0000001")
    expect(page.get_by_label("说明")).to_have_value("桶已满")
    expect(page.locator(".p-shots img")).to_have_count(1)
    expect(page.locator(".p-told")).to_be_empty()

    whole = IDB % "(await all('known')).find((one) => one && one.total > 0 && one.done === one.total)"
    until(page, f"{whole}.then(Boolean)")
    given = [path for path, status in field.tiles if status == 200]
    assert (len(given), len(set(given))) == (page.evaluate(whole)["total"],) * 2, "the map goes on where it stopped"
    field.tiles.clear()
    page.evaluate(IDB % """await (async () => { const tx = db.transaction("known", "readwrite"); const tiles = await new Promise((r) => {
        const q = tx.objectStore("known").get("tiles"); q.onsuccess = () => r(q.result); }); tx.objectStore("known").put({ ...tiles, at: 0 }, "tiles"); })()""")
    page.evaluate("dispatchEvent(new Event('online'))")  # the next day it asks what is new
    until(page, f"{whole}.then((one) => one?.at > 0)")
    assert {status for _path, status in field.tiles} == {304}
    assert {path for path, _status in field.tiles} == set(given)

    other = page.context.new_page()
    other.add_init_script("indexedDB.open = () => { throw new DOMException('not here', 'SecurityError'); }")
    other.goto(f"{live_site}/city/phone/")
    expect(other.get_by_role("alert")).to_contain_text("浏览器不允许本应用保存数据")
    expect(other.get_by_role("link", name="电脑版页面")).to_have_attribute("href", "/city/desk/")
    shots(other, "no-store")
    assert_accessible(other)


def test_a_long_queue_arrives_once(phone: Any, field: Field) -> None:
    """Reports written down without a network, each with a photo, arrive once and in order; YIWANG_PHONE_QUEUE=200 for the long form."""
    page = phone()
    ready(page)
    page.context.set_offline(True)
    photo = base64.b64encode(picture("queue", size=(160, 120))).decode()
    page.evaluate(IDB % f"""await (async () => {{
        const bytes = Uint8Array.from(atob("{photo}"), (c) => c.charCodeAt(0));
        const later = Date.now() + 86400000; // of a clock that was a day fast and has been set since
        const tx = db.transaction(["acts", "files"], "readwrite");
        for (let i = 0; i < {MANY}; i++) {{
            const n = String(i).padStart(12, "0");
            tx.objectStore("files").put({{ uid: "01999999-0000-7000-8000-" + n, blob: new Blob([bytes], {{ type: "image/jpeg" }}), name: n + ".jpg", stage: "before", taken_at: "2026-11-23T08:00:00+08:00", place: null }});
            tx.objectStore("acts").add({{ uid: "01999999-1111-7000-8000-" + n, person: "{field.person}", kind: "report", occurred_at: "2026-11-23T08:00:00+08:00", place: {{ lon: 115.973, lat: 36.443, accuracy_m: 9, source: "gps" }},
                no_place_reason: "", files: ["01999999-0000-7000-8000-" + n], data: {{ class_code: "matter:02001", text: n, mode: "inspector" }}, title: "暴露垃圾", subtitle: "", state: "waiting", tries: 0, hold_until: i ? 0 : later, next_at: i ? 0 : later }});
        }}
        await new Promise((r) => tx.oncomplete = r);
    }})()""")
    page.reload()
    waiting(page, MANY)
    field.drop_answers = 3
    page.context.set_offline(False)
    waiting(page, 0, seconds=60 + MANY / 5)
    assert [act["data"]["text"] for act in field.acts] == [f"{i:012d}" for i in range(MANY)]
    assert len(field.repeats) == 3
    assert page.evaluate(IDB % "(await all('files')).length") == 0


def test_every_screen(phone: Any, field: Field, live_world: World) -> None:
    """What each screen shows, in Chinese and English and in big characters; names and labels are right for a reader's ear."""
    page = phone()
    ready(page)
    expect(page.locator(".p-message").first).to_contain_text("今日重点")
    shots(page, "today")
    assert_accessible(page)
    go(page, "上报")
    shots(page, "camera")
    shoot_photo(page)
    expect(page.locator(".p-place")).to_contain_text("望湖一网格")
    page.get_by_label("名称、拼音首字母或代码").fill("jtx")
    expect(page.locator(".p-tile:visible")).to_have_text(["交通信号灯道路交通"])
    page.get_by_label("名称、拼音首字母或代码").fill("")
    page.locator(".p-tile", has_text="暴露垃圾").first.tap()
    shots(page, "report")
    assert_accessible(page)
    page.get_by_role("button", name="地图").tap()
    until(page, "'idle' in (document.querySelector('.p-map')?.dataset ?? {})", seconds=30)
    shots(page, "pick")
    page.get_by_role("button", name="就选这里").tap()
    expect(page.locator(".p-place")).to_contain_text("地图选点")
    page.get_by_role("button", name="放弃草稿").tap()
    expect(page.locator(".p-screen.is-today")).to_be_visible()
    until(page, IDB % "(await all('known')).some((one) => one && one.total > 0 && one.done === one.total)", seconds=20)
    page.context.set_offline(True)  # the map of the own grids is on the phone
    cover = live_world.assets["cover"].point
    page.evaluate(f"location.hash = '#/map?lon={cover.x}&lat={cover.y}'")
    until(page, "'idle' in (document.querySelector('.p-map')?.dataset ?? {})", seconds=30)
    middle = page.locator(".maplibregl-canvas").bounding_box()
    for _try in range(10):  # the symbol is drawn some frames after its tile has come
        page.touchscreen.tap(middle["x"] + middle["width"] / 2, middle["y"] + middle["height"] / 2)
        page.wait_for_timeout(700)  # two taps at once would come nearer
        if page.get_by_role("button", name="上报此部件").count():
            break
    shots(page, "map")
    page.get_by_role("button", name="上报此部件").tap()
    expect(page.locator(".p-place")).to_contain_text("部件：")
    page.get_by_role("button", name="放弃草稿").tap()
    expect(page.locator(".p-screen.is-today")).to_be_visible()
    go(page, "地图")
    until(page, "'idle' in (document.querySelector('.p-map')?.dataset ?? {})", seconds=30)
    assert_accessible(page)
    page.context.set_offline(False)
    go(page, "今日")
    page.locator("a[href='#/task?uid=t-check']").tap()
    expect(page.locator("h2", has_text="井盖破损")).to_be_visible()
    shots(page, "task")
    assert_accessible(page)
    go(page, "今日")
    page.locator("a[href='#/task?uid=t-census']").tap()
    page.locator(".p-item").first.tap()
    shots(page, "census")
    page.get_by_role("button", name="更正").tap()
    page.locator(".p-sheet .p-tile", has_text="破损").tap()
    page.locator(".p-sheet").get_by_role("button", name="发送").tap()
    expect(page.get_by_text("已完成 1 / 8")).to_be_visible()
    go(page, "我的")
    shots(page, "settings")
    assert_accessible(page)
    page.get_by_role("link", name="我的数据").tap()
    expect(page.locator(".p-screen")).to_contain_text("62%")
    shots(page, "figures")
    go(page, "我的")
    page.get_by_role("button", name="大字模式").tap()
    page.get_by_role("button", name="English").tap()
    expect(page.locator(".p-nav")).to_contain_text("Today")
    page.locator(".p-nav a").first.tap()
    expect(page.get_by_role("button", name="Begin shift")).to_be_visible()
    shots(page, "today-large-english")
    assert page.evaluate("(({ scrollWidth, clientWidth }) => scrollWidth <= clientWidth)(document.querySelector('.p-main'))")
    assert_accessible(page)
    waiting(page, 0, seconds=15)
    assert field.acts[0]["data"] == {"task_uid": "t-census", "order_uid": "o1", "asset_uid": "a0", "answer": "correct", "values": {"status": "damaged"}}
