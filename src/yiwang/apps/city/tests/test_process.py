"""Every way through the city's process (流程), step by step, each state through bytes; and any walk at random ends well."""

import random
from datetime import UTC, datetime
from pathlib import Path

import pytest

from yiwang.kernel.process import engine

FOLDER = Path(__file__).parents[1] / "matters" / "problem"
NOW = datetime(2026, 7, 1, 8, 0, tzinfo=UTC)
FACTS = {
    "class_kind": "matter", "class_major": "06", "class_code": "06010", "area_level": "A", "two_level": False, "urgent": False,
    "verified": True, "self_handled": False, "reopened": False, "departments": ["lead"],
}  # fmt: skip
LANES = {
    "accept": "acceptor", "verify": "inspector", "file": "shift_leader", "verify_parallel": "inspector", "dispatch": "dispatcher",
    "district_dispatch": "district_dispatcher", "handle": "handler", "screen": "dispatcher", "send_check": "acceptor",
    "check": "inspector", "rework": "dispatcher", "close": "shift_leader", "self_audit": "shift_leader",
}  # fmt: skip


@pytest.fixture(scope="module")
def definition():
    return engine.load((FOLDER / "process.bpmn").read_bytes(), ((FOLDER / "decisions.dmn").read_bytes(),), "test:city.problem")


class Walk:
    def __init__(self, definition, **facts):
        self.definition = definition
        self.last = engine.start(definition, {**FACTS, **facts}, NOW)

    @property
    def at(self):
        return sorted(s.spec for s in self.last.waiting)

    def do(self, *path, **variables):
        """``path`` holds "step:outcome", or "step0:outcome" for an instance."""
        for part in path:
            name, _colon, outcome = part.partition(":")
            step = next(s for s in self.last.waiting if name in (s.spec, f"{s.spec}{s.index}"))
            self.last = engine.complete(self.definition, self.last.state, step.engine_id, {"outcome": outcome, **variables}, NOW)
        return self


TO_FILE = ("accept:pass", "file:file")
TO_HANDLE = (*TO_FILE, "dispatch:dispatch")
TO_CHECK = (*TO_HANDLE, "handle:done", "screen:pass", "send_check:send")
TO_CLOSE = (*TO_CHECK, "check:pass")
PATHS = [
    # T05 T06 T08 T31 T35: the ends
    (("accept:refuse",), "end_refused"),
    (("accept:merge",), "end_merged"),
    (("accept:pass", "file:refuse"), "end_refused"),
    ((*TO_CLOSE, "close:close"), "end_closed"),
    # T03 T04: verified first
    (("accept:verify", "verify:confirmed"), ["accept"]),
    (("accept:verify", "verify:not_true", "accept:refuse"), "end_refused"),
    (("accept:verify", "verify:duplicate", "accept:merge"), "end_merged"),
    (("accept:verify", "verify:out_of_scope", "accept:verify", "verify:confirmed", *TO_CLOSE, "close:close"), "end_closed"),
    # T09 T12: back
    (("accept:pass", "file:back"), ["accept"]),
    ((*TO_FILE, "dispatch:back"), ["file"]),
    ((*TO_FILE, "dispatch:back", "file:refuse"), "end_refused"),
    # T16 T18: returned and dispatched anew
    ((*TO_HANDLE, "handle:return"), ["dispatch"]),
    ((*TO_HANDLE, "handle:return", "dispatch:dispatch", "handle:done"), ["screen"]),
    # T24 T26
    ((*TO_HANDLE, "handle:done", "screen:back"), ["handle"]),
    # T27 T28 T29 T30
    (TO_CHECK, ["check"]),
    ((*TO_CHECK, "check:fail"), ["rework"]),
    ((*TO_CHECK, "check:fail", "rework:handle"), ["handle"]),
    ((*TO_CHECK, "check:fail", "rework:redispatch"), ["dispatch"]),
    ((*TO_CHECK, "check:fail", "rework:handle", "handle:done", "screen:pass", "send_check:send", "check:pass", "close:close"), "end_closed"),
    # the closer is not content
    ((*TO_CLOSE, "close:back_check"), ["send_check"]),
    ((*TO_CLOSE, "close:rework"), ["rework"]),
    ((*TO_CLOSE, "close:rework", "rework:redispatch", "dispatch:dispatch", "handle:done", "screen:pass", "send_check:send", "check:pass"), ["close"]),
]  # fmt: skip


