"""Calendars for the sweeps: whoever edits calendars sees them all."""

from __future__ import annotations

from typing import Any

from tests.sweeps.specimens import Kind, Specimen, Write

NOT_LISTS = {"calendars/": "every calendar, for whoever edits calendars"}


def kinds(made: Any) -> list[Kind]:
    rows = [Specimen("the national calendar", {"code": "cn", "year": 2026}, lambda r: r.holds("worktime.calendar.edit"))]
    everybody = lambda reader, _s: reader.holds("worktime.calendar.edit")  # noqa: E731
    editor = next(k for k, r in made.readers.items() if r.holds("worktime.calendar.edit"))
    on = "the national calendar"
    return [Kind("calendar", ("calendars/<str:code>/",), rows, {"code": "no-such", "year": 2026}, {
        "worktime:year": Write(lambda s: {"day": "2026-12-24", "kind": "holiday", "note": "x"}, editor, on, everybody),
        "worktime:confirm": Write(lambda s: {"confirm-source": "国办发明电〔2025〕7号"}, editor, on, everybody),
        "worktime:unmark": Write(lambda s: {"day": "2026-10-01"}, editor, on, everybody),
    })]  # fmt: skip
