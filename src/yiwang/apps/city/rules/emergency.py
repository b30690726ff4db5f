"""Plans for emergencies (预案): reading them, choosing one for a class, giving its steps to people."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

NEAREST, BODY = "nearest", "body"


@dataclass(frozen=True)
class Step:
    what: Mapping[str, str]
    who: str
    minutes: int


@dataclass(frozen=True)
class Plan:
    code: str
    version: int
    name: Mapping[str, str]
    text: Mapping[str, str]
    classes: tuple[str, ...]
    components: tuple[str, ...]
    radius_m: int
    steps: tuple[Step, ...]


def read(text: str) -> list[Plan]:
    """Read plans from TOML.

    Raises
    ------
    ValueError
        A plan without a step, a step that ends before it began, or two plans of one code and version.
    """
    found = [_plan(raw) for raw in tomllib.loads(text)["plan"]]
    if len({(p.code, p.version) for p in found}) != len(found):
        raise ValueError("two plans have one code and version")
    return found


def _plan(raw: Mapping[str, Any]) -> Plan:
    steps = tuple(Step(s["what"], str(s["who"]), int(s["minutes"])) for s in raw.get("step", ()))
    if not steps or any(s.minutes <= 0 for s in steps):
        raise ValueError(f"plan {raw['code']} has no step, or one without time")
    return Plan(
        code=str(raw["code"]), version=int(raw["version"]), name=raw["name"], text=raw["text"], classes=tuple(raw["classes"]),
        components=tuple(raw["components"]), radius_m=int(raw["radius_m"]), steps=steps,
    )  # fmt: skip


def shipped() -> list[Plan]:
    return read(files("yiwang.apps.city").joinpath("data/preplans.toml").read_text(encoding="utf-8"))


def fits(classes: Sequence[str], wanted: str) -> int:
    """Return how well a plan fits a class, "matter:10998": the length of the beginning that agrees; -1 for not at all."""
    return max((len(c) for c in classes if wanted.startswith(c)), default=-1)


def hand_out(steps: Sequence[Step], nearest: Sequence[int], others: Mapping[str, Sequence[int]]) -> list[int | None]:
    """Return who takes each step: the nearest one after the other, a body and a role by whoever stands first; None for nobody.

    Examples
    --------
    >>> s = [Step({}, "nearest", 5), Step({}, "body", 9), Step({}, "nearest", 9)]
    >>> hand_out(s, [7, 8], {"body": [3]})
    [7, 3, 8]
    >>> hand_out(s, [7], {})
    [7, None, 7]
    """
    found: list[int | None] = []
    turn = 0
    for step in steps:
        if step.who == NEAREST:
            found.append(nearest[turn % len(nearest)] if nearest else None)
            turn += 1
        else:
            people = others.get(step.who, ())
            found.append(people[0] if people else None)
    return found
