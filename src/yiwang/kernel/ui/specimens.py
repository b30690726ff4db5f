"""Made-up facts for the style page: every component in every state, in the reader's language."""

import json
import random
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from django import forms
from django.utils.translation import pgettext, pgettext_lazy

from yiwang.kernel.base.clock import now
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
)  # fmt: skip

HOUR = 3600
CENTRE = (115.9850, 36.4560)


class SampleForm(forms.Form):
    reason = forms.CharField(label="Reason", max_length=200)
    limit = forms.ChoiceField(label="Limit", choices=[("4h", "4 h"), ("1d", "1 d")])
    note = forms.CharField(label="Note", widget=forms.Textarea(attrs={"rows": 3}), required=False)
    urgent = forms.BooleanField(label="Urgent", required=False)


SAMPLE_LABELS = {
    "Reason": pgettext_lazy("specimen", "Reason"), "Limit": pgettext_lazy("specimen", "Limit"),
    "Note": pgettext_lazy("specimen", "Note"), "Urgent": pgettext_lazy("specimen", "Urgent"),
}  # fmt: skip


def picture(text: str, colour: str) -> str:
    """Return a drawn picture as a data address: the style page needs no file."""
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="800" height="600"><rect width="800" height="600" fill="{colour}"/>'
        '<path d="M0 420 L800 360 L800 600 L0 600z" fill="#5b6670"/><ellipse cx="400" cy="480" rx="120" ry="34" fill="#23292f"/>'
        f'<text x="40" y="90" font-size="48" fill="#fff" font-family="sans-serif">{text}</text></svg>'
    )
    return "data:image/svg+xml," + quote(svg)


def _clocks(at: datetime) -> list[ClockView]:
    return [
        ClockView(state="in_time", remaining_s=26 * HOUR, due_at=at + timedelta(hours=26), ticking=True, label=pgettext("specimen", "Case")),
        ClockView(state="soon", remaining_s=2 * HOUR + 600, soon_s=3 * HOUR, due_at=at + timedelta(hours=2), ticking=True, label=pgettext("specimen", "Department")),
        ClockView(state="overdue", remaining_s=-25 * HOUR, due_at=at - timedelta(hours=25), ticking=True, label=pgettext("specimen", "Case")),
        ClockView(state="in_time", remaining_s=11 * HOUR, due_at=at + timedelta(days=2), working=True, label=pgettext("specimen", "Department")),
        ClockView(state="paused", remaining_s=5 * HOUR, until=at + timedelta(days=6), label=pgettext("specimen", "Case")),
        ClockView(state="done", label=pgettext("specimen", "Case")),
        ClockView(state="done", late_s=3 * HOUR, label=pgettext("specimen", "Case")),
        ClockView(state="neutral"),
    ]


def _people() -> list[PersonView]:
    return [
        PersonView(name=pgettext("specimen", "Wang Jianguo"), post=pgettext("specimen", "Dispatcher"), organization=pgettext("specimen", "Command centre"), phone="0635-8210000"),
        PersonView(name=pgettext("specimen", "Li Mei"), post=pgettext("specimen", "Inspector"), on_behalf_of=pgettext("specimen", "Zhao Qiang")),
        PersonView(name=pgettext("specimen", "System")),
    ]


def _files(at: datetime) -> list[FileView]:
    return [
        FileView(url=picture("A", "#7a8fa5"), name="IMG_2031.jpg", caption=pgettext("specimen", "Before"), taken_at=at - timedelta(hours=30)),
        FileView(url=picture("B", "#8aa58f"), name="IMG_2044.jpg", caption=pgettext("specimen", "After"), taken_at=at - timedelta(hours=2)),
        FileView(url=picture("C", "#a58a7a"), name="IMG_2045.jpg", flag=pgettext("specimen", "Used in another case")),
        FileView(url="#", name="report.pdf", kind="document"),
        FileView(url="#", name="call.ogg", kind="audio"),
    ]


