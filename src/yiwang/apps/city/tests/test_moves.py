"""The table of moves agrees with the matter's own data: steps, outcomes, actions, states, roles."""

import json
import tomllib
from pathlib import Path

import pytest

from yiwang.apps.city.rules import moves
from yiwang.apps.city.rules.dictionary import shipped
from yiwang.apps.city.rules.moves import MOVES, STATES

FOLDER = Path(moves.__file__).parents[1] / "matters" / "problem"
CONFIG = tomllib.loads((FOLDER / "matter.toml").read_text(encoding="utf-8"))
ACTIONS = tomllib.loads((Path(moves.__file__).parents[3] / "kernel" / "cases" / "actions.toml").read_text(encoding="utf-8"))
REQUESTS = set(CONFIG["requests"])


def test_all_thirty_nine_are_there():
    assert sorted({m.id for m in MOVES}) == [f"T{n:02d}" for n in range(1, 40)]


@pytest.mark.parametrize("move", MOVES, ids=lambda m: f"{m.id}-{m.outcome or m.action}")
def test_a_move_names_only_what_exists(move):
    assert set(move.from_states) <= {*STATES, moves.NOWHERE}
    assert move.to_state in {*STATES, moves.KEEPS, moves.BEFORE}
    if move.action == "report":
        assert move.channel in CONFIG["channels"]
        return
    assert move.action in ACTIONS
    if move.step in REQUESTS:
        assert move.outcome in ("agree", "deny")
    elif move.step:
        step = CONFIG["steps"][move.step]
        assert move.action in step["allow"]
        if move.action == "complete":
            assert move.outcome in step["outcomes"]
            assert bool(step["outcomes"][move.outcome].get("reason")) >= move.reason
        assert step["state"] in move.from_states or step.get("state_assigned") in move.from_states


def test_states_are_those_of_the_matter():
    assert CONFIG["states"] == STATES
    for step in CONFIG["steps"].values():
        assert step.get("state", "reported") in STATES


def test_roles_exist():
    from yiwang.apps.city.manifest import MANIFEST

    known = {r.code for r in MANIFEST.roles} | {"system"}
    assert {r for m in MOVES for r in m.roles} <= known


def test_supervision_and_handling_are_apart():
    barred = CONFIG["separation"]
    assert "file" in barred["accept"]
    assert {"check", "close"} <= set(barred["handle"])
    assert "check" in barred["verify"]
    by_step = {m.step: m.roles for m in MOVES if m.step}
    assert "inspector" not in by_step["close"]
    assert "acceptor" not in by_step["file"]


def test_nothing_is_done_to_an_ended_case_but_reopening_and_appeal():
    for state in moves.ENDED:
        assert {m.action for m in moves.moves_from(state)} <= {"reopen", "appeal"}


def test_forbidden_moves_are_the_rest():
    rest = {(state, m.id) for state, m in moves.forbidden()}
    assert ("pending_file", "T31") in rest
    assert ("handling", "T15") in rest  # 撤销指派 must precede 回退
    assert ("suspended", "T24") in rest
    assert ("pending_dispatch", "T11") not in rest
    assert len(rest) > 400


def test_samples_go_through_steps_and_conditions_that_exist():
    manual = (FOLDER / "manual.csv").read_text(encoding="utf-8")
    for sample in json.loads((FOLDER / "samples.json").read_text(encoding="utf-8")):
        for step, outcome in sample["path"]:
            assert outcome in CONFIG["steps"][step]["outcomes"], sample["name"]
        assert sample["report"]["channel"] in CONFIG["channels"]
        chosen = sample["report"]["answers"]["problem_class"]
        assert shipped().get(chosen["kind"], chosen["code"])
        if sample["condition"]:
            assert f"\n{sample['condition']}," in manual


def test_the_form_speaks_both_languages():
    form = json.loads((FOLDER / "form.json").read_text(encoding="utf-8"))
    kinds = {"text", "textarea", "choice", "number", "bool", "place", "photos", "person", "phone", "component", "class"}
    seen = set()
    for section in form["sections"]:
        assert set(section["title"]) == {"zh-Hans", "en"}
        for field in section["fields"]:
            assert set(field["label"]) == {"zh-Hans", "en"}
            assert field["kind"] in kinds
            assert field["id"] not in seen
            seen.add(field["id"])
    personal = {f["id"]: f["personal"] for s in form["sections"] for f in s["fields"] if f.get("personal")}
    assert personal == {"reporter_name": "name", "reporter_phone": "phone"}
