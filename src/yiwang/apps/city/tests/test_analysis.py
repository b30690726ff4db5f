"""The analysis page: cells, hours and classes are as long as the lists they open; delays say which stage eats the time."""

from __future__ import annotations

import re
from html import unescape

import pytest

from tests.walk import advance, report
from tests.world import TWO_LEVEL
from yiwang.apps.city.queries import screen
from yiwang.apps.city.queries.lists import CaseFilter
from yiwang.apps.city.queries.screen import analysis
from yiwang.kernel.cases.models import Clock

pytestmark = pytest.mark.django_db


def test_every_number_is_the_length_of_its_list(world):
    for n in range(4):
        report(world, text=f"井盖破损 {n}", at=(n, 2), photo=f"a{n}")
    report(world, who="inspector3", text="听河街道井盖被埋", district=TWO_LEVEL, at=(1, 1), photo="a9")
    client = world.client("leader")
    for query in ("days=7&metres=250", f"area={TWO_LEVEL}&metres=1000"):
        page = client.get(f"/city/analysis/?{query}").content.decode()
        found = [(unescape(url), int(n)) for url, n in re.findall(r'<a href="([^"]*)" data-figure="[^"]*" data-n>(\d+)</a>', page)]
        assert len(found) >= 3
        for url, value in found:
            assert len(re.findall(r"<tr[^>]*data-row", client.get(url).content.decode())) == value, url


def test_cells_share_out_every_case_once(world):
    for column in range(5):
        report(world, text=f"井盖破损 {column}", at=(column, column), photo=f"c{column}")
    actor = world.actor("leader")
    cells, nowhere = analysis.density(actor, screen.place_for(actor), analysis.span_of(7), 250)
    assert sum(c.count for c in cells) + nowhere == 5
    assert len({c.box for c in cells}) == len(cells)
    assert [c.count for c in cells] == sorted((c.count for c in cells), reverse=True)


def test_the_stage_that_took_longest_stands_first(world):
    case = advance(world, report(world, text="井盖破损", at=(0, 2), photo="d1"), "pending_handle")
    Clock.objects.filter(case=case, name="stage", step="file").update(consumed_minutes=300, unit="work_hour")
    actor = world.actor("leader")
    rows = analysis.delays(actor, screen.place_for(actor), analysis.span_of(7))
    assert (rows[0].step, rows[0].count, rows[0].median, rows[0].p90, rows[0].is_working) == ("file", 1, 300, 300, True)
    assert sum(r.share for r in rows) == pytest.approx(1)
    assert rows[0].slowest[0][0] == str(case.uid)
    assert str(case.uid) in world.client("leader").get("/city/analysis/").content.decode()


def test_nonsense_filters_are_dropped_and_borders_belong_to_one_cell(world):
    for box in ("1,2,3", "a,b,c,d", "5,5,1,1", "0,0,999,1", "nan,0,1,1"):
        assert CaseFilter.read({"box": box}).box == ""
    assert CaseFilter.read({"hour": "24"}).hour == ""
    page = world.client("leader").get("/city/analysis/?area=&days=9999999999999&metres=-1")
    assert page.status_code == 200
    assert "所选天数内没有上报" in page.content.decode()
    assert world.client("leader").get("/city/analysis/?area=999999").status_code == 404
