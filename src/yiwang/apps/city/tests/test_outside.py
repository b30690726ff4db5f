"""Evaluation from outside (外评价): the media register, surveys all or nothing, satisfaction of a period; versions that stay."""

import io
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from openpyxl import Workbook

from tests import walk
from yiwang.apps.city.errors import AlreadyDone, BadImportFile
from yiwang.apps.city.models import MediaReport, OutsideFigure
from yiwang.apps.city.queries.judging import outside
from yiwang.apps.city.rules.judging import surveys
from yiwang.apps.city.services.judging import outside as services
from yiwang.kernel.base.errors import BadInput, NotFound, NotPermitted
from yiwang.kernel.cases.models import Report
from yiwang.kernel.cases.models.view import Rating

QUARTER = (date(2026, 1, 1), date(2026, 3, 31))
HEAD = ["区域编码", "单位编码", "满意数", "调查数", "得分"]
AREAS, ORGS = {"371592", "371591"}, {"company-water"}


@pytest.mark.parametrize(("rows", "faults"), [
    ([], ["heading"]), ([HEAD], ["empty"]), ([["区域", "满意数"]], ["heading"]), ([HEAD, ["999", "", 1, 2]], ["area"]), ([HEAD, ["371592", "x", 1, 2]], ["org"]),
    ([HEAD, ["371592", "", 3, 2]], ["part"]), ([HEAD, ["371592", "", -1, 2]], ["number"]), ([HEAD, ["371592", "", 1, ""]], ["number"]), ([HEAD, ["371592", "", 1.5, 2]], ["number"]),
    ([HEAD, ["371592", "", 1, 2, 101]], ["score"]), ([HEAD, ["371592", "", 1, 2, "NaN"]], ["score"]), ([HEAD, ["371592", "", 1, 2], ["371592", "", 1, 2]], ["twice"]),
    ([HEAD, ["371592", "", "=1+1", 2], ["x", "", 1, 2]], ["number", "area"]), ([HEAD, *([["371592", "", 1, 2]] * 5001)], ["many"]),
])  # fmt: skip
def test_a_wrong_line_is_named_and_nothing_is_used(rows, faults):
    found, told = surveys.read(rows, areas=AREAS, orgs=ORGS)
    assert (found, [f.what for f in told]) == ([], faults)


def test_a_sheet_is_read():
    found, told = surveys.read([HEAD, ["371592", "company-water", 8.0, "10", "81.5"], [], [None] * 5, ["371591", "", 0, 0]], areas=AREAS, orgs=ORGS)
    assert told == []
    assert [(c.line, c.area, c.org, c.numerator, c.denominator, c.score) for c in found] == [(2, "371592", "company-water", 8, 10, Decimal("81.5")), (5, "371591", "", 0, 0, None)]


def sheet(*rows):
    book = Workbook()
    for row in (HEAD, *rows):
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


@pytest.mark.django_db
def test_a_survey_and_its_correction(world):
    leader, first = world.actor("leader"), sheet(["371592", "", 80, 100], ["371592", "company-water", 9, 10], ["371591", "", 50, 100])
    assert services.import_survey(leader, first, source="市统计局", period=QUARTER) == 3
    assert services.import_survey(leader, first, source="市统计局", period=QUARTER) == 0, "the same file again"
    better = "区域编码,满意数,调查数\n371592,85,100\n".encode("gb18030")
    with pytest.raises(BadInput):
        services.import_survey(leader, better, source="市统计局", period=QUARTER)
    assert services.import_survey(leader, better, source="市统计局", period=QUARTER, reason="漏计五份") == 1
    now = {(f.area.code, f.org.code if f.org else ""): (f.numerator, f.version) for f in outside.current("survey", *QUARTER)}
    assert now == {("371592", ""): (85, 2), ("371591", ""): (50, 1)}, "another district's counts stay in force"
    assert OutsideFigure.objects.filter(is_current=False).count() == 2, "what was replaced stays"
    assert outside.current("survey", date(2026, 2, 1), QUARTER[1]).count() == 0


@pytest.mark.django_db
@pytest.mark.parametrize("content", [b"PK\x03\x04 no book", b"\xff\xfe\x00\x81\x20", b"", "区域编码,满意数,调查数\n371592,9,3\n".encode(), b"x" * 5_000_001])
def test_what_cannot_be_read_leaves_nothing(world, content):
    with pytest.raises(BadImportFile):
        services.import_survey(world.actor("leader"), content, source="x", period=QUARTER)
    assert OutsideFigure.objects.count() == 0


