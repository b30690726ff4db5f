"""The acceptance report (验收): figures with their parts, grid faults found, samples that can be drawn again, PDF."""

from datetime import timedelta

import pytest
from django.contrib.gis.geos import MultiPolygon, Polygon
from django.urls import reverse
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import walk
from yiwang.apps.city.models import AcceptanceSample
from yiwang.apps.city.queries.judging import acceptance
from yiwang.apps.city.rules.judging import acceptance as rules
from yiwang.apps.city.services.judging import acceptance as services
from yiwang.kernel.base.errors import BadInput, NotPermitted
from yiwang.kernel.cases.models import Case, Clock
from yiwang.kernel.geography.models import AreaShape, Asset, UnitGrid

SEED = "3c" * 32


@settings(max_examples=100, deadline=None)
@given(codes=st.lists(st.text("0123456789", min_size=3, max_size=6), unique=True, max_size=30), size=st.integers(0, 40), data=st.data())
def test_a_sample_is_the_same_for_everybody(codes, size, data):
    found = rules.draw(SEED, codes, size)
    assert found == rules.draw(SEED, data.draw(st.permutations(codes)), size)
    assert len(found) == len(set(found)) == min(size, len(codes))
    assert set(found) <= set(codes)
    assert rules.draw(SEED, codes, size + 1)[:size] == found, "a larger sample begins with the smaller one"


def test_a_share_of_nothing_is_not_judged():
    assert (rules.Share(0, 0, 0.9).value, rules.Share(0, 0, 0.9).reached) == (None, None)
    assert (rules.Share(9, 10, 0.9).reached, rules.Share(8, 10, 0.9).reached) == (True, False)


@pytest.mark.django_db
def test_the_run_counts_what_was_reported_in_it(world):
    closed = walk.advance(world, walk.report(world, at=(0, 1), photo="a1"), "closed")
    late = walk.advance(world, walk.report(world, at=(0, 3), photo="a2"), "closed")
    Clock.objects.filter(case=late, name="case").update(due_at=timezone.now() - timedelta(days=9), stopped_at=timezone.now())
    walk.advance(world, walk.report(world, at=(3, 3), photo="a3"), "pending_handle")
    walk.report(world, at=(4, 1), photo="a4")
    old = walk.report(world, at=(4, 3), photo="a5")
    Case.all_modes.filter(pk=old.pk).update(reported_at=timezone.now() - timedelta(days=400))
    Case.all_modes.exclude(pk=old.pk).update(mode="trial")
    today = timezone.localdate()
    run = acceptance.run_of(world.district, today, today, "trial")
    assert (run.reported, run.filed, run.dispatched, run.handled, run.closed) == (4, 3, 3, 2, 2)
    assert ((run.closing.part, run.closing.whole), (run.on_time.part, run.on_time.whole)) == ((2, 3), (1, 3))
    assert acceptance.run_of(world.district, today, today, "live").reported == 0
    assert acceptance.run_of(world.areas["371591"], today, today, "trial").closing.value is None
    whole = acceptance.run_of(world.city, today, today, "trial")
    parts = [acceptance.run_of(world.areas[c], today, today, "trial") for c in ("371591", "371592", "371593")]
    assert whole.reported == sum(p.reported for p in parts), "the parts are the whole"
    assert closed.pk


@pytest.mark.django_db
def test_grid_faults_are_found(world):
    total, wrong = acceptance.grid_errors(world.district)
    assert (total, sum(number for rule, number in wrong if rule != "G10")) == (25, 0)
    one, two = (world.areas[f"371592001001{n:03d}"] for n in (1, 2))
    shape = AreaShape.objects.get(area=two)
    west, south, east, north = shape.shape.extent
    shape.shape = MultiPolygon(Polygon.from_bbox((west - 0.0004, south, east, north)), srid=4326)
    shape.save()
    UnitGrid.objects.filter(area=one).update(responsibility_grid=None)
    type(one).objects.filter(pk=one.pk).update(code="371592001002001")
    found = dict(acceptance.grid_errors(world.district)[1])
    assert (found["G05"], found["G13"], found["G02–G03"]) == (1, 1, 1)
    assert dict(acceptance.grid_errors(world.areas["371591"])[1])["G05"] == 0


@pytest.mark.django_db
def test_ownership_and_a_sample_that_can_be_drawn_again(world):
    Asset.objects.filter(class_code="01001").update(ownership="confirmed")
    owned = acceptance.ownership(world.district)
    assert (owned.part, owned.whole) == (2, 4)
    for seed in ("x", "ab", "zz" * 32):
        with pytest.raises(BadInput):
            services.draw_sample(world.actor("leader"), world.district, seed=seed)
    with pytest.raises(BadInput):
        services.draw_sample(world.actor("leader"), world.areas["371591"])
    with pytest.raises(NotPermitted):
        services.draw_sample(world.actor("acceptor"), world.district)
    row = services.draw_sample(world.actor("leader"), world.district, seed=SEED.upper(), size=3)
    assert row.codes == rules.draw(SEED, list(Asset.objects.values_list("code", flat=True)), 3)
    assert acceptance.redrawn(row) == (True, True)
    Asset.objects.filter(code=row.codes[0]).delete()
    assert acceptance.redrawn(row) == (False, False), "the register has changed, and the page says so"


@pytest.mark.django_db
def test_the_pages(world):
    client, url = world.client("leader"), reverse("city:acceptance")
    page = client.get(url + "?area=371592&since=2026-01-01&until=x&mode=nonsense")
    assert page.status_code == 200
    assert "—" in page.content.decode(), "nothing was filed: no rate"
    assert client.post(url + "?area=371592", {"size": "0"}).status_code == 422
    assert client.post(url + "?area=371592", {"size": "2"}).status_code == 302
    sample = AcceptanceSample.objects.get()
    assert "刚刚复算" in client.get(reverse("city:sample", args=[sample.uid])).content.decode()
    pdf = client.get(reverse("city:acceptance_pdf") + "?area=371592")
    assert (pdf["Content-Type"], pdf.content[:5]) == ("application/pdf", b"%PDF-")
    assert world.client("dispatcher").get(url).status_code == 403
