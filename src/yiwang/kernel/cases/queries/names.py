"""Words for what a matter's data names: steps as the diagram says them, outcomes, channels, reasons."""

from functools import lru_cache
from typing import Any

from yiwang.kernel.base import texts
from yiwang.kernel.cases.config import MatterConfig
from yiwang.kernel.cases.queries import matters
from yiwang.kernel.process.engine import steps_of


@lru_cache(maxsize=256)
def _step_names(version_id: int) -> dict[str, dict[str, str]]:
    return {s.spec: dict(s.name) for s in steps_of(matters.definition_of(version_id))}


def step_name(version_id: int, step: str) -> str:
    """Return the step's name in the diagram of the matter version, in the reader's language; its id when unknown."""
    return texts.pick(_step_names(version_id).get(step)) or step


def label_of(line: Any) -> str:
    """Return the words of a line of matter.toml: a text, or a table with `label` or `name`."""
    if isinstance(line, dict) and ("label" in line or "name" in line):
        line = line.get("label") or line.get("name")
    return texts.pick(line) if isinstance(line, dict | str) else ""


def outcome_label(config: MatterConfig, step: str, outcome: str) -> str:
    return label_of(config.outcome(step, outcome))


def channel_label(config: MatterConfig, channel: str) -> str:
    return label_of(config.channels().get(channel)) or channel


def reasons(config: MatterConfig, kind: str) -> list[tuple[str, str]]:
    """Return the usual reasons (常用理由) of a kind as (code, words); free text is always possible."""
    return [(code, label_of(line)) for code, line in config.raw.get("reasons", {}).get(kind, {}).items()]


def forget() -> None:
    _step_names.cache_clear()