def _table(clocks: list[ClockView]) -> tuple[list[Column], list[Row]]:
    columns = [
        Column(key="number", label=pgettext("specimen", "Number"), kind="code"),
        Column(key="title", label=pgettext("specimen", "What"), main=True),
        Column(key="place", label=pgettext("specimen", "Where"), kind="place"),
        Column(key="state", label=pgettext("specimen", "State"), kind="status"),
        Column(key="who", label=pgettext("specimen", "With"), kind="person"),
        Column(key="clock", label=pgettext("specimen", "Limit"), kind="clock", sort_url="?sort=due", sorted="asc"),
        Column(key="photos", label=pgettext("specimen", "Photos"), kind="num"),
    ]
    titles = [pgettext("specimen", "Road surface broken"), pgettext("specimen", "Manhole cover missing"), pgettext("specimen", "Rubbish not collected"), pgettext("specimen", "Street lamp dark"), pgettext("specimen", "Tree fallen")]
    tones = ["in_time", "soon", "overdue", "in_time", "paused"]
    rows = [
        Row(
            href="#row", map_id=f"c{i}",
            cells={
                "number": f"371502202611{i:06d}", "title": titles[i], "who": _people()[0], "clock": clocks[i], "photos": i,
                "place": PlaceView(label=pgettext("specimen", "Dongchang West Road 42"), lon=CENTRE[0] + i / 500, lat=CENTRE[1]),
                "state": {"label": [pgettext("specimen", "Being handled"), pgettext("specimen", "To be checked"), pgettext("specimen", "Being handled"), pgettext("specimen", "To be filed"), pgettext("specimen", "Suspended")][i],
                          "tone": ["accent", "accent", "accent", "neutral", "paused"][i]},
            },
            tone=tones[i] if tones[i] == "overdue" else "",
        )
        for i in range(5)
    ]  # fmt: skip
    return columns, rows


def _timeline(at: datetime, files: list[FileView]) -> list[TimelineItem]:
    people = _people()
    return [
        TimelineItem(at=at - timedelta(minutes=12), what=pgettext("specimen", "Suspended"), who=people[0], tone="paused", icon="clock-pause",
                     text=pgettext("specimen", "Waiting for the gas company's permit until 2026-11-30.")),
        TimelineItem(at=at - timedelta(hours=5), what=pgettext("specimen", "Dispatched"), who=people[0], tone="accent", icon="send",
                     facts=((pgettext("specimen", "to"), pgettext("specimen", "Municipal works bureau")), (pgettext("specimen", "rule"), "R-0412"))),
        TimelineItem(at=at - timedelta(hours=30), what=pgettext("specimen", "Reported"), who=people[1], tone="neutral", icon="message-report",
                     files=tuple(files[:2]), recorded_at=at - timedelta(hours=29)),
    ]  # fmt: skip


def context() -> dict[str, Any]:
    """Return everything that ui/components.html shows."""
    at = now()
    clocks, people, files = _clocks(at), _people(), _files(at)
    columns, rows = _table(clocks)
    labels = [pgettext("specimen", "Report"), pgettext("specimen", "Accept"), pgettext("specimen", "File"), pgettext("specimen", "Dispatch"), pgettext("specimen", "Handle"), pgettext("specimen", "Check"), pgettext("specimen", "Close")]
    states = ["done", "done", "done", "skipped", "now", "later", "later"]
    bad = SampleForm(data={"limit": "4h"})
    for name, label in (("reason", "Reason"), ("limit", "Limit"), ("note", "Note"), ("urgent", "Urgent")):
        bad.fields[name].label = SAMPLE_LABELS[label]
    bad.fields["reason"].help_text = pgettext("specimen", "Two or three words are enough.")
    days = [f"11-{d:02d}" for d in range(10, 24)]
    rng = random.Random(7)
    return {
        "say": _say(),
        "tones": [("in_time", pgettext("specimen", "In time")), ("soon", pgettext("specimen", "Due soon")), ("overdue", pgettext("specimen", "Overdue")), ("paused", pgettext("specimen", "Paused")), ("done", pgettext("specimen", "Done")),
                  ("neutral", pgettext("specimen", "Other")), ("accent", pgettext("specimen", "Chosen"))],
        "clocks": clocks, "people": people, "files": files, "columns": columns, "rows": rows, "before": files[0], "after": files[1],
        "place": PlaceView(label=pgettext("specimen", "Dongchang West Road 42"), lon=CENTRE[0], lat=CENTRE[1], detail=pgettext("specimen", "30 m from the crossing")),
        "timeline": _timeline(at, files), "form": bad, "moment": at, "earlier": at - timedelta(minutes=47),
        "steps": [Step(label=label, state=state, note=pgettext("specimen", "since 09:10") if state == "now" else "")  # type: ignore[arg-type]
                  for label, state in zip(labels, states, strict=True)],
        "words": [FilterWord(value=pgettext("specimen", "This district"), remove_url="?a"), FilterWord(value=pgettext("specimen", "Overdue"), remove_url="?b"),
                  FilterWord(label=pgettext("specimen", "Class"), value=pgettext("specimen", "Road surface broken"), remove_url="?c")],
        "views": [Link(label=pgettext("specimen", "My district, overdue"), url="?v=1", current=True, count=7), Link(label=pgettext("specimen", "Asked for extension"), url="?v=2")],
        "tabs": [Link(label=pgettext("specimen", "To do"), url="?t=1", current=True, count=12), Link(label=pgettext("specimen", "Done"), url="?t=2"),
                 Link(label=pgettext("specimen", "Watched"), url="?t=3", count=3)],
        "pages": PageLinks(previous_url="?p=1", next_url="?p=2", shown=50, total=10000, capped=True), "series": [4, 6, 5, 9, 7, 8, 12, 7],
        "map_config": {"mode": "browse", "table": True, "layers": [
            {"id": "cases", "label": pgettext("specimen", "Open cases"), "kind": "cases", "cluster": True, "url": "/ui/components/points.json"}]},
        "chart_bar": {"type": "stack", "title": pgettext("specimen", "Closed by day"), "unit": pgettext("specimen", "cases"), "x_label": pgettext("specimen", "Day"), "x": days, "series": [
            {"name": pgettext("specimen", "In time"), "tone": "in_time", "values": [rng.randint(20, 50) for _d in days]},
            {"name": pgettext("specimen", "Overdue"), "tone": "overdue", "values": [rng.randint(0, 9) for _d in days]}]},
        "chart_line": {"type": "line", "title": pgettext("specimen", "Closed in time"), "unit": "%", "x_label": pgettext("specimen", "Day"), "x": days,
                       "target": {"value": 90, "label": pgettext("specimen", "target 90 %")},
                       "series": [{"name": pgettext("specimen", "Share"), "values": [rng.randint(82, 97) for _d in days]}]},
        "errors": [{"field": "reason", "message": pgettext("specimen", "Say why.")}],
    }  # fmt: skip


