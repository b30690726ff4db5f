"""Clocks in words: the chip, the strip with what was counted, paused and extended, and the rule that did it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from yiwang.kernel.base import texts
from yiwang.kernel.cases.config import MatterConfig, action_table
from yiwang.kernel.cases.queries import names
from yiwang.kernel.cases.queries.clocks import ChangeLine, ClockLine
from yiwang.kernel.cases.rules.clocks import ClockEffect
from yiwang.kernel.ui import words
from yiwang.kernel.ui.contracts import ClockView


def name_of(clock: str) -> str:
    match clock:  # one word is looked up, not four: a list says it fifty times
        case "case":
            return _("Limit of the case")
        case "department":
            return _("Limit of the department")
        case "stage":
            return _("Limit of the step")
        case "milestone":
            return _("Limit of a milestone")
    return clock


def limit_text(unit: str, value: int) -> str:
    """Return a limit as the manual says it: 4 working hours."""
    return {
        "urgent_minute": ngettext("%(n)s minute, continuous", "%(n)s minutes, continuous", value),
        "urgent_hour": ngettext("%(n)s urgent hour", "%(n)s urgent hours", value),
        "natural_day": ngettext("%(n)s day of 24 hours", "%(n)s days of 24 hours", value),
        "work_hour": ngettext("%(n)s working hour", "%(n)s working hours", value),
        "work_day": ngettext("%(n)s working day", "%(n)s working days", value),
        "calendar_day": ngettext("%(n)s calendar day", "%(n)s calendar days", value),
    }.get(unit, "%(n)s " + unit) % {"n": value}


def view(line: ClockLine | None, *, until: datetime | None = None, label: str = "") -> ClockView | None:
    """Return what the chip shows; None for no clock."""
    if line is None:
        return None
    left = line.remaining_minutes * 60
    return ClockView(
        state=line.tone,  # type: ignore[arg-type]
        due_at=line.due_at if line.state == "running" else None, remaining_s=left, soon_s=line.total_minutes * 60 * 0.2,
        ticking=line.ticking, working=line.is_working, label=label or name_of(line.name), until=until,
        late_s=max(0.0, -left) if line.tone == "done" else 0, rule=line.rule,
    )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class StripChange:
    """One line of the strip's history."""

    what: str
    at: datetime
    used: str
    due_at: datetime | None
    by: str
    reason: str
    rule: str


@dataclass(frozen=True, kw_only=True)
class StripClock:
    """One clock of the strip."""

    chip: ClockView
    title: str
    detail: str
    limit: str
    used: str
    total: str
    share: int
    tone: str
    is_provisional: bool
    is_past: bool  # a step's limit that has ended: folded away
    changes: tuple[StripChange, ...]


def strip(lines: Sequence[ClockLine], config: MatterConfig, version_id: int, until: datetime | None = None) -> list[StripClock]:
    """Return the clock strip of a case page."""
    found = []
    for line in lines:
        chip = view(line, until=until if line.state == "paused" else None)
        if chip is None:
            continue
        detail = texts.pick(line.organization) or (names.step_name(version_id, line.step) if line.step else "")
        share = round(100 * line.consumed_minutes / line.total_minutes) if line.total_minutes else 0
        limit = limit_text(line.unit, line.limit_value)
        if line.extensions:
            limit = ngettext("%(limit)s, extended once", "%(limit)s, extended %(n)s times", line.extensions) % {"limit": limit, "n": line.extensions}
        found.append(
            StripClock(
                chip=chip, title=name_of(line.name), detail=detail, limit=limit, used=_minutes(line.consumed_minutes, line.is_working),
                total=_minutes(line.total_minutes, line.is_working), share=max(0, min(100, share)), tone=line.tone,
                is_provisional=line.is_provisional, is_past=line.name == "stage" and line.state in ("ended", "stopped"),
                changes=tuple(_change(line, c, config) for c in line.changes),
            )
        )
    return found


def _minutes(minutes: float, working: bool) -> str:
    return words.duration(minutes * 60, working=working)


def _change(line: ClockLine, change: ChangeLine, config: MatterConfig) -> StripChange:
    running = change.change in ("start", "resume", "extend", "restart", "recompute")
    is_start = change.change == "start"
    return StripChange(
        what=change_word(change.change), at=change.at, used=_minutes(change.consumed_minutes, line.is_working),
        due_at=change.due_at if running else None, by=change.by, reason="" if is_start else change.reason,
        rule=change.reason if is_start else rule_of(change.change, change.action, config),
    )


def change_word(change: str) -> str:
    return {
        "start": _("Started"), "pause": _("Paused"), "resume": _("Runs on"), "extend": _("Extended"), "restart": _("Started afresh"),
        "stop": _("Stopped"), "end": _("Ended for good"), "recompute": _("Counted again"),
    }.get(change, change)  # fmt: skip


def action_word(action: str, config: MatterConfig) -> str:
    """Return the action's name in the action table, else the state that it led to."""
    own = {"cancel": _("The step went away"), "recompute": _("New calendar"), "overdue": _("Limit over"), "": _("Step done")}
    if action in own:
        return own[action]
    label = config.action(action).get("label")
    return texts.pick(label) if label else config.state_name(action)


def rule_of(change: str, action: str, config: MatterConfig) -> str:
    """Return the sentence of the action table that was applied."""
    sentence = {
        "pause": _("“%(action)s” pauses this clock; what is left is kept."),
        "resume": _("“%(action)s” lets it run on with what was left."),
        "extend": _("“%(action)s” adds one original limit."),
        "restart": _("“%(action)s” starts it afresh with the whole limit."),
        "stop": _("“%(action)s” stops it; rework lets the rest run on."),
        "end": _("“%(action)s” ends it."),
        "recompute": _("The year's working calendar was announced: the due time was counted again."),
    }.get(change, "")
    return sentence % {"action": action_word(action, config)} if "%(" in sentence else sentence


def effect_word(effect: str) -> str:
    return {
        "none": _("unchanged"), "stop": _("stops, the rest is kept"), "pause": _("pauses"), "resume": _("runs on"),
        "extend": _("one more limit"), "restart": _("starts afresh"), "end": _("ends"),
    }.get(effect, effect)  # fmt: skip


def rule_table(config: MatterConfig) -> list[tuple[str, str, str, str]]:
    """Return (action, case clock, department's clock, step's clock) of every action that touches a clock."""
    rows = []
    for code in action_table():
        for granted in (False, True):
            effects = config.effects(code, granted=granted)
            if not effects or (not granted and all(e is ClockEffect.NONE for e in effects.values()) and config.effects(code, granted=True)):
                continue
            label = texts.pick(config.action(code).get("label", code))
            case, department, stage = (effect_word(str(effects.get(n, ClockEffect.NONE))) for n in ("case", "department", "stage"))
            rows.append((_("%(action)s, once agreed") % {"action": label} if granted else label, case, department, stage))
    return rows
