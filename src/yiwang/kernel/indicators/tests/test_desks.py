"""The desks of definitions and of closing: what is tried, saved, refused, closed, corrected and published."""

from typing import Any

import pytest

from yiwang.kernel.audit.models import Event
from yiwang.kernel.indicators.models import Definition, Result, ResultRow, StageFact
from yiwang.kernel.indicators.rules import definitions
from yiwang.kernel.indicators.tests import story

pytestmark = pytest.mark.django_db

RATE = {
    "of_code": "rework_rate", "code": "rework_rate", "name_zh": "返工率", "name_en": "Rework rate", "formula": "rework / need_dispose", "unit": "percent",
    "target": "5", "valid_from": "2026-11-24", "reason": "考核会议定",
}  # fmt: skip


def scheme_form(world: Any, **more: str) -> dict[str, str]:
    """Return the form of the departments' scheme as its page shows it."""
    from datetime import date

    from yiwang.kernel.indicators.pages.forms import initial_of

    held = Definition.objects.filter(kind="scheme", code="department").order_by("-version").first()
    assert held is not None
    shown = {k: str(v) for k, v in initial_of("scheme", held.body, date(2026, 11, 24)).items() if v not in (None, False)}
    return {k: v for k, v in shown.items() if k != "app"} | {"of_code": "department", "code": "department", "reason": "年度调整", **more}


@pytest.fixture
def desk(told: Any) -> Any:
    return told.client("evaluator")


def test_every_definition_that_ships_comes_out_of_its_form_as_it_went_in(told: Any, desk: Any) -> None:
    """A page that is opened and saved without a change must not change the definition."""
    from datetime import date

    from yiwang.kernel.indicators.pages.forms import FORMS, initial_of
    from yiwang.kernel.indicators.queries import catalogue

    known = catalogue.on_day(date(2026, 11, 24))
    for held in Definition.objects.all():
        shown = initial_of(held.kind, held.body, date(2026, 11, 24)) | {"reason": "x", "code": held.code}
        data = {k: str(v) for k, v in shown.items() if v not in (None, False)}
        form = FORMS[held.kind]({"unit": "percent"} | data, catalogue=known, fixed=held.code, held=held.body)
        assert form.is_valid(), (held.code, form.errors)
        read = getattr(definitions, held.kind)
        assert read(held.code, form.body()) == read(held.code, held.body)


def test_a_new_version_is_saved_with_its_reason_and_day(desk: Any) -> None:
    answer = desk.post("/indicators/definitions/indicator/rework_rate/", RATE)
    assert answer.status_code == 302, answer.content.decode()
    saved = Definition.objects.filter(code="rework_rate").order_by("-version").first()
    assert saved is not None
    assert (saved.version, saved.origin, saved.body["target"], saved.reason) == (2, "local", 5, "考核会议定")
    assert Event.objects.filter(action="indicators.defined", outcome="indicator.rework_rate").count() == 1


FAULTS: list[tuple[dict[str, str], str]] = [
    ({"formula": "rework / nothing_such"}, "formula"), ({"formula": "1; DROP TABLE x"}, "formula"), ({"formula": ""}, "formula"), ({"name_en": ""}, "name_en"),
    ({"unit": "apples"}, "unit"), ({"target": "many"}, "target"), ({"reason": ""}, "reason"), ({"valid_from": "1999-01-01"}, ""),
]  # fmt: skip


def test_a_fault_is_named_at_its_field_and_nothing_is_written(desk: Any) -> None:
    before = Definition.objects.count()
    for change, field in FAULTS:
        answer = desk.post("/indicators/definitions/indicator/rework_rate/", RATE | change)
        assert answer.status_code == 422, change
        if field:
            assert f'id="id_{field}_error"' in answer.content.decode(), change
    assert Definition.objects.count() == before


def test_the_live_check_reads_a_condition_back_in_words_or_names_the_fault(desk: Any) -> None:
    body = {"of_code": "", "code": "urgent_late", "name_zh": "紧急超期", "name_en": "Urgent late", "source": "stage", "on": "due", "aggregate": "count",
            "where": 'urgent and overdue and step = "handle"', "valid_from": "2026-11-24"}  # fmt: skip
    good = desk.post("/indicators/definitions/check/measure/", body).content.decode()
    assert "紧急，且超期，且环节是" in good
    bad = desk.post("/indicators/definitions/check/measure/", body | {"where": "password = \"x\""}).content.decode()
    assert "password" in bad
    assert "tone-overdue" in bad


def test_a_trial_shows_the_new_ranking_beside_the_present_one_and_saves_nothing(told: Any, desk: Any) -> None:
    items = "dispose_rate 90\nrework_rate 10 inverse"
    answer = desk.post("/indicators/definitions/try/scheme/", scheme_form(told, items=items)).content.decode()
    name = told.orgs[story.FALLS].name["zh-Hans"]
    assert name in answer
    assert "名次 现行 → 试算" in answer
    assert Definition.objects.filter(code="department").count() == 1


