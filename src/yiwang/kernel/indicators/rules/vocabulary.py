"""The words in which a measure may speak of facts, and the SQL of each: nothing else ever reaches a statement.

Every word about the past asks `as_of`: what was done later had not been done then. A fact of an imported file is judged
as of the moment at which the file was drawn.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from yiwang.kernel.indicators.contracts import ObjectKind, Source

JUDGED = "coalesce(f.as_of, %(as_of)s)"


@dataclass(frozen=True)
class Word:
    """`sql` over the alias f of the source's table; `kind` is text, number, moment or truth."""

    sql: str
    kind: str
    zh: str
    en: str


def _text(sql: str, zh: str, en: str) -> Word:
    return Word(f"f.{sql}", "text", zh, en)


def _number(sql: str, zh: str, en: str) -> Word:
    return Word(f"f.{sql}", "number", zh, en)


def _moment(sql: str, zh: str, en: str) -> Word:
    return Word(f"f.{sql}", "moment", zh, en)


def _truth(sql: str, zh: str, en: str) -> Word:
    return Word(sql, "truth", zh, en)


def _by(column: str) -> str:
    """Had it happened by the moment of judgement?"""
    return f"(f.{column} IS NOT NULL AND f.{column} <= {JUDGED})"


_COMMON: dict[str, Word] = {
    "matter": _text("matter", "事项", "matter"),
    "channel": _text("channel", "来源", "channel"),
    "class": _text("class_code", "小类", "class"),
    "major": _text("class_major", "大类", "major class"),
    "outcome": _text("outcome", "案件结局", "how the case ended"),
    "urgent": _truth("f.is_urgent", "紧急", "urgent"),
    "imported": _truth("(f.mode = 'imported')", "外来导入", "came with a file of another city"),
    "counted": _truth("f.is_counted", "计入统计", "counts in shares"),
    "as_of": Word(JUDGED, "moment", "评判时刻", "moment of judgement"),
}

_CASE: dict[str, Word] = _COMMON | {
    "state": _text("state", "状态", "state"),
    "reported": _moment("reported_at", "上报时间", "reported"),
    "filed": _moment("filed_at", "立案时间", "filed"),
    "dispatched": _moment("dispatched_at", "派遣时间", "dispatched"),
    "handled": _moment("handled_at", "处置完成时间", "handled"),
    "closed": _moment("closed_at", "结案时间", "closed"),
    "due": _moment("due_at", "案件时限", "due"),
    "is_filed": _truth(_by("filed_at"), "已立案", "was filed"),
    "is_handled": _truth(_by("handled_at"), "已处置", "was handled"),
    "is_closed": _truth(_by("closed_at"), "已办结", "was closed"),
    "is_due": _truth(f"(f.due_at IS NOT NULL AND f.due_at <= {JUDGED})", "已到期", "the limit is over"),
    "has_due": _truth("f.due_at IS NOT NULL", "有时限", "has a limit"),
    "closed_in_time": _truth(f"({_by('closed_at')} AND (f.due_at IS NULL OR f.closed_at <= f.due_at OR 'overdue' = ANY(f.lifted)))", "按期结案", "closed in time"),
    "handled_in_time": _truth(f"({_by('handled_at')} AND (f.due_at IS NULL OR f.handled_at <= f.due_at OR 'overdue' = ANY(f.lifted)))", "按期处置", "handled in time"),
    "on_time": _truth(f"(f.due_at IS NULL OR coalesce(f.closed_at, {JUDGED}) <= f.due_at OR 'overdue' = ANY(f.lifted))", "按时", "on time: closed, or not yet late"),
    "reworked": _truth("(f.reworks > 0 AND NOT 'rework' = ANY(f.lifted))", "返工过", "was reworked"),
    "returned": _truth("(f.returns > 0 AND NOT 'return' = ANY(f.lifted))", "回退过", "was returned"),
    "was_suspended": _truth("f.was_suspended", "曾挂账", "was suspended"),
    "appealed": _truth("(f.lifted <> '{}')", "申诉成立", "an appeal was accepted"),
    "recurs": _truth("f.recurs", "复发", "came back at the same place"),
    "returns": _number("returns", "回退次数", "returns"),
    "reworks": _number("reworks", "返工次数", "reworks"),
    "extensions": _number("extensions", "延期次数", "extensions"),
    "redispatches": _number("redispatches", "改派次数", "dispatches anew"),
    "urges": _number("urges", "催办次数", "urgings"),
    "supervisions": _number("supervisions", "督办次数", "supervision orders"),
    "reopens": _number("reopens", "重开次数", "reopenings"),
    "score": _number("score", "满意度评分", "rating, 1 to 5"),
    "worked_minutes": _number("worked_minutes", "处置用时（分钟）", "minutes of handling"),
    "limit_minutes": _number("limit_minutes", "时限（分钟）", "limit in minutes"),
    "minutes": Word("(extract(epoch FROM f.closed_at - f.reported_at) / 60)", "number", "上报到结案（分钟）", "minutes from report to closing"),
}  # fmt: skip

