"""A case's state as a chip, and its way through the process as a strip of steps."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils import timezone

from yiwang.kernel.base import texts
from yiwang.kernel.cases.config import MatterConfig
from yiwang.kernel.cases.queries import names
from yiwang.kernel.ui.contracts import Step

QUIET = ("refused", "void", "merged")


def tone_of(state: str, *, is_open: bool) -> str:
    """Return the tone of a state: paused, done for what ended well, neutral for what ended otherwise."""
    if state == "suspended":
        return "paused"
    if is_open:
        return "accent"
    return "neutral" if state in QUIET else "done"


def chip(case: Any, config: MatterConfig) -> dict[str, str]:
    """Return label and tone for `status_chip`."""
    return {"label": config.state_name(case.state), "tone": tone_of(case.state, is_open=case.is_open)}


def strip(case: Any, config: MatterConfig, done: Sequence[tuple[str, str, datetime | None]], waiting: Sequence[str]) -> list[Step]:
    """Return the process strip: `[[strip]]` of matter.toml (name, steps), else every step that sets a state.

    A stage is done when one of its steps was and a later stage, or the end, has been reached; the stages that an ended
    case never saw are skipped.
    """
    stages = [(texts.pick(s.get("name", "")), tuple(s["steps"])) for s in config.raw.get("strip", [])]
    if not stages:
        steps = config.raw.get("steps", {})
        stages = [(names.step_name(case.matter_version_id, code), (code,)) for code, line in steps.items() if line.get("state")]
    last: dict[str, datetime | None] = {step: at for step, _outcome, at in done}
    now = next((i for i, (_name, steps) in enumerate(stages) if any(s in waiting for s in steps)), None)
    if now is None and case.is_open:
        reached = [i for i, (_n, steps) in enumerate(stages) if any(s in last for s in steps)]
        now = min(len(stages) - 1, max(reached) + 1) if reached else 0
    found = []
    for i, (name, steps) in enumerate(stages):
        at = next((last[s] for s in reversed(steps) if s in last), None)
        was = any(s in last for s in steps)
        state = "now" if i == now else "done" if was and (now is None or i < now) else "later"
        if state == "later" and (now is None or i < now):
            state = "skipped"
        note = timezone.localtime(at).strftime("%m-%d %H:%M") if at is not None and state == "done" else ""
        found.append(Step(label=name, state=state, note=note))  # type: ignore[arg-type]
    return found