@pytest.mark.parametrize(("path", "leads_to"), PATHS)
def test_path(definition, path, leads_to):
    walk = Walk(definition).do(*path)
    if isinstance(leads_to, str):
        assert (walk.last.ended, walk.last.end_id, walk.at) == (True, leads_to, [])
    else:
        assert (walk.last.ended, walk.at) == (False, leads_to)


def test_the_lanes_are_those_of_the_posts(definition):
    assert {s.spec: s.lane for s in engine.steps_of(definition)} == LANES


def test_every_outcome_of_the_diagram_can_be_chosen(definition):
    """Nothing is drawn that no path of the list above, or of the tests below, takes."""
    taken = {part.replace("0:", ":") for path, _end in PATHS for part in path}
    taken |= {"district_dispatch:dispatch", "district_dispatch:back", "self_audit:close", "self_audit:void"}
    assert {f"{s.spec}:{o.value}" for s in engine.steps_of(definition) for o in s.outcomes} <= taken


@pytest.mark.parametrize(("outcome", "end"), [("close", "end_self_handled"), ("void", "end_void")])
def test_what_was_fixed_on_the_spot_is_only_audited(definition, outcome, end):
    walk = Walk(definition, self_handled=True)
    assert walk.at == ["self_audit"]
    assert walk.do(f"self_audit:{outcome}").last.end_id == end


def test_a_reopened_case_begins_with_rework(definition):
    assert Walk(definition, reopened=True).at == ["rework"]


def test_a_district_with_its_own_centre_dispatches_itself(definition):
    walk = Walk(definition, two_level=True).do(*TO_HANDLE)
    assert walk.at == ["district_dispatch"]
    walk.do("district_dispatch:back")
    assert walk.at == ["dispatch"]
    walk.do("dispatch:dispatch", "district_dispatch:dispatch")
    assert walk.at == ["handle"]
    assert walk.do("handle:return").at == ["district_dispatch"]
    walk.do("district_dispatch:dispatch", "handle:done", "screen:pass", "send_check:send", "check:pass", "close:close")
    assert walk.last.end_id == "end_closed"


def test_a_district_is_moved_by_data_alone(definition):
    """The same instance, the same diagram: only the variable says who dispatches next."""
    walk = Walk(definition, two_level=False).do(*TO_HANDLE)
    assert walk.do("handle:return").at == ["dispatch"]
    assert walk.do("dispatch:dispatch", two_level=True).at == ["district_dispatch"]


def test_lead_and_helpers_work_side_by_side(definition):
    walk = Walk(definition, departments=["lead", "h1", "h2"]).do(*TO_HANDLE)
    assert [(s.index, s.data["department"]) for s in walk.last.waiting] == [(0, "lead"), (1, "h1"), (2, "h2")]
    walk.do("handle2:return", "handle0:done")
    assert walk.at == ["handle"]
    assert walk.do("handle1:done").at == ["screen"]


def test_the_leads_return_takes_the_helpers_back(definition):
    walk = Walk(definition, departments=["lead", "h1", "h2"]).do(*TO_HANDLE, "handle1:done")
    open_helper = next(s.engine_id for s in walk.last.waiting if s.index == 2)
    walk.do("handle0:return")
    assert walk.at == ["dispatch"]
    assert walk.last.closed == (open_helper,)


URGENT = {"urgent": True, "verified": False}


def test_what_is_urgent_is_dispatched_at_once_and_verified_beside(definition):
    walk = Walk(definition, **URGENT).do(*TO_FILE)
    assert walk.at == ["dispatch", "verify_parallel"]
    assert len({s.group for s in walk.last.waiting}) == 1
    walk.do(*TO_CLOSE[2:])
    assert walk.at == ["verify_parallel"]
    assert walk.do("verify_parallel:confirmed").at == ["close"]
    assert walk.do("close:close").last.end_id == "end_closed"


