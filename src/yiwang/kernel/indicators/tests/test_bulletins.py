"""Bulletins: what they say, that they stay as they were, the paper and the workbook, and plans that send them."""

import io
import re
import zlib
from datetime import UTC, datetime
from typing import Any

import openpyxl
import pytest

from yiwang.kernel.audit.models import Event
from yiwang.kernel.indicators.models import Bulletin, BulletinPlan, StageFact
from yiwang.kernel.indicators.services import bulletins
from yiwang.kernel.indicators.tests import story
from yiwang.kernel.notices.models import Notice

pytestmark = pytest.mark.django_db
ISSUE = {"kind": "month", "day": "2026-10-01", "scheme": ["department", "district"], "remark": "请各单位对照整改。"}


def issued(told: Any, **more: Any) -> Bulletin:
    answer = told.client("leader").post("/indicators/bulletins/issue/", ISSUE | more)
    assert answer.status_code == 302, answer.content.decode()[:600]
    return Bulletin.objects.get(uid=answer["Location"].split("/")[-2])


def test_a_bulletin_says_who_fell_and_why_and_stays_as_it_is(told: Any) -> None:
    made = issued(told, role=["handler", "leader"])
    address = f"/indicators/bulletins/{made.uid}/"
    page = told.client("handler").get(address).content.decode()
    name = told.orgs[story.FALLS].name["zh-Hans"]
    assert f"{name}（↓3；按期处置率 100.0% → 65.0%）" in page
    assert "请各单位对照整改。" in page
    assert "2026年第1期" in page
    StageFact.objects.all().delete()  # whatever becomes of the facts
    again = told.client("handler").get(address).content.decode()
    assert re.sub(r'value="\w+"|CSRF[^,}]*', "", again).count("65.0%") == page.count("65.0%")
    held = Notice.objects.filter(kind="indicators.bulletin", account=told.account("handler")).get()
    assert held.link == address
    assert made.sha256 == bulletins.digest(made.content)
    assert Event.objects.filter(action="indicators.bulletin.issued", data__sha256=made.sha256).count() == 1


def test_it_is_printed_and_its_tables_taken_out(told: Any) -> None:
    made = issued(told)
    paper = told.client("leader").get(f"/indicators/bulletins/{made.uid}/bulletin.pdf")
    assert paper["Content-Type"] == "application/pdf"
    assert paper.content.startswith(b"%PDF-")
    assert _pages(paper.content) >= 1
    book = openpyxl.load_workbook(io.BytesIO(told.client("leader").get(f"/indicators/bulletins/{made.uid}/bulletin.xlsx").content))
    cells = {str(c.value) for sheet in book for row in sheet.iter_rows() for c in row if c.value is not None}
    assert told.orgs[story.FALLS].name["zh-Hans"] in cells
    assert "道路破损第2号" in cells or any("道路破损" in c for c in cells)
    assert len(book.sheetnames) >= 4
    assert told.client("leader").get(f"/indicators/bulletins/{made.uid}/bulletin.exe").status_code == 404


def _pages(pdf: bytes) -> int:
    found = [pdf]
    for packed in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL):
        try:
            found.append(zlib.decompress(packed))
        except zlib.error:
            continue
    return sum(len(re.findall(rb"/Type\s*/Page\b(?!s)", part)) for part in found)


def test_numbers_run_on_within_a_year(told: Any) -> None:
    assert [issued(told).serial, issued(told).serial] == [1, 2]
    assert issued(told, kind="week", day="2026-10-14").serial == 1


REFUSED: list[tuple[dict[str, Any], int]] = [
    ({"scheme": []}, 422), ({"scheme": ["nothing"]}, 422), ({"day": "2100-01-01"}, 409), ({"day": "x"}, 422), ({"remark": "x" * 1001}, 422),
    ({"role": ["nobody"]}, 422), ({"area": "999"}, 404),
]  # fmt: skip


def test_what_cannot_be_issued_is_refused_and_nothing_is_written(told: Any) -> None:
    for change, status in REFUSED:
        answer = told.client("leader").post("/indicators/bulletins/issue/", ISSUE | change)
        assert answer.status_code == status, change
    assert Bulletin.objects.count() == Notice.objects.filter(kind="indicators.bulletin").count() == 0


def test_only_who_publishes_issues_and_plans(told: Any) -> None:
    for who in ("handler", "dispatcher", "administrator"):
        for address in ("issue/", "plans/"):
            assert told.client(who).post(f"/indicators/bulletins/{address}", ISSUE).status_code == 403
    assert Bulletin.objects.count() == BulletinPlan.objects.count() == 0


PLAN = {"name": "周一通报", "scheme": ["department"], "kind": "week", "day": "1", "hour": "8", "role": ["handler"], "mail": "1"}


def test_a_plan_sends_each_week_once_and_makes_up_for_the_newest_only(told: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    at(monkeypatch, datetime(2026, 10, 14, 1, tzinfo=UTC))
    assert told.client("leader").post("/indicators/bulletins/plans/", PLAN).status_code == 302
    assert bulletins.send_due() == 0  # this week's time was over before the plan was made
    at(monkeypatch, datetime(2026, 10, 18, 23, 59, tzinfo=UTC))  # Monday 07:59 in China
    assert bulletins.send_due() == 0
    at(monkeypatch, datetime(2026, 10, 19, 0, 0, tzinfo=UTC))
    assert bulletins.send_due() == 1
    assert bulletins.send_due() == 0
    first = Bulletin.objects.get()
    assert (first.first.isoformat(), first.last.isoformat()) == ("2026-10-12", "2026-10-18")
    assert Notice.objects.filter(kind="indicators.bulletin", event_uid=first.uid, account=told.account("handler")).count() == 1
    at(monkeypatch, datetime(2026, 11, 11, 3, tzinfo=UTC))  # no worker for three weeks
    assert bulletins.send_due() == 1
    assert Bulletin.objects.order_by("-pk")[0].first.isoformat() == "2026-11-02"
    told.client("leader").post(f"/indicators/bulletins/plans/{BulletinPlan.objects.get().uid}/end/")
    at(monkeypatch, datetime(2026, 11, 16, 3, tzinfo=UTC))
    assert bulletins.send_due() == 0


def test_mail_goes_to_who_has_an_address(told: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    account = told.account("handler")
    account.email = "feng@example.gov.cn"
    account.save(update_fields=["email"])
    made = issued(told, role=["handler"], mail="1")
    assert sorted(Notice.objects.filter(event_uid=made.uid, account=account).values_list("channel", flat=True)) == ["in_app", "mail"]
    assert list(Notice.objects.filter(event_uid=made.uid, account=told.account("handler2")).values_list("channel", flat=True)) == ["in_app"]


def test_a_plan_that_cannot_be_is_refused(told: Any) -> None:
    changes: list[dict[str, Any]] = [{"name": ""}, {"day": "8"}, {"day": "0"}, {"hour": "24"}, {"kind": "year"}, {"role": []}, {"role": ["inspector"]}, {"scheme": ["x"]}]
    for change in changes:
        assert told.client("leader").post("/indicators/bulletins/plans/", PLAN | change).status_code == 422, change
    assert BulletinPlan.objects.count() == 0


def at(monkeypatch: pytest.MonkeyPatch, moment: datetime) -> None:
    from yiwang.kernel.indicators.queries import league, results

    for module in (bulletins, league, results):
        monkeypatch.setattr(module, "now", lambda: moment)
