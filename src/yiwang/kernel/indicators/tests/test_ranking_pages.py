"""Rankings, numbers that open and score cards: what they say, to whom, and with how many statements."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from yiwang.kernel.audit.models import Event
from yiwang.kernel.indicators.models import StageFact
from yiwang.kernel.indicators.tests import story

pytestmark = pytest.mark.django_db


def page(world: Any, who: str, address: str, status: int = 200) -> str:
    answer = world.client(who).get(address)
    assert answer.status_code == status, answer.content[:500]
    return str(answer.content.decode())


def ranked(html: str) -> list[tuple[str, str]]:
    """Return (rank, name) of the table's rows."""
    rows = re.findall(r'<tr data-row.*?</tr>', html, re.DOTALL)
    return [(re.search(r"<b>([\d—]+)</b>", r)[1], re.search(r'main-cell"><a href="[^"]*">([^<]+)<', r)[1]) for r in rows]  # type: ignore[index]


def test_the_first_of_september_is_fourth_in_october(told: Any) -> None:
    name = told.orgs[story.FALLS].name["zh-Hans"]
    september = ranked(page(told, "leader", f"/indicators/?scheme=department&period={story.SEPTEMBER}"))
    october_page = page(told, "leader", f"/indicators/?scheme=department&period={story.OCTOBER}")
    october = ranked(october_page)
    assert september[0] == ("1", name)
    assert [r for r in october if r[1] == name] == [("4", name)]
    assert "下降3位" in october_page
    lamps = told.orgs[story.NOTHING].name["zh-Hans"]
    assert lamps not in [name for _rank, name in october]  # without a case: no score, no rank, and never 0 or 100 %
    assert lamps in re.search(r'yw-unranked">.*?</details>', october_page, re.DOTALL)[0]  # type: ignore[index]


def test_the_card_says_what_pulled_it_down_and_the_pulls_add_up(told: Any) -> None:
    key = told.orgs[story.FALLS].pk
    html = page(told, "leader", f"/indicators/object/?scheme=department&period={story.OCTOBER}&key={key}")
    why = re.search(r'yw-why">([^<]+)<', html)[1]  # type: ignore[index]
    assert "按期处置率 100.0% → 65.0%" in why
    pulls = [float(p.replace("−", "-")) for p in re.findall(r'<b class="num">([^<]+)</b>', html)]
    change = float(re.search(r"（([−+][\d.]+)）", why)[1].replace("−", "-"))  # type: ignore[index]
    assert len(pulls) == 4
    assert sum(pulls) == pytest.approx(change, abs=0.03)
    assert min(pulls) == pulls[0] < 0


def test_a_number_opens_to_its_very_cases(told: Any) -> None:
    key = told.orgs[story.FALLS].pk
    base = f"/indicators/number/?scheme=department&period={story.OCTOBER}&key={key}&indicator=intime_dispose_rate"
    html = page(told, "leader", f"{base}&part=missed")
    missed = told.assets["cases"][f"{story.FALLS} 10"][:7]  # two undone, five late
    assert {c.title for c in missed} == set(re.findall(r"道路破损第\d+号", html))
    assert "按期处置数 ÷ 应处置数 × 100%" in html
    assert "13 ÷ 20 × 100%" in html
    assert "环节是“部门处置”" in html or "环节是" in html
    assert "环节时限" in html
    assert "65.0%" in html
    above = page(told, "leader", f"{base}&part=intime_dispose")
    assert len(set(re.findall(r"道路破损第\d+号", above))) == 13


def test_cases_of_others_are_counted_but_not_shown(told: Any) -> None:
    """A handling department reads the published table whole; of another body's cases it sees how many there are, no more."""
    from yiwang.kernel.indicators.rules.periods import parse
    from yiwang.kernel.indicators.services import closing

    evaluator = told.actor("evaluator")
    closed = closing.close(evaluator, "department", parse(story.OCTOBER))
    before = page(told, "handler2", f"/indicators/?scheme=department&period={story.OCTOBER}")
    assert "尚未公布" in before
    assert [name for _rank, name in re.findall(r'(main-cell)"><a href="[^"]*">([^<]+)<', before)] == [told.orgs["company-water"].name["zh-Hans"]]
    closing.publish(evaluator, str(closed.uid))
    after = ranked(page(told, "handler2", f"/indicators/?scheme=department&period={story.OCTOBER}"))
    assert ("4", told.orgs[story.FALLS].name["zh-Hans"]) in after
    other = page(told, "handler2", f"/indicators/number/?scheme=department&period={story.OCTOBER}&key={told.orgs[story.FALLS].pk}"
                                   f"&indicator=intime_dispose_rate&part=missed&result={closed.uid}")  # fmt: skip
    assert not re.findall(r"道路破损第\d+号", other)
    assert "7宗案卷中有7宗不在您的可见范围内" in other
    live = told.client("handler2").get(f"/indicators/object/?scheme=department&period={story.OCTOBER}&key={told.orgs[story.FALLS].pk}&view=live")
    assert live.status_code == 404


