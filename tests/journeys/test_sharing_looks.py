"""The data catalogue, sharing and the register of systems in a browser: both sizes, faults and accessibility, filled as the sample fills them."""

from __future__ import annotations

import pytest
from django.utils.timezone import localdate

from sample.loading import sharing
from sample.spec import SIZES, Spec
from tests.support.looks import page_faults, settle, shoot
from yiwang.apps.datahub.models.share import SharingGrant, SharingRequest
from yiwang.kernel.ui import assets

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not assets.core(), reason="the front end is not built: npm ci && npm run build in src/islands"),
]

# Names of columns, codes, SQL and formats stand in Latin letters on these pages.
LATIN = ("_", "xlsx", "JSON", "csv", "dibao", "SELECT", "GX2", "http", "yw", "name", "street", "amount", "month", "datahub", "a-z", "starts", "age", "relief", "toilets", "Relief", "Toilets", "address")


def test_pages_of_sharing_look_right(live_site, live_world, as_person):
    sharing.play(Spec(SIZES["small"], localdate(), 1))
    grant = SharingGrant.objects.get(way="api", dataset__code="relief-payments")
    waits = SharingRequest.objects.filter(state="owner", dataset__org__code="bureau-civil").order_by("pk")[0]
    pages = {
        "data_steward": (
            ("catalogue", "catalogue/"), ("catalogue-none", "catalogue/?q=无此数据"), ("entry", "catalogue/relief-payments/?sample=1"), ("entry-change", "catalogue/toilets/"),
            ("flows", "sharing/flows/"), ("requests", "sharing/"), ("grant", f"sharing/grants/{grant.uid}/"), ("systems", "systems/"), ("system", "systems/street-relief/"),
        ),
        "data_owner": (("decide", f"sharing/requests/{waits.uid}/"), ("describe", "catalogue/disabled-persons/edit/")),
        "data_owner2": (("ask", "sharing/ask/elderly-allowance/"),),
    }  # fmt: skip
    wrong = []
    for who, wanted in pages.items():
        for name, size in (("desk", (1440, 900)), ("phone", (390, 844))):
            page = as_person(who, size=size)
            for word, path in wanted:
                answer = page.goto(f"{live_site}/data/{path}")
                assert answer.status == 200, path
                settle(page)
                wrong += page_faults(page, f"{word} {name}", latin=LATIN)
                shoot(page, f"sharing-{word}-{name}")
            page.context.close()
    assert not wrong, "\n".join(wrong)