@pytest.mark.parametrize("facts", [{"urgent": True, "verified": True}, {"urgent": False, "verified": False}])
def test_nothing_is_verified_beside_without_need(definition, facts):
    assert Walk(definition, **facts).do(*TO_FILE).at == ["dispatch"]


def test_who_was_verified_before_filing_is_not_verified_again(definition):
    walk = Walk(definition, **URGENT).do("accept:verify", "verify:confirmed", *TO_FILE)
    assert walk.at == ["dispatch"]


def test_returning_to_filing_does_not_send_a_second_inspector(definition):
    walk = Walk(definition, **URGENT).do(*TO_FILE)
    inspector = next(s.engine_id for s in walk.last.waiting if s.spec == "verify_parallel")
    walk.do("dispatch:back", "file:file")
    assert [s.engine_id for s in walk.last.waiting if s.spec == "verify_parallel"] == [inspector]
    walk.do("verify_parallel:not_true", "dispatch:back", "file:file")
    assert walk.at == ["dispatch"]


def test_refusing_after_all_calls_the_inspector_back(definition):
    walk = Walk(definition, **URGENT).do(*TO_FILE, "dispatch:back", "file:refuse")
    assert (walk.last.end_id, walk.at, len(walk.last.closed)) == ("end_refused", [], 1)


def test_rework_after_a_parallel_verification_does_not_wait_for_it_again(definition):
    walk = Walk(definition, **URGENT).do(*TO_FILE, "verify_parallel:confirmed", *TO_CLOSE[2:])
    assert walk.at == ["close"]
    walk.do("close:rework", "rework:handle", "handle:done", "screen:pass", "send_check:send", "check:pass")
    assert walk.at == ["close"]


@pytest.mark.parametrize(("facts", "row", "rule"), [
    ({"class_kind": "component", "class_major": "01"}, 1, "owner"),
    ({"class_major": "02"}, 2, "owner"),
    ({"class_major": "08"}, 3, "manual"),
    ({"two_level": True}, 4, "district"),
    ({"area_level": "C"}, 5, "street"),
    ({}, 6, "manual"),
])  # fmt: skip
def test_the_table_proposes_the_rule(definition, facts, row, rule):
    walk = Walk(definition, **facts).do(*TO_FILE)
    (trace,) = walk.last.decisions
    assert (trace.decision_id, trace.matched_rows, walk.last.variables["route"]["rule"]) == ("route", (row,), rule)


def test_going_back_is_possible_to_every_step(definition):
    for spec in LANES:
        walk = Walk(definition, departments=["lead", "h1"]).do(*TO_FILE, "dispatch:dispatch", "handle0:done", "handle1:done", "screen:pass")
        walk.last = engine.go_back(definition, walk.last.state, spec, {}, NOW)
        assert set(walk.at) == {spec}


@pytest.mark.parametrize("seed", range(25))
def test_any_walk_keeps_to_the_rules(definition, seed):
    """Two hundred steps at random: never stuck, never two tokens in one place, and the state stays small."""
    chance = random.Random(seed)
    outcomes = {s.spec: [o.value for o in s.outcomes] or ["confirmed"] for s in engine.steps_of(definition)}
    walk = Walk(definition, **URGENT, departments=["lead", "h1"], two_level=chance.random() < 0.5)
    for _count in range(200):
        waiting = list(walk.last.waiting)
        assert waiting
        places = [(s.spec, s.index) for s in waiting]
        assert len(places) == len(set(places))
        step = chance.choice(waiting)
        leaving = [o for o in outcomes[step.spec] if (step.spec, o) not in {
            ("accept", "refuse"), ("accept", "merge"), ("file", "refuse"), ("close", "close"),
        }]  # fmt: skip
        walk.last = engine.complete(definition, walk.last.state, step.engine_id, {"outcome": chance.choice(leaving), "urgent": chance.random() < 0.5}, NOW)
        assert len(walk.last.state) < 2000
        assert {s.engine_id for s in walk.last.waiting} == {s.engine_id for s in engine.waiting(definition, walk.last.state)}
