"""Every page of the city in a browser: Chinese throughout, accessible, no sideways scroll, at desk and phone width.

With YIWANG_SHOTS=<folder> each is kept as a picture for people to look at.
"""

from __future__ import annotations

import pytest

from tests import walk
from tests.support.looks import page_faults, settle, shoot
from yiwang.kernel.ui import assets

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not assets.core(), reason="the front end is not built: npm ci && npm run build in src/islands"),
]


def pages_of(live_world, town):
    """Return (name, person, address) of every page; "" is nobody."""
    case = {name: f"/city/cases/{found.uid}/" for name, found in town.items()}
    code = town["closed"].reports.get().query_code
    going = town["late"].reports.get().query_code
    return [
        ("desk", "acceptor", "/city/desk/"), ("desk-late", "handler2", "/city/desk/"), ("desk-done", "dispatcher", "/city/desk/?tab=done"),
        ("desk-empty", "district_dispatcher", "/city/desk/"), ("supervised", "leader", "/city/supervised/"),
        ("intake", "acceptor", "/city/intake/"), ("intake-chosen", "acceptor", f"/city/intake/?case={town['new'].uid}"),
        ("case-file", "shift_leader", case["to_file"]), ("case-dispatch", "dispatcher", case["to_dispatch"]),
        ("case-handle", "handler2", case["late"]), ("case-check", "inspector2", case["to_check"]), ("case-close", "shift_leader", case["to_close"]),
        ("case-closed", "leader", case["closed"]), ("case-extension", "shift_leader", case["to_handle"]), ("case-call", "acceptor", case["call"]),
        ("cases", "shift_leader", "/city/cases/"), ("cases-filtered", "shift_leader", "/city/cases/?overdue=1&district=371592"),
        ("cases-none", "shift_leader", "/city/cases/?q=%E9%A3%9E%E6%9C%BA"), ("map", "leader", "/city/map/"), ("board", "leader", "/city/board/"),
        ("search", "leader", "/search/?q=%E4%BA%95%E7%9B%96"), ("street", "inspector", "/city/report/"), ("hotline", "acceptor2", "/city/hotline/"),
        ("public", "", "/report/"), ("public-query-empty", "", "/report/query/"), ("public-query", "", f"/report/query/?code={code}"),
        ("public-going", "", f"/report/query/?code={going}"), ("public-missing", "", "/report/query/?code=ABCDEFGHJK"),
        ("my-reports", "citizen", "/my/reports/"),
    ]  # fmt: skip


def test_every_page_can_be_read_by_everybody(live_site, live_world, as_person):
    """At both widths, each with a browser of its own kind, in one world: making it twice would show nothing more."""
    town = walk.town(live_world)
    wrong = []
    for phone in (False, True):
        open_pages: dict[str, object] = {}
        for name, person, address in pages_of(live_world, town):
            page = open_pages.get(person) or as_person(person, phone=phone, size=None if phone else (1440, 900))
            open_pages[person] = page
            answer = page.goto(live_site + address)
            assert answer.status in (200, 404 if name == "public-missing" else 200), (name, answer.status)
            settle(page)
            shoot(page, name)
            shoot(page, f"full/{name}", full=True)
            wrong += page_faults(page, f"{name} at {'phone' if phone else 'desk'} width")
        for page in open_pages.values():
            page.context.close()
    assert not wrong, "\n\n".join(wrong)


def test_the_rail_of_the_city_at_tablet_width(live_site, live_world, as_person):
    """834 by 1112, between desk and phone: the rail is there, none of its lines is cut off, and everybody can read it."""
    walk.report(live_world)
    page = as_person("leader", size=(834, 1112))
    assert page.goto(live_site + "/city/cases/").status == 200
    settle(page)
    shoot(page, "tablet")
    rail = page.locator(".yw-frame > .yw-rail")
    assert rail.locator("a:visible").count() > 3
    assert rail.evaluate("(e) => e.scrollWidth <= e.clientWidth + 1"), "lines of the rail reach over its edge"
    assert page_faults(page, "tablet") == []
