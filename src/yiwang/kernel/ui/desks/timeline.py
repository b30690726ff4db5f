"""The record of a case in words that a clerk understands."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from yiwang.kernel.base import texts
from yiwang.kernel.cases.config import MatterConfig
from yiwang.kernel.cases.queries import names
from yiwang.kernel.cases.queries.story import StoryLine
from yiwang.kernel.ui import words
from yiwang.kernel.ui.contracts import FileView, PersonView, TimelineItem

Facts = Callable[[StoryLine], tuple[tuple[str, str], ...]]
LATER = timedelta(minutes=1)  # entered so much after it happened is worth saying

ICONS = {
    "report": "message-report", "join": "playlist-add", "receive": "eye", "transfer": "user-check", "hand_over": "user-share", "consult": "users",
    "return": "arrow-back-up", "redispatch": "arrows-split", "suspend": "player-pause", "resume": "player-play",
    "extend": "hourglass", "urge": "bell-ringing", "overdue": "alert-octagon", "supervise": "flag", "withdraw": "arrow-back-up",
    "void": "ban", "merge": "git-merge", "merged_in": "git-merge", "reopen": "refresh", "force_close": "lock",
    "correct": "edit", "appeal": "gavel", "escalate": "urgent", "note": "notes", "rate": "star", "complete": "check",
    "recompute": "calendar-event", "regrid": "grid-dots", "engine": "clock",
    "give_out": "subtask",
}  # fmt: skip
BAD = ("refuse", "fail", "deny", "false", "not_true", "void", "back", "return", "give_back")
STEP_ICONS = {"dispatch": "truck-delivery", "handle": "hammer", "check": "clipboard-check", "verify": "search", "close": "lock", "file": "folder"}


def timeline(
    lines: Sequence[StoryLine], config: MatterConfig, version_id: int, files: Mapping[str, FileView] | None = None, facts: Facts | None = None
) -> list[TimelineItem]:
    """Return the items, newest first. `facts` adds what an app's own events say."""
    return [_item(line, config, version_id, files or {}, facts) for line in reversed(lines)]


def _item(line: StoryLine, config: MatterConfig, version_id: int, files: Mapping[str, FileView], facts: Facts | None) -> TimelineItem:
    own = facts(line) if facts else ()
    shown = tuple(files[str(u)] for u in line.data.get("files", ()) if str(u) in files) if isinstance(line.data.get("files"), list) else ()
    return TimelineItem(
        at=line.at, what=what(line, config, version_id), who=who(line), text=str(line.data.get("reason") or ""), tone=_tone(line),  # type: ignore[arg-type]
        icon=STEP_ICONS.get(line.step, ICONS["complete"]) if line.action == "complete" else ICONS.get(line.action, "point"),
        files=shown, facts=(*_facts(line), *own), recorded_at=line.recorded_at if line.recorded_at - line.at > LATER else None,
    )


def who(line: StoryLine) -> PersonView | str:
    if line.actor_kind == "person" and not line.actor_name:
        return _("A citizen")  # his name stands with the party, for those who may read it
    if line.actor_kind == "person":
        return PersonView(
            name=line.actor_name, post=line.post_name, organization=texts.pick(line.organization), on_behalf_of=line.on_behalf_of
        )
    return {
        "public": _("The public"), "client": line.actor_name or _("Another system"), "system": _("The platform"),
        "importer": _("Import"), "hidden": _("Name not shown (double-blind)"),
    }.get(line.actor_kind, line.actor_name)  # fmt: skip


def what(line: StoryLine, config: MatterConfig, version_id: int) -> str:
    """Return what was done: the step and its outcome for work on a task, the action's name for the rest."""
    channel = names.channel_label(config, str(line.data.get("channel", "")))
    if line.action == "report":
        return _("Reported: %(channel)s") % {"channel": channel} if channel else _("Reported")
    if line.action == "join":
        return _("Reported again: %(channel)s") % {"channel": channel} if channel else _("Reported again")
    if line.action in ("complete", "rework"):
        return _completed(line, config, version_id)
    if line.action == "receive":
        return _("Task received: %(step)s") % {"step": _step_name(line.step, version_id)}
    if line.action in ("urge", "overdue") and line.data.get("auto"):
        return _("Urged by the platform: 80 % of the limit used") if line.action == "urge" else _("The limit is over")
    if line.action == "warn":
        return _("Warning by rule")
    own = {
        "hand_over": _("Open task handed over"), "merged_in": _("Another case was joined to this one"), "engine": _("The process's own timer ran out"),
        "recompute": _("Due time counted again by the announced calendar"), "regrid": _("The grid below this case was changed"),
        "give_out": _("Parts given out: %(count)s") % {"count": line.data.get("parts", "–")},
    }  # fmt: skip
    if line.action == "rate":
        return _("Rated with %(score)s of 5") % {"score": line.data.get("score", "–")}
    if line.action in own:
        return own[line.action]
    label = config.action(line.action).get("label")
    return texts.pick(label) if label else line.action


def _step_name(step: str, version_id: int) -> str:
    return _request_names().get(step) or names.step_name(version_id, step)


def _request_names() -> dict[str, str]:
    return {
        "return": _("Return"), "extension": _("Extension"), "suspension": _("Suspension"), "void": _("Voiding"),
        "force_close": _("Forced closing"), "appeal": _("Appeal"), "consult": _("Opinion"), "supervise": _("Answer to the supervision order"),
        "census": _("Part of a census"),
    }  # fmt: skip


def _completed(line: StoryLine, config: MatterConfig, version_id: int) -> str:
    step = _step_name(line.step, version_id)
    if line.step == "census" and line.outcome in ("done", "give_back"):
        answer = _("done") if line.outcome == "done" else _("given back")
        return _("%(what)s: %(answer)s") % {"what": step, "answer": answer}
    if line.outcome in ("agree", "deny"):
        answer = _("agreed") if line.outcome == "agree" else _("denied")
        return _("%(what)s: %(answer)s") % {"what": step, "answer": answer}
    outcome = names.outcome_label(config, line.step, line.outcome)
    return step if not outcome or outcome == step else _("%(what)s: %(answer)s") % {"what": step, "answer": outcome}


def _tone(line: StoryLine) -> str:
    if line.action == "overdue":
        return "overdue"
    if line.action in ("suspend",) or line.data.get("granted") == "suspension":
        return "paused"
    if line.outcome in BAD or line.action in ("urge", "supervise", "return", "warn"):
        return "soon"
    if line.to_state in ("closed", "forced_close") and line.from_state != line.to_state:
        return "done"
    return "accent" if line.action in ("complete", "report") else "neutral"


def _facts(line: StoryLine) -> tuple[tuple[str, str], ...]:
    data, found = line.data, []
    if data.get("number"):
        found.append((_("Number"), str(data["number"])))
    if data.get("to_name"):
        found.append((_("To"), str(data["to_name"])))
    if until := _moment(data.get("until")):
        found.append((_("Until"), until))
    if due := _moment(data.get("due_at")):
        found.append((_("Due"), due))
    if isinstance(data.get("corrected"), dict):
        for field, change in data["corrected"].items():
            if isinstance(change, dict):
                found.append((_field_name(field), f"{change.get('from', '')} → {change.get('to', '')}"))
    return tuple(found)


def _field_name(field: str) -> str:
    return {"title": _("Title"), "description": _("Description"), "address": _("Address"), "class": _("Class"), "component": _("Component")}.get(field, field)


def _moment(value: Any) -> str:
    found = parse_datetime(str(value)) if value else None
    return words.moment(found) if found else ""
