"""Reading `matter.toml`: one typed look at the JSON that a matter version keeps."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from typing import Any

from yiwang.kernel.base import texts
from yiwang.kernel.cases.contracts import Limit
from yiwang.kernel.cases.rules.clocks import ClockEffect


@cache
def action_table() -> dict[str, dict[str, Any]]:
    """Return the shipped action table (actions.toml)."""
    return tomllib.loads(files("yiwang.kernel.cases").joinpath("actions.toml").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class MatterConfig:
    """`raw` is matter.toml as a dict; every method says what holds when a line is missing."""

    raw: Mapping[str, Any]

    @cached_property
    def app(self) -> str:
        return str(self.raw["app"])

    def permission(self, what: str) -> str:
        """Return the permission of `report`, `view` or `party`; default ``<app>.case.<what>``."""
        return str(self.raw.get("permissions", {}).get(what, f"{self.app}.case.{what}"))

    def access(self) -> tuple[str, str]:
        """Return in which register persons of this matter are read, and the law that lets them be ([access], 法律依据)."""
        access = self.raw.get("access", {})
        return str(access.get("register", f"{self.app}.case")), texts.pick(access.get("basis", ""), "zh-Hans")

    def step(self, step: str) -> Mapping[str, Any]:
        return self.raw.get("steps", {}).get(step, {})

    def step_permission(self, step: str) -> str:
        return str(self.step(step).get("permission", f"{self.app}.task.{step}"))

    def step_state(self, step: str) -> str:
        """Return the case state while the step waits; empty for steps beside the main line."""
        return str(self.step(step).get("state", ""))

    def step_limit(self, step: str) -> Limit | None:
        limit = self.step(step).get("limit")
        if not limit:
            return None
        rule = limit.get("rule") or f"[steps.{step}] {limit['value']} {limit['unit']}"
        return Limit(unit=limit["unit"], value=int(limit["value"]), rule=texts.pick(rule))

    def is_department(self, step: str) -> bool:
        return self.step(step).get("clock") == "department"

    def outcome(self, step: str, outcome: str) -> Mapping[str, Any]:
        return self.step(step).get("outcomes", {}).get(outcome, {})

    def outcomes(self, step: str) -> Mapping[str, Mapping[str, Any]]:
        return self.step(step).get("outcomes", {})

    def allows(self, step: str, action: str) -> bool:
        return action in self.step(step).get("allow", ("complete",))

    def action(self, code: str) -> dict[str, Any]:
        """Return the action's line: the shipped table overlaid by the matter's own."""
        return {**action_table().get(code, {}), **self.raw.get("actions", {}).get(code, {})}

    def action_permission(self, code: str) -> str:
        return str(self.action(code).get("permission", f"{self.app}.case.{code}"))

    def action_states(self, code: str) -> tuple[str, ...]:
        """Return the states in which a case-level action may be done; empty means any open state."""
        return tuple(self.action(code).get("states", ()))

    def effects(self, code: str, *, granted: bool = False) -> dict[str, ClockEffect]:
        table = self.action(code).get("granted" if granted else "clocks", {})
        return {name: ClockEffect(word) for name, word in table.items()}

    def request(self, kind: str) -> Mapping[str, Any]:
        return self.raw.get("requests", {}).get(kind, {})

    def request_stages(self, kind: str, count: int) -> tuple[str, ...]:
        """Return the permissions that decide one after the other; `levels` differ by how often it was granted."""
        request = self.request(kind)
        levels = request.get("levels")
        if levels:
            return tuple(levels[min(count, len(levels) - 1)])
        return tuple(request.get("stages", (f"{self.app}.task.{kind}",)))

    def ends(self) -> Mapping[str, str]:
        return self.raw.get("ends", {})

    def separation(self) -> Mapping[str, list[str]]:
        """Return {step one acted in: [steps one may not do]} (监管分离)."""
        return self.raw.get("separation", {})

    def barring(self, step: str, *, joined: bool) -> list[str]:
        """Return the steps whose hands may not do `step`; `joined` lifts what a small county may join."""
        lifted = self.raw.get("joinable", {}) if joined else {}
        return [e for e, later in self.separation().items() if step in later and step not in lifted.get(e, [])]

    def blind(self) -> Mapping[str, list[str]]:
        """Return {step: [steps]} whose hands never learn each other's names, in both directions (双盲)."""
        found: Mapping[str, list[str]] = self.raw.get("blind", {})
        return found

    def state_name(self, state: str, language: str | None = None) -> str:
        return texts.pick(self.raw.get("states", {}).get(state, state), language)

    def numbering(self) -> str:
        return str(self.raw.get("numbering", {}).get("pattern", "{region}{date}{seq:06d}"))

    def channels(self) -> Mapping[str, Any]:
        return self.raw.get("channels", {})


@cache
def _by_version(version_id: int) -> MatterConfig:
    from yiwang.kernel.cases.models import MatterVersion

    return MatterConfig(MatterVersion.objects.values_list("config", flat=True).get(pk=version_id))


def of_version(version_id: int) -> MatterConfig:
    """Return the config of a matter version; versions never change, so it is kept for the process's life."""
    return _by_version(version_id)


def forget() -> None:
    """Empty the cache (tests that reuse ids)."""
    _by_version.cache_clear()
