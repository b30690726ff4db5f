"""The record's lines written out by hand for speed have the hash that the record itself would give them."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sample.loading import chain
from sample.loading.sheets import dumps

PERSON = ("person", 17, '王"明\\', 3, "受理员", 5)
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=30)


def lines(name, reason, lon, lat):
    made = chain.Chain(region="371591", case_id=9, case_uid=UUID(int=7), area_path="1.2.", matter="city.problem")
    moment = datetime(2026, 11, 23, 4, 0, 0, 123000, tzinfo=UTC)
    data = dumps({"reason": reason})
    actor = ("person", 17, name, 3, "受理员", 5)
    return [
        made.line(moment, "report", step="", task_uid=None, from_state="", to_state="reported", outcome="", data="{}", org_id=None,
                  actor=("public", None, "", None, "", None), point=(lon, lat)),
        made.line(moment, "complete", step="accept", task_uid=UUID(int=8), from_state="reported", to_state="pending_file", outcome="pass",
                  data=data, org_id=4, actor=actor),
    ]  # fmt: skip


@given(TEXTS, TEXTS, st.floats(-180, 180), st.floats(-90, 90))
def test_same_hash_as_the_record(name, reason, lon, lat):
    for cells in lines(name, reason, lon, lat):
        chain.check(cells)


@pytest.mark.parametrize("place", [(116.0, 36.0), (115.98, 36.45), (-0.0, 1e-7)])
def test_whole_degrees_are_written_as_the_database_would(place):
    for cells in lines("王", "原因", *place):
        chain.check(cells)


def test_lines_hang_together():
    first, second = lines("王", "原因", 116.1, 36.4)
    at = chain.COLUMNS.index
    assert second[at("prev_hash")] == first[at("hash")]
    assert (first[at("case_seq")], second[at("case_seq")]) == (1, 2)
    assert first[at("uid")].version == 7


def test_a_line_that_was_changed_is_noticed():
    cells = list(lines("王", "原因", 116.1, 36.4)[1])
    cells[chain.COLUMNS.index("outcome")] = "refuse"
    with pytest.raises(chain.Wrong):
        chain.check(cells)