def test_weights_that_do_not_add_up_are_refused(told: Any, desk: Any) -> None:
    answer = desk.post("/indicators/definitions/scheme/department/", scheme_form(told, items="dispose_rate 90"))
    assert answer.status_code == 422
    assert 'id="id_items_error"' in answer.content.decode()


def test_what_is_in_use_is_not_retired(desk: Any) -> None:
    answer = desk.post("/indicators/definitions/indicator/rework_rate/retire/", {"reason": "不要了"})
    assert answer.status_code == 409
    assert "department" in answer.content.decode()
    assert desk.post("/indicators/definitions/indicator/median_closing/retire/", {"reason": "不要了"}).status_code == 302
    assert Definition.objects.filter(code="median_closing", is_retired=True).count() == 1


def close(desk: Any, **more: str) -> Any:
    return desk.post("/indicators/results/close/", {"scheme": "department", "kind": "month", "day": "2026-10-01"} | more)


def test_close_publish_correct_as_a_person_does_it(told: Any, desk: Any) -> None:
    answer = close(desk)
    result = Result.objects.get()
    assert answer["Location"] == f"/indicators/results/{result.uid}/"
    late = told.assets["cases"][f"{story.FALLS} 10"][2:7]
    StageFact.objects.filter(case_id__in=[c.pk for c in late]).update(lifted=["overdue"])
    since = desk.get(f"/indicators/results/{result.uid}/since/").content.decode()
    assert "定格以来有5条事实发生变化" in since
    assert "与事实和留痕核对一致" in since
    assert "65.0% → 90.0%" in since
    assert desk.post(f"/indicators/results/{result.uid}/publish/").status_code == 302
    again = desk.post(f"/indicators/results/{result.uid}/correct/", {"reason": "申诉成立：停水致延误"})
    second = Result.objects.get(version=2)
    assert again["Location"] == f"/indicators/results/{second.uid}/"
    page = desk.get(again["Location"]).content.decode()
    assert "申诉成立：停水致延误" in page
    assert "65.0% → 90.0%" in page
    assert "没有事实发生变化" in desk.get(f"/indicators/results/{second.uid}/since/").content.decode()
    handler = told.client("handler").get(f"/indicators/results/{second.uid}/")
    assert handler.status_code == 404  # not published yet
    assert told.client("handler").get(f"/indicators/results/{result.uid}/").status_code == 200


def test_a_period_that_runs_or_is_closed_is_refused_in_words(desk: Any) -> None:
    running = desk.post("/indicators/results/close/", {"scheme": "department", "kind": "month", "day": "2100-01-01"}, follow=True).content.decode()
    assert "2100年1月的最后一天过后才能定格" in running
    close(desk)
    assert "已有定格结果" in desk.post("/indicators/results/close/", {"scheme": "department", "kind": "month", "day": "2026-10-05"}, follow=True).content.decode()
    assert Result.objects.count() == 1
    assert close(desk, scheme="").status_code in (404, 422)
    result = Result.objects.get()
    assert desk.post(f"/indicators/results/{result.uid}/correct/", {"reason": " "}).status_code == 422


def test_a_changed_row_of_a_closed_result_is_told(desk: Any) -> None:
    close(desk)
    result = Result.objects.get()
    ResultRow.objects.filter(result=result, rank=4).update(score=99.0)
    assert "核对不符" in desk.get(f"/indicators/results/{result.uid}/since/").content.decode()


def test_rewards_and_penalties_follow_the_rule_of_the_closed_scheme(told: Any, desk: Any) -> None:
    rules = "first=1 5000 月度流动红旗 | Pennant of the month\nbelow=90 -2000 约谈负责人 | Talk with the head"
    saved = desk.post("/indicators/definitions/scheme/department/", scheme_form(told, consequences=rules, valid_from="2026-10-01"))
    assert saved.status_code == 302, saved.content.decode()
    close(desk)
    page = desk.get(f"/indicators/results/{Result.objects.get().uid}/").content.decode()
    assert page.count("月度流动红旗") == 1
    assert "+5,000" in page
    assert "约谈负责人" in page
    assert "-2,000" in page
    refused = desk.post("/indicators/definitions/scheme/department/", scheme_form(told, consequences="all=1 5 x | x"))
    assert refused.status_code == 422


def test_only_who_defines_and_closes_does_it(told: Any) -> None:
    for who in ("leader", "handler", "dispatcher", "administrator", "inspector"):
        client = told.client(who)
        assert client.get("/indicators/definitions/").status_code == 403, who
        assert client.post("/indicators/definitions/indicator/rework_rate/", RATE).status_code == 403, who
        assert close(client).status_code == 403, who
    assert Result.objects.count() == 0