_STAGE: dict[str, Word] = _COMMON | {
    "step": _text("step", "环节", "step"),
    "kind": _text("kind", "任务类型", "kind of task"),
    "action": _text("action", "办理动作", "action"),
    "result": _text("result", "环节结果", "result of the step"),
    "opened": _moment("opened_at", "环节开始", "opened"),
    "due": _moment("due_at", "环节时限", "due"),
    "done": _moment("done_at", "环节完成", "done"),
    "cancelled": _truth("f.is_cancelled", "已取消", "was cancelled"),
    "is_done": _truth(f"(NOT f.is_cancelled AND {_by('done_at')})", "已完成", "was done"),
    "is_due": _truth(f"(f.due_at IS NOT NULL AND f.due_at <= {JUDGED})", "已到期", "the limit is over"),
    "in_time": _truth(f"(NOT f.is_cancelled AND {_by('done_at')} AND (f.due_at IS NULL OR f.done_at <= f.due_at OR 'overdue' = ANY(f.lifted)))", "按期完成", "done in time"),
    "overdue": _truth(f"(NOT f.is_cancelled AND f.due_at IS NOT NULL AND coalesce(f.done_at, {JUDGED}) > f.due_at AND f.due_at <= {JUDGED} AND NOT 'overdue' = ANY(f.lifted))", "超期", "overdue"),
    "sent_back": _truth("(f.is_returned AND NOT 'return' = ANY(f.lifted))", "已回退", "was returned"),
    "rework": _truth("(f.round > 1 AND NOT 'rework' = ANY(f.lifted))", "返工", "is a rework"),
    "last": _truth("NOT f.is_repeated", "最后一次", "the last one of its step"),
    "extended": _truth("f.is_extended", "已延期", "was extended"),
    "round": _number("round", "第几次", "which time"),
    "worked_minutes": _number("worked_minutes", "用时（工作分钟）", "working minutes"),
    "paused_minutes": _number("paused_minutes", "暂停（分钟）", "paused minutes"),
    "limit_minutes": _number("limit_minutes", "时限（分钟）", "limit in minutes"),
}  # fmt: skip

_REPORT: dict[str, Word] = _COMMON | {
    "received": _moment("received_at", "收到时间", "received"),
    "occurred": _moment("occurred_at", "发生时间", "happened"),
    "is_filed": _truth(_by("filed_at"), "已立案", "its case was filed"),
    "opened_case": _truth("f.opened_case", "新开案", "opened a case"),
}

WORDS: Mapping[Source, Mapping[str, Word]] = {Source.CASE: _CASE, Source.STAGE: _STAGE, Source.REPORT: _REPORT}

TABLES: Mapping[Source, str] = {
    Source.CASE: "yw_indicators_casefact", Source.STAGE: "yw_indicators_stagefact", Source.REPORT: "yw_indicators_reportfact",
}  # fmt: skip
KEYS: Mapping[Source, str] = {Source.CASE: "case_id", Source.STAGE: "task_id", Source.REPORT: "report_id"}

# By which column a fact belongs to an object; every source has all of them, so that parts add up to the whole.
COLUMNS: Mapping[ObjectKind, str] = {
    ObjectKind.DISTRICT: "district_id",
    ObjectKind.STREET: "street_id",
    ObjectKind.COMMUNITY: "community_id",
    ObjectKind.GRID: "grid_id",
    ObjectKind.BEAT: "beat_id",
    ObjectKind.DEPARTMENT: "org_id",
    ObjectKind.POST: "post_id",
    ObjectKind.PERSON: "account_id",
    ObjectKind.CLASS: "class_code",
    ObjectKind.MAJOR: "class_major",
    ObjectKind.CHANNEL: "channel",
}


def moments(source: Source) -> tuple[str, ...]:
    """Return the words by which a fact of the source can belong to a period."""
    return tuple(name for name, word in WORDS[source].items() if word.kind == "moment" and word.sql.startswith("f."))