@pytest.mark.django_db
def test_only_in_ones_own_area_and_for_a_true_period(world):
    content = sheet(["371592", "", 1, 2])
    with pytest.raises(NotPermitted):
        services.import_survey(world.actor("dispatcher"), content, source="x", period=QUARTER)
    with pytest.raises(BadInput):
        services.import_survey(world.actor("leader"), content, source="x", period=(QUARTER[1], QUARTER[0]))
    assert OutsideFigure.objects.count() == 0


@pytest.mark.django_db
def test_satisfaction_is_counted_from_ratings_and_its_parts_are_the_whole(world):
    yesterday = timezone.now() - timedelta(days=1)
    for at, (score, district) in enumerate(((5, "371592"), (4, "371592"), (2, "371592"), (5, "371591"))):
        case = walk.report(world, who="", channel="public", text="井盖", at=(at, 1), photo=f"r{at}", district=district)
        Rating.objects.create(case=case, report=Report.all_modes.get(case=case), score=score, rated_at=yesterday)
    day = timezone.localdate(yesterday)
    with pytest.raises(BadInput):
        services.publish_satisfaction(world.actor("leader"), period=(day, timezone.localdate()))
    assert services.publish_satisfaction(world.actor("leader"), period=(day, day)) == 2
    found = {f.area.code: (f.numerator, f.denominator) for f in outside.current("satisfaction", day, day).filter(org=None)}
    assert found == {"371592": (2, 3), "371591": (1, 1)}
    assert (sum(n for n, _d in found.values()), sum(d for _n, d in found.values())) == (3, Rating.objects.count())
    with pytest.raises(BadInput):
        services.publish_satisfaction(world.actor("leader"), period=(date(2020, 1, 1), date(2020, 1, 31)))


@pytest.mark.django_db
def test_the_media_register(world):
    case = walk.advance(world, walk.report(world), "pending_dispatch")
    client, url = world.client("leader"), reverse("city:media")
    given = {"do": "add", "source": "云望晚报", "title": "井盖破损无人管", "published_on": "2026-03-02", "area": "371592", "org": "company-water", "number": case.number}
    assert client.post(url, {**given, "number": "没有"}).status_code == 422
    assert client.post(url, {**given, "published_on": "2999-01-01"}).status_code == 422
    assert client.post(url, {**given, "url": "javascript:alert(1)"}).status_code == 422
    assert client.post(url, given).status_code == 302
    assert client.post(url, given).status_code == 422, "once"
    row = MediaReport.objects.get()
    assert (row.case, row.org.code, row.verdict) == (case, "company-water", "")
    assert outside.exposed(date(2026, 3, 1), date(2026, 3, 31)).count() == 0, "not before somebody looked into it"
    services.judge_media(world.actor("leader"), row.uid, verdict="partly", reason="已在办理")
    assert outside.exposed(date(2026, 3, 1), date(2026, 3, 31)).count() == 1
    with pytest.raises(AlreadyDone):
        services.judge_media(world.actor("leader"), row.uid, verdict="true", reason="x")
    with pytest.raises(NotFound):
        services.judge_media(world.actor("acceptor"), row.uid, verdict="true", reason="x")
    assert "部分属实" in client.get(url).content.decode()


@pytest.mark.django_db
def test_the_page_of_counts(world):
    client, url = world.client("leader"), reverse("city:outside")
    bad = SimpleUploadedFile("a.csv", "区域编码,满意数,调查数\n371592,9,3\n".encode())
    answer = client.post(url, {"do": "survey", "source": "局", "period_from": "2026-01-01", "period_to": "2026-03-31", "file": bad})
    assert answer.status_code == 422
    assert "第2行" in answer.content.decode()
    good = SimpleUploadedFile("a.xlsx", sheet(["371592", "", 80, 100], ["371591", "", 0, 0]))
    assert client.post(url, {"do": "survey", "source": "局", "period_from": "2026-01-01", "period_to": "2026-03-31", "file": good}).status_code == 302
    assert {r["percent"] for r in client.get(url).context["rows"]} == {"80.0 %", "—"}, "nothing asked is no share"
    assert world.client("dispatcher").get(url).status_code == 403
