"""Open data in a browser: the portal and the offices' pages at both sizes in Chinese, full, empty and refused, with nothing that axe-core finds wrong."""

from __future__ import annotations

from datetime import date

import pytest
from django.urls import reverse

from sample import openness
from sample.loading import opened
from tests.support.looks import page_faults, settle, shoot
from tests.world import World
from yiwang.apps.datahub.models import Challenge, OpenRequest, OpenSet
from yiwang.apps.datahub.services.opening import publishing
from yiwang.apps.datahub.tests import portal
from yiwang.apps.datahub.tests.test_opening_privacy import PEOPLE, people
from yiwang.kernel.base.actor import system
from yiwang.kernel.ui import assets

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not assets.core(), reason="the front end is not built: npm ci && npm run build in src/islands"),
]
LATIN = (
    "CSV", "Excel", "JSON", "Parquet", "PARQUET", "XLSX", "GEOJSON", "DCAT", "API", "CKAN", "BOM", "zip", "Creative", "WGS", "PM", "datapackage", "OGC", "Turtle", "CC", "kB", "MB", "street-trees", "XXX",
)  # fmt: skip


def fill(world: World) -> dict[str, tuple[str, str]]:
    """Open the sample's sets, prepare one of people, take one back; returns who looks at which address, by name."""
    from yiwang.apps.datahub.tests.hub import make_dataset

    accounts = [world.account("data_steward"), world.account("data_owner")]
    for data in openness.build(date(2026, 11, 20)):
        if data.slug in ("street-trees", "air-quality", "budget", "parking", "public-toilets"):
            opened.one(data, accounts)
    from sample.spec import SIZES, Spec

    opened._asked(Spec(SIZES["small"], date(2026, 11, 20)))
    publishing.retract(system("test"), OpenSet.objects.get(slug="parking"), reason="部分停车场位置有误，核对后重新开放。")
    text = "dataset: open-people\nname: {zh-Hans: 就诊登记}\ncycle: monthly\ncolumns:\n" + "".join(
        f"  - {{name: {c['name']}, label: {c['label']}, type: {c['kind']}{', personal: ' + c['personal'] if c['personal'] else ''}}}\n" for c in PEOPLE
    )
    dataset = make_dataset(world.orgs["bureau-civil"], "open-people", "救助登记", text=text, state="published", opening="unconditional", grade=3)
    bad = portal.prepare(world, dataset, slug="visits", table=people(400), theme="health", title={"zh-Hans": "救助登记"}, recipe={"sex": "keep", "born": "keep", "illness": "keep"}, quasi=["sex", "born"], suppress=False, who="data_owner")
    return {
        "front": ("", "/open/"), "found": ("", "/open/?q=公厕"), "nothing": ("", "/open/?q=无人机航线"), "set-map": ("", "/open/street-trees/"), "set-line": ("", "/open/air-quality/"),
        "set-bar": ("", "/open/budget/"), "gone": ("", "/open/parking/"), "promises": ("", "/open/promises/"), "use": ("", "/open/use/"), "requests": ("", "/open/requests/"),
        "challenges": ("", "/open/challenges/"), "challenge": ("", "/open/challenges/shade-walks/"), "terms": ("", "/open/terms/"),
        "office-sets": ("data_steward", reverse("datahub:open_sets")), "office-prepare": ("data_steward", f"{reverse('datahub:open_new')}?dataset={dataset.uid}&theme=health"),
        "office-set": ("data_steward", reverse("datahub:open_set", args=[bad.open_set.uid])), "office-requests": ("data_steward", reverse("datahub:open_requests")),
        "office-request": ("data_steward", reverse("datahub:open_request", args=[OpenRequest.objects.filter(state="received")[0].uid])),
        "office-challenge": ("data_steward", reverse("datahub:open_challenge", args=[Challenge.objects.get().uid])),
    }  # fmt: skip


def test_every_page_can_be_read_at_both_sizes(live_site, live_world, as_person):
    pages = fill(live_world)
    faults: list[str] = []
    for size in ((1440, 900), (390, 844)):
        browsers = {who: as_person(who, size=size) for who in ("", "data_steward")}
        for name, (who, url) in pages.items():
            page = browsers[who]
            page.goto(live_site + url)
            settle(page)
            shoot(page, f"open-{name}", full=True)
            faults += page_faults(page, f"{name} {size[0]}", latin=LATIN)
        page = browsers[""]
        page.goto(f"{live_site}/open/requests/")
        page.fill("#id_text", "请打电话 13800138000 给我")
        page.locator("main form[method=post] button.btn-primary").click()
        settle(page)
        shoot(page, "open-requests-refused", full=True)
        faults += page_faults(page, f"refused {size[0]}", latin=LATIN)
    assert not faults, "\n".join(faults)
    assert OpenRequest.objects.count() == 2
