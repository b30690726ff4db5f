"""Sources, runs and alarms in words."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from yiwang.apps.datahub.queries.sources import AlarmKind, Pull, PullState, Source, SourceAlarm, SourceKind, SourceState
from yiwang.kernel.base import texts
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now

TONES = {"on": "in_time", "paused": "paused", "failing": "overdue"}
PULL_TONES = {"running": "neutral", "done": "in_time", "nothing": "done", "failed": "overdue", "broken": "soon"}
ICONS = {"folder": "folder", "sftp": "server", "database": "database", "api": "plug"}


def actor_of(request: HttpRequest) -> Actor:
    return request.actor  # type: ignore[attr-defined]


def source_row(source: Source, pulls: list[Pull]) -> dict[str, Any]:
    """Return one line of the list: `pulls` are its last runs, newest first."""
    last = pulls[0] if pulls else None
    done = [p for p in pulls if p.state == PullState.DONE]
    seconds = (last.ended_at - last.began_at).total_seconds() if last and last.ended_at else None
    late = bool(source.next_at and source.state != SourceState.PAUSED and (now() - source.next_at).total_seconds() > 60 * source.grace_minutes)
    return {
        "url": reverse("datahub:source", args=[source.uid]), "uid": str(source.uid), "name": source.name, "dataset": texts.pick(source.dataset.name),
        "code": source.dataset.code, "body": texts.pick(source.org.name), "kind": SourceKind(source.kind).label, "state": SourceState(source.state).label,
        "tone": TONES[source.state], "last_at": last.began_at if last else None, "last": PullState(last.state).label if last else "",
        "last_tone": PULL_TONES[last.state] if last else "neutral", "rows": done[0].rows if done else None, "refused": done[0].refused if done else 0,
        "seconds": seconds, "trend": [p.rows for p in reversed(done)], "waiting": getattr(source, "waiting", 0), "next_at": source.next_at, "late": late,
        "last_ok_at": source.last_ok_at, "why": last.why_text if last and last.state == PullState.FAILED else "",
    }  # fmt: skip


def pull_row(pull: Pull) -> dict[str, Any]:
    return {
        "at": pull.began_at, "state": PullState(pull.state).label, "tone": PULL_TONES[pull.state], "rows": pull.rows, "accepted": pull.accepted,
        "refused": pull.refused, "duplicate": pull.duplicate, "there": pull.rows_there, "bytes": pull.bytes, "portions": pull.portions,
        "seconds": (pull.ended_at - pull.began_at).total_seconds() if pull.ended_at else None, "why": why_text(pull),
        "trigger": _("by a person") if pull.trigger == "person" else _("by schedule"), "mark": mark_text(pull.watermark_after),
    }  # fmt: skip


def why_text(pull: Pull) -> str:
    """Return why nothing came, in words."""
    if pull.why == "datahub.source.killed":
        return _("The program ended in the middle. The next run went on from the last mark.")
    if pull.why == "datahub.source.sent-again":
        return _("Sent again, not landed again: %(file)s") % {"file": pull.why_text}
    return pull.why_text or ("" if not pull.why else _("An error of the platform itself; it is in the log under the moment of this run."))


def mark_text(mark: dict[str, Any]) -> str:
    """Return where the source stands."""
    inner = mark.get("mark")
    if isinstance(inner, dict):
        return str(inner.get("value", ""))
    return str(mark.get("since") or mark.get("last") or "")


def alarm_row(alarm: SourceAlarm) -> dict[str, Any]:
    facts = alarm.facts
    percent = alarm.kind == AlarmKind.NULLS

    def shown(value: Any) -> Any:
        return f"{100 * value:.1f} %" if percent and isinstance(value, int | float) else value

    text = {
        AlarmKind.VOLUME: _("%(value)s rows; usual are %(usual)s (%(low)s to %(high)s)"),
        AlarmKind.NULLS: _("%(value)s empty; usual are %(usual)s (%(low)s to %(high)s)"),
        AlarmKind.SHIFT: _("stability index %(value)s, from %(usual)s on it matters"),
        AlarmKind.COLUMNS: _("gone: %(gone)s; new: %(new)s"),
        AlarmKind.DELAY: _("%(value)s minutes late; %(limit)s are allowed"),
    }[AlarmKind(alarm.kind)]
    words = {k: shown(v) for k, v in {"value": "", "usual": "", "low": "", "high": "", "limit": "", **facts}.items()}
    words |= {k: "、".join(facts.get(k) or []) or "–" for k in ("gone", "new")}
    return {
        "uid": str(alarm.uid), "kind": AlarmKind(alarm.kind).label, "column": alarm.column, "text": text % words, "at": alarm.raised_at,
        "state": alarm.get_state_display(), "tone": {"open": "soon", "real": "overdue", "false": "done"}[alarm.state], "open": alarm.state == "open",
        "note": alarm.note, "by": alarm.judged_by.name if alarm.judged_by else "", "judged_at": alarm.judged_at,
    }  # fmt: skip
