"""The audit administrator's pages: found by person, time, act and subject; nothing of business; constant queries."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests import walk
from tests.world import World
from yiwang.kernel.audit import watching
from yiwang.kernel.audit.models import AccessLog, Event, UnusualActivity, Verification
from yiwang.kernel.audit.services import log_access, record
from yiwang.kernel.base.clock import now
from yiwang.kernel.cases.contracts import PersonDraft
from yiwang.kernel.cases.models import Case
from yiwang.kernel.identity import services as identity

pytestmark = pytest.mark.django_db
SECRET = "隔壁老王家的化粪池溢出"


def text(response: Any) -> str:
    assert response.status_code == 200, response.status_code
    main = response.content.decode().split("<main", 1)[1]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", main))


def found(client: Any, name: str = "events", **query: str) -> str:
    return text(client.get(reverse(f"records:{name}"), query)).split("显示日期", 1)[1]


@pytest.fixture
def worked(world: World) -> Any:
    """A case that went to the handler, an account made by one hand and given a post by another, an export, a reading."""
    made = walk.report(world, photo="a", text=SECRET, person=PersonDraft(name="王大锤", phone="13812345678"))
    walk.advance(world, made, "pending_handle")
    admin, guard = world.actor("administrator"), world.actor("security_administrator")
    person, _password = identity.create_account(admin, username="new.hand", name="新手")
    identity.give_post(guard, account=person, post=world.people["leader"].post)
    world.client("leader").get("/city/cases/export.xlsx?q=13812345678")
    made = Case.all_modes.get(pk=made.pk)
    log_access(
        world.actor("acceptor"), party_id=made.parties.get().party_id, fields=["phone"], purpose="回访", case_id=made.pk, case_uid=made.uid
    )  # fmt: skip
    return made


def test_everybody_else_stays_outside(world: World) -> None:
    for key in ("administrator", "security_administrator", "leader", "shift_leader", "citizen"):
        client = world.client(key)
        for name in ("events", "accesses", "exports", "seals", "warnings"):
            assert client.get(reverse(f"records:{name}")).status_code == 403, (key, name)
        assert client.post(reverse("records:verify")).status_code == 403


def test_events_are_found_by_person_act_subject_and_day(world: World, worked: Any) -> None:
    client = world.client("audit_administrator")
    assert "新建账号" in found(client)
    assert "韩管" in found(client, action="identity.account.created")
    by_guard = found(client, who="褚安")
    assert "授予岗位" in by_guard
    assert "新建账号" not in by_guard
    about = found(client, subject="new.hand")
    assert "新建账号" in about
    assert "授予岗位" in about
    assert "褚安" in about
    assert "韩管" in about
    assert "导出数据" not in about
    whole = found(client, subject=worked.number)
    assert worked.number in whole
    assert "新建账号" not in whole
    assert "没有符合条件的留痕" in found(client, who="nobody-of-that-name")
    assert "没有符合条件的留痕" in found(client, subject="no-such-thing")
    assert "没有符合条件的留痕" in found(client, since="2001-01-01", until="2001-12-31")
    assert "授予岗位" in found(client, action="identity.post.")


@pytest.mark.parametrize("query", ["since=31-31-31", "who=%00%27%22%5C", "subject=%25%27--", "action=%2A", "action=..", "subject=99999999999999999999"])
def test_nonsense_does_no_harm(world: World, worked: Any, query: str) -> None:
    client = world.client("audit_administrator")
    for name in ("events", "accesses", "exports"):
        assert client.get(f"{reverse(f'records:{name}')}?{query}").status_code == 200
    assert client.get(f"{reverse('records:events')}?after=forged").status_code in (400, 422)


def test_nothing_of_business_is_shown(world: World, worked: Any) -> None:
    """Administrators read no case by being administrators: neither its words nor who reported it."""
    client = world.client("audit_administrator")
    pages = [found(client, name) for name in ("events", "accesses", "exports")]
    pages += [text(client.get(reverse("records:event", args=[line.position]))) for line in Event.all_modes.filter(case_id=worked.pk)]
    for page in pages:
        assert SECRET not in page
        assert "王大锤" not in page
        assert "13812345678" not in page
    for key in ("audit_administrator", "security_administrator", "administrator"):
        for address in (f"/city/cases/{worked.uid}/", "/city/cases/", "/city/map/", "/city/board/", "/city/cases/export.xlsx"):
            assert world.client(key).get(address).status_code in (403, 404), (key, address)
        answer = world.client(key).get(f"/api/v1/cases/{worked.uid}")
        assert answer.status_code in (403, 404), key


def test_accesses_say_who_read_whom_for_what(world: World, worked: Any) -> None:
    client = world.client("audit_administrator")
    line = AccessLog.objects.first()
    page = found(client, "accesses")
    assert "何受" in page
    assert "回访" in page
    assert worked.number in page
    assert f"#{line.party_id}" in page
    assert "王**" in page
    assert "何受" in found(client, "accesses", subject=f"#{line.party_id}")
    assert "何受" in found(client, "accesses", subject=worked.number)
    assert "没有查阅个人信息的记录" in found(client, "accesses", subject="#999999999")
    assert "没有查阅个人信息的记录" in found(client, "accesses", who="沈领")


def test_exports_are_all_there(world: World, worked: Any) -> None:
    page = found(world.client("audit_administrator"), "exports")
    number = Event.objects.get(action="export.taken").data["number"]
    assert number in page
    assert "沈领" in page
    assert number in found(world.client("audit_administrator"), "exports", subject=number)


def test_one_line_with_its_proof(world: World, worked: Any) -> None:
    client = world.client("audit_administrator")
    given = Event.objects.get(action="identity.post.given")
    page = text(client.get(reverse("records:event", args=[given.position])))
    assert bytes(given.hash).hex() in page
    assert "新手" in page
    assert "晚于最近一次封存" in page
    step = Event.all_modes.filter(case_id=worked.pk, action="complete").first()
    assert "属于业务数据" in text(client.get(reverse("records:event", args=[step.position])))
    assert client.get(reverse("records:event", args=[10**15])).status_code == 404
    assert client.get(f"/records/{10**30}/").status_code in (404, 422)


def test_pages_go_on_by_key_and_cost_the_same(world: World) -> None:
    admin = world.actor("administrator")
    client = world.client("audit_administrator")

    def cost() -> int:
        with CaptureQueriesContext(connection, ) as queries:
            assert client.get(reverse("records:events")).status_code == 200
        return len(queries)

    for number in range(3):
        identity.create_account(admin, username=f"p{number}", name=f"人{number}")
    few = cost()
    for number in range(3, 120):
        record(admin, action="identity.account.created", data={"account": world.account("leader").uid, "n": number})
    assert cost() <= few
    first = client.get(reverse("records:events"), {"action": "identity.account.created"}).content.decode()
    following = re.search(r'href="([^"]*after=[^"]+)"', first)[1].replace("&amp;", "&")
    second = client.get(following).content.decode()
    links = [set(re.findall(r"/records/(\d+)/", page)) for page in (first, second)]
    assert len(links[0]) == len(links[1]) == 50
    assert not links[0] & links[1]
    back = [u.replace("&amp;", "&") for u in re.findall(r'href="([^"]*after=[^"]+)"', second)]
    assert any(set(re.findall(r"/records/(\d+)/", client.get(u).content.decode())) == links[0] for u in back)


def test_seals_and_what_the_last_verification_found(world: World) -> None:
    client = world.client("audit_administrator")
    assert "尚未校验" in text(client.get(reverse("records:seals")))
    moment = now()
    common = {"started_at": moment, "finished_at": moment, "by": "nightly", "lines": 9, "cases": 1, "seals": 2, "unsealed": 0, "vouched_position": 9}
    Verification.objects.create(**common, vouched_until=moment, fault_count=0)
    assert "留痕完整" in text(client.get(reverse("records:seals")))
    Verification.objects.create(**common, fault_count=1, faults=["altered: event line 7"])
    page = text(client.get(reverse("records:seals")))
    assert "留痕不完整" in page
    assert "altered: event line 7" in page
    assert client.post(reverse("records:verify")).status_code == 302
    assert client.post(reverse("records:verify")).status_code == 302  # one that waits is enough
    assert Event.objects.filter(action="audit.verification.asked").count() == 2
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'audit.verify' AND status = 'todo'")
        assert cursor.fetchone()[0] == 1


def test_a_warning_is_shown_with_its_rows_and_judged_once(world: World) -> None:
    leader = world.actor("leader")
    for _ in range(400):
        record(leader, action="city.view.saved")
    watching.look(now() + timedelta(seconds=1))
    warning = UnusualActivity.objects.filter(unit="hour").first()
    client = world.client("audit_administrator")
    assert "沈领" in text(client.get(reverse("records:warnings")))
    page = text(client.get(reverse("records:warning", args=[warning.uid])))
    assert "400" in page
    assert "沈领" in page
    address = reverse("records:judge", args=[warning.uid])
    refused = client.post(address, {"verdict": "misuse", "reason": ""})
    assert refused.status_code == 422
    assert "4 至 500" in refused.content.decode()
    assert client.post(address, {"verdict": "misuse", "reason": "批量写入，已移交"}).status_code == 302
    assert client.post(address, {"verdict": "misuse", "reason": "批量写入，已移交"}).status_code == 409
    assert "违规操作" in text(client.get(reverse("records:warnings"), {"state": "judged"}))
    assert "批量写入" in text(client.get(reverse("records:warning", args=[warning.uid])))


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_every_page_in_both_languages(world: World, worked: Any, language: str) -> None:
    from django.conf import settings

    client = world.client("audit_administrator")
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    for name in ("events", "accesses", "exports", "seals", "warnings"):
        body = client.get(reverse(f"records:{name}")).content.decode()
        heading = re.sub(r"<[^>]+>", "", re.search(r"<h1[^>]*>(.*?)</h1>", body, re.S)[1]).strip()
        assert heading.isascii() is (language == "en"), heading