def _say() -> dict[str, str]:
    """Return the headings of the style page."""
    return {
        "n_2_more_than_yesterday": pgettext("specimen", "2 more than yesterday"),
        "cases": pgettext("specimen", "Cases"), "closed_in_time": pgettext("specimen", "Closed in time"),
        "due_soon": pgettext("specimen", "Due soon"), "facts": pgettext("specimen", "Facts"),
        "folded": pgettext("specimen", "Folded"), "form": pgettext("specimen", "Form"),
        "in_time": pgettext("specimen", "In time"), "last_days": pgettext("specimen", "Last days"),
        "likely_duplicates": pgettext("specimen", "Likely duplicates"), "limits": pgettext("specimen", "Limits"),
        "map": pgettext("specimen", "Map"), "my_work": pgettext("specimen", "My work"),
        "new_tasks_appear_here_by": pgettext("specimen", "New tasks appear here by themselves."),
        "nothing_has_been_saved_correct": pgettext("specimen", "Nothing has been saved. Correct the points listed and send it again."),
        "nothing_is_waiting_for_you": pgettext("specimen", "Nothing is waiting for you"),
        "number": pgettext("specimen", "Number"), "open_cases": pgettext("specimen", "Open cases"),
        "overdue": pgettext("specimen", "Overdue"), "photos": pgettext("specimen", "Photos"),
        "please_correct_what_is_marked": pgettext("specimen", "Please correct what is marked"),
        "reported": pgettext("specimen", "Reported"), "return_the_case": pgettext("specimen", "Return the case"),
        "rows_read": pgettext("specimen", "Rows read"),
        "same_scene_likely_0_82": pgettext("specimen", "Same scene: likely (0.82). A person decides."),
        "see_what_i_did": pgettext("specimen", "See what I did"),
        "the_calendar_of_2027_is": pgettext("specimen", "The calendar of 2027 is provisional"),
        "void": pgettext("specimen", "Void"),
        "void_this_case_it_stays": pgettext("specimen", "Void this case? It stays on record."),
        "what": pgettext("specimen", "What"), "what_happened": pgettext("specimen", "What happened"),
        "where": pgettext("specimen", "Where"), "where_it_stands": pgettext("specimen", "Where it stands"),
        "with": pgettext("specimen", "With"), "words": pgettext("specimen", "Words"),
    }  # fmt: skip


def points() -> dict[str, Any]:
    """Return made-up cases around a made-up place as GeoJSON."""
    rng = random.Random(11)
    tones = ["in_time"] * 5 + ["soon"] * 2 + ["overdue", "paused", "done"]
    near = [
        {
            "type": "Feature", "geometry": {"type": "Point", "coordinates": [round(CENTRE[0] + i / 500, 6), CENTRE[1]]},
            "properties": {"uid": f"c{i}", "code": f"371502202611{i:06d}", "title": pgettext("specimen", "Road surface broken"), "tone": tones[i * 2 % 10], "href": "#row"},
        }
        for i in range(5)
    ]  # fmt: skip
    spread = [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [round(rng.gauss(CENTRE[0], 0.02), 6), round(rng.gauss(CENTRE[1], 0.012), 6)]},
            "properties": {"uid": f"s{i}", "code": f"371502202611{100 + i:06d}", "title": pgettext("specimen", "Rubbish not collected"), "tone": rng.choice(tones), "href": "#row"},
        }
        for i in range(140)
    ]  # fmt: skip
    return json.loads(json.dumps({"type": "FeatureCollection", "features": near + spread}))
