"""Warning rules (预警规则) as data: reading them, the moments they ask for, and which of them speak."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from yiwang.kernel.supervision.contracts import Colour, Escalation, Facts, Phase, Rule

CLOCKS = ("case", "department", "stage", "milestone", "order")
CHANNELS = ("in_app", "sms", "mail", "chat")
WHO = ("doer", "post", "leader", "supervisor", "giver")
MOST_RULES, MOST_ESCALATIONS = 60, 5
MOST_MINUTES = 60 * 24 * 366
USUAL_SHARE = "share:0.8"  # the platform's own warning of every clock; no further timer is set for it
AT = "at"
_CODE = re.compile(r"[a-z][a-z0-9_]{1,39}")
_TELL = re.compile(r"post:[A-Za-z0-9_.:-]{1,60}")
_KEYS = frozenset(Rule.__dataclass_fields__)
_STRENGTH = {None: 0, Colour.GREEN: 1, Colour.YELLOW: 2, Colour.RED: 3}


class RuleError(ValueError):
    """A rule that cannot be read; `faults` are (field, code) pairs."""

    def __init__(self, faults: Sequence[tuple[str, str]]) -> None:
        super().__init__(", ".join(f"{name}: {code}" for name, code in faults))
        self.faults = tuple(faults)


def read(raw: Mapping[str, Any]) -> Rule:
    """Return the rule that a table of the file, or a form, says.

    Raises
    ------
    RuleError
        Names every field that is wrong, with a word that says how.

    Examples
    --------
    >>> rule = read({"code": "late", "name": {"zh-Hans": "超时"}, "clock": "case", "phase": "at", "colour": "yellow", "tell": ["doer"]})
    >>> mark(rule), rule.colour.value
    ('at', 'yellow')
    """
    faults: list[tuple[str, str]] = [(str(key), "unknown") for key in raw if key not in _KEYS]
    name = raw.get("name")
    if not _CODE.fullmatch(str(raw.get("code", ""))):
        faults.append(("code", "code"))
    if not isinstance(name, Mapping) or not str(name.get("zh-Hans", "")).strip() or any(len(str(v)) > 80 for v in name.values()):
        faults.append(("name", "required"))
    clock, phase, colour = str(raw.get("clock", "")), str(raw.get("phase", "")), raw.get("colour") or None
    if clock not in CLOCKS:
        faults.append(("clock", "choice"))
    if phase not in set(Phase):
        faults.append(("phase", "choice"))
    if colour is not None and colour not in set(Colour):
        faults.append(("colour", "choice"))
    share, left, over = raw.get("share"), raw.get("left_minutes"), raw.get("over_minutes")
    faults += _amounts(phase, share, left, over)
    tell, channels = _words(raw.get("tell")), _words(raw.get("channels"))
    faults += [("tell", "choice") for who in tell if who not in WHO and not _TELL.fullmatch(who)]
    faults += [("channels", "choice") for channel in channels if channel not in CHANNELS]
    if colour is None and not tell:
        faults.append(("tell", "nothing"))
    steps = raw.get("escalate") or ()
    escalate: list[Escalation] = []
    if len(steps) > MOST_ESCALATIONS or (steps and colour is None):
        faults.append(("escalate", "too-many" if colour else "no-card"))
    for step in steps:
        minutes, whom = step.get("after_minutes"), _words(step.get("tell"))
        if not _is_minutes(minutes) or (escalate and minutes <= escalate[-1].after_minutes):
            faults.append(("escalate", "order"))
        elif not whom or any(who not in WHO and not _TELL.fullmatch(who) for who in whom):
            faults.append(("escalate", "choice"))
        else:
            escalate.append(Escalation(after_minutes=minutes, tell=whom))
    if faults:
        raise RuleError(faults)
    return Rule(
        code=str(raw["code"]), name={str(k): str(v).strip() for k, v in dict(name or {}).items()}, clock=clock, phase=Phase(phase),
        share=None if share is None else float(share), left_minutes=left, over_minutes=over, colour=Colour(colour) if colour else None, tell=tell,
        channels=channels, urgent=bool(raw.get("urgent")), escalate=tuple(escalate), areas=_words(raw.get("areas")),
        classes=_words(raw.get("classes")), steps=_words(raw.get("steps")),
    )  # fmt: skip


def _amounts(phase: str, share: Any, left: Any, over: Any) -> list[tuple[str, str]]:
    """A rule before a limit has a share or minutes left, one after it minutes over, one at it none of them."""
    faults = []
    if phase == Phase.BEFORE and (share is None) == (left is None):
        faults.append(("share", "one-of"))
    if phase != Phase.BEFORE and (share is not None or left is not None):
        faults.append(("share", "not-here"))
    if (phase == Phase.AFTER) != (over is not None) and phase in set(Phase):
        faults.append(("over_minutes", "required" if over is None else "not-here"))
    if share is not None and (isinstance(share, bool) or not isinstance(share, int | float) or not 0 < share < 1):
        faults.append(("share", "range"))
    faults += [(name, "range") for name, value in (("left_minutes", left), ("over_minutes", over)) if value is not None and not _is_minutes(value)]
    return faults


def _is_minutes(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value <= MOST_MINUTES


def _words(value: Any) -> tuple[str, ...]:
    given = value.split() if isinstance(value, str) else value or ()
    return tuple(dict.fromkeys(str(word).strip() for word in given if str(word).strip()))


def read_all(raws: Iterable[Mapping[str, Any]]) -> tuple[Rule, ...]:
    """Return the rules of a book.

    Raises
    ------
    RuleError
        One of them cannot be read, two have the same code, or there are more than sixty.
    """
    found = tuple(read(raw) for raw in raws)
    if len(found) > MOST_RULES:
        raise RuleError([("rules", "too-many")])
    if len({rule.code for rule in found}) != len(found):
        raise RuleError([("code", "twice")])
    return found


def plain(rule: Rule) -> dict[str, Any]:
    """Return the rule as it is stored: what is empty is left out; `read` gives the same rule back."""
    told = {key: value for key, value in asdict(rule).items() if value not in (None, (), "", False)}
    return {key: list(value) if isinstance(value, tuple) else value for key, value in told.items()}


def mark(rule: Rule) -> str:
    """Return the name of the rule's moment: rules of one moment share it.

    >>> mark(read({"code": "half", "name": {"zh-Hans": "过半"}, "clock": "case", "phase": "before", "share": 0.5, "tell": ["doer"]}))
    'share:0.5'
    """
    if rule.phase is Phase.AT:
        return AT
    if rule.phase is Phase.AFTER:
        return f"over:{rule.over_minutes}"
    return f"share:{rule.share:g}" if rule.share is not None else f"left:{rule.left_minutes}"


def used_at(name: str, total_minutes: float) -> float:
    """Return how many minutes of a limit are used at a moment; none at all when the limit is shorter than what should be left."""
    kind, _colon, value = name.partition(":")
    if kind == "share":
        return total_minutes * float(value)
    if kind == "left":
        return total_minutes - float(value)
    return total_minutes + (float(value) if kind == "over" else 0)


def further(rules: Iterable[Rule], clock: str, total_minutes: float) -> list[tuple[str, float]]:
    """Return the moments of a clock for which the platform sets no timer of its own, as (name, minutes used)."""
    names = dict.fromkeys(mark(rule) for rule in rules if rule.clock == clock)
    return [(name, at) for name in names if name not in (AT, USUAL_SHARE) and (at := used_at(name, total_minutes)) > 0]


def speaking(rules: Iterable[Rule], facts: Facts) -> list[Rule]:
    """Return the rules that speak at this moment, the one with the strongest card first."""
    found = [rule for rule in rules if rule.clock == facts.clock and mark(rule) == facts.mark and fits(rule, facts)]
    return sorted(found, key=lambda rule: (-_STRENGTH[rule.colour], rule.code))


def fits(rule: Rule, facts: Facts) -> bool:
    """Say whether the rule's filters let this through."""
    if rule.areas and not facts.area_codes & set(rule.areas):
        return False
    if rule.classes and not any(facts.class_code.startswith(start) for start in rule.classes if facts.class_code):
        return False
    return not rule.steps or facts.step in rule.steps


def stronger(one: str, other: str) -> bool:
    """Say whether the first colour is stronger than the second; no colour is the weakest."""
    return _STRENGTH[Colour(one) if one else None] > _STRENGTH[Colour(other) if other else None]
