"""The moves T01-T39 (rules/moves.py), each made once through the services; each forbidden one refused without a trace."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import transaction

from tests.walk import let_pass
from tests.world import World
from yiwang.apps.city.rules.moves import BEFORE, KEEPS, MOVES, OPEN, STATES, Move, forbidden
from yiwang.apps.city.tests.test_flow import Walk, condition, photo, report
from yiwang.kernel.audit.models import Event
from yiwang.kernel.base import actor as actors
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import ProblemError
from yiwang.kernel.cases import services as cases
from yiwang.kernel.cases.contracts import ActionRequest, ReportDraft
from yiwang.kernel.cases.models import Case, Task

pytestmark = pytest.mark.django_db


def reported(world: World, **more) -> Walk:
    return report(world, "public", "public", **more)


def verifying(world: World) -> Walk:
    walk = reported(world)
    walk.do("acceptor", "accept", "verify")
    return walk


def pending_file(world: World, walk: Walk | None = None) -> Walk:
    """A public report that was verified: a photo is there, and the third inspector may still check it."""
    walk = walk or verifying(world)
    walk.do("inspector", "verify", "confirmed", photos=1)
    walk.do("acceptor", "accept", "pass")
    return walk


def pending_dispatch(world: World, walk: Walk | None = None) -> Walk:
    walk = pending_file(world, walk)
    walk.do("shift_leader", "file", "file", condition=condition(walk))
    return walk


def department(world: World) -> list[str]:
    return [str(world.orgs["wangchuan-sanitation"].uid)]


def pending_handle(world: World, walk: Walk | None = None) -> Walk:
    walk = pending_dispatch(world, walk)
    walk.do("dispatcher", "dispatch", "dispatch", departments=department(world))
    return walk


def handling(world: World) -> Walk:
    walk = pending_handle(world)
    walk.do("handler", "handle", action="transfer", account=str(world.account("handler").uid))
    return walk


def return_asked(world: World) -> Walk:
    walk = pending_handle(world)
    walk.do("handler", "handle", action="return", reason="不归我们管")
    return walk


def extend_asked(world: World) -> Walk:
    walk = pending_handle(world)
    walk.do("handler", "handle", action="extend", reason="要等材料")
    return walk


def until() -> str:
    return (now() + timedelta(days=30)).date().isoformat()


def suspend_asked(world: World) -> Walk:
    walk = pending_handle(world)
    walk.do("handler", "handle", action="suspend", reason="冬季不能施工", until=until())
    walk.do("dispatcher", "suspension", "agree")
    return walk


def suspended(world: World) -> Walk:
    walk = suspend_asked(world)
    walk.do("leader", "suspension", "agree")
    return walk


def handled(world: World, walk: Walk | None = None) -> Walk:
    walk = pending_handle(world, walk)
    walk.do("handler", "handle", "done", photos=1, reason="已修补")
    return walk


def checking(world: World, walk: Walk | None = None) -> Walk:
    walk = handled(world, walk)
    walk.do("dispatcher", "screen", "pass")
    walk.do("acceptor", "send_check", "send")
    return walk


def rework(world: World) -> Walk:
    walk = checking(world)
    walk.do("inspector2", "check", "fail", photos=1, reason="没有修平")
    return walk


def pending_close(world: World, walk: Walk | None = None) -> Walk:
    walk = checking(world, walk)
    walk.do("inspector2", "check", "pass", photos=1)
    return walk


def closed(world: World) -> Walk:
    walk = pending_close(world)
    walk.do("shift_leader", "close", "close", closing=walk.case.filing_row.key)
    return walk


def forced_close(world: World) -> Walk:
    walk = pending_handle(world)
    walk.on_case("shift_leader", "force_close", reason="责任单位已撤销")
    walk.do("leader", "force_close", "agree")
    return walk


def void(world: World) -> Walk:
    walk = reported(world)
    walk.on_case("shift_leader", "void", reason="测试件")
    walk.do("leader", "void", "agree")
    return walk


def refused(world: World) -> Walk:
    walk = reported(world)
    walk.do("acceptor", "accept", "refuse", reason="不属于城市管理")
    return walk


def merged(world: World) -> Walk:
    main, walk = reported(world), reported(world)
    walk.on_case("acceptor", "merge", main=str(main.uid))
    return walk


def self_handled(world: World) -> Walk:
    actor = world.actor("inspector")
    lon, lat = world.point(1, 1)
    files = (photo(actor, "before"), photo(actor, "after"))
    draft = ReportDraft(
        channel="inspector", text="井盖移位，已复位", answers={"class": "matter:06013", "self_handled": True}, lon=lon, lat=lat, files=files
    )
    return Walk(world, cases.report(actor, "city.problem", draft).case_uid)


BUILD: dict[str, Callable[[World], Walk]] = {
    f.__name__: f for f in (
        reported, verifying, pending_file, pending_dispatch, pending_handle, handling, return_asked, extend_asked,
        suspend_asked, suspended, handled, checking, rework, pending_close, closed, forced_close, void, refused, merged,
        self_handled,
    )
}  # fmt: skip


def act(walk: Walk, move: Move):
    """Make the move as the first of its roles, with what it needs."""
    world, role = walk.world, move.roles[0]
    # T28-T29 are for an inspector who had no part; T22 needs its second stage; a request is decided by another person.
    who = {"inspector": "inspector2" if move.step == "check" else "inspector"}.get(role, role)
    if move.id == "T22":
        who = "leader"  # the dispatcher, whose stage comes first, has agreed
    actor = actors.system() if role == "system" else world.actor(who)
    data = {
        "file": lambda: {"condition": condition(walk)},
        "self_audit": lambda: {"condition": condition(walk)},
        "dispatch": lambda: {"departments": department(world)},
        "close": lambda: {"closing": walk.case.filing_row.key if walk.case.filing_row else "none"},
    }.get(move.step, dict)() if move.outcome in ("file", "dispatch", "close") else {}  # fmt: skip
    if move.id == "T32":
        data["informing"] = True
    if move.action == "redispatch":
        data = {"departments": [str(world.orgs["company-water"].uid)]}
    elif move.action == "suspend":
        data = {"until": until()}
    elif move.action == "transfer":
        data = {"account": str(world.account("handler").uid)}
    elif move.action == "appeal":
        data = {"contests": ["overdue"]}
    elif move.action == "merge":
        data = {"main": str(reported(world).uid)}
    files = (photo(actor),) if move.files and role != "system" else ()
    task = (
        Task.all_modes.filter(case__uid=walk.uid, step=move.step).order_by("-state", "-pk").first() if move.step else None
    )
    request = ActionRequest(
        action=move.action, case_uid=None if move.step else walk.uid, task_uid=task.uid if task else None,
        outcome=move.outcome, reason="因为需要" if move.reason or move.action == "supervise" else "", data=data, files=files,
    )  # fmt: skip
    return cases.act(actor, request)


def setup_for(world: World, move: Move, state: str) -> Walk:
    """Bring a case to the state from which the move is made, with what this very move asks besides."""
    if move.id == "T27" and move.step == "send_check":
        walk = handled(world)
        walk.do("dispatcher", "screen", "pass")
        return walk
    if move.id == "T10" and move.step == "void":
        walk = BUILD[state](world)
        walk.on_case("shift_leader", "void", reason="测试件")
        return walk
    if move.id == "T37":  # late: something must stand against the department
        walk = pending_handle(world)
        let_pass(walk.case, 200)
        walk.do("handler", "handle", "done", photos=1, reason="已修补")
        walk.do("dispatcher", "screen", "pass")
        walk.do("acceptor", "send_check", "send")
        walk.do("inspector2", "check", "pass", photos=1)
        walk.do("shift_leader", "close", "close", closing=walk.case.filing_row.key)
        return walk
    if move.id == "T32":
        from yiwang.kernel.cases.models import ManualRow

        row = ManualRow.objects.filter(informs_only=True).first()
        walk = report(world, "inspector", "inspector")
        walk.do("acceptor", "accept", "pass", **{"class": f"{row.class_kind}:{row.class_code}"})
        walk.do("shift_leader", "file", "file", condition=row.key)
        walk.do("dispatcher", "dispatch", "dispatch", departments=department(world))
        walk.do("handler", "handle", "done", photos=1, reason="已告知产权单位")
        walk.do("dispatcher", "screen", "pass")
        walk.do("acceptor", "send_check", "send")
        walk.do("inspector2", "check", "pass", photos=1)
        return walk
    return BUILD[state](world)


CASES = [pytest.param(m, m.from_states[0], id=f"{m.id}-{m.action}-{m.outcome or m.step or m.to_state}") for m in MOVES if m.action != "report"]


@pytest.mark.parametrize(("move", "state"), CASES)
def test_the_move_is_made(world: World, move: Move, state: str):
    walk = setup_for(world, move, state)
    before = walk.case
    assert before.state == state
    act(walk, move)
    after = walk.case
    wanted = {KEEPS: state, BEFORE: "pending_handle"}.get(move.to_state, move.to_state)
    assert after.state == wanted
    assert after.event_count > before.event_count
    assert after.version == before.version + 1


def test_reports_t01_t02_t38(world: World):
    assert report(world).case.state == "reported"
    assert report(world, "acceptor", "hotline").case.state == "reported"
    assert self_handled(world).case.state == "self_handled"


def test_the_table_names_every_move_and_state():
    assert {m.id for m in MOVES} == {f"T{n:02d}" for n in range(1, 40)}
    assert set(BUILD) == set(STATES) - {"draft"}
    assert set(OPEN) <= set(BUILD)


@pytest.mark.parametrize("state", sorted(BUILD))
def test_forbidden_moves_are_refused_and_leave_no_trace(world: World, state: str):
    walk = BUILD[state](world)
    main = reported(world)  # so that a merge has where to go
    allowed = []
    for where, move in forbidden():
        if where != state or move.action == "report":
            continue
        lines = Event.all_modes.filter(case_id=walk.case.pk).count()
        row = Case.all_modes.filter(uid=walk.uid).values().get()
        try:
            with transaction.atomic():
                act(walk, move)
        except ProblemError as problem:
            assert problem.status in (403, 404, 409, 422), move
        else:
            allowed.append(f"{move.id} {move.action} {move.step} {move.outcome}")
            break
        assert Event.all_modes.filter(case_id=walk.case.pk).count() == lines
        assert Case.all_modes.filter(uid=walk.uid).values().get() == row
    assert allowed == []
    assert main.case.state == "reported"
