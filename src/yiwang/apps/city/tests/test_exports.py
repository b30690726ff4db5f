"""The export over HTTP on a database that commits: nothing but the export's own transaction surrounds it."""

import io

import pytest
from openpyxl import load_workbook

from tests import walk, world
from yiwang.kernel.audit.models import Event

pytestmark = pytest.mark.committed


def test_the_export_works_where_no_test_lends_its_transaction():
    made = world.build()
    walk.advance(made, walk.report(made, photo="a", text="井盖破损"), "pending_handle")
    answer = made.client("leader").get("/city/cases/export.xlsx?state=handling")
    assert answer.status_code == 200
    event = Event.objects.get(action="export.taken")
    assert (event.data["rows"], event.data["filters"]) == (1, {"state": "handling"})
    assert event.data["number"] in answer["Content-Disposition"]
    assert event.data["number"] in load_workbook(io.BytesIO(answer.content)).active["A1"].value
