"""What the record says of a story: every act with the state before and after it."""

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sample.story import Step, Story

ASKS = {"extension": ("extend", "extend_asked"), "force_close": ("force_close", "")}


@dataclass(slots=True)
class Act:
    """One line. `step_index` is the place of its task in the story, -1 for none."""

    at: datetime
    action: str
    step: str
    step_index: int
    outcome: str
    who: str
    from_state: str
    to_state: str
    data: dict[str, Any]


def acts(story: Story, states: Mapping[str, str], joined: list[tuple[datetime, str]], main_uid: str) -> Iterator[Act]:
    """Yield the acts of a closed story in time order; `joined` are cases that were merged into it."""
    main_line = [i for i, s in enumerate(story.steps) if s.kind == "process" and s.step != "verify_parallel"]
    after = {i: states[story.steps[j].step] for i, j in itertools.pairwise(main_line)}
    found: list[tuple[datetime, int, Any]] = []
    for i, step in enumerate(story.steps):
        if step.kind in ASKS:
            found.append((step.opened_at, i, "ask"))
        if step.done_at is not None:
            found.append((step.done_at, i, "do"))
    found += [(at, -1, uid) for at, uid in joined]
    found.sort(key=lambda f: (f[0], f[1]))
    state = states["self_audit"] if story.self_handled else states["accept"]
    yield Act(story.reported_at, "report", "", -1, "", story.reporter, "", state,
              {"channel": story.channel, "files": 0, "report": str(story.report_uid)})  # fmt: skip
    before_ask = state
    for at, i, what in found:
        if i < 0:
            yield Act(at, "merged_in", "", -1, "", "", state, state, {"from": what})
            continue
        step = story.steps[i]
        if what == "ask":
            action, asked = ASKS[step.kind]
            before_ask = state
            state, was = asked or state, state
            asker = str(step.data.get("asked_by") or step.who)
            yield Act(at, action, "handle" if step.kind == "extension" else "", -1, "", asker, was, state, {"reason": step.reason})
            continue
        was = state
        if step.kind != "process":
            state = "forced_close" if step.kind == "force_close" else before_ask
            yield Act(at, "complete", step.step, i, step.outcome, step.who, was, state, {"granted": step.kind})
            continue
        if step.step != "verify_parallel":
            state = after.get(i, story.outcome)
        yield Act(at, step.action, step.step, i, "" if step.action == "merge" else step.outcome, step.who, was, state,
                  _facts(story, step, main_uid))  # fmt: skip


def _facts(story: Story, step: Step, main_uid: str) -> dict[str, Any]:
    data: dict[str, Any] = {k: v for k, v in step.data.items() if k != "asked_by"}
    if step.reason:
        data["reason"] = step.reason
    if step.outcome == "file":
        data["number"] = story.number
    if step.action == "merge":
        data["main"] = main_uid
    return data
