"""The moves T01-T39 of the case flow (案件流程): one table, read by the tests that make each once and refuse the rest.

A move names what somebody does (`step`, `action`, `outcome` as in `matter.toml` and the kernel's action table), in which
state, and the state after it. ``KEEPS`` means that the state stays; ``BEFORE`` that it returns to what it was before
the request. A `step` is empty for what is done to the case and not to a task; a request's answer has the request's kind
as its step, with outcome agree or deny.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from yiwang.apps.city.rules.texts import Texts, both

KEEPS, BEFORE = "=", "<"
NOWHERE = ""  # before the case exists

STATES: Mapping[str, Texts] = {
    "draft": both("草稿", "Draft"),
    "reported": both("待受理", "Reported"),
    "verifying": both("核实中", "Being verified"),
    "pending_file": both("待立案", "Waiting to be filed"),
    "refused": both("不予受理", "Refused"),
    "void": both("作废", "Void"),
    "merged": both("重复并案", "Merged"),
    "pending_dispatch": both("待派遣", "Waiting to be dispatched"),
    "pending_handle": both("待处置", "Waiting for the department"),
    "handling": both("处置中", "Being handled"),
    "suspended": both("挂账", "Suspended"),
    "suspend_asked": both("申请挂账", "Suspension asked"),
    "return_asked": both("申请回退", "Return asked"),
    "extend_asked": both("申请延期", "Extension asked"),
    "handled": both("处置完成", "Handled"),
    "checking": both("核查中", "Being checked"),
    "rework": both("返工", "Rework"),
    "pending_close": both("待结案", "Waiting to be closed"),
    "closed": both("结案", "Closed"),
    "forced_close": both("强制结案", "Closed by force"),
    "self_handled": both("自行处置", "Handled by the inspector"),
}
ENDED = frozenset({"refused", "void", "merged", "closed", "forced_close"})
OPEN = tuple(s for s in STATES if s not in ENDED and s != "draft")
WORKING = ("pending_handle", "handling")


@dataclass(frozen=True, kw_only=True)
class Move:
    """One allowed move. `roles` may make it, the first in the ordinary case; ``system`` is the timer."""

    id: str
    name: Texts
    from_states: tuple[str, ...]
    action: str
    to_state: str
    roles: tuple[str, ...]
    step: str = ""
    outcome: str = ""
    channel: str = ""  # reports only
    reason: bool = False  # asked for and refused when empty
    files: bool = False  # a photo is asked for

    @property
    def leaves(self) -> bool:
        """Say whether the state changes."""
        return self.to_state not in (KEEPS, BEFORE)


def _move(id: str, zh: str, en: str, from_states: str | tuple[str, ...], action: str, to_state: str, roles: str, *,
          step: str = "", outcome: str = "", channel: str = "", reason: bool = False, files: bool = False) -> Move:
    return Move(
        id=id, name=both(zh, en), from_states=(from_states,) if isinstance(from_states, str) else from_states, action=action,
        to_state=to_state, roles=tuple(roles.split()), step=step, outcome=outcome, channel=channel, reason=reason, files=files,
    )


MOVES: tuple[Move, ...] = (
    _move("T01", "上报", "Report", NOWHERE, "report", "reported", "inspector", channel="inspector", files=True),
    _move("T02", "登记", "Register", NOWHERE, "report", "reported", "acceptor", channel="hotline"),
    _move("T03", "发核实", "Send for verification", "reported", "complete", "verifying", "acceptor", step="accept", outcome="verify"),
    _move("T04", "核实反馈", "Answer the verification", "verifying", "complete", "reported", "inspector", step="verify",
          outcome="confirmed", files=True),
    _move("T05", "不予受理", "Refuse", "reported", "complete", "refused", "acceptor", step="accept", outcome="refuse", reason=True),
    _move("T06", "批转", "Pass on for filing", "reported", "complete", "pending_file", "acceptor", step="accept", outcome="pass"),
    _move("T07", "立案", "File", "pending_file", "complete", "pending_dispatch", "shift_leader", step="file", outcome="file"),
    _move("T08", "不予立案", "Refuse to file", "pending_file", "complete", "refused", "shift_leader", step="file", outcome="refuse",
          reason=True),
    _move("T09", "退回受理", "Return to acceptance", "pending_file", "complete", "reported", "shift_leader", step="file",
          outcome="back", reason=True),
    _move("T10", "申请作废", "Ask to void", OPEN, "void", KEEPS, "shift_leader", reason=True),
    _move("T10", "同意作废", "Agree to void", OPEN, "complete", "void", "leader shift_leader", step="void", outcome="agree"),
    _move("T11", "派遣", "Dispatch", "pending_dispatch", "complete", "pending_handle", "dispatcher", step="dispatch",
          outcome="dispatch"),
    _move("T12", "退回立案", "Return to filing", "pending_dispatch", "complete", "pending_file", "dispatcher", step="dispatch",
          outcome="back", reason=True),
    _move("T13", "指派", "Assign", "pending_handle", "transfer", "handling", "handler", step="handle"),
    _move("T14", "撤销指派", "Take the assignment back", "handling", "withdraw", "pending_handle", "handler", step="handle"),
    _move("T15", "申请回退", "Ask to return", "pending_handle", "return", "return_asked", "handler", step="handle", reason=True),
    _move("T16", "同意回退", "Agree to the return", "return_asked", "complete", "pending_dispatch", "dispatcher shift_leader",
          step="return", outcome="agree"),
    _move("T17", "驳回回退", "Deny the return", "return_asked", "complete", "pending_handle", "dispatcher shift_leader",
          step="return", outcome="deny", reason=True),
    _move("T18", "改派", "Re-dispatch", ("return_asked", *WORKING), "redispatch", "pending_handle",
          "dispatcher district_dispatcher", reason=True),
    _move("T18", "重派", "Dispatch again", "pending_dispatch", "complete", "pending_handle", "dispatcher", step="dispatch",
          outcome="dispatch"),
    _move("T19", "申请延期", "Ask for an extension", WORKING, "extend", "extend_asked", "handler", step="handle", reason=True),
    _move("T20", "同意延期", "Agree to the extension", "extend_asked", "complete", BEFORE, "shift_leader leader", step="extension",
          outcome="agree"),
    _move("T20", "驳回延期", "Deny the extension", "extend_asked", "complete", BEFORE, "shift_leader leader", step="extension",
          outcome="deny", reason=True),
    _move("T21", "申请挂账", "Ask to suspend", WORKING, "suspend", "suspend_asked", "handler", step="handle", reason=True),
    _move("T22", "同意挂账", "Agree to the suspension", "suspend_asked", "complete", "suspended", "leader", step="suspension",
          outcome="agree"),
    _move("T22", "驳回挂账", "Deny the suspension", "suspend_asked", "complete", BEFORE, "dispatcher leader", step="suspension",
          outcome="deny", reason=True),
    _move("T23", "挂账恢复", "Resume", "suspended", "resume", BEFORE, "system dispatcher handler"),
    _move("T24", "处置完成", "Report the work done", WORKING, "complete", "handled", "handler", step="handle", outcome="done",
          reason=True, files=True),
    _move("T25", "部门退回人员", "The department takes its result back", "handled", "withdraw", "pending_handle", "handler"),
    _move("T26", "派遣员退回部门", "Send the result back to the department", "handled", "complete", "pending_handle", "dispatcher",
          step="screen", outcome="back", reason=True),
    _move("T27", "反馈受理员", "Pass the result on", "handled", "complete", KEEPS, "dispatcher", step="screen", outcome="pass"),
    _move("T27", "发核查", "Send to be checked", "handled", "complete", "checking", "acceptor", step="send_check", outcome="send"),
    _move("T28", "核查通过", "Check passed", "checking", "complete", "pending_close", "inspector", step="check", outcome="pass",
          files=True),
    _move("T29", "核查不通过", "Check failed", "checking", "complete", "rework", "inspector", step="check", outcome="fail",
          reason=True, files=True),
    _move("T30", "返工", "Rework", "rework", "complete", "pending_handle", "dispatcher", step="rework", outcome="handle", reason=True),
    _move("T31", "结案", "Close", "pending_close", "complete", "closed", "shift_leader", step="close", outcome="close"),
    _move("T32", "告知性结案", "Close by informing", "pending_close", "complete", "closed", "shift_leader", step="close",
          outcome="close"),
    _move("T33", "督办", "Supervise", OPEN, "supervise", KEEPS, "leader shift_leader dispatcher", reason=True),
    _move("T34", "催办", "Urge", OPEN, "urge", KEEPS, "system acceptor shift_leader dispatcher leader"),
    _move("T35", "并案", "Merge", ("reported", "verifying", "pending_file"), "merge", "merged", "acceptor shift_leader"),
    _move("T36", "重开", "Reopen", ("closed", "forced_close"), "reopen", "rework", "shift_leader", reason=True),
    _move("T37", "申诉", "Appeal", ("closed", "forced_close"), "appeal", KEEPS, "handler", reason=True),
    _move("T38", "自行处置", "Handle on the spot", NOWHERE, "report", "self_handled", "inspector", channel="inspector", files=True),
    _move("T38", "自行处置审核通过", "Approve what was handled", "self_handled", "complete", "closed", "shift_leader",
          step="self_audit", outcome="close"),
    _move("T38", "自行处置作废", "Void what was handled", "self_handled", "complete", "void", "shift_leader", step="self_audit",
          outcome="void", reason=True),
    _move("T39", "转应急", "Escalate to emergency", OPEN, "escalate", KEEPS, "shift_leader", reason=True),
)


def moves_from(state: str) -> Iterator[Move]:
    """Return what may be done in a state."""
    return (m for m in MOVES if state in m.from_states)


def is_allowed(state: str, *, action: str, step: str = "", outcome: str = "") -> bool:
    """Say whether the table knows the move; used to list the forbidden ones.

    >>> is_allowed("pending_file", action="complete", step="close", outcome="close")
    False
    """
    return any((m.action, m.step, m.outcome) == (action, step, outcome) for m in moves_from(state))


def forbidden() -> Iterator[tuple[str, Move]]:
    """Return every (state, move) that must be refused: a known move in a state where it does not stand.

    The same step, action and outcome may stand under two numbers (T11 and T18); only what no number allows is forbidden.
    """
    for state in STATES:
        if state == "draft":
            continue
        for move in MOVES:
            if move.action != "report" and not is_allowed(state, action=move.action, step=move.step, outcome=move.outcome):
                yield state, move
