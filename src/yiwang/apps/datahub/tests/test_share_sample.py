"""The sample county's catalogue and sharing: made through the services, so that a newcomer sees filled pages."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils.timezone import localdate

from sample.loading import sharing
from sample.spec import SIZES, Spec
from yiwang.apps.datahub.models import Dataset
from yiwang.apps.datahub.models.share import GrantCall, SharingRequest

pytestmark = pytest.mark.django_db


def test_a_newcomer_sees_filled_pages(world: Any) -> None:
    made = sharing.play(Spec(SIZES["small"], localdate(), 1))
    assert made["entries"] >= 25
    assert made["systems"] == 12
    assert {r.state for r in SharingRequest.objects.all()} == {"owner", "granted", "refused", "disputed"}
    assert {d.state for d in Dataset.objects.all()} == {"draft", "submitted", "published"}
    assert {c.status for c in GrantCall.objects.all()} == {200, 403}
    client = world.client("data_steward")
    for path in ("catalogue/", "catalogue/relief-payments/?sample=1", "sharing/", "sharing/flows/", "systems/", "systems/street-relief/"):
        assert client.get(f"/data/{path}").status_code == 200
    page = client.get("/data/catalogue/relief-payments/?sample=1")
    assert len(page.context["sample"]) == 5
    assert "\n".join(page.context["sample"][0]).count("*") > 8