def test_a_closed_number_opens_to_the_cases_of_then(told: Any) -> None:
    from yiwang.kernel.indicators.rules.periods import parse
    from yiwang.kernel.indicators.services import closing

    closed = closing.close(told.actor("evaluator"), "department", parse(story.OCTOBER))
    late = told.assets["cases"][f"{story.FALLS} 10"][2:7]
    StageFact.objects.filter(case_id__in=[c.pk for c in late]).update(lifted=["overdue"])  # an appeal was heard meanwhile
    address = f"/indicators/number/?scheme=department&period={story.OCTOBER}&key={told.orgs[story.FALLS].pk}&indicator=intime_dispose_rate&part=missed"
    kept = page(told, "leader", f"{address}&result={closed.uid}")
    assert "65.0%" in kept
    assert len(set(re.findall(r"道路破损第\d+号", kept))) == 7
    live = page(told, "leader", f"{address}&view=live")
    assert "90.0%" in live
    assert len(set(re.findall(r"道路破损第\d+号", live))) == 2


def test_a_ranking_costs_the_same_for_four_bodies_and_for_forty(told: Any) -> None:
    client = told.client("leader")
    address = f"/indicators/?scheme=department&period={story.OCTOBER}"
    client.get(address)
    with CaptureQueriesContext(connection) as few:
        client.get(address)
    story.tell(told, {code: {10: story.Month(3)} for code in list(told.orgs)[:30]})
    with CaptureQueriesContext(connection) as many:
        client.get(address)
    assert len(many) == len(few)


def test_an_export_is_marked_and_on_record(told: Any) -> None:
    for ext, start in (("xlsx", b"PK"), ("csv", b"\xef\xbb\xbf")):
        answer = told.client("leader").get(f"/indicators/export.{ext}?scheme=department&period={story.OCTOBER}")
        assert answer.status_code == 200
        assert answer.content.startswith(start)
    taken = Event.objects.filter(action="export.taken").order_by("-position").first()
    assert taken is not None
    assert taken.data["what"] == "indicators.ranking"
    assert told.orgs[story.FALLS].name["zh-Hans"] in answer.content.decode("utf-8-sig")
    assert told.client("leader").get("/indicators/export.pdf").status_code == 404


def test_what_is_no_period_is_refused_in_words(told: Any) -> None:
    for query in ("period=month:2026-13-01", "period=range:2026-10-05:2026-10-01", "kind=day&day=tomorrow", "mode=x", "period=%00"):
        assert "请更正标出的内容" in page(told, "leader", f"/indicators/?{query}", 422), query


def test_an_unknown_scheme_area_object_or_number_is_not_there(told: Any) -> None:
    for address in ("?scheme=nothing", "?area=999999", "object/?key=0", "number/?key=0&indicator=rework_rate", "number/?all=1&indicator=none", "number/?result=x"):
        assert told.client("leader").get(f"/indicators/{address}").status_code == 404, address


def test_areas_stand_on_a_map_with_their_grade(told: Any) -> None:
    html = page(told, "leader", f"/indicators/?scheme=district&period={story.OCTOBER}")
    assert "&quot;by&quot;:&quot;band&quot;" in html
    assert "&quot;band&quot;:&quot;" in html
    assert "未办" in html


def test_who_may_not_see_figures_is_refused(told: Any) -> None:
    assert told.client("inspector").get("/indicators/").status_code == 403
    for key in ("administrator", "security_administrator", "audit_administrator"):
        assert told.client(key).get("/indicators/").status_code == 403
