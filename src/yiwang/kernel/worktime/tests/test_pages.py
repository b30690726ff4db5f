"""The calendar pages: an administrator marks a day and confirms a year; others are refused."""

from datetime import date

import pytest

from yiwang.kernel.areas.services import add_area
from yiwang.kernel.base.actor import Actor, ActorKind, Grant, Scope
from yiwang.kernel.identity.models import Account, Holding, Organization, Post, Role, RoleGrant
from yiwang.kernel.worktime import queries, services
from yiwang.kernel.worktime.models import CalendarDay

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(client):
    queries.forget()
    city = add_area(level="city", code="371500", name={"zh-Hans": "聊城市"})
    body = Organization.objects.create(code="centre", name={}, kind="centre", path="1.", area=city)
    role = Role.objects.create(code="keeper", name={})
    RoleGrant.objects.create(role=role, permission=services.EDIT)
    account = Account.objects.create(username="admin1", name="管理员")
    post = Post.objects.create(code="p", name={}, organization=body, role=role)
    Holding.objects.create(account=account, post=post, area=city)  # the permission holds in the city, calendars hold everywhere
    client.force_login(account)
    return client


def test_marking_removing_and_confirming(admin):
    assert "cn" in admin.get("/calendars/").content.decode()
    page = admin.get("/calendars/cn/2027/").content.decode()
    assert "2027" in page
    answer = admin.post("/calendars/cn/2027/", {"day": "2027-02-05", "kind": "holiday", "note": "春节", "source": "通知"})
    assert (answer.status_code, answer["Location"]) == (302, "/calendars/cn/2027/")
    assert "春节" in admin.get("/calendars/cn/2027/").content.decode()
    assert not queries.calendar("cn").is_working_day(date(2027, 2, 5))
    assert admin.post("/calendars/cn/2027/confirm/", {"confirm-source": "通知"}).status_code == 302
    assert 2027 in queries.calendar("cn").known_years
    assert admin.post("/calendars/cn/unmark/", {"day": "2027-02-05"}).status_code == 302
    assert queries.calendar("cn").is_working_day(date(2027, 2, 5))


@pytest.mark.parametrize("data", [{}, {"day": "x", "kind": "holiday"}, {"day": "2027-02-05", "kind": "party"}, {"day": "1850-01-01", "kind": "holiday"}])
def test_bad_marks_stay_on_the_page(admin, data):
    count = CalendarDay.objects.count()
    answer = admin.post("/calendars/cn/2027/", data)
    assert answer.status_code == 422
    assert "has-error" in answer.content.decode()
    assert CalendarDay.objects.count() == count


@pytest.mark.parametrize(("path", "data", "status"), [
    ("/calendars/mars/2027/", None, 404), ("/calendars/cn/1066/", None, 404), ("/calendars/cn/unmark/", {"day": "x"}, 422),
    ("/calendars/cn/2027/confirm/", {}, 422), ("/calendars/mars/2027/confirm/", {"confirm-source": "x"}, 404),
])  # fmt: skip
def test_refusals(admin, path, data, status):
    answer = admin.get(path) if data is None else admin.post(path, data)
    assert answer.status_code == status


def test_others_are_refused(client):
    assert client.get("/calendars/").status_code == 302
    client.force_login(Account.objects.create(username="nobody"))
    assert client.get("/calendars/cn/2027/").status_code == 403
    assert client.post("/calendars/cn/unmark/", {"day": "2026-10-01"}).status_code == 403


def test_a_permission_held_in_one_city_is_enough():
    actor = Actor(kind=ActorKind.PERSON, account_id=1, grants=(Grant(services.EDIT, Scope(area_path="1.")),))
    assert services.mark_day(actor=actor, calendar_code="cn", day=date(2027, 1, 1), kind="holiday").version
