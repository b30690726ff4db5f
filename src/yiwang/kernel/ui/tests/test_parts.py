"""Components: what they say, what they carry for script, and that nothing typed by a person becomes markup."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.template import Context, Template
from django.utils.safestring import mark_safe
from django.utils.translation import override

from yiwang.kernel.ui.contracts import (
    ClockView,
    Column,
    FileView,
    FilterWord,
    Link,
    PageLinks,
    PersonView,
    PlaceView,
    Row,
    Step,
    TimelineItem,
)
from yiwang.kernel.ui.desks.desk import DeskRow
from yiwang.kernel.ui.shell import Entry, Group
from yiwang.kernel.ui.templatetags import yw

EVIL = "<script>alert(1)</script>\"'>"
AT = datetime(2026, 11, 23, 6, 5, tzinfo=UTC)
REPO = Path(__file__).resolve().parents[5]


def draw(source: str, **context) -> str:
    with override("zh-hans"):
        return Template("{% load yw %}" + source).render(Context(context))


def words(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html)).strip()


@pytest.mark.parametrize(
    ("clock", "tone", "sentence"),
    [
        (ClockView(state="in_time", remaining_s=7800), "in_time", "还剩 2 小时 10 分"),
        (ClockView(state="overdue", remaining_s=-86400), "overdue", "超期 1 天"),
        (ClockView(state="paused", remaining_s=3600), "paused", "计时暂停，还剩 1 小时"),
        (ClockView(state="done"), "done", "按期办结"),
        (ClockView(state="done", late_s=86400), "done", "超期 1 天办结"),
        (ClockView(state="neutral"), "neutral", "无时限"),
        ({"state": "soon", "remaining_s": 600}, "soon", "还剩 10 分钟"),
    ],
)
def test_clock_chip_says_it_in_words_and_in_a_tone(clock, tone, sentence):
    html = draw("{% clock_chip clock %}", clock=clock)
    assert words(html) == sentence
    assert f"tone-{tone}" in html
    assert "<use" in html, "colour never speaks alone"


def test_clock_chip_counts_on_only_while_time_is_counted():
    ticking = draw("{% clock_chip c %}", c=ClockView(state="in_time", remaining_s=7800.4, ticking=True, due_at=AT))
    assert 'data-ticking="1" data-remaining="7800"' in ticking
    assert 'datetime="2026-11-23T06:05:00+00:00"' in ticking
    for still in (ClockView(state="in_time", remaining_s=7800), ClockView(state="paused", remaining_s=60, ticking=True)):
        assert "data-ticking" not in draw("{% clock_chip c %}", c=still)
    assert words(draw("{% clock_chip c %}", c=None)) == "–"


EVIL_SOURCES = {
    "desk rows": "{% desk_rows tasks 'todo' %}",
    "desk rows done": "{% desk_rows tasks 'done' %}",
    "status_chip": "{% status_chip evil %}",
    "person_chip": "{% person_chip person %}",
    "place_chip": "{% place_chip place %}",
    "code": "{% code evil %}",
    "timeline": "{% timeline items %}",
    "table": "{% data_table columns rows %}",
    "files": "{% file_strip files %}",
    "filters": "{% filter_words filters %}",
    "tabs": "{% tabs links %}",
    "count": "{% count_card evil evil change=evil %}",
    "empty": "{% empty_state evil text=evil %}",
    "error": "{% error_box evil detail=evil number=evil %}",
    "panel": "{% panel evil %}{{ evil }}{% endpanel %}",
    "fact": "{% fact evil %}{{ evil }}{% endfact %}",
    "dialog": "{% dialog 'x' evil %}{{ evil }}{% enddialog %}",
    "notice": "{% notice title=evil %}{{ evil }}{% endnotice %}",
    "action": "{% action_button evil '/x' question=evil reason=evil %}",
    "map": "{% map_view config label=evil %}",
    "chart": "{% chart chart %}",
    "camera": "{% camera note=evil %}",
    "case rows": "{% case_rows cases four %}",
    "found rows": "{% found_rows found %}",
    "options": "{% options choices evil %}",
    "rail": "{% rail shell %}",
    "json": "<script type='application/json'>{% json_script_safe config %}</script>",
}


@pytest.mark.parametrize("name", EVIL_SOURCES)
def test_what_a_person_typed_never_becomes_markup(name):
    context = {
        "evil": EVIL, "person": PersonView(name=EVIL, post=EVIL, phone=EVIL), "place": PlaceView(label=EVIL, lon=1.0, lat=2.0, detail=EVIL),
        "items": [TimelineItem(at=AT, what=EVIL, who=EVIL, text=EVIL, facts=((EVIL, EVIL),))],
        "columns": [Column(key="a", label=EVIL), Column(key="s", label="s", kind="status")],
        "rows": [Row(cells={"a": EVIL, "s": {"label": EVIL, "tone": "soon"}}, href=EVIL, map_id=EVIL)],
        "files": [FileView(url=EVIL, name=EVIL, caption=EVIL, flag=EVIL)], "filters": [FilterWord(value=EVIL, label=EVIL, remove_url=EVIL)],
        "links": [Link(label=EVIL, url=EVIL)], "config": {"label": EVIL},
        "chart": {"type": "bar", "title": EVIL, "unit": EVIL, "x_label": EVIL, "x": [EVIL], "series": [{"name": EVIL, "values": [1]}]},
        "tasks": [DeskRow(
            uid=EVIL, url=EVIL, number=EVIL, title=EVIL, step=EVIL, kind="process", state={"label": EVIL, "tone": "soon"}, clock=None, due_at=AT,
            place=PlaceView(label=EVIL), opened_at=AT, done_at=AT, outcome=EVIL + "x", organization=EVIL, person=EVIL, reason=EVIL, is_new=True,
            is_urgent=True, urged=1, supervised=1)],
        "four": [Column(key=EVIL, label=EVIL)] * 4, "choices": [(EVIL, EVIL)], "shell": SimpleNamespace(groups=[Group(EVIL, EVIL, "list", (Entry(EVIL, EVIL, "list"),))]),
        "cases": [Row(href=EVIL, map_id=EVIL, extra={"urgent": True, "supervised": True}, cells={
            "title": EVIL, "number": EVIL, "place": PlaceView(label=EVIL, lon=1.0, lat=2.0), "state": {"label": EVIL, "tone": EVIL},
            "department": EVIL, "clock": ClockView(state="soon", label=EVIL, rule=EVIL), "reported_at": AT})],
        "found": [{"url": EVIL, "title": EVIL, "number": EVIL, "place": PlaceView(label=EVIL), "chip": {"label": EVIL, "tone": "soon"}, "reported_at": AT}],
    }  # fmt: skip
    html = draw(EVIL_SOURCES[name], **context)
    assert "<script>alert" not in html
    assert "alert(1)" in html, "the text itself is shown, harmless"


def test_the_same_words_as_text_and_as_markup_are_kept_apart():
    assert "<b>x</b>" in draw("{% status_chip words %}", words=mark_safe("<b>x</b>"))
    assert "&lt;b&gt;x&lt;/b&gt;" in draw("{% status_chip words %}", words="<b>x</b>")
    assert "<b>y</b>" not in draw("{% icon 'list' label=words %}", words="<b>y</b>")


def test_place_chip_carries_its_point_and_a_place_without_one_is_only_text():
    html = draw("{% place_chip p %}", p=PlaceView(label="东昌西路", lon=115.98, lat=36.45))
    given = re.search(r'data-place="([^"]*)"', html)[1]
    assert json.loads(given.replace("&quot;", '"')) == {"label": "东昌西路", "lon": 115.98, "lat": 36.45}
    assert "data-place" not in draw("{% place_chip p %}", p=PlaceView(label="东昌西路"))


def test_table_row_can_be_walked_opened_and_found_on_the_map():
    html = draw(
        "{% data_table columns rows caption='案卷' %}", columns=[Column(key="n", label="案卷号", kind="code"), Column(key="k", label="数", kind="num")],
        rows=[{"cells": {"n": "0635", "k": 0}, "href": "/cases/1/", "map_id": "u1"}],
    )  # fmt: skip
    assert 'data-row data-href="/cases/1/" data-map-id="u1"' in html
    assert '<a href="/cases/1/">0635</a>' in html
    assert re.search(r'class="num">0</td>', html), "zero is a number, not an empty cell"


def test_empty_table_says_so_and_what_next():
    assert words(draw("{% data_table columns rows empty='暂无待办' %}", columns=[], rows=[])) == "暂无待办"


def test_stepper_marks_the_present_step_for_ears_too():
    html = draw("{% stepper steps %}", steps=[Step(label="上报", state="done"), Step(label="处置", state="now"), Step(label="结案")])
    assert html.count('aria-current="step"') == 1
    assert "已完成" in html


def test_pager_caps_its_total():
    assert "共 10000 条以上" in draw("{% pager p %}", p=PageLinks(next_url="?c=x", shown=50, total=10000, capped=True))
    assert "共 7 条" in draw("{% pager p %}", p=PageLinks(shown=7, total=7))


def test_empty_fact_is_not_drawn():
    assert draw("{% fact '电话' %} {% endfact %}") == ""


def test_once_gives_each_form_its_own_number():
    first, second = (re.search(r'value="([0-9a-f-]{36})"', draw("{% once %}"))[1] for _ in range(2))
    assert first != second


def test_sparkline_needs_two_points_and_copes_with_a_flat_line():
    assert draw("{% sparkline v %}", v=[3]) == ""
    assert "polyline" in draw("{% sparkline v %}", v=[3, 3, 3])


def test_error_box_names_number_and_errors():
    html = draw("{% error_box '不行' detail='请重试' number='018f' errors=e %}", e=[{"field": "x", "message": "太长"}])
    assert "data-problem" in html
    assert words(html).startswith("不行 请重试 太长")
    assert "<code>018f</code>" in html


def test_chart_without_script_is_a_table():
    html = draw("{% chart c %}", c={"type": "bar", "title": "结案", "unit": "件", "x": ["周一"], "x_label": "日", "series": [{"name": "正常", "values": [0]}]})
    assert "结案 (件)" in words(html)
    assert '<td class="num">0</td>' in html


def test_every_component_is_in_the_reference():
    page = (REPO / "docs" / "reference" / "components.md").read_text(encoding="utf-8")
    missing = [name for name in [*yw.register.tags, *yw.register.filters] if f"`{name}`" not in page]
    assert not missing, f"docs/reference/components.md says nothing about {missing}"
