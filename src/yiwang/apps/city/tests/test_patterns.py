"""Where the same problem comes back, and when cases come: whose rows count, pages by key, one query."""

import pytest
from django.db import connection

from tests.walk import report
from yiwang.apps.city.queries import patterns
from yiwang.kernel.base.errors import BadInput

pytestmark = pytest.mark.django_db


@pytest.fixture
def thrice(world):
    """Three reports at one place, three at another of which one is too old, two of another class, three apart."""
    made = [report(world, at=(2, 2), photo=f"a{n}") for n in range(3)] + [report(world, at=(0, 4), photo=f"b{n}") for n in range(3)]
    made += [report(world, at=at, photo=f"c{n}") for n, at in enumerate([(4, 0), (4, 2), (4, 4)])]
    with connection.cursor() as cursor:
        cursor.execute("UPDATE yw_cases_case SET reported_at = reported_at - interval '31 days' WHERE id = %s", [made[3].pk])
    return made


def test_three_times_in_thirty_days(world, thrice, monkeypatch, django_assert_num_queries):
    with django_assert_num_queries(2):  # what he has had in his hands; the places
        rows, more = patterns.comes_back(world.actor("dispatcher"))
    assert [(row.times, row.open, {uid for uid, _number, _at in row.cases}) for row in rows] == [(3, 3, {str(c.uid) for c in thrice[:3]})]
    assert more == ""
    assert patterns.comes_back(world.actor("citizen"))[0] == []  # nothing of others
    monkeypatch.setattr(patterns, "DAYS", 60)
    monkeypatch.setattr(patterns, "SIZE", 1)
    first, more = patterns.comes_back(world.actor("dispatcher"))
    second, end = patterns.comes_back(world.actor("dispatcher"), cursor=more)
    assert [first[0].key, second[0].key] == [thrice[0].pk, thrice[3].pk]
    assert end == ""
    with pytest.raises(BadInput):
        patterns.comes_back(world.actor("dispatcher"), cursor="x")


def test_by_the_hour(world, thrice):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE yw_cases_case SET reported_at = date_trunc('day', now() AT TIME ZONE 'Asia/Shanghai') AT TIME ZONE 'Asia/Shanghai'"
                       " - interval '1 hour' WHERE id = %s", [thrice[0].pk])  # fmt: skip
    found = patterns.by_hour(world.actor("dispatcher"), days=30, first=23, last=24)
    assert found.counts[23] >= 1
    assert found.total == found.counts[23]
    assert sum(found.counts) == 8
    longer = patterns.by_hour(world.actor("dispatcher"), days=90, first=22, last=1)
    assert sum(longer.counts) == 9  # the old one, too
    assert longer.total == longer.counts[22] + longer.counts[23] + longer.counts[0]


def test_pages(world, thrice):
    leader = world.client("leader")
    assert "反复发生点" in (page := leader.get("/city/again/").content.decode())
    assert str(thrice[0].uid) in page
    for query in ("", "?days=7&from=22&to=6", "?days=x&from=-1&to=99", "?from=5&to=5"):
        assert leader.get(f"/city/hours/{query}").status_code == 200
    assert world.client("citizen").get("/city/again/", headers={"accept": "application/json"}).status_code == 403
